"""A request as an endpoint sees it, and the response it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json"
NO_STORE: Mapping[str, str] = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, its body read whole.

    Attributes:
        parameters: the values of the route's path parameters.
        reference: by which this request is found again in the log, the audit and what the other side shows.
    """

    method: str
    parameters: Mapping[str, str]
    headers: tuple[tuple[bytes, bytes], ...]
    query: str
    body: bytes
    reference: str

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of the header *name* (lower case), as it came."""
        wanted = name.encode()
        return tuple(value.decode("latin-1") for key, value in self.headers if key == wanted)

    def value(self, name: str) -> str | None:
        """Return the header *name* (lower case), or None where it is absent or came more than once."""
        values = self.values(name)
        return values[0] if len(values) == 1 else None

    def listed(self, name: str) -> str | None:
        """Return the header *name* (lower case), whose value is a list, in one line (RFC 9110 5.3); None: absent."""
        return ", ".join(self.values(name)) or None


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back. `cache-control` is `no-store` unless said otherwise."""

    status: int
    body: bytes = b""
    content_type: str | None = JSON
    headers: Mapping[str, str] = field(default_factory=lambda: NO_STORE)
