"""QR codes on pages."""

import segno
from markupsafe import Markup


def qr_of(text: str) -> Markup:
    """Return the QR code of *text* as SVG, without a style and with four modules of quiet zone."""
    svg: str = segno.make(text, error="m", micro=False).svg_inline(
        border=4, omitsize=True, svgclass=None, lineclass=None, dark="#1f1b17", light="#ffffff"
    )
    return Markup(svg)  # noqa: S704  # segno's own drawing; *text* is not in it
