"""The shapes of a checked definition: form, pages, items, options. Built only from documents that passed the check."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
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
    """Answers kept with a form, and what must come of them."""

    given: Mapping[str, Any]
    errors: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


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

    @property
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
            Option(option["value"], Text(option["label"]), bool(option.get("retired")))
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

    def text(self, locale: str = DEFAULT_LOCALE) -> str:
        """Return the label in a language."""
        return self.label.to(locale)


@dataclass(frozen=True, eq=False)
class Page:
    """One step of a form."""

    id: str
    title: Text
    items: tuple[Item, ...]

    @property
    def live_items(self) -> tuple[Item, ...]:
        """Return the items that are asked."""
        return tuple(item for item in self.items if not item.retired)

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
        """Return all items in the order of the pages, retired ones included."""
        return tuple(self._by_fid.values())

    @cached_property
    def live_items(self) -> tuple[Item, ...]:
        """Return the items that are asked."""
        return tuple(item for item in self.items if not item.retired)

    @cached_property
    def computed_items(self) -> tuple[Item, ...]:
        """Return the items that are computed, each after those that its calculation reads."""
        found = {item.fid: item for item in self.live_items if item.calculation is not None}
        graph = {fid: dependencies(item.calculation) & found.keys() for fid, item in found.items()}
        try:
            return tuple(found[fid] for fid in TopologicalSorter(graph).static_order())
        except CycleError:  # which the check refuses; still each is computed once
            return tuple(found.values())

    def item(self, fid: str) -> Item:
        """Return the item of a fid; raises KeyError."""
        return self._by_fid[fid]

    def by_key(self, key: str) -> Item:
        """Return the item of a key; raises KeyError."""
        for item in self.items:
            if item.key == key:
                return item
        raise KeyError(key)

    def page_of(self, fid: str) -> str:
        """Return the id of the page an item stands on; raises KeyError."""
        for page in self.pages:
            if any(item.fid == fid for item in page.items):
                return page.id
        raise KeyError(fid)

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


def raw_items(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Walk the items of a document whose shape was checked, each with its path."""
    for number, page in enumerate(document["pages"]):
        for place, item in enumerate(page["items"]):
            yield f"pages[{number}].items[{place}]", item


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
        config={name: value for name, value in raw.items() if name not in ITEM_PROPERTIES},
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
        _by_fid={item.fid: item for page in pages for item in page.items},
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
    return said


def digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a document, the same for any order of its properties."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _rule(raw: Mapping[str, Any]) -> Rule:
    return Rule(raw["if"], Text(raw["message"]), raw.get("at"))


def _test(raw: Mapping[str, Any]) -> RecordedTest:
    parts = {name: tuple(raw.get(name) or ()) for name in ("errors", "valid", "shown", "hidden")}
    return RecordedTest(given=raw.get("in") or {}, **parts)
