"""Papers as PDF: laid out by typst from data that is never read as its code, for keeping (PDF/A) and for reading aloud.

The Chinese letters come from the system's Noto CJK where it has them, else from a wheel. What no font has is printed as
its code point, and the paper says so: a name never loses a character in silence. Imported where a paper is made: typst
fills some megabytes that most processes can do without.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pylopdf_fonts_zh_cn
import typst
from flask_babel import get_locale
from flask_babel import gettext as _

from services.letters import Letter

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "letters" / "paper.typ"
SYSTEM_FONT, WHEEL_FONT = "Noto Sans CJK SC", "Noto Sans SC"
STANDARD: Final = "a-2a"  # refuses what no font can show, which is how we learn of it
_SHOWN_WITHOUT = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


def to_pdf(letter: Letter, *, at: datetime, system_fonts: bool = True) -> bytes:
    """Lay a letter out on A4. `at` is in the zone whose day it carries.

    It takes a tenth of a second and must not stand inside an act. Without system fonts it looks the same everywhere.
    """
    said = asdict(letter)
    try:
        return _compiled(said, at, system_fonts=system_fonts)
    except typst.TypstError as refused:
        lost = _lost(refused)
        if not lost:
            raise
    said = _spelled(said, lost)
    spelled = "、".join(_code_point(sign) for sign in sorted(lost))
    note = _("有的字打印用的字体里没有，写成了编码，请以登记为准：%(signs)s。", signs=spelled)
    return _compiled({**said, "notes": [*said["notes"], note]}, at, system_fonts=system_fonts)


def _compiled(said: Mapping[str, Any], at: datetime, *, system_fonts: bool) -> bytes:
    fonts, family = _fonts(system=system_fonts)
    locale = get_locale()
    paper = {
        **said,
        "on": [at.year, at.month, at.day],
        "fonts": [family],
        "lang": locale.language if locale else "zh",
        "region": (locale.territory if locale else None) or "CN",
        "pages": _("第 %(n)s 页，共 %(m)s 页", n="{n}", m="{m}"),
    }
    # Not the path: a paper may read nothing beside itself.
    return typst.compile(
        TEMPLATE.read_bytes(), font_paths=fonts, format="pdf", pdf_standards=STANDARD, timestamp=int(at.timestamp()),
        sys_inputs={"paper": json.dumps(paper, ensure_ascii=False)},
    )  # fmt: skip


@functools.cache
def _fonts(*, system: bool) -> tuple[typst.Fonts, str]:
    """Return the fonts, found once in a process, and the family to write in."""
    folder = str(pylopdf_fonts_zh_cn.sans_path().parent)
    fonts = typst.Fonts(include_system_fonts=system, include_embedded_fonts=False, font_paths=[folder])
    return fonts, SYSTEM_FONT if SYSTEM_FONT in fonts.families() else WHEEL_FONT


def _lost(refused: typst.TypstError) -> set[str]:
    """Return the characters that could not be displayed, by what typst says of them."""
    texts = _SHOWN_WITHOUT.findall(refused.diagnostic)
    return {sign for text in texts for sign in _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)}


def _spelled(said: Any, lost: set[str]) -> Any:
    """Return the same data with the code points of characters instead of themselves."""
    if isinstance(said, str):
        return "".join(f"〔{_code_point(sign)}〕" if sign in lost else sign for sign in said)
    if isinstance(said, Mapping):
        return {key: _spelled(value, lost) for key, value in said.items()}
    return [_spelled(value, lost) for value in said] if isinstance(said, list | tuple) else said


def _code_point(sign: str) -> str:
    return f"U+{ord(sign):04X}"
