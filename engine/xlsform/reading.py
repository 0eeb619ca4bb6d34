"""From the rows of a workbook to a definition, with every finding at its cell.

What has no counterpart here is kept: the workbook stays as it was, and a mark says which cell an administrator must
look at. A blocking mark concerns what the form asks, shows or refuses; the others only how it looks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.check import check
from engine.editing import KEY_LENGTH, free_name
from engine.expression_types import result_type
from engine.kinds import KINDS
from engine.kinds.rating import USUAL
from engine.messages import N_, Invalid, Message
from engine.properties import KEY, RESERVED
from engine.schema import SCHEMA, Item, build_item
from engine.xlsform import formulas, types
from engine.xlsform.book import Book, Row, Sheet, split_language
from engine.xlsform.choices import ChoiceList, read_list, text_of, texts_of
from engine.xlsform.findings import Finding, Mark, Names, Reading

Slug = Callable[[str], str]
RawItem = dict[str, Any]
FIRST_PAGE = "p1"
MOST_NESTED = 4
_INLINE = re.compile(r"[、；;\n]+")
_FILTER = re.compile(r"\s*(?P<column>[^\s=$]+)\s*=\s*\$\{(?P<name>[^{}]+)\}\s*")
_PARAMETERS = re.compile(r"(\w+)\s*=\s*(-?[\d.]+)")
_SURVEY_COLUMNS = frozenset(
    {
        *("type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation"),
        *("default", "appearance", "choice_filter", "repeat_count", "parameters", "options"),
        *("zhiye::type", "zhiye::fid", "zhiye::index", "zhiye::search", "zhiye::mask", "zhiye::retired", "zhiye::more"),
    }
)
_LOOKS = frozenset(
    {"required_message", "appearance", "parameters", "readonly", "image", "audio", "video", "guidance_hint"}
)
_COLUMN_OF: Mapping[str, str] = {
    "show": "relevant",
    "value": "calculation",
    "rules": "constraint",
    "key": "name",
    "options": "type",
    "text": "default",
    "filter": "choice_filter",
}


@dataclass
class _Node:
    """An item under construction, with its row and its children."""

    row: Row
    path: str
    raw: RawItem
    children: list[_Node] = field(default_factory=list)
    list_name: str = ""


def read(book: Book, *, slug: Slug, known: Names | None = None, base: Mapping[str, Any] | None = None) -> Reading:
    """Read a workbook as a definition.

    `known` and `base` (the draft the workbook belongs to) give items their fids again. `slug` makes an identifier of
    a Chinese name.
    """
    reader = _Reader(book, slug, known or Names(), base or {})
    reader.read()
    return Reading(reader.document, reader.problems, reader.marks, reader.names, reader.row_numbers())


class _Reader:
    """One pass: shapes first, then what refers from one row to another, at last the check of the whole."""

    def __init__(self, book: Book, slug: Slug, known: Names, base: Mapping[str, Any]) -> None:
        self.book, self.slug = book, slug
        self.fids_before = {path: fid for fid, path in known.items.items()}
        self.fids_by_key = {item["key"]: item["fid"] for item in _walk_raw(base)}
        self.taken = {*self.fids_by_key.values(), *known.items}
        self.problems: list[Finding] = []
        self.marks: list[Mark] = []
        self.names = Names()
        self.lists: dict[str, ChoiceList] = {}
        self.keys: set[str] = set(RESERVED)
        self.nodes: list[_Node] = []  # of the top level
        self.fids: dict[str, str] = {}  # by what a formula may call an item
        self.parents: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.words: dict[str, Mapping[str, str]] = {}  # of each choice, what may stand for its values
        self.document: dict[str, Any] = {}

    # ----- saying -----

    def wrong(self, sheet: Sheet, row: Row | int, column: str, text: str, **params: Any) -> None:
        number = row if isinstance(row, int) else row.number
        self.problems.append(Finding(sheet.cell(number, column), Message(text, params)))

    def mark(self, node: _Node | Row, column: str, text: str, *, blocking: bool = True, **params: Any) -> None:
        row, fid = (node.row, node.raw.get("fid", "")) if isinstance(node, _Node) else (node, "")
        cell = self.book.survey.cell(row.number, column)
        self.marks.append(Mark(cell, column, row.get(column), fid, Message(text, params), blocking))

    # ----- the whole -----

    def read(self) -> None:
        self._choices()
        self._survey()
        self._place()
        for node in self._every():
            self._references(node)
        self._calculations()
        self._assemble()
        if not self.problems:
            self._check()

    def row_numbers(self) -> dict[str, int]:
        return {node.raw["fid"]: node.row.number for node in self._every() if "fid" in node.raw}

    def _every(self, nodes: list[_Node] | None = None) -> Iterator[_Node]:
        for node in self.nodes if nodes is None else nodes:
            yield node
            yield from self._every(node.children)

    # ----- choices -----

    def _choices(self) -> None:
        rows: dict[str, list[Row]] = {}
        for row in self.book.choices.rows:
            if row.get("list_name"):
                rows.setdefault(row.get("list_name"), []).append(row)
            else:
                self.wrong(self.book.choices, row, "list_name", N_("请写这个选项属于哪个清单"))
        for name, of_list in rows.items():
            self._list(name, of_list, self.book.choices, "name")

    def _list(self, name: str, rows: list[Row], sheet: Sheet, column: str) -> None:
        """Take in a list whose rows, or (in a question's own cell) words, stand in a column of a sheet."""
        self.lists[name], doubtful = read_list(rows)
        for row in doubtful:
            self.wrong(sheet, row, column, N_("清单“%(list)s”里的选项值重复或者没有写"), list=name)
        if self.lists[name].originals:
            self.names.options[name] = dict(self.lists[name].originals)

    # ----- rows -----

    def _survey(self) -> None:
        open_nodes: list[_Node] = []
        for row in self.book.survey.rows:
            kind, list_name, ours = self._type(row)
            if kind in types.CLOSING:
                if open_nodes and open_nodes[-1].raw["type"] == types.CLOSING[kind]:
                    open_nodes.pop()
                else:
                    self.wrong(self.book.survey, row, "type", N_("这里结束的分组或重复没有对应的开始"))
                continue
            node = self._node(row, kind, list_name, ours, open_nodes)
            if node is None:
                continue
            (open_nodes[-1].children if open_nodes else self.nodes).append(node)
            if kind in types.OPENING:
                open_nodes.append(node)
        for node in open_nodes:
            self.wrong(self.book.survey, node.row, "type", N_("这里开始的分组或重复没有结束"))

    def _type(self, row: Row) -> tuple[str, str, str]:
        """Return (type of XLSForm, list, our kind) of a row."""
        told = row.get("type").strip()
        chinese = types.from_chinese(told)
        if chinese:
            return chinese[0], "", chinese[1]  # the options are read with the row
        words = told.split()
        kind = "_".join(words[:2]).lower() if words[:1] and words[0].lower() in {"begin", "end"} else told.split(" ")[0]
        kind = kind.lower()
        list_name = " ".join(words[1:]) if kind in types.LISTS else ""
        return kind, list_name, row.get("zhiye::type")

    def _node(self, row: Row, kind: str, list_name: str, ours: str, above: list[_Node]) -> _Node | None:
        name = row.get("name") or row.get("label")
        path = "/".join([*(node.path.rpartition("/")[2] for node in above), name])
        if kind in types.METADATA:
            self.mark(row, "type", N_("手机自己记录的内容（%(type)s），这里不收集"), blocking=False, type=kind)
            return None
        which = types.OPENING.get(kind) or ours or types.PLAIN.get(kind, "")
        which = "group" if ours == "page" else which
        if row.get("appearance").startswith("multiline") and which == "text":
            which = "textarea"
        if row.get("appearance").startswith("signature") and which == "image":
            which = "signature"
        if which not in KINDS:
            self.mark(row, "type", N_("没有这种题型：%(type)s"), type=row.get("type")[:60])
            return None
        if list_name.endswith(" or_other"):
            self.mark(row, "type", N_("“或其他”要写成一个选项和一道带显示条件的题目"))
            list_name = list_name.removesuffix(" or_other")
        if not name:
            self.wrong(self.book.survey, row, "name", N_("请写名称"))
            return None
        node = _Node(row, path, {}, list_name=list_name)
        self._describe(node, which, name)
        return node

    def _describe(self, node: _Node, which: str, name: str) -> None:
        """Fill in what a row says by itself."""
        row, raw = node.row, node.raw
        key = self._key(name)
        fid = self._fid(row, node.path, key)
        raw.update(fid=fid, key=key, type=which, label=text_of(row, "label", name))
        if node.path != key:
            self.names.items[fid] = node.path
        for word in (name, key):
            self.fids.setdefault(word, fid)
        if row.texts("hint"):
            raw["hint"] = text_of(row, "hint", "")
        for column in ("index", "search", "retired"):
            if row.get(f"zhiye::{column}").lower() in types.YES:
                raw[column] = True
        if row.get("zhiye::mask"):
            raw["mask"] = row.get("zhiye::mask")
        self._settings(node)
        self._more(node)
        self._looks(node)

    def _key(self, name: str) -> str:
        wanted = name.lower()
        if not KEY.fullmatch(wanted):
            wanted = self.slug(name)[:KEY_LENGTH]
        key = free_name(wanted, self.keys)
        self.keys.add(key)
        return key

    def _fid(self, row: Row, path: str, key: str) -> str:
        used = set(self.fids.values())
        for fid in (row.get("zhiye::fid"), self.fids_before.get(path), self.fids_by_key.get(key)):
            if fid and fid not in used and KEY.fullmatch(fid):
                return fid
        numbers = (int(fid[1:]) for fid in {*used, *self.taken} if re.fullmatch(r"f[0-9]{1,6}", fid))
        return f"f{max(numbers, default=0) + 1}"

    def _settings(self, node: _Node) -> None:
        row, raw = node.row, node.raw
        if raw["type"] in types.LISTS:
            self._options(node)
            if "minimal" in row.get("appearance").split() and raw["type"] == "select_one":
                raw["style"] = "menu"
        parameters = dict(_PARAMETERS.findall(row.get("parameters")))
        if raw["type"] == "range":
            names = {"start": "min", "end": "max", "step": "step"}
            raw.update({ours: _number(parameters[name]) for name, ours in names.items() if name in parameters})
        if raw["type"] == "rating" and parameters.get("end", "").isdecimal() and int(parameters["end"]) != USUAL:
            raw["max"] = int(parameters["end"])
        count = row.get("repeat_count")
        if raw["type"] == "repeat" and count:
            if count.isascii() and count.isdecimal():
                raw["min"] = raw["max"] = int(count)
            else:
                self.mark(node, "repeat_count", N_("行数只能是一个数，这个算式没有采用"))

    def _options(self, node: _Node) -> None:
        row, fid = node.row, node.raw["fid"]
        inline = [word.strip() for word in _INLINE.split(row.get("options")) if word.strip()]
        name = node.list_name
        if not name and len(inline) > 1:
            name = node.list_name = node.raw["key"]
            rows = [Row(row.number, {"name": word, "label": word}) for word in inline]
            if name not in self.lists:
                self._list(name, rows, self.book.survey, "options")
        elif not name and inline:
            name = node.list_name = inline[0]
        if name not in self.lists:
            self.wrong(self.book.survey, row, "type", N_("选项表里没有清单“%(list)s”"), list=name)
            return
        self.names.lists[fid] = name
        node.raw["options"] = [dict(option) for option in self.lists[name].options]

    def _more(self, node: _Node) -> None:
        """Take over what `zhiye::more` keeps as JSON: settings that XLSForm has no column for."""
        text = node.row.get("zhiye::more")
        if not text:
            return
        try:
            more = json.loads(text)
        except ValueError:
            more = None
        if isinstance(more, dict):
            node.raw.update({name: value for name, value in more.items() if name not in {"fid", "key", "items"}})
        else:
            self.wrong(self.book.survey, node.row, "zhiye::more", N_("这一格要是一个对象，写法和接口里一样"))

    def _looks(self, node: _Node) -> None:
        """Name the columns that only change how a question looks, and those nobody knows."""
        row = node.row
        for column in row.values:
            base = split_language(column)[0]
            if base == "appearance" and self._appearance_known(node):
                continue
            if base == "parameters" and node.raw["type"] in {"range", "rating"}:
                continue
            if base in _LOOKS or base.startswith("media"):
                self.mark(node, column, N_("这一列这里不采用，原样保留"), blocking=False)
            elif base not in _SURVEY_COLUMNS:
                continue  # a column of the author's own is nobody else's business
        if row.get("readonly").lower() in types.YES:
            self.mark(node, "readonly", N_("只读的题目请改为自动计算"), blocking=True)

    @staticmethod
    def _appearance_known(node: _Node) -> bool:
        told = set(node.row.get("appearance").split())
        return told <= {*types.appearance(node.raw).split(), "field-list", "rating", "multiline", "signature"}

    # ----- what refers to other rows -----

    def _around(self, fid: str) -> tuple[str, ...]:
        """Return the repeats about an item, outermost first."""
        found: list[str] = []
        above = self.parents.get(fid, "")
        while above:
            if self.kinds.get(above) == "repeat":
                found.insert(0, above)
            above = self.parents.get(above, "")
        return tuple(found)

    def _references(self, node: _Node) -> None:
        row, raw = node.row, node.raw
        if row.get("relevant"):
            self._take(node, "relevant", "show")
        self._required(node)
        if row.get("constraint"):
            held = self._formula(node, "constraint", own=raw["fid"])
            if held is not None:
                message = text_of(row, "constraint_message", "") or _NOT_ALLOWED
                raw["rules"] = [formulas.rule(held, message, raw["fid"]), *(raw.get("rules") or [])]
        if row.get("choice_filter"):
            self._filter(node)
        self._default(node)
        calculation = row.get("calculation")
        if calculation and raw["type"] not in {"calculate", "hidden"}:
            self.mark(node, "calculation", N_("只有自动计算和隐藏内容可以带公式，这个公式没有采用"))

    def _place(self) -> None:
        self.kinds = {node.raw["fid"]: node.raw["type"] for node in self._every()}
        for node in self._every():
            for child in node.children:
                self.parents[child.raw["fid"]] = node.raw["fid"]
        for node in self._every():  # names go before labels
            for label in texts_of(node.raw["label"]):
                self.fids.setdefault(label, node.raw["fid"])
        self.words = {
            node.raw["fid"]: self.lists[node.list_name].words for node in self._every() if node.list_name in self.lists
        }

    def _formula(self, node: _Node, column: str, *, own: str = "") -> Any:
        """Read the expression of a cell; None when it is kept unread."""
        own = own or node.raw["fid"]
        try:
            return formulas.read(node.row.get(column), self.fids, options=self.words, around=self._around, own=own)
        except Invalid as invalid:
            self.mark(node, column, N_("没有采用：%(why)s"), why=invalid.message)
            return None

    def _take(self, node: _Node, column: str, name: str) -> None:
        tree = self._formula(node, column)
        if tree is not None:
            node.raw[name] = tree

    def _required(self, node: _Node) -> None:
        told = node.row.get("required").strip()
        if told.lower() in types.YES:
            node.raw["required"] = True
        elif told and told.lower() not in types.NO:
            self._take(node, "required", "required")

    def _default(self, node: _Node) -> None:
        told, raw = node.row.get("default"), node.raw
        if not told or "default" in raw or "text" in raw:
            return
        if told.replace(" ", "") in {"today()", "今天"}:
            raw["default"] = {"today": []}
        elif "${" in told or told.endswith(")"):
            self.mark(node, "default", N_("默认值只能是固定的内容或今天，这个算式没有采用"))
        elif raw["type"] == "hidden":
            raw["text"] = told
        elif node.list_name in self.lists:
            raw["default"] = self._chosen(node, told)
        else:
            raw["default"] = told

    def _chosen(self, node: _Node, told: str) -> Any:
        words = self.lists[node.list_name].words
        if node.raw["type"] == "select_one":
            return words.get(told, told)
        return [words.get(one, one) for one in told.split()]

    def _filter(self, node: _Node) -> None:
        """Read `region=${region} and town=${town}`: which cells of a choice must equal which answers."""
        wanted: dict[str, str] = {}
        for part in re.split(r"\band\b", node.row.get("choice_filter")):
            found = _FILTER.fullmatch(part)
            if not found or found["name"].strip() not in self.fids:
                self.mark(node, "choice_filter", N_("选项筛选只能写成“列名=${题目}”，用 and 连接；这个没有采用"))
                return
            wanted[found["column"]] = self.fids[found["name"].strip()]
        cells = self.lists[node.list_name].columns if node.list_name in self.lists else {}
        others = {one.raw["fid"]: self.lists.get(one.list_name) for one in self._every()}
        node.raw["filter"] = wanted
        for option in node.raw.get("options", ()):
            tags = {column: cells.get(option["value"], {}).get(column, "") for column in wanted}
            option["tags"] = {column: _value_of(others.get(wanted[column]), tag) for column, tag in tags.items() if tag}

    # ----- what is computed -----

    def _calculations(self) -> None:
        found = [node for node in self._every() if node.raw["type"] in {"calculate", "hidden"}]
        for node in found:
            if node.row.get("calculation"):
                self._take(node, "calculation", "value")
        computed = [node for node in found if node.raw["type"] == "calculate" and "value" in node.raw]
        for _ in computed:  # a result may be that of another calculation further down
            items = self._items()
            changed = False
            for node in computed:
                told = result_of(node.raw["value"], items)
                if told and told != node.raw.get("result", "number") and "zhiye::more" not in node.row.values:
                    node.raw["result"] = told
                    changed = True
            if not changed:
                break

    def _items(self) -> dict[str, Item]:
        return {node.raw["fid"]: build_item(without_children(node.raw)) for node in self._every()}

    # ----- the document -----

    def _assemble(self) -> None:
        settings = self.book.settings.rows[0] if self.book.settings.rows else Row(2, {})
        title = settings.get("form_title") or settings.get("form_id") or self.book.survey.name
        wanted = settings.get("form_id").lower()
        key = wanted if KEY.fullmatch(wanted) else self.slug(settings.get("form_id") or title)[:KEY_LENGTH]
        more = self._document_more(settings)
        pages = more.pop("pages", None)
        self.document = {"schema": SCHEMA, "key": key, "title": more.pop("title", title), **more}
        told = pages[0] if isinstance(pages, list) and pages and isinstance(pages[0], dict) else {}
        self.document["pages"] = self._pages(told or {"id": FIRST_PAGE, "title": title})

    def _document_more(self, settings: Row) -> dict[str, Any]:
        text = settings.get("zhiye::more")
        try:
            more = json.loads(text) if text else {}
        except ValueError:
            more = None
        if isinstance(more, dict):
            return more
        self.wrong(self.book.settings, settings, "zhiye::more", N_("这一格要是一个对象，写法和接口里一样"))
        return {}

    def _pages(self, first: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the pages: those of groups that say so, else one with everything."""
        if self.nodes and all(self._is_page(node) for node in self.nodes):
            return [
                {"id": node.raw["key"], "title": node.raw["label"], "items": [_built(child) for child in node.children]}
                for node in self.nodes
            ]
        return [{**first, "items": [_built(node) for node in self.nodes]}]

    @staticmethod
    def _is_page(node: _Node) -> bool:
        return node.row.get("zhiye::type") == "page"

    def _check(self) -> None:
        rows = self.row_numbers()
        for problem in check(self.document):
            column = problem.path.rpartition("].")[2].partition(".")[0].partition("[")[0]
            column = _COLUMN_OF.get(column, column)
            row = rows.get(problem.fid or "") or self._row_at(problem.path)
            cell = self.book.survey.cell(row, column) if row else ""
            self.problems.append(Finding(cell, Message(problem.message, problem.params)))

    def _row_at(self, path: str) -> int | None:
        """Return the row that a path of the document ("pages[0].items[2]") came from."""
        places = [int(number) for number in re.findall(r"items\[(\d+)\]", path)]
        page = re.match(r"pages\[(\d+)\]", path)
        if not page or not places:
            return None
        paged = bool(self.nodes) and all(self._is_page(node) for node in self.nodes)
        nodes = self.nodes[int(page[1])].children if paged else self.nodes
        for place in places[:-1]:
            nodes = nodes[place].children
        return nodes[places[-1]].row.number


_NOT_ALLOWED = N_("这个答案不符合要求")


def _number(text: str) -> int | str:
    """Return a number as definitions have it: whole ones as such, others as text, which loses nothing."""
    return int(text) if text.lstrip("-").isdecimal() else text


def _value_of(choices: ChoiceList | None, tag: str) -> str:
    return choices.words.get(tag, tag) if choices else tag


def result_of(tree: Any, items: Mapping[str, Item]) -> str | None:
    """Return which result of a calculation an expression gives, None where it cannot be told."""
    match tree:
        case {"if": [_, first, *_]}:
            return result_of(first, items)
        case {"coalesce": [first, *_]} | {"add": [first, *_]} | {"max": [first, *_]} | {"min": [first, *_]}:
            return result_of(first, items)
    told = result_type(tree, items)
    return told if told in {"number", "text", "date", "bool"} else None


def without_children(raw: Mapping[str, Any]) -> RawItem:
    """Return an item as it is by itself."""
    return {name: value for name, value in raw.items() if name != "items"}


def _built(node: _Node) -> RawItem:
    if node.raw["type"] in types.OPENING.values():
        return {**node.raw, "items": [_built(child) for child in node.children]}
    return node.raw


def _walk_raw(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [item for page in document.get("pages", ()) for item in page["items"]]
    while waiting:
        item = waiting.pop(0)
        yield item
        waiting = [*item.get("items", ()), *waiting]
