"""Extract messages, update the catalogues and check them: `python -m tools.messages update|check [folder]`.

The code speaks Chinese, so a message id is Chinese text. The Chinese catalogue repeats the ids;
every other catalogue has to translate all of them.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message

from shell.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "N_": None, "_n": (1, 2), "lazy_gettext": None, "lazy_ngettext": (1, 2)}
LOCALES = {"zh_Hans_CN", "en"}
SHORTEST = 8  # characters; below that a text may well be one thing twice
NOT_OURS = (".venv", ".git", "tests", "tools", "bench", "migrations", "instance")


def extracted() -> Catalog:
    """Return all messages of the code and the templates."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as stream:
        methods, options = parse_mapping_cfg(stream)  # type: ignore[no-untyped-call]
    catalogue = Catalog(project="zhiye", charset="utf-8")
    found = extract_from_dir(
        str(ROOT),
        methods,
        options,
        keywords=KEYWORDS,
        comment_tags=("Translators:",),
        directory_filter=lambda path: Path(path).name not in NOT_OURS and not Path(path).name.startswith("."),
    )
    for name, _line, text, comments, context in found:
        # Files without line numbers: a moved line is no change of the catalogue.
        catalogue.add(text, locations=[(name, None)], auto_comments=comments, context=context)  # type: ignore[list-item]
    return catalogue


def catalogues(folder: Path) -> dict[str, Path]:
    """Return the catalogue file of each locale: ours, whether it exists or not, and any other that lies there."""
    found = {path.parts[-3] for path in folder.glob("*/LC_MESSAGES/messages.po")}
    return {locale: folder / locale / "LC_MESSAGES/messages.po" for locale in sorted(found | LOCALES)}


def read(locale: str, path: Path) -> Catalog:
    if not path.exists():
        return Catalog(
            locale=locale,
            project="Zhiye",
            version=VERSION,
            copyright_holder="Zhiye contributors",
            msgid_bugs_address="none",
            last_translator="Zhiye contributors",
            language_team="Zhiye contributors",
            header_comment="# Texts of Zhiye. The code is written in Chinese: a message id is the Chinese text.",
            charset="utf-8",
            fuzzy=False,
        )
    with path.open("rb") as stream:
        return read_po(stream, locale=locale, abort_invalid=True)


def entries(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def texts(message: Message) -> list[str]:
    """Return the translations of a message: one, or one for each plural form."""
    return list(message.string) if isinstance(message.string, list | tuple) else [message.string or ""]


def repeat_ids(catalogue: Catalog) -> None:
    """Make each empty Chinese text its own message id."""
    for message in entries(catalogue):
        if not all(texts(message)):
            plural = isinstance(message.id, list | tuple)
            message.string = (message.id[1],) * catalogue.num_plurals if plural else message.id


def update(folder: Path) -> list[str]:
    """Bring new messages into every catalogue and drop those that are gone."""
    template = extracted()
    for locale, path in catalogues(folder).items():
        catalogue = read(locale, path)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        if locale.startswith("zh"):
            repeat_ids(catalogue)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write_po(stream, catalogue, width=120, sort_output=True, ignore_obsolete=True)
    return []


def keys(catalogue: Catalog) -> set[tuple[str | None, str]]:
    return {
        (message.context, message.id[0] if isinstance(message.id, list | tuple) else message.id)
        for message in entries(catalogue)
    }


def said_again(text: str) -> bool:
    """Tell whether a text is another one two times or more, as a slip of whoever pasted it."""
    return len(text) >= SHORTEST and (text + text).find(text, 1) < len(text)


def problems(locale: str, catalogue: Catalog, template: Catalog) -> Iterator[str]:
    """Yield what is wrong with a catalogue, one line each."""
    wanted, present = keys(template), keys(catalogue)
    yield from (f"{locale}: missing (make messages): {text}" for _, text in sorted(wanted - present, key=str))
    yield from (f"{locale}: no longer used (make messages): {text}" for _, text in sorted(present - wanted, key=str))
    for message in entries(catalogue):
        if message.fuzzy:
            yield f"{locale}: fuzzy: {message.id}"
        elif not all(texts(message)):
            yield f"{locale}: not translated: {message.id}"
        elif any(said_again(text) for text in texts(message)):
            yield f"{locale}: says the same again: {message.id}"
    for message, errors in catalogue.check():
        yield from (f"{locale}: {message.id}: {error}" for error in errors)
    write_mo(io.BytesIO(), catalogue)


def check(folder: Path) -> list[str]:
    """Return every problem of every catalogue."""
    template = extracted()
    found = catalogues(folder)
    missing = [] if found else [f"no catalogue in {folder}"]
    return missing + [line for locale, path in found.items() for line in problems(locale, read(locale, path), template)]


def main(arguments: list[str]) -> int:
    acts = {"update": update, "check": check}
    if not arguments or arguments[0] not in acts:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder = Path(arguments[1]) if len(arguments) > 1 else ROOT / "translations"
    lines = acts[arguments[0]](folder)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
