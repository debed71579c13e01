"""What a client accepts, as its `Accept` and `Accept-Encoding` weigh it (RFC 9110 sections 12.4.2, 12.5.1, 12.5.3)."""


def media_weight(accept: str | None, media_type: str) -> float:
    """Return the weight of *media_type*: 1 where nothing was asked for, 0 where it is not acceptable."""
    if not accept:
        return 1.0
    return _weight(accept, (media_type, f"{media_type.partition('/')[0]}/*", "*/*"))


def takes_gzip(accept_encoding: str | None) -> bool:
    """Say whether an answer may come compressed: only to who says so."""
    return _weight(accept_encoding or "", ("gzip", "*")) > 0


def _weight(header: str, names: tuple[str, ...]) -> float:
    """Return the weight of the first of *names*, most particular first, that *header* lists."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights[name] = _quality(parameters)
    return next((weights[name] for name in names if name in weights), 0.0)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
