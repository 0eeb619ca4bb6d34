"""Photographs of codes as a phone takes them: askew, in a noisy picture, compressed."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import segno
from PIL import Image

CODE_SIDE, APART = 340, 560


def photo_of(*codes: str | bytes, angle: float = 17, kind: str = "JPEG", micro: bool = False) -> bytes:
    """Return a picture of codes side by side, each printed as our pages draw it."""
    size = (max(1, len(codes)) * APART + 300, 900)
    desk = Image.effect_noise(size, 40).convert("RGB")
    for number, code in enumerate(codes):
        printed = BytesIO()
        segno.make(code, error="m", micro=micro).save(printed, kind="png", scale=10, border=4)
        with Image.open(printed) as paper:
            turned = paper.convert("RGB").resize((CODE_SIDE, CODE_SIDE)).rotate(angle, expand=True, fillcolor="#c8beb4")
        desk.paste(turned, (200 + number * APART, 250))
    out = BytesIO()
    Image.blend(desk, Image.effect_noise(size, 40).convert("RGB"), 0.25).save(out, kind, quality=55)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says it is as large as this."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
