"""Files that people send: good ones, broken ones, and bad ones under good names."""

from __future__ import annotations

import io
import struct
import zipfile

from PIL import Image, ImageDraw

HTML = b"<!doctype html><script>alert(1)</script>"
DOCX_TYPES = b"""<?xml version="1.0"?><Types><Override PartName="/word/document.xml" ContentType=
"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
MACRO_TYPES = DOCX_TYPES.replace(b"vnd.openxmlformats-officedocument.wordprocessingml", b"vnd.ms-word.macroEnabled")


def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return out.getvalue()


DOCX = archive({"[Content_Types].xml": DOCX_TYPES, "word/document.xml": b"<w/>"})
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
WAV = b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + bytes(28) + b"data" + bytes(4)
M4A = b"\0\0\0\x1cftypM4A \0\0\0\0" + bytes(12) + b"\0\0\0\x20hdlr" + bytes(8) + b"soun" + bytes(8)
FILM = M4A + b"\0\0\0\x20hdlr" + bytes(8) + b"vide" + bytes(8)


def drawing(ink: str | None = "black") -> bytes:
    image = Image.new("RGBA", (600, 240), (0, 0, 0, 0))
    if ink:
        ImageDraw.Draw(image).line([(100, 60), (300, 180), (400, 80)], fill=ink, width=6)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
