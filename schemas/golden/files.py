"""Which generated files belong in the repository, and what should be in them."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from schemas.events import EVENT_TYPES
from schemas.golden.catalogue import catalogue
from schemas.golden.example_events import full, minimal
from schemas.golden.json_schema import event_schema

FOLDERS: Final = (PurePosixPath("schemas/jsonschema"), PurePosixPath("schemas/examples"))
"""Folders that hold nothing but generated files."""


def golden_files() -> dict[PurePosixPath, str]:
    """The text of every generated file by its path in the repository."""
    files = {PurePosixPath("docs/events.md"): catalogue()}
    for event_type in EVENT_TYPES:
        examples = [minimal(event_type), full(event_type)]
        files[FOLDERS[0] / f"{event_type}.json"] = _json(event_schema(event_type, examples))
        for example, which in zip(examples, ("minimal", "full"), strict=True):
            files[FOLDERS[1] / f"{event_type}.{which}.json"] = _json(example)
    return files


def stale(root: Path) -> Iterator[str]:
    """The generated files under a repository's root that are missing, differ, or should not be there."""
    files = golden_files()
    for path, text in files.items():
        here = root / path
        if not here.is_file():
            yield f"{path} is missing"
        elif here.read_text(encoding="utf-8") != text:
            yield f"{path} differs from the models"
    for folder in FOLDERS:
        for here in sorted((root / folder).glob("*.json")):
            if folder / here.name not in files:
                yield f"{folder / here.name} belongs to no event type"


def write(root: Path) -> int:
    """Write every generated file under a repository's root, remove those of no type, and return how many there are."""
    files = golden_files()
    for folder in FOLDERS:
        for here in (root / folder).glob("*.json"):
            if folder / here.name not in files:
                here.unlink()
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return len(files)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
