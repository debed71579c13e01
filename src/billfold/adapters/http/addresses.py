"""Which addresses may be reached: the guard against server-side request forgery.

The name is resolved here and the connection goes to the very address that was checked, so a second answer of the
DNS cannot lead elsewhere.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable

import httpcore

from billfold.errors import TransportError


class AddressRefused(TransportError):
    """The URL leads to an address that this installation does not fetch from."""

    code = "address_refused"


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to loopback ones where that is allowed."""

    def __init__(self, *, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first checked address of *host* that answers."""
        failure: Exception | None = None
        for address in await self._allowed(host, port):
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as exc:
                failure = exc
        raise failure or httpcore.ConnectError("no address")

    async def sleep(self, seconds: float) -> None:
        """Wait between tries."""
        await asyncio.sleep(seconds)

    async def _allowed(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:  # UnicodeError: no name that the DNS could carry
            raise httpcore.ConnectError("the name does not resolve") from exc
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            if not self._may_reach(address):
                raise AddressRefused("expected a public address, got a private or reserved one")
        return addresses

    def _may_reach(self, address: str) -> bool:
        ip = ipaddress.ip_address(address)
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        return ip.is_loopback if self._allow_loopback else ip.is_global
