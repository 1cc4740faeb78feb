"""Where requests may go: the address that is really connected to is judged, whatever name led there."""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore

Address = IPv4Address | IPv6Address

_TRANSLATED = ip_network("64:ff9b::/96")
_METADATA = frozenset({ip_address("fd00:ec2::254")})
"""Cloud metadata outside the link-local range."""


class RefusedAddressError(Exception):
    """A host has no address that requests may go to."""


def refusal(address: Address, allow_private: bool) -> str:
    """Why no request may go to an address, or "".

    Link-local addresses are always refused, for cloud metadata is there; so is what is no host's address at all.
    Private means everything else that is not on the public internet: loopback, RFC 1918, shared, unique local.
    """
    real = _embedded(address)
    if real.is_link_local or real in _METADATA:
        return "link-local"
    if real.is_multicast or real.is_unspecified or (real.is_reserved and not real.is_loopback):
        return "no host's address"
    if not (real.is_global or allow_private):
        return "private"
    return ""


def allowed(host: str, addresses: Iterable[str], allow_private: bool) -> list[str]:
    """The addresses of a host that requests may go to, in order. Raises RefusedAddressError when there is none."""
    good: list[str] = []
    reasons: dict[str, str] = {}
    for text in addresses:
        reason = refusal(ip_address(text.partition("%")[0]), allow_private)
        if reason:
            reasons[text] = reason
        else:
            good.append(text)
    if good:
        return good
    why = ", ".join(f"{text} is {reason}" for text, reason in reasons.items()) or "it has no address"
    advice = "; set allow_private on this receiver if that is meant" if "private" in reasons.values() else ""
    raise RefusedAddressError(f"requests to {host} are refused: {why}{advice}")


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and isinstance(_TRANSLATED, IPv6Network) and address in _TRANSLATED:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses only: resolves a name once, judges what it got, and connects to just that.

    Certificates are still checked against the name. A resolver that answers otherwise the next time changes nothing.
    """

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the interface's name)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first allowed address that takes it. Raises RefusedAddressError or ConnectError."""
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in allowed(host, await self._resolve(host, port), self._allow_private):
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (the interface's name)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: a receiver is on the network."""
        raise RefusedAddressError(f"requests to the local socket {path} are refused")

    async def sleep(self, seconds: float) -> None:
        """What httpcore asks for between its own retries, of which there are none."""
        await asyncio.sleep(seconds)

    async def _resolve(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error.strerror or error}") from error
        return list(dict.fromkeys(str(address[0]) for *_, address in found))
