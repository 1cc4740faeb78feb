"""Grants analysts the views, on servers that let their accounts be managed with SQL.

The role reads `waypost` only. Views read with the rights of who made them, so that nothing behind them is granted.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from secrets import token_hex

from clickhouse_driver import errors

from services.cli.clickhouse.analyst import AnalystSettings
from services.runtime.clickhouse.client import connected
from services.runtime.clickhouse.settings import ClickHouseSettings

ROLE = "waypost_analyst"
PROFILE = "waypost_analyst"
_NOT_MANAGED_HERE = frozenset({497, 514})
"""ACCESS_DENIED, and ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND: accounts are configured elsewhere, or by somebody else."""


def grant_views(settings: ClickHouseSettings, analyst: AnalystSettings) -> str:
    """Make the role and, when its password is set, the account; says what was done, or why not. May be repeated."""
    with connected(settings) as client:
        try:
            for statement in statements(settings, analyst, token_hex(16)):
                client.execute(statement)
        except errors.ServerException as error:
            if error.code not in _NOT_MANAGED_HERE:
                raise
            return (
                f"accounts are not managed from here (code {error.code}): grant SELECT, SHOW ON waypost.* to analysts"
            )
    made = f"role {ROLE} reads the views"
    return f"{made}, account {analyst.user} has it" if analyst.secret() else made


def statements(settings: ClickHouseSettings, analyst: AnalystSettings, salt: str) -> Iterator[str]:
    """What makes the role and the account; the password travels as a salted hash, so that no log has it."""
    everywhere = f"ON CLUSTER '{settings.cluster}'" if settings.cluster else ""
    yield f"CREATE SETTINGS PROFILE IF NOT EXISTS {PROFILE} {everywhere} SETTINGS readonly = 2"
    yield f"CREATE ROLE IF NOT EXISTS {ROLE} {everywhere} SETTINGS PROFILE '{PROFILE}'"
    yield f"GRANT {everywhere} SELECT, SHOW ON waypost.* TO {ROLE}"
    if not (secret := analyst.secret()):
        return
    user = f"`{analyst.user.replace('`', '``')}`"
    hashed = sha256((secret + salt).encode()).hexdigest()
    yield f"CREATE USER IF NOT EXISTS {user} {everywhere}"
    yield f"ALTER USER {user} {everywhere} IDENTIFIED WITH sha256_hash BY '{hashed}' SALT '{salt}'"
    yield f"GRANT {everywhere} {ROLE} TO {user}"
    yield f"ALTER USER {user} {everywhere} DEFAULT ROLE {ROLE}"
