"""Numbered SQL files: reading them, their checksums, their placeholders."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "schemas" / "clickhouse"
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_PLACEHOLDER = re.compile(r"\$\{([a-z_]+)(?::([a-z_]+))?\}")
_STATEMENT_END = re.compile(r";[ \t]*(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its place in the order, its name, and its text as written."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, placeholders as they stand: settings do not change it."""
        return sha256(self.text.encode()).hexdigest()

    def statements(self, placeholders: Mapping[str, str]) -> list[str]:
        """The SQL statements, in order, with `${name}` and `${name:table}` filled in.

        A statement ends with a semicolon at the end of a line. Raises `KeyError` for a placeholder nobody fills.
        """
        text = _PLACEHOLDER.sub(lambda found: placeholders[found[0][2:-1]], self.text)
        return [part.strip() for part in _STATEMENT_END.split(text) if _says_something(part)]


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """All migrations of a folder by number. Raises `ValueError` for a bad name or a number used twice or left out."""
    found = [_read(path) for path in sorted(folder.glob("*.sql"))]
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise ValueError(
                f"{folder}: {migration.name} should be number {expected:04}; numbers have no holes or twins"
            )
    return found


def tables_with_retention(migrations: Sequence[Migration]) -> list[str]:
    """The storage tables whose rows expire: those named in a `${days:table}`."""
    found = (m for migration in migrations for m in _PLACEHOLDER.finditer(migration.text))
    return sorted({m[2] for m in found if m[1] == "days"})


def _read(path: Path) -> Migration:
    if not (match := _NAME.fullmatch(path.name)):
        raise ValueError(f"{path}: a migration is called NNNN_name.sql, with small letters, digits and underscores")
    return Migration(int(match[1]), path.name, path.read_text(encoding="utf-8"))


def _says_something(part: str) -> bool:
    return any(line.strip() and not line.strip().startswith("--") for line in part.splitlines())
