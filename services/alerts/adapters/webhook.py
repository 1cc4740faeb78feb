"""Signed webhooks (Standard Webhooks) over HTTP: one attempt, and what came of it."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpcore
import httpx
from standardwebhooks import Webhook

from services.alerts.adapters.addresses import GuardedNetwork, RefusedAddressError
from services.alerts.domain.results import Delivered, Gone, Result, Undelivered

EXCERPT_BYTES = 2048
"""As much of an answer's body is read, for `waypost alerts test` to show."""
LONGEST_RETRY_AFTER = 3600.0
"""A receiver that asks for more patience than this gets this much."""

_GONE = 410


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook as configured. The URL may hold a token, so neither it nor the secret is ever shown."""

    name: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    timeout: float = 10.0
    allow_private: bool = False


class WebhookReceiver:
    """Posts to one target. Follows no redirects, uses no proxy, keeps no cookies."""

    def __init__(self, target: Target, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._signer = Webhook(target.secret)
        self._http = httpx.AsyncClient(
            transport=_GuardedTransport(target.allow_private, tls or ssl.create_default_context()),
            follow_redirects=False,
            trust_env=False,
            timeout=target.timeout,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close what connections there are."""
        await self._http.aclose()

    async def post(self, id_: str, body: bytes, at: datetime) -> Result:
        """One attempt, signed as of `at` (the sender's clock: receivers refuse what is minutes old)."""
        try:
            async with asyncio.timeout(self._target.timeout):
                return await self._post(body, self._headers(id_, body, at))
        except RefusedAddressError as error:
            return Undelivered(str(error))
        except (TimeoutError, httpx.TimeoutException):
            return Undelivered(f"no answer within {self._target.timeout:g} s")
        except (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Undelivered(f"{type(error).__name__}: {error}".rstrip(": "))

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> Result:
        async with self._http.stream("POST", self._target.url, content=body, headers=headers) as response:
            return _result(response, await _excerpt(response))

    def _headers(self, id_: str, body: bytes, at: datetime) -> dict[str, str]:
        return {
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": "waypost-alerts",
            "webhook-id": id_,
            "webhook-timestamp": str(int(at.astimezone(UTC).timestamp())),
            "webhook-signature": self._signer.sign(id_, at.astimezone(UTC), body.decode()),
        }


def _result(response: httpx.Response, excerpt: str) -> Result:
    status = response.status_code
    if response.is_success:
        return Delivered(status, excerpt)
    if status == _GONE:
        return Gone("410 Gone: the receiver wants no more of this", excerpt)
    if response.has_redirect_location:
        return Undelivered(f"{status}: redirects are not followed; set the final URL", excerpt=excerpt)
    return Undelivered(f"{status} {response.reason_phrase}".rstrip(), _retry_after(response), excerpt)


def _retry_after(response: httpx.Response) -> float:
    """The seconds that the receiver asks for; a date is not understood, backoff does for it."""
    value = response.headers.get("retry-after", "")
    return min(float(value), LONGEST_RETRY_AFTER) if value.isdecimal() else 0.0


async def _excerpt(response: httpx.Response) -> str:
    read = b""
    async for piece in response.aiter_raw(EXCERPT_BYTES):  # raw: nothing is unpacked for a stranger
        read += piece
        if len(read) >= EXCERPT_BYTES:
            break
    return read[:EXCERPT_BYTES].decode(errors="replace")


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport with a pool whose connections are guarded."""

    def __init__(self, allow_private: bool, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=2,
            max_keepalive_connections=1,
            keepalive_expiry=30.0,
            network_backend=GuardedNetwork(allow_private),
        )
