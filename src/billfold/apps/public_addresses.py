"""Public addresses: what the world calls an installation's four parts, made from the one address that is given.

Each part is an origin of its own (design: wallet, console and protocol endpoints are kept apart), so each gets a host
below a domain. Who has one host only may tell the demo's parts apart by four ports in a row.
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from billfold.errors import ConfigurationError
from billfold.roles.parts import Addresses

PORTS = 4  # wallet, protocol, console with API, requester
HIGHEST_PORT = 65535
_LABELS = ("wallet", "creds", "console", "ask")


def hosts_below(public: str) -> Addresses:
    """Return an address for each part, a host below the domain of *public*.

    Raises:
        ConfigurationError: *public* is no bare https address of a domain.
    """
    parts = _bare(public)
    if parts.port is not None or not _is_domain(parts.hostname):
        raise ConfigurationError("expected --public as https:// and a domain of yours, without a port")
    return Addresses(*(f"https://{label}.{parts.hostname}" for label in _LABELS))


def hosts_or_ports(public: str) -> Addresses:
    """Return hosts below the domain of *public*; where it has a port, that port and the next three on its host.

    Raises:
        ConfigurationError: *public* is no bare https address.
    """
    parts = _bare(public)
    if parts.port is None:
        return hosts_below(public)
    if parts.port + PORTS - 1 > HIGHEST_PORT:
        raise ConfigurationError(f"expected --public with a port that three more follow, got {parts.port}")
    return Addresses(*(f"https://{parts.hostname}:{parts.port + number}" for number in range(PORTS)))


def base_of(url: str) -> str:
    """Return a bare https address without its final slash.

    Raises:
        ConfigurationError: it is none.
    """
    _bare(url)
    return url.rstrip("/")


def _bare(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise ConfigurationError(f"expected an https address without a path, got {url}") from exc
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigurationError(f"expected an https address without a path, got {url}")
    if parts.username is not None or port == 0:
        raise ConfigurationError(f"expected an https address with neither name nor port 0, got {parts.hostname}")
    return parts


def _is_domain(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return host is not None and "." in host
    return False
