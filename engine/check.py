"""Whether a document is a form: the check at every save of a draft and before publishing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from engine.defaults import default_problem
from engine.governing import ITEM_ACTS, access_problem, document_problems, item_problems, stage_problem
from engine.kinds import KINDS, Kind
from engine.messages import N_, Message, Problem
from engine.properties import (
    flag_problem,
    hint_problem,
    key_problem,
    name_problem,
    setting_problem,
    text_problem,
    unsafe,
)
from engine.references import Findings, References
from engine.schema import ITEM_PROPERTIES, MASKS, SCHEMA, STALE_POLICIES, Item, build_item, raw_items

PAGES, ITEMS, RULES = 50, 300, 100
NESTED, REPEATED = 4, 2  # how deep groups and repeats stand in each other, and repeats alone
_DOCUMENT = ("schema", "key", "title", "stale_policy", "list", "pages", "rules", "tests",
             "access", "stages", "duplicate")  # fmt: skip


def check(document: object) -> list[Problem]:
    """List everything that keeps a document from being a form; never raises, whatever JSON it is given."""
    problem = unsafe(document)
    if problem:
        return [problem]
    checker = _Check()
    checker.document(document)
    return checker.problems


class _Check(Findings):
    """One pass over a document. Later steps run only when the shapes they rely on are right."""

    def document(self, document: object) -> None:
        if not isinstance(document, dict):
            self.say("", N_("表单定义要是一个对象"))
            return
        self._only(document, _DOCUMENT, "")
        if document.get("schema") != SCHEMA:
            self.say("schema", N_("格式版本要写“%(schema)s”"), schema=SCHEMA)
        self.say("key", key_problem(document.get("key")))
        self.say("title", text_problem(document.get("title")))
        self.say("stale_policy", _policy_problem(document.get("stale_policy", STALE_POLICIES[0])))
        self.problems.extend(document_problems(document))
        self._pages(document.get("pages"))
        if self.problems:
            return
        items = [(path, build_item(raw)) for path, raw in raw_items(document)]
        self._unique(items)
        if self.problems:
            return
        for path, item in items:
            self._settled(path, item)
        self._rules(document.get("rules"), "rules", None, places=True)
        References(self.problems, document).judge()
        self.problems.extend(item_problems(document, items))

    def _pages(self, pages: object) -> None:
        if not isinstance(pages, list) or not 1 <= len(pages) <= PAGES:
            self.say("pages", N_("表单要有 1 到 %(most)s 页"), most=PAGES)
            return
        seen: set[str] = set()
        for number, page in enumerate(pages):
            self._page(page, f"pages[{number}]", seen)
        if not self.problems and sum(1 for _ in raw_items({"pages": pages})) > ITEMS:
            self.say("pages", N_("题目太多，一张表单最多 %(most)s 道"), most=ITEMS)

    def _page(self, page: object, path: str, seen: set[str]) -> None:
        if not isinstance(page, dict):
            self.say(path, N_("每一页要是一个对象"))
            return
        self._only(page, ("id", "title", "items"), path)
        self.say(f"{path}.id", key_problem(page.get("id")))
        if str(page.get("id")) in seen:
            self.say(f"{path}.id", N_("两页用了同一个标识"))
        seen.add(str(page.get("id")))
        self.say(f"{path}.title", text_problem(page.get("title")))
        items = page.get("items")
        if not isinstance(items, list):
            self.say(f"{path}.items", N_("每一页要有题目的列表"))
            return
        for place, item in enumerate(items):
            self._item(item, f"{path}.items[{place}]", ())

    def _item(self, raw: object, path: str, held: tuple[Kind, ...]) -> None:
        """Judge the shape of every property of one item, each on its own; `held` by these kinds, outermost first."""
        if not isinstance(raw, dict):
            self.say(path, N_("每道题要是一个对象"))
            return
        fid = raw["fid"] if isinstance(raw.get("fid"), str) else None
        kind = KINDS.get(raw["type"]) if isinstance(raw.get("type"), str) else None
        if kind is None:
            self.say(f"{path}.type", N_("没有这种题型：%(type)s"), fid, type=str(raw.get("type"))[:40])
            return
        for name, judge in _COMMON.items():
            if name in _NEEDED or raw.get(name) is not None:
                self.say(f"{path}.{name}", judge(raw.get(name)), fid)
        settings = {setting.name: setting for setting in kind.config_properties}
        self._only(raw, (*ITEM_PROPERTIES, *settings, *(("items",) if kind.holds_items else ())), path, fid)
        for name, setting in settings.items():
            if name in raw:
                self.say(f"{path}.{name}", setting_problem(raw[name], setting), fid)
        self._rules(raw.get("rules"), f"{path}.rules", fid)
        if kind.holds_items:
            self._inner(raw.get("items", []), path, fid, (*held, kind))

    def _inner(self, items: object, path: str, fid: str | None, held: tuple[Kind, ...]) -> None:
        """Judge what stands in a group or repeat."""
        if len(held) > NESTED:
            self.say(path, N_("题目套得太深，分组最多套 %(most)s 层"), fid, most=NESTED)
        elif sum(kind.repeats for kind in held) > REPEATED:
            self.say(path, N_("重复填写的一组题目最多套 %(most)s 层"), fid, most=REPEATED)
        elif not isinstance(items, list):
            self.say(f"{path}.items", N_("每一组要有题目的列表"), fid)
        else:
            for place, item in enumerate(items):
                self._item(item, f"{path}.items[{place}]", held)

    def _rules(self, rules: object, path: str, fid: str | None, *, places: bool = False) -> None:
        if rules is None:
            return
        if not isinstance(rules, list) or len(rules) > RULES:
            self.say(path, N_("校验规则要是一个列表，最多 %(most)s 条"), fid, most=RULES)
            return
        names = ("if", "message", "at") if places else ("if", "message")
        for place, rule in enumerate(rules):
            where = f"{path}[{place}]"
            if not isinstance(rule, dict) or "if" not in rule:
                self.say(where, N_("校验规则要有条件和提示"), fid)
                continue
            self._only(rule, names, where, fid)
            self.say(f"{where}.message", text_problem(rule.get("message")), fid)

    def _only(self, raw: Mapping[str, Any], known: tuple[str, ...], path: str, fid: str | None = None) -> None:
        for name in raw:
            if name not in known:
                where = f"{path}.{name}" if path else name
                self.say(where, N_("不认识的属性“%(name)s”"), fid, name=name[:40])

    def _unique(self, items: list[tuple[str, Item]]) -> None:
        fids: set[str] = set()
        keys: set[str] = set()
        for path, item in items:
            if item.fid in fids:
                self.say(f"{path}.fid", N_("题号“%(fid)s”重复"), item.fid, fid=item.fid)
            if item.key in keys:
                self.say(f"{path}.key", N_("标识“%(key)s”重复"), item.fid, key=item.key)
            fids.add(item.fid)
            keys.add(item.key)

    def _settled(self, path: str, item: Item) -> None:
        """Judge what the properties of one item say together."""
        kind = item.kind
        self.problems.extend(problem.under(path, item.fid) for problem in kind.check_item(item))
        if item.mask and not kind.maskable:
            self.say(f"{path}.mask", N_("这种题型不能遮盖"), item.fid)
        for name, possible in (("index", bool(kind.index_as)), ("search", kind.searchable)):
            if getattr(item, name) and item.sealed:
                self.say(f"{path}.{name}", N_("加密保存的题目不能排序、筛选和搜索，只能按完整内容查找"), item.fid)
            elif getattr(item, name) and not possible:
                self.say(f"{path}.{name}", N_("这种题型不能排序、筛选或搜索"), item.fid)
        if not kind.answerable and (item.required or item.default is not None or item.rules):
            self.say(path, N_("这种题型没有答案，不能设必填、默认值和校验"), item.fid)
        elif item.required and not kind.entered:
            self.say(path, N_("这种题型不由人填写，不能设必填"), item.fid)
        elif item.default is not None and kind.repeats:
            self.say(f"{path}.default", N_("重复填写的一组题目没有默认值，请设最少几行"), item.fid)
        elif item.default is not None and item.calculation is not None:
            self.say(f"{path}.default", N_("由公式算出的内容不能有默认值"), item.fid)
        elif item.default is not None:
            self.say(f"{path}.default", default_problem(item), item.fid)


def _policy_problem(policy: object) -> Message | None:
    if policy in STALE_POLICIES[:2]:
        return None
    until = policy.get("refuse_after") if isinstance(policy, dict) and len(policy) == 1 else None
    try:
        if isinstance(until, str) and date.fromisoformat(until).isoformat() == until:
            return None
    except ValueError:
        pass
    return Message(N_("旧版草稿的处理方式不对"))


def _mask_problem(value: object) -> Message | None:
    return None if value in MASKS else Message(N_("没有这种遮盖方式"))


def _anything(_value: object) -> Message | None:
    """Leave a property to a later step, which knows the other items."""
    return None


_NEEDED = ("fid", "key", "label")
_COMMON: Mapping[str, Callable[[object], Message | None]] = {
    "fid": key_problem,
    "key": name_problem,
    "label": text_problem,
    "hint": hint_problem,
    "required": _anything,
    "show": _anything,
    "default": _anything,
    "index": flag_problem,
    "search": flag_problem,
    "mask": _mask_problem,
    "retired": flag_problem,
    "roles": lambda raw: access_problem(raw, ITEM_ACTS),
    "stage": stage_problem,
}
