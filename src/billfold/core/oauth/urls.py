"""URLs of the other side: which ones may be used, how they compare, where their metadata lies.

Source: RFC 3986 3 and 6.2 (syntax, normalisation), RFC 8414 3.1 (well-known path), RFC 9449 4.3 (`htu`).
Plain http is for loopback only, and only where the caller allows it; addresses are judged again by whoever connects.
"""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from billfold.errors import MetadataError

MAX_URL_BYTES: Final = 2048

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_URL_CHARACTERS: Final = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+\Z")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def check_url(url: object, *, what: str, allow_loopback_http: bool, query: bool = True) -> str:
    """Return *url* when it is an absolute https URL without fragment, user or foreign characters.

    Args:
        what: the member's name, for the error text.
        allow_loopback_http: let http through to localhost, 127.0.0.1 and [::1].
        query: whether a query component is allowed.

    Raises:
        MetadataError: *url* is something else.
    """
    if not isinstance(url, str) or len(url) > MAX_URL_BYTES or not _URL_CHARACTERS.match(url):
        raise MetadataError(f"expected {what} as a URL of at most {MAX_URL_BYTES} characters")
    parts = _split(url, what)
    _check_scheme(parts, what, allow_loopback_http=allow_loopback_http)
    if not parts.hostname or "@" in parts.netloc:
        raise MetadataError(f"expected {what} with a host and without user information")
    if "#" in url:
        raise MetadataError(f"expected {what} without a fragment")
    if not query and "?" in url:
        raise MetadataError(f"expected {what} without a query")
    return url


def host_of(url: str) -> str:
    """Return the host of a URL that `check_url` let through, in lower case and without its port."""
    return (urlsplit(url).hostname or "").lower()


def is_loopback(url: str) -> bool:
    """Say whether the host of *url* is written as a loopback name or address."""
    return host_of(url) in _LOOPBACK


def well_known_url(identifier: str, name: str, *, keep_final_slash: bool = False) -> str:
    """Return where metadata *name* of *identifier* lies: between host and path (RFC 8414 3.1).

    Args:
        keep_final_slash: RFC 8414 drops a slash that ends the path; OpenID4VCI 12.2.2 does not say so.
    """
    parts = urlsplit(identifier)
    path = parts.path if keep_final_slash and parts.path != "/" else parts.path.removesuffix("/")
    return urlunsplit((parts.scheme, parts.netloc, f"/.well-known/{name}{path}", "", ""))


def normalize(url: str) -> str:
    """Return *url* for comparison: no query or fragment, syntax- and scheme-based normalisation (RFC 3986 6.2).

    Raises:
        MetadataError: *url* is no absolute http or https URL, or names a user.
    """
    if not _URL_CHARACTERS.match(url):
        raise MetadataError("expected a URL")
    parts = _split(url, "the URL")
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        raise MetadataError("expected an absolute http or https URL without user information")
    netloc = f"[{host}]" if ":" in host else host
    if parts.port is not None and parts.port != _DEFAULT_PORTS[scheme]:
        netloc = f"{netloc}:{parts.port}"
    path = _remove_dot_segments(re.sub(r"%[0-9A-Fa-f]{2}", _normalize_escape, parts.path)) or "/"
    return urlunsplit((scheme, netloc, path, "", ""))


def _split(url: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # an unusable port shows only when it is asked for
    except ValueError as exc:
        raise MetadataError(f"expected {what} as a URL") from exc
    return parts


def _check_scheme(parts: SplitResult, what: str, *, allow_loopback_http: bool) -> None:
    if parts.scheme == "https":
        return
    if parts.scheme == "http" and (parts.hostname or "").lower() in _LOOPBACK and allow_loopback_http:
        return
    raise MetadataError(f"expected {what} with the https scheme")


def _normalize_escape(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _remove_dot_segments(path: str) -> str:
    """Resolve `.` and `..` in an absolute path (RFC 3986 5.2.4)."""
    output: list[str] = []
    segments = path.split("/")
    for index, segment in enumerate(segments):
        is_last = index == len(segments) - 1
        if segment == "..":
            if len(output) > 1:
                output.pop()
        elif segment != ".":
            output.append(segment)
        if segment in {".", ".."} and is_last:
            output.append("")
    return "/".join(output)
