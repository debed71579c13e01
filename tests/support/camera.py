"""A camera for a test's browser: a film, in YUV4MPEG2, of somebody who holds a QR code before it."""

from pathlib import Path

import segno

WIDTH, HEIGHT, FRAMES = 640, 480, 10
PAPER, INK, ROOM = 235, 20, 110
QUIET_MODULES = 4


def flags(film: Path, *, allowed: bool = True) -> list[str]:
    """Return Chromium's flags that make *film* what its camera sees; *allowed* without a question, else refused."""
    seen = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    return [*seen, "--use-fake-ui-for-media-stream"] if allowed else seen


def film_code(film: Path, text: str) -> None:
    """Write to *film* what a camera sees that points at the QR code of *text*."""
    modules = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    size = len(modules) + 2 * QUIET_MODULES
    scale = (HEIGHT - 120) // size
    left, top = (WIDTH - size * scale) // 2, (HEIGHT - size * scale) // 2
    rows = []
    for y in range(HEIGHT):
        row = bytearray([ROOM]) * WIDTH
        at = (y - top) // scale
        if 0 <= at < size:
            line = b"".join(bytes([_shade(modules, x, at)]) * scale for x in range(size))
            row[left : left + size * scale] = line
        rows.append(bytes(row))
    colourless = bytes([128]) * (WIDTH * HEIGHT // 2)
    frame = b"FRAME\n" + b"".join(rows) + colourless
    film.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * FRAMES)


def _shade(modules: list[list[int]], x: int, y: int) -> int:
    column, row = x - QUIET_MODULES, y - QUIET_MODULES
    inside = 0 <= column < len(modules) and 0 <= row < len(modules)
    return INK if inside and modules[row][column] else PAPER
