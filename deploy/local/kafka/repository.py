"""Downloads artifacts without Maven, from the Maven repository that this machine is configured for.

Asked in this order: MAVEN_REPOSITORY, the mirror in the user's or the system's Maven settings, and the public default
as the Python package maven-artifact knows it.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

ENV_REPOSITORY = "MAVEN_REPOSITORY"
_SETTINGS = (Path("~/.m2/settings.xml"), Path("/etc/maven/settings.xml"))
_CENTRAL_MIRRORS = {"central", "*", "external:*"}
_WHAT_TO_DO = (
    "install Maven (Debian: apt-get install maven), or the Python package maven-artifact,"
    " or set MAVEN_REPOSITORY to the address of a Maven repository"
)


class RepositoryError(RuntimeError):
    """No repository is known or it does not deliver; the message says what to install or set."""


def download(paths: Iterable[str], into: Path) -> None:
    """Fetches each repository path into the same path under `into`, a few at a time, each tried three times."""
    base = repository_address()
    client = httpx.Client(base_url=base.rstrip("/") + "/", follow_redirects=True, timeout=60)
    with client, ThreadPoolExecutor(4) as pool:
        try:
            list(pool.map(lambda path: _fetch(client, path, into / path), paths))
        except httpx.HTTPError as error:
            raise RepositoryError(f"the Maven repository did not deliver: {error}; {_WHAT_TO_DO}") from error


def repository_address(environ: Mapping[str, str] = os.environ, settings: Iterable[Path] = _SETTINGS) -> str:
    """The repository this machine is configured for; raises RepositoryError when none is known."""
    if configured := environ.get(ENV_REPOSITORY):
        return configured
    for file in map(_expanded, settings):
        if file.is_file() and (mirror := configured_mirror(file.read_text())):
            return mirror
    return _public_default()


def configured_mirror(settings: str) -> str | None:
    """The address of the mirror of the public repository in a Maven `settings.xml`, if it names one."""
    for mirror in ElementTree.fromstring(settings).iterfind("{*}mirrors/{*}mirror"):
        of = (mirror.findtext("{*}mirrorOf") or "").split(",")
        if mirror.findtext("{*}blocked") != "true" and _CENTRAL_MIRRORS.intersection(name.strip() for name in of):
            return mirror.findtext("{*}url")
    return None


def _expanded(path: Path) -> Path:
    """As it is for a user without a home."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 -- the other way raises for such a user


def _public_default() -> str:
    try:
        from maven_artifact.downloader import Downloader
    except ImportError as error:
        raise RepositoryError(f"Kafka's jars cannot be fetched, no Maven repository is known: {_WHAT_TO_DO}") from error
    return str(Downloader().resolver.base)


@retry(
    retry=retry_if_exception_type(httpx.TransportError),
    stop=stop_after_attempt(3),
    wait=wait_exponential(max=5),
    reraise=True,
)
def _fetch(client: httpx.Client, path: str, to: Path) -> None:
    answer = client.get(path)
    answer.raise_for_status()
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(answer.content)
