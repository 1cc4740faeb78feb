"""Asks a service's `/readyz`."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass

from services.cli.local.settings import HOST

TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a service can do its work, and what it lacks if not."""

    ready: bool
    reason: str = ""


def readiness(port: int, host: str = HOST) -> Readiness:
    """The answer of the service whose metrics port this is; no answer is not ready."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return Readiness(answer.status == http.HTTPStatus.OK, _reason(answer.read()))
    except (OSError, http.client.HTTPException):
        return Readiness(False, "does not answer yet")
    finally:
        connection.close()


def _reason(body: bytes) -> str:
    try:
        report = json.loads(body)
    except ValueError:
        return body.decode(errors="replace").strip()
    return str(report.get("reason", "")) if isinstance(report, dict) else str(report)
