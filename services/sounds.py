"""Sound: judged by what it is. It is kept as it came, because nothing here can write it anew."""

from __future__ import annotations

from typing import BinaryIO

from flask_babel import lazy_gettext as _l

from services.refusals import Refusal

ENDINGS = {
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav", "audio/ogg": "ogg", "audio/webm": "webm",
}  # fmt: skip
_FIRST = 64 * 1024
_OGG_SOUNDS = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_PICTURE_CODECS = (b"V_VP8", b"V_VP9", b"V_AV1", b"V_MPEG")


class NotASound(Refusal):
    """The bytes are no sound that browsers play, whatever the name says."""

    message = _l("这不是能用的录音。请用手机自带的录音功能录一段再上传；视频不能上传。")


def sound_type(data: bytes) -> str:
    """Return the type of a sound. Raises NotASound, also for films."""
    for known in (_mp4, _mpeg, _wave, _ogg, _webm):
        mime = known(data)
        if mime:
            return mime
    raise NotASound


def read_sound(stream: BinaryIO) -> tuple[bytes, str]:
    """Return (bytes, type). Raises NotASound."""
    stream.seek(0)
    data = stream.read()
    return data, sound_type(data)


def _mpeg(data: bytes) -> str:
    """MPEG audio: an ID3 tag before it, or the frame header itself (ISO/IEC 11172-3, 2.4.1.3)."""
    start = 0
    if data.startswith(b"ID3") and len(data) > 10:  # noqa: PLR2004 - the length of its header
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
        start = next((place for place in range(start, min(start + 4096, len(data))) if data[place]), start)
    return "audio/mpeg" if _is_frame(data[start : start + 4]) else ""


def _is_frame(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - eleven set bits
        return False
    version, layer, rate, frequency = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and rate not in {0, 15} and frequency != 3  # noqa: PLR2004 - reserved values


def _mp4(data: bytes) -> str:
    """ISO base media: sound tracks only; a film names the handler of its pictures too."""
    if data[4:8] != b"ftyp":
        return ""
    handlers = {data[place + 12 : place + 16] for place in _places(data, b"hdlr")}
    return "audio/mp4" if b"soun" in handlers and b"vide" not in handlers else ""


def _places(data: bytes, mark: bytes) -> list[int]:
    found: list[int] = []
    place = data.find(mark)
    while place >= 0 and len(found) < 100:  # noqa: PLR2004 - tracks of any recording
        found.append(place)
        place = data.find(mark, place + 1)
    return found


def _wave(data: bytes) -> str:
    return "audio/wav" if data.startswith(b"RIFF") and data[8:12] == b"WAVE" else ""


def _ogg(data: bytes) -> str:
    return "audio/ogg" if data.startswith(b"OggS") and data[28:].startswith(_OGG_SOUNDS) else ""


def _webm(data: bytes) -> str:
    first = data[:_FIRST]
    is_webm = data.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in data[:64]
    return "audio/webm" if is_webm and b"A_" in first and not any(one in first for one in _PICTURE_CODECS) else ""
