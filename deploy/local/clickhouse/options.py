"""How the server is started: its command line and the engine's configuration file."""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.clickhouse.analysts import ROLE as ANALYST_ROLE
from deploy.local.clickhouse.data_directory import CONFIG

_PASSWORD_VARIABLE = "CLICKHOUSE_PASSWORD"
_ANALYST_PASSWORD_VARIABLE = "CLICKHOUSE_ANALYST_PASSWORD"
_MOST_MEMORY_MB = 4096


class RemoteBindError(Exception):
    """Listening on an address that other machines reach, without having said that this is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    host: str
    port: int
    data: Path
    user: str
    password: str
    analyst: str
    analyst_password: str
    memory_mb: int
    threads: int
    stop_with_stdin: bool


def parse_options(arguments: Sequence[str]) -> Options:
    """Reads the command line; raises RemoteBindError, and ends the process on what cannot be read, as argparse does."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.clickhouse", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=9000, help="port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--data", type=Path, required=True, help="directory of the tables; made when it is missing")
    parser.add_argument("--user", default="default", help="who may do everything (default: %(default)s)")
    parser.add_argument("--password", help=f"its password (default: ${_PASSWORD_VARIABLE}, else none)")
    parser.add_argument("--analyst", default="analyst", help="who may read views (default: %(default)s)")
    parser.add_argument("--analyst-password", help=f"its password (default: ${_ANALYST_PASSWORD_VARIABLE}, else none)")
    parser.add_argument("--memory-mb", type=int, default=_default_memory_mb(), help="limit (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=min(4, os.cpu_count() or 1), help="for one query")
    parser.add_argument("--allow-remote", action="store_true", help="allow an address that other machines reach")
    parser.add_argument("--stop-with-stdin", action="store_true", help="end when standard input is closed")
    found = parser.parse_args(arguments)
    if not found.allow_remote and not _is_loopback(found.host):
        raise RemoteBindError(f"{found.host} can be reached by other machines; say --allow-remote if that is meant")
    return Options(
        host=found.host,
        port=found.port,
        data=found.data.resolve(),
        user=found.user,
        password=_given(found.password, _PASSWORD_VARIABLE),
        analyst=found.analyst,
        analyst_password=_given(found.analyst_password, _ANALYST_PASSWORD_VARIABLE),
        memory_mb=found.memory_mb,
        threads=found.threads,
        stop_with_stdin=found.stop_with_stdin,
    )


def engine_config(options: Options) -> str:
    """The engine's configuration: small caches and few background threads, for a machine that does other work too.

    The engine knows one user. What that one may do are two roles, of which a session can put one down for good.
    """
    return f"""<clickhouse>
  <max_server_memory_usage>{options.memory_mb << 20}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <index_mark_cache_size>8388608</index_mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <merge_tree>
    <old_parts_lifetime>60</old_parts_lifetime>
  </merge_tree>
  <profiles>
    <default>
      <max_threads>{options.threads}</max_threads>
    </default>
  </profiles>
  <user_directories><users_xml><path>{options.data / CONFIG}</path></users_xml></user_directories>
  <users>
    <default>
      <password></password>
      <profile>default</profile>
      <quota>default</quota>
      <networks><ip>::/0</ip></networks>
      <grants><query>GRANT owner</query><query>GRANT {ANALYST_ROLE}</query></grants>
    </default>
  </users>
  <roles>
    <owner><grants><query>GRANT ALL ON *.* WITH GRANT OPTION</query></grants></owner>
    <{ANALYST_ROLE}><grants><query>GRANT SELECT, SHOW ON waypost.*</query></grants></{ANALYST_ROLE}>
  </roles>
  <quotas><default/></quotas>
</clickhouse>
"""


def _given(password: str | None, variable: str) -> str:
    return password if password is not None else os.environ.get(variable, "")


def _default_memory_mb() -> int:
    """Half of the machine's memory, at most 4 GiB."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(_MOST_MEMORY_MB, machine // 2 >> 20)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
