"""Pictures: hostile files are refused before they cost anything; what comes out is small and holds pixels only."""

import base64
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from billfold.adapters.pictures.picture import MAX_BYTES, MAX_PIXELS, fitting, least_contrast
from billfold.errors import EncodingError


def data_uri(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """Return a PNG that says it is of this size, whatever its pixels are."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


NOISE = Image.effect_noise((1200, 900), 120).convert("RGB")
JPEG = saved(NOISE, "JPEG", quality=95)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        pytest.param(data_uri(png(MAX_PIXELS, 2)), "of at most", id="bomb"),
        pytest.param(data_uri(png(2**31 - 1, 2**31 - 1)), "of at most|whole", id="bomb-huge"),
        pytest.param(data_uri(png(100, 100, b"\0" * 10)), "that is whole", id="too-few-pixels"),
        pytest.param(data_uri(JPEG[: len(JPEG) // 2], "jpeg"), "that is whole", id="cut"),
        pytest.param(data_uri(b""), "as data:image", id="empty"),
        pytest.param(data_uri(b"GIF89a" + b"\0" * 40), "that is whole", id="gif-inside"),
        pytest.param(data_uri(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), "that is whole", id="eps-inside"),
        pytest.param(data_uri(JPEG, "svg+xml"), "as data:image", id="svg"),
        pytest.param("data:image/png;base64,A", "in base64", id="base64"),
        pytest.param("data:image/png,%89PNG", "as data:image", id="percent"),
        pytest.param("/etc/passwd", "as data:image", id="path"),
    ],
)
async def test_refuses_what_is_no_good_picture(sent: str, message: str) -> None:
    with pytest.raises(EncodingError, match=message):
        await fitting(sent)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_a_large_picture_becomes_small(kind: str) -> None:
    found = await fitting(data_uri(saved(NOISE, kind), kind.lower()))
    data = base64.b64decode(found.partition(",")[2])
    assert len(data) <= MAX_BYTES
    assert max(Image.open(io.BytesIO(data)).size) <= 640


async def test_what_is_transparent_stays_so() -> None:
    logo = Image.new("RGBA", (900, 900), (0, 0, 0, 0))
    logo.paste(Image.effect_noise((500, 500), 90).convert("RGBA"), (200, 200))
    found = await fitting(data_uri(saved(logo, "PNG")), most_bytes=10_000)
    image = Image.open(io.BytesIO(base64.b64decode(found.partition(",")[2])))
    assert found.startswith("data:image/png")
    assert image.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


async def test_nothing_but_pixels_comes_through() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "where I live")
    sent = saved(Image.new("RGB", (40, 30), "white"), "PNG", pnginfo=texts, dpi=(72, 72), icc_profile=b"profile")
    found = await fitting(data_uri(sent))
    image = Image.open(io.BytesIO(base64.b64decode(found.partition(",")[2])))
    assert image.size == (40, 30)
    assert image.info == {}


@settings(max_examples=60)
@given(position=st.integers(0, len(JPEG) - 1), byte=st.integers(0, 255))
async def test_a_damaged_file_is_refused_or_read_but_never_more(position: int, byte: int) -> None:
    damaged = JPEG[:position] + bytes([byte]) + JPEG[position + 1 :]
    try:
        found = await fitting(data_uri(damaged, "jpeg"))
    except EncodingError:
        return
    assert len(base64.b64decode(found.partition(",")[2])) <= MAX_BYTES


@pytest.mark.parametrize(
    ("picture", "ground", "expected"),
    [
        pytest.param(Image.new("RGB", (9, 9), "black"), "#ffffff", 21.0, id="plain"),
        pytest.param(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "#ffffff", 1.0, id="through-to-the-ground"),
        pytest.param(Image.linear_gradient("L").convert("RGB"), "#000000", 1.0, id="lightest-point"),
    ],
)
async def test_text_is_measured_at_the_worst_point(picture: Image.Image, ground: str, expected: float) -> None:
    ratio = await least_contrast(data_uri(saved(picture, "PNG")), ground=ground, ink="#ffffff")

    assert ratio == pytest.approx(expected, abs=0.05)


async def test_text_in_the_middle_of_all_colours_is_measured_there() -> None:
    """Neither the darkest nor the lightest point is the worst one for a grey text."""
    grey = saved(Image.linear_gradient("L").convert("RGB"), "PNG")

    assert await least_contrast(data_uri(grey), ground="#000000", ink="#808080") < 1.1


async def test_no_picture_is_not_measured() -> None:
    with pytest.raises(EncodingError, match="that is whole"):
        await least_contrast(data_uri(JPEG[:99], "jpeg"), ground="#000000", ink="#ffffff")
