"""Tables from outside: workbooks and comma-separated text, opened only when nothing in them can harm.

Values are read by calamine, which sees neither formulas nor how far a sheet reaches; both are looked for before.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import PurePosixPath
from typing import Any, NoReturn
from xml.parsers import expat

import python_calamine
from flask_babel import lazy_gettext as _l

from services.archives import BROKEN, ArchiveRefused, open_archive
from services.refusals import Refusal

ROWS_MOST = 20_000
COLUMNS_MOST = 300
SHEETS_MOST = 50
_MIB = 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0"  # XLS, and any workbook with a password
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ENCODINGS = ("utf-8-sig", "gb18030")
_LONGEST_CELL = 40_000
Value = str | int | float | bool | date | time | timedelta | None
Place = tuple[int, int]  # row and column, from 1


class WorkbookRefused(Refusal):
    """A file that is no table, or one that must not be opened. Nothing of it was kept."""


@dataclass(frozen=True)
class SheetScan:
    """What a sheet is, besides its values: how far it reaches, and the formulas that carry no result."""

    rows: int = 0
    columns: int = 0
    unanswered: frozenset[Place] = frozenset()


@dataclass
class Book:
    """An opened file: names of its sheets in their order, and their rows."""

    names: list[str]
    scans: dict[str, SheetScan]
    _source: Any = field(repr=False)
    _read: dict[str, list[list[Value]]] = field(default_factory=dict, repr=False)

    def rows(self, name: str) -> list[list[Value]]:
        """Return a sheet's rows from its first on, all equally long. Raises KeyError and WorkbookRefused."""
        if name not in self.scans:
            raise KeyError(name)
        if isinstance(self._source, list):
            return self._source
        if name in self._read:
            return self._read[name]
        found = _calamine(lambda: self._source.get_sheet_by_name(name).to_python(skip_empty_area=False))
        self._read[name] = [[None if value == "" else value for value in row] for row in found]
        return self._read[name]


def open_table(data: bytes, *, most_bytes: int) -> Book:
    """Open a workbook (XLSX) or comma-separated text by its content, whatever its name. Raises WorkbookRefused."""
    refuse_size(len(data), most_bytes)
    if data.startswith(_OLE):
        raise WorkbookRefused(_l("这是旧版表格文件，或者加了密码。请在表格软件里去掉密码，另存为 XLSX 再上传。"))
    return _workbook(data) if data.startswith(b"PK") else _separated(data)


def _calamine(read: Callable[[], Any]) -> Any:
    """Call the reader; what it cannot read, or stumbles over, is a broken file."""
    try:
        return read()
    except python_calamine.CalamineError as error:
        raise WorkbookRefused(BROKEN) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of Rust; it is no Exception and has no importable name
            raise
        raise WorkbookRefused(BROKEN) from error


def refuse_size(size: int, most: int) -> None:
    """Refuse a file by its size in bytes, before anything of it is read into memory."""
    if not size:
        raise WorkbookRefused(_l("这个文件是空的，没有内容。请重新选择文件。"))
    if size > most:
        raise WorkbookRefused(
            _l(
                "这个文件有 %(size)s MB，最多 %(most)s MB。请删去用不到的工作表和图片，或分成几个文件。",
                size=-(-size // _MIB),
                most=most // _MIB,
            )
        )


# ---------- workbooks


def _workbook(data: bytes) -> Book:
    try:
        archive = open_archive(data)
    except ArchiveRefused as refused:
        raise WorkbookRefused(refused.message) from refused
    names = [entry.filename for entry in archive.infolist()]
    _refuse_content(names, archive)
    paths = _sheet_paths(archive, set(names))
    if len(paths) > SHEETS_MOST:
        raise WorkbookRefused(_l("这个工作簿有 %(n)s 张工作表，最多 %(most)s 张。", n=len(paths), most=SHEETS_MOST))
    scans = {name: _scan(archive, path, name) for name, path in paths.items()}
    source = _calamine(lambda: python_calamine.load_workbook(io.BytesIO(data)))
    known = [name for name in source.sheet_names if name in scans]
    if not known:
        raise WorkbookRefused(BROKEN)
    return Book(known, {name: scans[name] for name in known}, source)


def _refuse_content(names: Sequence[str], archive: zipfile.ZipFile) -> None:
    lower = [name.lower() for name in names]
    if any(PurePosixPath(name).name in {"vbaproject.bin", "vbadata.xml"} for name in lower) or any(
        "/macrosheets/" in name or "/activex/" in name for name in lower
    ):
        raise WorkbookRefused(_l("这个文件带有宏，可能带病毒，不接收。请在表格软件里另存为不带宏的 XLSX 再上传。"))
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        _unknown()
    if b"macroEnabled" in archive.read("[Content_Types].xml"):
        raise WorkbookRefused(_l("这个文件带有宏，可能带病毒，不接收。请在表格软件里另存为不带宏的 XLSX 再上传。"))
    if any(name.startswith("xl/externallinks/") or name == "xl/connections.xml" for name in lower):
        raise WorkbookRefused(
            _l("这个文件链接着别的文件或外部数据，不接收。请全选复制，在新工作簿里“只粘贴数值”，另存后再上传。")
        )


def _sheet_paths(archive: zipfile.ZipFile, known: set[str]) -> dict[str, str]:
    """Return the parts of the archive by the names of their sheets."""
    sheets: list[tuple[str, str]] = []
    targets: dict[str, str] = {}

    def on_sheet(tag: str, given: dict[str, str]) -> None:
        if tag == "sheet":
            relation = next((value for key, value in given.items() if key.rpartition(":")[2] == "id"), "")
            sheets.append((given.get("name", ""), relation))

    def on_relation(tag: str, given: dict[str, str]) -> None:
        if tag == "Relationship":
            targets[given.get("Id", "")] = given.get("Target", "")

    _parse(archive, "xl/workbook.xml", on_sheet)
    if "xl/_rels/workbook.xml.rels" in known:
        _parse(archive, "xl/_rels/workbook.xml.rels", on_relation)
    paths = {}
    for name, relation in sheets:
        target = targets.get(relation, "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        if path in known and "worksheets/" in path:
            paths[name] = path
    if not paths:
        raise WorkbookRefused(BROKEN)
    return paths


class _Scanner:
    """Walks the cells of one sheet. A single cell at the far end would make the reader fill all between with air."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.row = self.column = self.rows = self.columns = 0
        self.formula = self.value = self.text = False
        self.unanswered: set[Place] = set()
        self.inside = ""

    def start(self, tag: str, given: dict[str, str]) -> None:
        if tag == "row":
            self.row = int(given["r"]) if given.get("r", "").isdecimal() else self.row + 1
            self.column = 0
        elif tag == "c":
            found = _REFERENCE.fullmatch(given.get("r", ""))
            self.column = _column_number(found[1]) if found else self.column + 1
            self.row = int(found[2]) if found else self.row
            self.formula = self.value = False
            self.text = given.get("t") == "str"
        elif tag in {"f", "v", "is"}:
            self.inside = tag
            self.formula = self.formula or tag == "f"
            self.value = self.value or tag == "is"
            self._reach()

    def characters(self, data: str) -> None:
        if self.inside == "v" and data.strip():
            self.value = True

    def end(self, tag: str) -> None:
        if tag == "c" and self.formula and not self.value and not self.text:
            self.unanswered.add((self.row, self.column))
        if tag in {"f", "v", "is"}:
            self.inside = ""

    def _reach(self) -> None:
        self.rows, self.columns = max(self.rows, self.row), max(self.columns, self.column)
        _refuse_extent(self.name, self.rows, self.columns)


def _scan(archive: zipfile.ZipFile, path: str, name: str) -> SheetScan:
    scanner = _Scanner(name)
    _parse(archive, path, scanner.start, scanner.end, scanner.characters)
    return SheetScan(scanner.rows, scanner.columns, frozenset(scanner.unanswered))


def _refuse_extent(name: str, rows: int, columns: int) -> None:
    if rows > ROWS_MOST + 1:
        raise WorkbookRefused(
            _l("工作表“%(name)s”超过 %(most)s 行。请分成几个文件，或删去下面用不到的行。", name=name, most=ROWS_MOST)
        )
    if columns > COLUMNS_MOST:
        raise WorkbookRefused(
            _l("工作表“%(name)s”超过 %(most)s 列。请删去右边用不到的列。", name=name, most=COLUMNS_MOST)
        )


def _parse(archive: zipfile.ZipFile, path: str, start: Any, end: Any = None, characters: Any = None) -> None:
    """Walk a part of the archive; tags come without their namespace. A part with a DTD is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_args: Any) -> None:
        raise WorkbookRefused(BROKEN)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, given: start(tag.rpartition(":")[2], given)
    if end:
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    if characters:
        parser.CharacterDataHandler = characters
    try:
        with archive.open(path) as part:
            parser.ParseFile(part)
    except (expat.ExpatError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise WorkbookRefused(BROKEN) from error


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """Return the letters over a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# ---------- comma-separated text


def _unknown() -> NoReturn:
    raise WorkbookRefused(_l("认不出这个文件。请在表格软件里另存为 XLSX 或 CSV，再上传。"))


def _separated(data: bytes) -> Book:
    text = _decoded(data)
    if "\0" in text or text.lstrip().startswith(("<", "{", "%PDF")):
        _unknown()
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    name = "CSV"
    rows: list[list[Value]] = []
    csv.field_size_limit(_LONGEST_CELL)
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append([cell or None for cell in cells])
            _refuse_extent(name, len(rows), len(cells))
    except csv.Error as error:
        raise WorkbookRefused(BROKEN) from error
    width = max((len(row) for row in rows), default=0)
    even: list[list[Value]] = [row + [None] * (width - len(row)) for row in rows]
    return Book([name], {name: SheetScan(len(rows), width)}, even)


def _decoded(data: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return _unknown()


def walk(rows: Sequence[Sequence[Value]]) -> Iterator[tuple[int, Sequence[Value]]]:
    """Yield the rows that hold anything, each with its number in the sheet."""
    for number, row in enumerate(rows, start=1):
        if any(value is not None and not (isinstance(value, str) and not value.strip()) for value in row):
            yield number, row
