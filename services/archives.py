"""Zip archives from outside: measured before anything opens them, by unpacking every entry and throwing it away."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from flask_babel import lazy_gettext as _l

from services.refusals import Refusal

_MIB = 1024 * 1024
UNPACKED_MOST = 200 * _MIB
ENTRIES_MOST = 2_000
RATIO_MOST = 200  # a sheet of equal rows packs to a hundredth; bombs to a thousandth
RATIO_FROM = 10 * _MIB  # small files may pack as well as they like
_HEADER = struct.Struct("<4s22xHH")
_STEP = 1 * _MIB
_TAKEN = 64 * 1024
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ArchiveRefused(Refusal):
    """An archive that is broken, or that would fill memory when unpacked."""


BROKEN = _l("这个文件已经损坏，打不开。请用表格软件打开原文件，另存一份再上传。")
BOMB = _l("这个文件解压后大得不正常，不接收。请把内容复制到一个新建的工作簿里，另存后再上传。")
LOCKED = _l("这个文件加了密码。请先去掉密码，另存后再上传。")


def open_archive(data: bytes) -> zipfile.ZipFile:
    """Open an archive whose every entry was unpacked once and found to be as large as it says.

    What an archive says about itself may be a lie, so the sizes are measured. Raises ArchiveRefused.
    """
    try:
        archive = zipfile.ZipFile(BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise ArchiveRefused(BROKEN) from error
    if len(entries) > ENTRIES_MOST or sum(entry.file_size for entry in entries) > UNPACKED_MOST:
        raise ArchiveRefused(BOMB)
    left = UNPACKED_MOST
    for entry in entries:
        left -= _measured(data, entry, left)
    return archive


def _measured(data: bytes, entry: zipfile.ZipInfo, left: int) -> int:
    """Return how many bytes an entry really holds, giving up as soon as it is too much."""
    if entry.flag_bits & 1:
        raise ArchiveRefused(LOCKED)
    if entry.compress_type not in READABLE:
        raise ArchiveRefused(BROKEN)
    most = min(left, entry.file_size)
    size = 0
    try:
        for size in _sizes(_packed(data, entry), entry.compress_type):
            if size > most or (size > RATIO_FROM and size > RATIO_MOST * entry.compress_size):
                raise ArchiveRefused(BOMB)
    except (zlib.error, struct.error) as error:
        raise ArchiveRefused(BROKEN) from error
    if size != entry.file_size:
        raise ArchiveRefused(BROKEN)
    return size


def _packed(data: bytes, entry: zipfile.ZipInfo) -> memoryview:
    mark, name, extra = _HEADER.unpack_from(data, entry.header_offset)
    first = entry.header_offset + _HEADER.size + name + extra
    if mark != b"PK\x03\x04" or first + entry.compress_size > len(data):
        raise ArchiveRefused(BROKEN)
    return memoryview(data)[first : first + entry.compress_size]


def _sizes(packed: memoryview, kind: int) -> Iterator[int]:
    """Yield the growing size of what comes out, a piece at a time and never more than one piece in memory."""
    if kind == zipfile.ZIP_STORED:
        yield len(packed)
        return
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    for first in range(0, len(packed), _TAKEN):
        waiting = bytes(packed[first : first + _TAKEN])
        while waiting and not unpack.eof:
            size += len(unpack.decompress(waiting, _STEP))
            yield size
            waiting = unpack.unconsumed_tail
    while not unpack.eof and (piece := unpack.decompress(b"", _STEP)):
        size += len(piece)
        yield size
