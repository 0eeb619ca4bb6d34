"""Exports on disk: a workbook, a comma-separated text, or an archive of one with the files that go with it."""

from __future__ import annotations

import csv
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol, TextIO

from flask_babel import gettext as _

from queries.export_rows import Options, Reader, Upload
from queries.exports import Line, XlsxBook, plain_value, sheet_name, write_csv_head
from services.files import FileStore


class Out(Protocol):
    """Where lines go."""

    def write(self, sheet: int, line: Line) -> None: ...


class _CsvFiles:
    """One comma-separated text for each table."""

    def __init__(self, stack: ExitStack, paths: Sequence[Path], sheets: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.outs: list[TextIO] = [stack.enter_context(path.open("w", encoding="utf-8", newline="")) for path in paths]
        self.writers = [csv.writer(out) for out in self.outs]
        for out, (_title, heads) in zip(self.outs, sheets, strict=True):
            write_csv_head(out, heads)

    def write(self, sheet: int, line: Line) -> None:
        self.writers[sheet].writerow([plain_value(value) for value in line])


def is_archive(options: Options, tables: int) -> bool:
    """Tell whether an export is a zip: with attachments, or with several tables where a text holds one."""
    return options.files or (options.kind == "csv" and tables > 1)


def ending(options: Options, tables: int) -> str:
    """Return the ending of an export's name."""
    return "zip" if is_archive(options, tables) else options.kind


def write_export(
    target: Path,
    reader: Reader,
    *,
    store: FileStore,
    progress: Callable[[int], None] = lambda _done: None,
    between: Callable[[], None] = lambda: None,
) -> int:
    """Write an export and return how many records it has.

    `progress` is told after each batch how many are done and may raise to give it up; `between` is called where the
    read transaction may end. What goes with the records is copied file by file, never held in memory.
    """
    options = reader.options
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export") as name:
        folder = Path(name)
        paths = _table_paths(folder, reader)
        with ExitStack() as stack:
            archive = None
            if is_archive(options, len(reader.sheets)):
                archive = stack.enter_context(zipfile.ZipFile(folder / "whole", "w", zipfile.ZIP_STORED))
            done = _write_all(reader, paths, archive, store=store, progress=progress, between=between)
            if archive is not None:
                for path in paths:
                    archive.write(path, path.name, compress_type=zipfile.ZIP_DEFLATED)
        shutil.move(folder / "whole" if archive is not None else paths[0], target)
    return done


def _write_all(
    reader: Reader,
    paths: Sequence[Path],
    archive: zipfile.ZipFile | None,
    *,
    store: FileStore,
    progress: Callable[[int], None],
    between: Callable[[], None],
) -> int:
    done = 0
    with _tables(reader, paths) as out:
        for batch in reader.batches(between):
            for sheet, line in batch.lines:
                out.write(sheet, line)
            if archive is not None:
                _add(archive, batch.uploads, store)
            done += batch.records
            progress(done)
    return done


@contextmanager
def _tables(reader: Reader, paths: Sequence[Path]) -> Iterator[Out]:
    if reader.options.kind == "xlsx":
        with XlsxBook(str(paths[0]), reader.sheets, str(paths[0].parent)) as book:
            yield book
    else:
        with ExitStack() as stack:
            yield _CsvFiles(stack, paths, reader.sheets)


def _table_paths(folder: Path, reader: Reader) -> list[Path]:
    """Return where the tables are written, under the names they have in an archive."""
    if reader.options.kind == "xlsx":
        return [folder / f"{sheet_name(reader.title)}.xlsx"]
    names: list[str] = []
    for title, _heads in reader.sheets:
        name = sheet_name(title)
        names.append(name if name not in names else f"{name} {len(names) + 1}")
    return [folder / f"{name}.csv" for name in names]


def _add(archive: zipfile.ZipFile, uploads: Sequence[Upload], store: FileStore) -> None:
    """Copy files into the archive; one that lies there no more is left out, as on pages."""
    for one in uploads:
        path = store.path(one.uid)
        if path.exists():
            archive.write(path, f"{_('附件')}/{one.name}")
