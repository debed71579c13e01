"""The press: one page, whose text is found, whose QR code is read from paper, with names in their own scripts."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pypdfium2
import pytest
import zxingcpp
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image

from billfold.adapters.letters.press import Letter, Line, Press, Unprintable

LINK = "https://wallet.example.org/#c=ABCDEFGHJKMN"
DOTS_PER_MM = 300 / 25.4
CHINESE = "王小明"
LETTER = Letter(
    language="en",
    sender="Northwind Robotics",
    logo=None,
    contact="+44 20 7946 0112",
    recipient=("Amara Okafor", "Elm Street 4", "20459 Northport"),
    date="24 Nov 2026",
    title="For your phone: Employee badge",
    greeting="Hello Amara Okafor,",
    text="you can now carry this on your phone: Employee badge.",
    steps=("Open Billfold.", "Scan this code."),
    qr=LINK,
    box=(Line("Short code", "ABCD-EFGH-JKMN", is_code=True), Line("Works once, until", "8 Dec 2026, 18:00")),
    warning="Keep this letter to yourself.",
    foot=("Help: https://console.example.org/o/northwind/help", "Reference 7K3Q-9XHM"),
    made_at=datetime(2026, 11, 24, tzinfo=UTC),
)


def text_of(pdf: bytes) -> str:
    """Return the text of the only page."""
    (page,) = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return page.extract_text()


def printed(pdf: bytes) -> Image.Image:
    """Return the page as a printer of 300 dots an inch puts it on paper."""
    picture: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72).to_pil()
    return picture


def test_a_letter_is_one_page_of_a4_with_all_its_text() -> None:
    pdf = Press().print(LETTER)

    (page,) = pypdf.PdfReader(io.BytesIO(pdf)).pages
    size_mm = tuple(round(float(each) * 25.4 / 72) for each in page.mediabox[2:])
    text = page.extract_text()
    assert size_mm == (210, 297)
    for part in (*LETTER.recipient, LETTER.title, LETTER.greeting, *LETTER.steps, "ABCD-EFGH-JKMN", *LETTER.foot):
        assert part in text


def test_the_qr_code_is_read_from_paper_and_is_40_mm_wide() -> None:
    (found,) = zxingcpp.read_barcodes(printed(Press().print(LETTER)))

    width_mm = (found.position.top_right.x - found.position.top_left.x) / DOTS_PER_MM
    assert found.text == LINK
    assert width_mm == pytest.approx(40, abs=1)


def test_the_address_stands_in_the_window() -> None:
    """DIN 5008 form B: 45 to 90 mm from the top, 20 to 105 mm from the left."""
    page = pypdfium2.PdfDocument(Press().print(LETTER))[0].get_textpage()
    found = page.search("20459 Northport").get_next()
    assert found is not None

    assert page.count_rects(*found) == 1
    left, bottom, right, top = (each * 25.4 / 72 for each in page.get_rect(0))

    assert 20 < left < right < 105
    assert 297 - top > 45
    assert 297 - bottom < 90


@pytest.mark.parametrize(
    "name", ["Ülkü Ağaoğlu", "Nguyễn Thị Hằng", "Нина Воронова", "Ελένη Παππά", "רות לוי", "Արամ Պետրոսյան", "ნინო"]
)
def test_names_in_other_scripts_print(name: str) -> None:
    text = text_of(Press().print(replace(LETTER, recipient=(name,))))

    assert sorted(name.split()) in [sorted(line.split()) for line in text.split("\n")]  # a PDF keeps right to left


def test_arabic_letters_are_joined() -> None:
    """Apart they would be as wide as their isolated forms."""
    joined = printed(Press().print(replace(LETTER, recipient=("سسسسسس",))))
    apart = printed(Press().print(replace(LETTER, recipient=("س\u200cس\u200cس\u200cس\u200cس\u200cس",))))

    assert _ink_width(joined) < _ink_width(apart)


def _ink_width(page: Image.Image) -> int:
    window = page.convert("L").crop((0, int(60 * DOTS_PER_MM), int(110 * DOTS_PER_MM), int(70 * DOTS_PER_MM)))
    box = window.point(lambda grey: 255 if grey < 128 else 0).getbbox()
    assert box is not None
    return box[2] - box[0]


def test_a_name_that_no_font_has_is_refused_without_saying_it() -> None:
    with pytest.raises(Unprintable, match="got 3 that none has: name a font in the settings") as refused:
        Press().print(replace(LETTER, recipient=(CHINESE,)))

    assert refused.value.code == "no_font"
    assert not set(CHINESE) & set(str(refused.value))


def test_a_font_of_the_settings_prints_what_ours_lack(tmp_path: Path) -> None:
    path = tmp_path / "chinese.ttf"
    _make_font(path, CHINESE)

    assert CHINESE in text_of(Press((path,)).print(replace(LETTER, recipient=(CHINESE,))))


def test_a_long_letter_is_set_smaller_and_stays_one_page() -> None:
    long = replace(LETTER, recipient=("Maximiliane " * 16,), steps=("A step of many words. " * 20,) * 3)

    assert "Reference 7K3Q-9XHM" in text_of(Press().print(long))


def test_a_letter_beyond_a_page_is_refused() -> None:
    with pytest.raises(Unprintable, match="fits on a page"):
        Press().print(replace(LETTER, text="Many words. " * 900))


def test_what_looks_like_markup_is_printed_as_it_is() -> None:
    assert "**Ada** <b>--x--" in text_of(Press().print(replace(LETTER, recipient=("**Ada** <b>--x--",))))


def _make_font(path: Path, characters: str) -> None:
    """Write a font that has a box for each of *characters*."""
    names = [".notdef", *(f"u{ord(each):04X}" for each in characters)]
    pen = TTGlyphPen(None)
    for point in ((0, 0), (0, 700), (700, 700), (700, 0)):
        (pen.moveTo if point == (0, 0) else pen.lineTo)(point)
    pen.closePath()
    glyph = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(each): name for each, name in zip(characters, names[1:], strict=True)})
    font.setupGlyf(dict.fromkeys(names, glyph))
    font.setupHorizontalMetrics(dict.fromkeys(names, (800, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Boxes", "styleName": "Regular", "psName": "Boxes"})
    font.setupOS2()
    font.setupPost()
    font.save(path)
