"""`routes.yaml`: routes and receivers, checked word by word when the service starts."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from services.alerts.adapters.webhook import Target
from services.alerts.domain.routes import Route
from services.alerts.domain.vocabulary import CAUSES, KINDS, SEVERITIES, STAGES
from services.runtime.config import ConfigError, Document, read_yaml

_SECRET_BYTES = range(24, 65)
"""What Standard Webhooks asks of a secret."""


@dataclass(frozen=True, slots=True)
class Routing:
    """What the file says: routes in order, targets that can be reached, and why the others cannot."""

    routes: tuple[Route, ...]
    targets: Mapping[str, Target]
    unconfigured: Mapping[str, str]


def load_routing(path: Path, environment: Mapping[str, str]) -> Routing:
    """The routing of a file; variables that it names are looked up in `environment`.

    Raises ConfigError naming file, line and key. A receiver whose URL's variable is not set is unconfigured, which is
    no error: what would go there is recorded.
    """
    document = read_yaml(path)
    try:
        file = _File.model_validate(document.values)
    except ValidationError as problem:
        raise document.errors(problem) from None
    targets: dict[str, Target] = {}
    unconfigured: dict[str, str] = {}
    for name, entry in file.receivers.items():
        try:
            target = _target(name, entry, environment)
        except ValueError as problem:
            raise document.error(("receivers", name), str(problem)) from None
        if isinstance(target, Target):
            targets[name] = target
        else:
            unconfigured[name] = target
    return Routing(_routes(document, file), targets, unconfigured)


def _routes(document: Document, file: "_File") -> tuple[Route, ...]:
    for index, entry in enumerate(file.routes):
        for position, name in enumerate(entry.receivers):
            if name not in file.receivers:
                known = ", ".join(sorted(file.receivers)) or "none"
                raise document.error(
                    ("routes", index, "receivers", position), f"no receiver is called {name!r}; there are: {known}"
                )
    return tuple(entry.route(index) for index, entry in enumerate(file.routes))


def _target(name: str, entry: "_Webhook", environment: Mapping[str, str]) -> Target | str:
    """The target, or why the receiver is not configured. Raises ValueError for what is wrong."""
    url = entry.url.look_up(environment)
    if not url:
        return f"receiver {name} is not configured: set {entry.url.env}"
    return Target(
        name=name,
        url=_checked_url(url),
        secret=_checked_secret(entry.secret.look_up(environment), entry.secret.place()),
        timeout=entry.timeout_seconds,
        allow_private=entry.allow_private.look_up(environment),
    )


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("its URL must begin with https:// or http:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("its URL must not hold a user or password: requests are signed with the secret instead")
    return url


def _checked_secret(secret: str, place: str) -> str:
    if not secret:
        raise ValueError(f"it has a URL but no secret: set {place}")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in _SECRET_BYTES:
        raise ValueError(
            f"its secret ({place}) must be `whsec_` and 24 to 64 bytes in base64; "
            "make one: echo whsec_$(openssl rand -base64 32)"
        )
    return secret


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Text(_Entry):
    """A text, or the variable that has it."""

    value: str = ""
    env: str = ""

    def look_up(self, environment: Mapping[str, str]) -> str:
        return (environment.get(self.env, "") if self.env else self.value).strip()


class _Flag(_Entry):
    """Yes or no, or the variable that says it."""

    value: bool = False
    env: str = ""

    def look_up(self, environment: Mapping[str, str]) -> bool:
        if not self.env:
            return self.value
        word = environment.get(self.env, "").strip().lower()
        if word not in ("", "0", "1", "false", "true", "no", "yes"):
            raise ValueError(f"{self.env} must be true or false, not {word!r}")
        return word in ("1", "true", "yes")


class _Secret(_Entry):
    """Where a secret is: a variable (or a file that the same variable with `_FILE` names), or a file."""

    env: str = ""
    file: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.env) == bool(self.file):
            raise ValueError("expected either `env`, a variable's name, or `file`, a path")
        return self

    def look_up(self, environment: Mapping[str, str]) -> str:
        if self.env and (secret := environment.get(self.env, "").strip()):
            return secret
        path = self.file or environment.get(f"{self.env}_FILE")
        if not path:
            return ""
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise ValueError(f"its secret cannot be read from {path}: {problem.strerror}") from None

    def place(self) -> str:
        return f"{self.env} or {self.env}_FILE" if self.env else str(self.file)


def _wrap(value: object) -> object:
    return value if isinstance(value, dict) else {"value": value}


def _only_a_place(value: object) -> object:
    if isinstance(value, dict):
        return value
    raise ValueError("a secret is never written in this file: name its variable, {env: NAME}, or {file: PATH}")


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


class _Webhook(_Entry):
    type: Literal["webhook"] = "webhook"
    url: Annotated[_Text, BeforeValidator(_wrap)]
    secret: Annotated[_Secret, BeforeValidator(_only_a_place)]
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    allow_private: Annotated[_Flag, BeforeValidator(_wrap)] = _Flag()

    @field_validator("url")
    @classmethod
    def _given(cls, url: _Text) -> _Text:
        if bool(url.value) == bool(url.env):
            raise ValueError("expected a URL, or {env: NAME} for the variable that has it")
        return url


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
ReceiverName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class _Route(_Entry):
    name: str = ""
    kind: Texts = ()
    severity: str = SEVERITIES[0]
    shop: Texts = ()
    carrier: Texts = ()
    stage: Texts = ()
    cause: Texts = ()
    value_at_risk: dict[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], Decimal] = {}
    replay: bool = False
    receivers: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(min_length=1)

    @field_validator("kind")
    @classmethod
    def _known_kinds(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if not any(fnmatchcase(kind, pattern) for kind in KINDS):
                raise ValueError(f"no kind of pain point is called {pattern!r}; there are: {', '.join(KINDS)}")
        return patterns

    @field_validator("stage", "cause")
    @classmethod
    def _known_words(cls, words: tuple[str, ...], info: Any) -> tuple[str, ...]:
        known = {"stage": STAGES, "cause": CAUSES}[info.field_name]
        for word in words:
            if word not in known:
                raise ValueError(f"no {info.field_name} is called {word!r}; there are: {', '.join(known)}")
        return words

    @field_validator("severity")
    @classmethod
    def _known_severity(cls, word: str) -> str:
        if word not in SEVERITIES:
            raise ValueError(f"no severity is called {word!r}; there are: {', '.join(SEVERITIES)}")
        return word

    def route(self, index: int) -> Route:
        """The route, named by its place where it has no name."""
        conditions = self.model_dump(exclude={"name", "receivers"})
        receivers = tuple(dict.fromkeys(self.receivers))
        return Route(name=self.name or f"number {index + 1}", receivers=receivers, **conditions)


class _File(_Entry):
    receivers: dict[ReceiverName, _Webhook] = {}
    routes: tuple[_Route, ...] = ()


__all__ = ["ConfigError", "Routing", "load_routing"]
