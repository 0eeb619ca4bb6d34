"""From a definition to the rows of a workbook. What XLSForm has no column for goes into columns `zhiye::...`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.context import DEFAULT_LOCALE
from engine.expressions import Expression
from engine.kinds.rating import USUAL
from engine.schema import build_item, normalised
from engine.xlsform import formulas, types
from engine.xlsform.findings import Names
from engine.xlsform.reading import FIRST_PAGE, result_of, without_children

Identity = tuple[str, str]  # ("item" | "begin" | "end", fid) of the survey, (list, value) of the choices
Values = dict[str, str]
RawItem = Mapping[str, Any]
YES = "yes"
YES_NO = "zhiye_yes_no"
_YES_NO = ({"value": "true", "label": {DEFAULT_LOCALE: "是"}}, {"value": "false", "label": {DEFAULT_LOCALE: "否"}})
_LANGUAGES: Mapping[str, str] = {DEFAULT_LOCALE: "中文 (zh)", "en": "English (en)"}
_SAID = frozenset(
    {
        *("fid", "key", "type", "label", "hint", "required", "show", "index", "search", "mask", "retired"),
        *("options", "items"),
    }
)
_SCALE = (("start", "min"), ("end", "max"), ("step", "step"))


@dataclass(frozen=True)
class Line:
    """One row to be written; `of` says what it is about, so that it finds its place in an existing workbook."""

    of: Identity
    values: Values


@dataclass
class Written:
    """The three sheets of a definition."""

    survey: list[Line] = field(default_factory=list)
    choices: list[Line] = field(default_factory=list)
    settings: Values = field(default_factory=dict)

    def sheets(self) -> dict[str, list[Values]]:
        """Return plain rows by sheet, as pyxform takes them."""
        return {
            "survey": [line.values for line in self.survey],
            "choices": [line.values for line in self.choices],
            "settings": [self.settings],
        }


def write(document: Mapping[str, Any], names: Names | None = None) -> Written:
    """Write a definition, under the names of the workbook it came from where there was one."""
    return _Writer(normalised(document), names or Names()).write()


class _Writer:
    def __init__(self, document: Mapping[str, Any], names: Names) -> None:
        self.document, self.names = document, names
        self.items = list(_every(document))
        self.called = {item["fid"]: names.name(item["fid"], item["key"]) for item in self.items}
        self.several = any(len(_by_locale(item["label"])) > 1 for item in self.items)
        self.parents = _parents(document)
        self.repeats = {item["fid"] for item in self.items if item["type"] == "repeat"}
        self.filtered = {item["fid"] for item in self.items if item.get("filter")}
        self.lists: dict[str, Sequence[Mapping[str, Any]]] = {}
        self.written = Written()

    def write(self) -> Written:
        pages = self.document["pages"]
        for page in pages:
            if len(pages) > 1:
                opening = {"type": "begin_group", "name": page["id"], "appearance": "field-list", "zhiye::type": "page"}
                self._line(("begin", page["id"]), {**opening, **self._texts("label", page["title"])})
            for item in page["items"]:
                self._item(item)
            if len(pages) > 1:
                self._line(("end", page["id"]), {"type": "end_group", "name": page["id"]})
        self._choices()
        self._settings()
        return self.written

    def _line(self, of: Identity, values: Values) -> None:
        self.written.survey.append(Line(of, {name: value for name, value in values.items() if value != ""}))

    def _texts(self, column: str, text: Any) -> Values:
        """Return a text in one column, or in one for each language when the form has several."""
        by_locale = _by_locale(text)
        if not self.several:
            return {column: by_locale[DEFAULT_LOCALE]}
        return {f"{column}::{_LANGUAGES.get(locale, f'{locale} ({locale})')}": one for locale, one in by_locale.items()}

    # ----- a question -----

    def _item(self, item: RawItem) -> None:
        values = self._values(item)
        if item["type"] not in types.OPENING.values():
            self._line(("item", item["fid"]), values)
            return
        self._line(("begin", item["fid"]), values)
        for child in item.get("items", ()):
            self._item(child)
        self._line(("end", item["fid"]), {"type": f"end_{item['type']}", "name": self.called[item["fid"]]})

    def _values(self, item: RawItem) -> Values:
        fid = item["fid"]
        more = {name: value for name, value in item.items() if name not in _SAID}
        values: Values = {"type": self._type(item), "name": self.called[fid]}
        values |= self._texts("label", item["label"])
        if item.get("hint"):
            values |= self._texts("hint", item["hint"])
        values["required"] = self._required(item)
        if "show" in item:
            values["relevant"] = self._formula(item["show"])
        values |= self._rules(item, more)
        values |= self._computed(item, more)
        values |= self._look(item, more)
        values |= self._own(item, more)
        return values

    def _type(self, item: RawItem) -> str:
        kind = item["type"]
        if kind in types.OPENING.values():
            return f"begin_{kind}"
        if kind == "boolean":
            self.lists[YES_NO] = _YES_NO
            return f"select_one {YES_NO}"
        plain = types.xls_type(kind)
        return f"{plain} {self._list(item)}" if plain in types.LISTS and "options" in item else plain

    def _list(self, item: RawItem) -> str:
        """Return the list of an item's choices: the one it had, or that of an item with the same, or its own."""
        options = item["options"]
        name = self.names.lists.get(item["fid"], "")
        if not name:
            alike = (known for known, listed in self.lists.items() if _same(listed, options))
            name = next(alike, str(item["key"]))
        if name in self.lists and not _same(self.lists[name], options):
            name = f"{name}_{item['key']}"
        self.lists.setdefault(name, options)
        return name

    def _required(self, item: RawItem) -> str:
        told = item.get("required")
        if isinstance(told, dict):
            return self._formula(told)
        return YES if told else ""

    def _formula(self, tree: Expression) -> str:
        return formulas.write(self._original(tree), self.called, around=self._around)

    def _original(self, tree: Expression) -> Expression:
        """Put back the original value of choices that had to be given another."""
        if not self.names.options or not isinstance(tree, dict):
            return tree
        ((name, arguments),) = tree.items()
        if not isinstance(arguments, list):
            return tree
        read = (one["var"] for one in arguments if isinstance(one, dict) and "var" in one)
        of_list = next((self.names.lists[fid] for fid in read if fid in self.names.lists), "")
        originals = self.names.options.get(of_list, {})
        if name in {"eq", "ne", "selected"} and originals:
            return {name: [originals.get(one, one) if isinstance(one, str) else one for one in arguments]}
        return {name: [self._original(one) for one in arguments]}

    def _around(self, fid: str) -> list[str]:
        found: list[str] = []
        above = self.parents.get(fid)
        while above:
            if above in self.repeats:
                found.insert(0, above)
            above = self.parents.get(above)
        return found

    def _rules(self, item: RawItem, more: dict[str, Any]) -> Values:
        held = formulas.constraint(item.get("rules") or (), item["fid"])
        if held is None:
            return {}
        del more["rules"]
        tree, message = held
        written = self._formula(tree).replace(f"${{{self.called[item['fid']]}}}", ".")  # the answer itself
        return {"constraint": written, **self._texts("constraint_message", message)}

    def _computed(self, item: RawItem, more: dict[str, Any]) -> Values:
        values: Values = {}
        if "value" in more:
            values["calculation"] = self._formula(more.pop("value"))
            if "result" in more and self._told_by_formula(item):
                del more["result"]
        if "text" in more and item["type"] == "hidden" and isinstance(more["text"], str):
            values["default"] = more.pop("text")
        told = more.get("default")
        if told == {"today": []}:
            values["default"] = "today()"
            del more["default"]
        elif isinstance(told, str) and "${" not in told and not told.endswith(")") and "text" not in values:
            values["default"] = str(self._chosen(item, more.pop("default")))
        return values

    def _told_by_formula(self, item: RawItem) -> bool:
        """Tell whether whoever reads the formula finds the same kind of result."""
        built = {one["fid"]: build_item(without_children(one)) for one in self.items}
        return bool(result_of(item["value"], built) == item["result"])

    def _chosen(self, item: RawItem, value: str) -> str:
        return self.names.options.get(self.names.lists.get(item["fid"], ""), {}).get(value, value)

    def _look(self, item: RawItem, more: dict[str, Any]) -> Values:
        values: Values = {"appearance": types.appearance(item)}
        if values["appearance"] == "minimal":
            del more["style"]
        if item["type"] == "range":
            given = {name: str(more.pop(ours)) for name, ours in _SCALE if ours in more}
            values["parameters"] = " ".join(f"{name}={value}" for name, value in given.items())
        elif item["type"] == "rating":
            most = more.get("max", USUAL)
            values["parameters"] = f"start=1 end={most} step=1"
            if most != USUAL:
                del more["max"]
        if item["type"] == "repeat" and "min" in more and more["min"] == more.get("max"):
            values["repeat_count"] = str(more.pop("min"))
            del more["max"]
        if item.get("filter"):
            wanted = more.pop("filter").items()
            values["choice_filter"] = " and ".join(f"{column}=${{{self.called[fid]}}}" for column, fid in wanted)
        return values

    def _own(self, item: RawItem, more: Mapping[str, Any]) -> Values:
        values: Values = {"zhiye::fid": item["fid"]}
        if not types.is_plain(item) and item["type"] not in types.OPENING.values():
            values["zhiye::type"] = item["type"]
        for column in ("index", "search", "retired"):
            values[f"zhiye::{column}"] = YES if item.get(column) else ""
        values["zhiye::mask"] = item.get("mask", "")
        values["zhiye::more"] = json.dumps(more, ensure_ascii=False, sort_keys=True) if more else ""
        return values

    # ----- choices and settings -----

    def _choices(self) -> None:
        for name, options in self.lists.items():
            originals = self.names.options.get(name, {})
            for option in options:
                value = option["value"]
                values: Values = {"list_name": name, "name": originals.get(value, value)}
                values |= self._texts("label", option["label"])
                values |= {column: self._tag(column, tag) for column, tag in option.get("tags", {}).items()}
                if option.get("retired"):
                    values["zhiye::retired"] = YES
                self.written.choices.append(Line((name, value), values))

    def _tag(self, column: str, tag: str) -> str:
        """Return the original value of the choice that a filter's cell names."""
        for item in self.items:
            of = (item.get("filter") or {}).get(column)
            originals = self.names.options.get(self.names.lists.get(of, ""), {}) if of else {}
            if tag in originals:
                return originals[tag]
        return tag

    def _settings(self) -> None:
        document = self.document
        more = {name: value for name, value in document.items() if name not in {"schema", "key", "pages"}}
        title = _by_locale(document["title"])
        if len(title) == 1:
            del more["title"]
        page = {name: value for name, value in document["pages"][0].items() if name != "items"}
        if len(document["pages"]) == 1 and page != {"id": FIRST_PAGE, "title": title[DEFAULT_LOCALE]}:
            more["pages"] = [page]
        self.written.settings = {
            "form_title": title[DEFAULT_LOCALE],
            "form_id": document["key"],
            **({"default_language": _LANGUAGES[DEFAULT_LOCALE]} if self.several else {}),
            **({"style": "pages"} if len(document["pages"]) > 1 else {}),
            **({"zhiye::more": json.dumps(more, ensure_ascii=False, sort_keys=True)} if more else {}),
        }


def _every(document: Mapping[str, Any]) -> Iterator[RawItem]:
    waiting = [item for page in document["pages"] for item in page["items"]]
    while waiting:
        item = waiting.pop(0)
        yield item
        waiting = [*item.get("items", ()), *waiting]


def _parents(document: Mapping[str, Any]) -> dict[str, str]:
    return {child["fid"]: item["fid"] for item in _every(document) for child in item.get("items", ())}


def _by_locale(text: Any) -> dict[str, Any]:
    return dict(text) if isinstance(text, dict) else {DEFAULT_LOCALE: text}


def _same(left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]]) -> bool:
    return list(left) == list(right)
