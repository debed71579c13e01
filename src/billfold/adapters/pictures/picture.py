"""A picture as a data URI: read with suspicion, turned upright, stripped of all metadata, made to fit.

Source: design, "Decided once" (pictures); RFC 2397 (data URIs); WCAG 2.2 1.4.3 (text over pictures).
What comes in was made by anybody: only JPEG and PNG are decoded, the size is read before a pixel is, and one picture
is decoded at a time, so that memory stays bounded.
"""

import asyncio
import base64
import binascii
import io
import re
import threading
from typing import Final

from PIL import Image, ImageColor, ImageOps

from billfold.core.contrast import contrast
from billfold.errors import EncodingError

MAX_BYTES: Final = 48 * 1024
LONGEST_SIDE: Final = 640
MAX_PIXELS: Final = 24_000_000  # about 100 MB decoded
_DATA_URI: Final = re.compile(r"data:image/(?:png|jpeg);base64,([A-Za-z0-9+/]+={0,2})\Z")
_POINTS: Final = (64, 40)  # a card seen from afar: a point is about as large as a stroke of its smallest text
_QUALITIES: Final = (85, 75, 60, 45)
_SMALLER: Final = 0.8
_one_at_a_time = threading.Lock()


class TooManyPixels(EncodingError):
    """A picture is larger than ``MAX_PIXELS``, and nothing of it was decoded."""


async def fitting(data_uri: str, *, most_bytes: int = MAX_BYTES, longest_side: int = LONGEST_SIDE) -> str:
    """Return the picture anew, as a data URI of a JPEG or PNG of at most *most_bytes*.

    Args:
        longest_side: of the result, in pixels.

    Raises:
        TooManyPixels: more than ``MAX_PIXELS``.
        EncodingError: no data URI of a JPEG or PNG, or damaged.
    """
    return await asyncio.to_thread(_fit, _bytes_of(data_uri), most_bytes, longest_side)


async def least_contrast(data_uri: str, *, ground: str, ink: str) -> float:
    """Return the lowest contrast ratio of text in *ink* on any point of the picture, which lies on *ground*.

    Args:
        ground, ink: colours as ``#rrggbb``.

    Raises:
        EncodingError: as `fitting`.
    """
    return await asyncio.to_thread(_least_contrast, _bytes_of(data_uri), ground, ink)


def _bytes_of(data_uri: str) -> bytes:
    match = _DATA_URI.match(data_uri)
    if match is None:
        raise EncodingError("expected a picture as data:image/jpeg;base64,… or data:image/png;base64,…")
    try:
        return base64.b64decode(match[1], validate=True)
    except binascii.Error as exc:
        raise EncodingError("expected a picture in base64") from exc


def _fit(data: bytes, most_bytes: int, longest_side: int) -> str:
    clean, kind = _decoded(data, longest_side)
    clean.thumbnail((longest_side, longest_side))
    return _encode(clean, most_bytes, as_png=kind == "PNG")


def _least_contrast(data: bytes, ground: str, ink: str) -> float:
    picture = _decoded(data, LONGEST_SIDE)[0].convert("RGBA").resize(_POINTS, Image.Resampling.BOX)
    below = Image.new("RGBA", _POINTS, (*ImageColor.getrgb(ground)[:3], 255))
    seen = Image.alpha_composite(below, picture).convert("RGB").tobytes()
    points = {seen[at : at + 3].hex() for at in range(0, len(seen), 3)}
    return min(contrast(f"#{point}", ink) for point in points)


def _decoded(data: bytes, longest_side: int) -> tuple[Image.Image, str | None]:
    """Return the picture upright, as RGB or RGBA, no smaller than *longest_side* needs, and its format."""
    try:
        with _one_at_a_time, Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as opened:
            _check_size(opened)
            opened.draft("RGB", (longest_side, longest_side))  # JPEG is decoded no larger than needed
            upright = ImageOps.exif_transpose(opened)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB"), opened.format
    except EncodingError:
        raise
    except Exception as exc:  # a decoder fails in many ways at a file made to break it
        raise EncodingError("expected a picture that is whole") from exc


def _check_size(opened: Image.Image) -> None:
    if opened.width * opened.height > MAX_PIXELS:
        raise TooManyPixels(f"expected a picture of at most {MAX_PIXELS} pixels")


def _encode(image: Image.Image, most_bytes: int, *, as_png: bool) -> str:
    """Try PNG where it was one, then JPEG with less and less detail, then the same smaller."""
    while True:
        if as_png and len(data := _saved(image, "PNG", optimize=True)) <= most_bytes:
            return _data_uri("png", data)
        if image.mode == "RGB":
            for quality in _QUALITIES:
                if len(data := _saved(image, "JPEG", quality=quality, optimize=True)) <= most_bytes:
                    return _data_uri("jpeg", data)
        size = (max(1, int(image.width * _SMALLER)), max(1, int(image.height * _SMALLER)))
        image = image.resize(size, Image.Resampling.LANCZOS)


def _saved(image: Image.Image, kind: str, **how: int) -> bytes:
    out = io.BytesIO()
    bare = Image.frombytes(image.mode, image.size, image.tobytes())  # pixels and nothing else
    bare.save(out, kind, **how)
    return out.getvalue()


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
