"""The shapes of a checked definition: form, pages, items, options. Built only from documents that passed the check."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from engine.context import DEFAULT_LOCALE
from engine.expressions import dependencies
from engine.governing import Duplicate, Stage, duplicate_of, stages_of
from engine.texts import Text

if TYPE_CHECKING:
    from engine.kinds.base import Kind

SCHEMA = "zhiye-form/1"
ROW_ID = "_id"  # the permanent name of a row among its answers
LIST_COLUMNS = 5
STALE_POLICIES = ("finish_old", "fast_forward", "refuse_after")
MASKS = ("middle", "all")
ITEM_PROPERTIES = (
    "fid",
    "key",
    "type",
    "label",
    "hint",
    "required",
    "show",
    "default",
    "rules",
    "index",
    "search",
    "mask",
    "retired",
    "roles",
    "stage",
)
_SWITCHES = ("required", "index", "search", "retired")

Expression = Any  # JSON: a literal, {"var": fid} or {"op": [args]}


@dataclass(frozen=True)
class Option:
    """One choice of a select item. Its value is permanent, its label may change."""

    value: str
    label: Text
    retired: bool = False
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)  # by column, see engine.filters

    def text(self, locale: str = DEFAULT_LOCALE) -> str:
        """Return the label in a language."""
        return self.label.to(locale)


@dataclass(frozen=True)
class Rule:
    """An error that holds when its condition is true. `at` names the item it is shown at."""

    condition: Expression
    message: Text
    at: str | None = None


@dataclass(frozen=True)
class RecordedTest:
    """Answers kept with a form, and what must come of them. Fids inside rows stand for any row."""

    given: Mapping[str, Any]
    errors: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    calc: Mapping[str, Any] = field(default_factory=dict)  # what is computed at record level; None is empty
    title: str = ""
    today: date | None = None  # the day on which it is as recorded; None is any day


@dataclass(frozen=True, eq=False)
class Item:
    """One question (or note) of a form. `config` holds the properties that belong to its kind."""

    fid: str
    key: str
    type: str
    label: Text
    hint: Text = field(default_factory=lambda: Text(""))
    required: Expression = False
    show: Expression | None = None
    default: Any = None
    rules: tuple[Rule, ...] = ()
    index: bool = False
    search: bool = False
    mask: str | None = None
    retired: bool = False
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # act -> the only roles that may
    stage: Mapping[str, str] = field(default_factory=dict)  # view_from, required_from, edit_until -> stage
    config: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[Item, ...] = ()  # what stands in a group or repeat; nothing in other kinds

    @cached_property
    def kind(self) -> Kind:
        """Return the kind that knows how to read, judge and show this item's values."""
        from engine.kinds import KINDS

        return KINDS[self.type].variant(self.config)

    @property
    def calculation(self) -> Expression | None:
        """Return the expression that gives the answer, None where somebody does."""
        return self.config.get("value")

    @property
    def asked(self) -> bool:
        """Tell whether somebody fills it in on a page."""
        return self.kind.answerable and self.kind.entered

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """Return the choices of a select item, retired ones included; nothing for other kinds."""
        return tuple(
            Option(option["value"], Text(option["label"]), bool(option.get("retired")), option.get("tags") or {})
            for option in self.config.get("options", ())
        )

    @property
    def live_options(self) -> tuple[Option, ...]:
        """Return the choices that a new answer may take."""
        return tuple(option for option in self.options if not option.retired)

    @property
    def sealed(self) -> bool:
        """Tell whether answers must be stored encrypted."""
        return self.kind.sealed(self)

    @property
    def masked(self) -> bool:
        """Tell whether answers are shown masked to those who may not reveal them."""
        return self.mask is not None or self.sealed

    @cached_property
    def row_items(self) -> tuple[Item, ...]:
        """Return the items of one row of this repeat: groups flattened in, nested repeats as they are."""
        return tuple(_level(self.items))

    @cached_property
    def live_row_items(self) -> tuple[Item, ...]:
        """Return the items that are asked in a row of this repeat; each stands behind the group that holds it."""
        return tuple(_level(self.items, live=True))

    def to_json(self, value: Any) -> Any:
        """Return what is stored of an answer; of a repeat each row's answers, with its `_id`."""
        return _rows(self, value, to_json=True) if self.kind.repeats else self.kind.to_json(value)

    def from_json(self, stored: Any) -> Any:
        """Return the Python value of a stored answer; of a repeat a list of rows, retired items in them too."""
        return _rows(self, stored, to_json=False) if self.kind.repeats else self.kind.from_json(stored)

    def text(self, locale: str = DEFAULT_LOCALE) -> str:
        """Return the label in a language."""
        return self.label.to(locale)


@dataclass(frozen=True, eq=False)
class Page:
    """One step of a form. `tree` holds its items as they stand in each other, `items` those of record level."""

    id: str
    title: Text
    tree: tuple[Item, ...]

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Return the items of record level: groups and what they hold one after the other, repeats as one item."""
        return tuple(_level(self.tree))

    @cached_property
    def live_items(self) -> tuple[Item, ...]:
        """Return the items of record level that are asked; none of a retired group."""
        return tuple(_level(self.tree, live=True))

    def text(self, locale: str = DEFAULT_LOCALE) -> str:
        """Return the title in a language."""
        return self.title.to(locale)


@dataclass(frozen=True, eq=False)
class Definition:
    """A form that passed the check; never changed. Two definitions are equal when their documents are."""

    key: str
    titles: Text
    pages: tuple[Page, ...]
    rules: tuple[Rule, ...]
    tests: tuple[RecordedTest, ...]
    stale_policy: str
    refuse_after: date | None
    document: dict[str, Any]
    sha256: str
    _by_fid: dict[str, Item] = field(repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Definition) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def title(self, locale: str = DEFAULT_LOCALE) -> str:
        """Return the form's title in a language."""
        return self.titles.to(locale)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Return the items of record level in the order of the pages, retired ones included.

        A group stands before what it holds, a repeat stands alone: what is asked in its rows is in `row_items`.
        """
        return tuple(item for page in self.pages for item in page.items)

    @cached_property
    def live_items(self) -> tuple[Item, ...]:
        """Return the items of record level that are asked. A retired group takes what it holds with it."""
        return tuple(item for page in self.pages for item in page.live_items)

    @cached_property
    def every_item(self) -> tuple[Item, ...]:
        """Return all items in order, those inside repeats and retired ones included."""
        return tuple(self._by_fid.values())

    @cached_property
    def every_live_item(self) -> tuple[Item, ...]:
        """Return all items that are asked, those inside repeats included."""
        return tuple(item for item in self.every_item if self.is_live(item.fid))

    def __contains__(self, fid: object) -> bool:
        """Tell whether there is an item of that fid, at whatever level."""
        return fid in self._by_fid

    def is_live(self, fid: str) -> bool:
        """Tell whether an item is asked: neither it nor anything that holds it is retired."""
        return not any(item.retired for item in (self.item(fid), *self.holders_of(fid)))

    def holders_of(self, fid: str) -> tuple[Item, ...]:
        """Return the groups and repeats that hold an item, outermost first; raises KeyError."""
        return self._holders[fid]

    def repeats_of(self, fid: str) -> tuple[str, ...]:
        """Return the fids of the repeats that hold an item, outermost first; raises KeyError."""
        return tuple(holder.fid for holder in self.holders_of(fid) if holder.kind.repeats)

    def group_of(self, fid: str) -> str | None:
        """Return the fid of the group that an item stands in directly, None in a repeat or on a page."""
        return self._groups.get(fid)

    @cached_property
    def _groups(self) -> dict[str, str]:
        return {fid: around[-1].fid for fid, around in self._holders.items() if around and not around[-1].kind.repeats}

    def shows_of(self, fid: str) -> tuple[Expression, ...]:
        """Return the conditions that must all hold for an item to be shown in its row: its own and its groups'."""
        around = [self.item(fid)]
        while group := self.group_of(around[0].fid):
            around.insert(0, self.item(group))
        return tuple(one.show for one in around if one.show is not None)

    def with_held(self, fids: Iterable[str]) -> frozenset[str]:
        """Return the fids and those of everything that these groups and repeats hold."""
        named = frozenset(fids)
        return named | {fid for fid, around in self._holders.items() if any(one.fid in named for one in around)}

    @cached_property
    def repeats(self) -> tuple[Item, ...]:
        """Return the repeats, nested and retired ones included."""
        return tuple(item for item in self.every_item if item.kind.repeats)

    @cached_property
    def _holders(self) -> dict[str, tuple[Item, ...]]:
        return {item.fid: holders for page in self.pages for item, holders in nested(page.tree)}

    @cached_property
    def computed_items(self) -> tuple[Item, ...]:
        """Return the items that are computed, in rows too, each after those that its calculation reads."""
        found = {item.fid: item for item in self.every_live_item if item.calculation is not None}
        graph = {fid: dependencies(item.calculation) & found.keys() for fid, item in found.items()}
        try:
            return tuple(found[fid] for fid in TopologicalSorter(graph).static_order())
        except CycleError:  # which the check refuses; still each is computed once
            return tuple(found.values())

    def item(self, fid: str) -> Item:
        """Return the item of a fid, inside repeats too; raises KeyError."""
        return self._by_fid[fid]

    def by_key(self, key: str) -> Item:
        """Return the item of a key; raises KeyError."""
        for item in self.every_item:
            if item.key == key:
                return item
        raise KeyError(key)

    def page_of(self, fid: str) -> str:
        """Return the id of the page an item stands on; raises KeyError."""
        return self._pages[fid]

    @cached_property
    def _pages(self) -> dict[str, str]:
        return {item.fid: page.id for page in self.pages for item, _ in nested(page.tree)}

    @cached_property
    def access(self) -> Mapping[str, tuple[str, ...]]:
        """Return act -> the only roles that may do it with this form; an act that is missing is not narrowed."""
        return {act: tuple(roles) for act, roles in (self.document.get("access") or {}).items()}

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Return the stages that records pass, in order; nothing where they have none."""
        return stages_of(self.document)

    @cached_property
    def duplicate(self) -> Duplicate | None:
        """Return how records of the same matter are found, or None."""
        return duplicate_of(self.document)

    @cached_property
    def list_fids(self) -> tuple[str, ...]:
        """Return the columns of the list page: those chosen (by key or fid), else the first answerable ones."""
        chosen = self.document.get("list")
        if chosen:
            keys = {item.key: item.fid for item in self.items}
            return tuple(keys.get(name, name) for name in chosen)
        answerable = (item.fid for item in self.live_items if item.kind.answerable and item.kind.visible)
        return tuple(fid for fid, _ in zip(answerable, range(LIST_COLUMNS), strict=False))


def reads(item: Item) -> frozenset[str]:
    """Return the fids that an item's being shown and its calculation read."""
    trees = [tree for tree in (item.show, item.calculation) if tree is not None]
    return frozenset(fid for tree in trees for fid in dependencies(tree))


def fid_of(where: str) -> str:
    """Return the fid at the end of an address: `a1`, or inside rows `b0/<row id>/b1`."""
    return where.rsplit("/", 1)[-1]


def nested(items: Iterable[Item], holders: tuple[Item, ...] = ()) -> Iterator[tuple[Item, tuple[Item, ...]]]:
    """Walk items and what they hold, each with the groups and repeats around it, outermost first."""
    for item in items:
        yield item, holders
        yield from nested(item.items, (*holders, item))


def _level(items: Iterable[Item], *, live: bool = False) -> Iterator[Item]:
    """Walk the items of one level: what groups hold stands behind them, what repeats hold is another level."""
    for item in items:
        if live and item.retired:
            continue
        yield item
        if not item.kind.repeats:
            yield from _level(item.items, live=live)


def _rows(item: Item, rows: Iterable[Mapping[str, Any]], *, to_json: bool) -> list[dict[str, Any]]:
    return [
        {
            ROW_ID: row[ROW_ID],
            **{
                one.fid: one.to_json(row[one.fid]) if to_json else one.from_json(row[one.fid])
                for one in item.row_items
                if row.get(one.fid) is not None and one.kind.answerable
            },
        }
        for row in rows
    ]


def raw_items(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Walk the items of a document whose shape was checked, inside groups and repeats too, each with its path."""
    return ((path, item) for path, item, _ in raw_nested(document))


RawItem = Mapping[str, Any]


def raw_nested(document: Mapping[str, Any]) -> Iterator[tuple[str, RawItem, tuple[RawItem, ...]]]:
    """Walk the same items, each with its path and the items around it, outermost first."""
    for number, page in enumerate(document["pages"]):
        yield from _raw_level(page, f"pages[{number}]", ())


def _raw_level(
    holder: RawItem, path: str, around: tuple[RawItem, ...]
) -> Iterator[tuple[str, RawItem, tuple[RawItem, ...]]]:
    for place, item in enumerate(holder.get("items") or ()):
        where = f"{path}.items[{place}]"
        yield where, item, around
        yield from _raw_level(item, where, (*around, item))


def build_item(raw: Mapping[str, Any]) -> Item:
    """Build an item from its part of a checked document."""
    return Item(
        fid=raw["fid"],
        key=raw["key"],
        type=raw["type"],
        label=Text(raw["label"]),
        hint=Text(raw.get("hint") or ""),
        required=raw.get("required") or False,
        show=raw.get("show"),
        default=raw.get("default"),
        rules=tuple(_rule(rule) for rule in raw.get("rules") or ()),
        index=bool(raw.get("index")),
        search=bool(raw.get("search")),
        mask=raw.get("mask"),
        retired=bool(raw.get("retired")),
        roles={act: tuple(roles) for act, roles in (raw.get("roles") or {}).items()},
        stage=dict(raw.get("stage") or {}),
        config={name: value for name, value in raw.items() if name not in (*ITEM_PROPERTIES, "items")},
        items=tuple(build_item(one) for one in raw.get("items") or ()),
    )


def build(document: Mapping[str, Any]) -> Definition:
    """Build a definition from a document that passed the check."""
    normal = normalised(document)
    pages = tuple(
        Page(page["id"], Text(page["title"]), tuple(build_item(item) for item in page["items"]))
        for page in normal["pages"]
    )
    policy = normal.get("stale_policy", STALE_POLICIES[0])
    until = policy["refuse_after"] if isinstance(policy, dict) else None
    return Definition(
        key=normal["key"],
        titles=Text(normal["title"]),
        pages=pages,
        rules=tuple(_rule(rule) for rule in normal.get("rules", ())),
        tests=tuple(_test(test) for test in normal.get("tests", ())),
        stale_policy="refuse_after" if until else policy,
        refuse_after=date.fromisoformat(until) if until else None,
        document=normal,
        sha256=digest(normal),
        _by_fid={item.fid: item for page in pages for item, _ in nested(page.tree)},
    )


def normalised(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy without properties that say nothing, so that equal forms have equal digests."""
    normal: dict[str, Any] = {
        name: value for name, value in copy.deepcopy(dict(document)).items() if value not in (None, [], {})
    }
    for page in normal["pages"]:
        page["items"] = [_said(item) for item in page["items"]]
    return normal


def _said(item: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in item.items() if value is not None and value not in ("", [], {})}
    for name in _SWITCHES:
        if said.get(name) is False:
            del said[name]
    if "items" in said:
        said["items"] = [_said(one) for one in said["items"]]
    return said


def digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a document, the same for any order of its properties."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _rule(raw: Mapping[str, Any]) -> Rule:
    return Rule(raw["if"], Text(raw["message"]), raw.get("at"))


def _test(raw: Mapping[str, Any]) -> RecordedTest:
    parts = {name: tuple(raw.get(name) or ()) for name in ("errors", "valid", "shown", "hidden")}
    today = date.fromisoformat(raw["today"]) if raw.get("today") else None
    title = Text(raw.get("title") or "").to(DEFAULT_LOCALE)
    return RecordedTest(given=raw.get("in") or {}, calc=raw.get("calc") or {}, title=title, today=today, **parts)
