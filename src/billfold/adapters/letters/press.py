"""Press: a letter becomes one page of PDF, with its fonts inside, so that it looks and reads the same everywhere.

Source: DIN 5008 form B for the places on A4 (address in the window, 45 to 90 mm from the top); ISO 18004 for the QR
code's quiet zone of four modules. Manrope holds Latin, Greek, Cyrillic and Vietnamese; DejaVu Sans many more scripts.
"""

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import segno
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import WrapMode
from fpdf.fonts import TTFFont

from billfold.errors import StateError

_FONTS = Path(__file__).parent / "fonts"
_REGULAR, _BOLD = _FONTS / "Manrope-Regular.ttf", _FONTS / "Manrope-Bold.ttf"
_BROAD = _FONTS / "DejaVuSans.ttf"
_SIZES_PT: Final = (10.5, 9.5, 8.5)  # the largest that fits on the page is taken
_LEFT_MM, _RIGHT_MM, _TOP_MM, _BOTTOM_MM = 25.0, 20.0, 20.0, 282.0
_WINDOW_MM = 62.7
_DATE_MM = 97.0
_WIDTH_MM = 210 - _LEFT_MM - _RIGHT_MM
_QR_MM = 40.0
_QUIET_MODULES = 4
_INK, _QUIET = (31, 27, 23), (84, 79, 71)


class Unprintable(StateError):
    """A letter cannot be printed as it stands; `code` says why."""

    code = "unprintable"


@dataclass(frozen=True, slots=True)
class Line:
    """What stands in the box beside the QR code: a small label, and below it what is to be read."""

    label: str
    value: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter's texts from top to bottom, none of them with markup.

    Attributes:
        logo: a PNG or JPEG file.
        qr: what the QR code holds, 40 mm wide; None: no QR code.
        made_at: stands in the file's properties.
    """

    language: str
    sender: str
    logo: bytes | None
    contact: str
    recipient: tuple[str, ...]
    date: str
    title: str
    greeting: str
    text: str
    steps: tuple[str, ...]
    qr: str | None
    box: tuple[Line, ...]
    warning: str
    foot: tuple[str, ...]
    made_at: datetime

    def characters(self) -> set[int]:
        """Return every character that is to be printed."""
        lines = [text for line in self.box for text in (line.label, line.value)]
        texts = (self.sender, self.contact, *self.recipient, self.date, self.title, self.greeting, self.text)
        return {ord(each) for text in (*texts, *self.steps, *lines, self.warning, *self.foot) for each in text}


@dataclass(frozen=True, slots=True)
class Press:
    """Prints letters; *fonts* are files for scripts that the fonts of this package lack."""

    fonts: tuple[Path, ...] = field(default=())

    def print(self, letter: Letter) -> bytes:
        """Return *letter* as a PDF file of one page.

        Raises:
            Unprintable: no font has its characters, or it is longer than a page.
        """
        fonts = self._fonts_for(letter.characters())
        for size_pt in _SIZES_PT:
            with closing(_Page(letter, fonts, size_pt)) as page:
                if page.draw() <= _BOTTOM_MM:
                    return page.file()
        raise Unprintable("expected a letter that fits on a page: shorten the name, the address or the Cred types")

    def _fonts_for(self, characters: set[int]) -> list[Path]:
        """Return the further fonts that are needed for what Manrope lacks."""
        missing, found = characters - _covered(_REGULAR), []
        for path in (_BROAD, *self.fonts):
            if missing & _covered(path):
                missing -= _covered(path)
                found.append(path)
        if missing:
            raise Unprintable(
                f"expected fonts for all characters, got {len(missing)} that none has: name a font in the settings,"
                " letters.more_fonts",
                code="no_font",
            )
        return found


@cache
def _covered(path: Path) -> frozenset[int]:
    """Return the characters that the font at *path* has."""
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


class _Page:
    """One page under way; *y* is where the next thing goes, in mm from the top."""

    def __init__(self, letter: Letter, fonts: list[Path], size_pt: float) -> None:
        self._letter, self._size = letter, size_pt
        pdf = self._pdf = FPDF(format="A4")
        pdf.set_auto_page_break(auto=False)
        pdf.set_margins(_LEFT_MM, _TOP_MM, _RIGHT_MM)
        pdf.c_margin = 0  # text begins where the box and the logo do
        pdf.add_font("text", "", _REGULAR)
        pdf.add_font("text", "B", _BOLD)
        names = [f"more{number}" for number, _ in enumerate(fonts)]
        for name, path in zip(names, fonts, strict=True):
            pdf.add_font(name, "", path)
        pdf.set_fallback_fonts(names, exact_match=False)
        pdf.set_text_shaping(use_shaping_engine=bool(fonts))  # joins Arabic letters; costs time, so only where needed
        pdf.set_title(letter.title)
        pdf.set_author(letter.sender)
        pdf.set_lang(letter.language)
        pdf.set_creation_date(letter.made_at)
        pdf.add_page()

    def file(self) -> bytes:
        return bytes(self._pdf.output())

    def close(self) -> None:
        """Close the font files, which FPDF leaves open until they are collected."""
        for font in self._pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.close()

    def draw(self) -> float:
        """Draw everything and return where it ends, in mm from the top."""
        letter = self._letter
        self._head()
        self._at(_WINDOW_MM)
        for line in letter.recipient:
            self._write(line, width=80)
        self._at(max(_DATE_MM, self._pdf.get_y() + 4))
        self._write(letter.date, quiet=True)
        self._write(letter.title, size=17, bold=True, before=4)
        self._write(letter.greeting, before=4)
        self._write(letter.text, before=2)
        for number, step in enumerate(letter.steps, 1):
            self._write(f"{number}.", before=1.5)
            self._at(self._pdf.get_y() - self._height(self._size), _LEFT_MM + 7)
            self._write(step, width=_WIDTH_MM - 7)
        self._box()
        self._write(letter.warning, before=5)
        for line in letter.foot:
            self._write(line, quiet=True, before=1.5)
        return float(self._pdf.get_y())

    def _head(self) -> None:
        pdf, letter, left = self._pdf, self._letter, _LEFT_MM
        if letter.logo is not None:
            pdf.image(io.BytesIO(letter.logo), x=left, y=_TOP_MM, w=11, h=11, keep_aspect_ratio=True, alt_text="")
            left += 15
        self._at(_TOP_MM + 2.5, left)
        self._write(letter.sender, size=12, bold=True, width=85)
        self._at(_TOP_MM + 2.8, 125)
        self._write(letter.contact, quiet=True, width=65, align="R", size=9)

    def _box(self) -> None:
        """Draw the frame with QR code and short code, or with the PIN alone."""
        letter, top = self._letter, self._pdf.get_y() + 5
        left = _LEFT_MM + 8
        if letter.qr is not None:
            _draw_qr(self._pdf, letter.qr, left, top + 8)
            left += _QR_MM + 12
        self._at(top + 10, left)
        width = 210 - _RIGHT_MM - 6 - left
        for line in letter.box:
            self._at(self._pdf.get_y(), left)
            self._write(line.label, quiet=True, width=width)
            self._at(self._pdf.get_y() + 0.5, left)
            self._write(line.value, bold=True, size=17 if line.is_code else 12, width=width)
            self._pdf.set_y(self._pdf.get_y() + 4)
        bottom = max(self._pdf.get_y() + 4, top + _QR_MM + 16 if letter.qr is not None else top)
        self._pdf.set_draw_color(133, 127, 119)
        self._pdf.rect(_LEFT_MM, top, _WIDTH_MM, bottom - top, round_corners=True, corner_radius=4)
        self._at(bottom)

    def _at(self, y: float, x: float = _LEFT_MM) -> None:
        self._pdf.set_xy(x, y)

    def _height(self, size: float) -> float:
        return size * 0.3528 * 1.45  # points in mm, and room between lines

    def _write(
        self,
        text: str,
        *,
        size: float | None = None,
        bold: bool = False,
        quiet: bool = False,
        width: float | None = None,
        before: float = 0,
        align: str = "L",
    ) -> None:
        """Write *text* as lines of *width* mm below what was written last; *before* is room above it in mm."""
        pdf, size = self._pdf, size or self._size
        if before:
            self._at(pdf.get_y() + before)
        pdf.set_font("text", "B" if bold else "", size)
        pdf.set_text_color(*(_QUIET if quiet else _INK))
        pdf.multi_cell(
            width or _WIDTH_MM,
            self._height(size),
            text,
            align=align,
            new_x="LEFT",
            new_y="NEXT",
            wrapmode=WrapMode.WORD,
        )


def _draw_qr(pdf: FPDF, text: str, left: float, top: float) -> None:
    """Draw a QR code of 40 mm, quiet zone not counted: the box leaves at least four modules of white around it."""
    rows = segno.make(text, error="m", micro=False).matrix
    module = _QR_MM / len(rows)
    if module * _QUIET_MODULES > 8:
        raise Unprintable("expected a QR code that leaves its quiet zone free")
    pdf.set_fill_color(0, 0, 0)
    for number, row in enumerate(rows):
        for start, length in _runs(row):
            pdf.rect(left + start * module, top + number * module, length * module, module, style="F")


def _runs(row: bytearray) -> Iterator[tuple[int, int]]:
    """Return start and length of each run of dark modules, which are drawn as one, without seams."""
    start: int | None = None
    for position, dark in enumerate((*row, 0)):
        if dark and start is None:
            start = position
        elif not dark and start is not None:
            yield start, position - start
            start = None
