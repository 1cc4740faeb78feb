"""Configuration files: YAML in, values out, each with its line, so that a mistake is named where it was made."""

import os
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from schemas.shops import Shops, read_shops

FOLDER_VARIABLE: Final = "WAYPOST_CONFIG"
"""The environment variable that names the folder of the configuration; `config` without it."""

_PLAIN: Final = {
    "missing": "missing, but required",
    "unexpected_keyword_argument": "an unknown key",
    "extra_forbidden": "an unknown key",
    "dict_type": "expected a mapping of keys to values",
    "dataclass_type": "expected a mapping of keys to values",
}
"""Pydantic's complaints that speak of Python, in words of the file."""

Keys = tuple[Hashable, ...]


class ConfigError(Exception):
    """A configuration that cannot be used; the message names file, line, key and what is expected."""


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file's values, and the line of every key and entry in it, counted from 1."""

    path: Path
    values: Any
    lines: Mapping[Keys, int]

    def line(self, keys: Keys) -> int:
        """The line of a key, or of the nearest one around it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def error(self, keys: Keys, message: str) -> ConfigError:
        """What to raise for a value that is wrong."""
        return ConfigError(self._located(keys, message))

    def errors(self, problem: ValidationError) -> ConfigError:
        """The same for all that pydantic found wrong with the values, one line each."""
        return ConfigError(
            "\n".join(
                self._located(error["loc"], _PLAIN.get(error["type"]) or error["msg"].removeprefix("Value error, "))
                for error in problem.errors(include_url=False)
            )
        )

    def _located(self, keys: Keys, message: str) -> str:
        name = ".".join(str(key) for key in keys) or "the file"
        return f"{self.path}:{self.line(keys)}: {name}: {message}"


def config_folder() -> Path:
    """The folder of the configuration files."""
    return Path(os.environ.get(FOLDER_VARIABLE) or "config")


def load_shops(folder: Path | None = None) -> Shops:
    """The shops of `shops.yaml`; raises ConfigError naming file, line and key."""
    document = read_yaml((folder or config_folder()) / "shops.yaml")
    try:
        return read_shops(document.values)
    except ValidationError as problem:
        raise document.errors(problem) from None


def read_yaml(path: Path) -> Document:
    """Read a YAML file; raises ConfigError when it is absent, is no YAML, or has a key twice."""
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist: create it, or name its folder in {FOLDER_VARIABLE}") from None
    except (UnicodeDecodeError, yaml.reader.ReaderError) as problem:
        raise ConfigError(f"{path}: not text in UTF-8: {problem}") from None
    try:
        node = loader.get_single_node()
        lines = {} if node is None else dict(_lines(path, node, ()))
        return Document(path, None if node is None else loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise ConfigError(f"{path}:{line}: not YAML: {problem.problem}") from None
    finally:
        loader.dispose()


def _lines(path: Path, node: yaml.Node, keys: Keys) -> Iterator[tuple[Keys, int]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise ConfigError(f"{path}:{line}: {'.'.join(map(str, (*keys, key.value)))}: the key is there twice")
            seen.add(key.value)
            yield (*keys, key.value), line
            yield from _lines(path, value, (*keys, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*keys, index), value.start_mark.line + 1
            yield from _lines(path, value, (*keys, index))
