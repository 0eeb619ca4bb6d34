"""What the designer shows of a draft or a version: pages and items in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from engine import conditions
from engine.definition import Item, Problem, check
from engine.editing import automatic_columns, column_fids, items_of
from engine.messages import Message
from engine.schema import build_item
from forms.formulas import formula_text
from forms.saying import said
from models.forms import FormState
from shell.i18n import locale

# A plain word about each kind for those who choose one; the icons are Bootstrap's.
KIND_CARDS: Mapping[str, tuple[str, Any]] = {
    "text": ("input-cursor-text", _l("一行以内的文字，如地点、单位名称")),
    "textarea": ("text-paragraph", _l("写一段话，如事情经过")),
    "integer": ("123", _l("不带小数点的数，如人数、户数")),
    "decimal": ("calculator", _l("可以带小数点的数，如面积、长度")),
    "money": ("cash-coin", _l("多少元，精确到分")),
    "range": ("sliders", _l("在一条刻度上选一个数，如 0 到 10")),
    "rating": ("star", _l("打几颗星，如满意程度")),
    "date": ("calendar-date", _l("年月日，可以限定早晚")),
    "time": ("clock", _l("几点几分，可以限定早晚")),
    "datetime": ("calendar-event", _l("哪一天的几点几分")),
    "select_one": ("ui-radios", _l("从几个选项里选一个")),
    "select_multiple": ("ui-checks", _l("从几个选项里选几个")),
    "rank": ("list-ol", _l("把几个选项排出先后")),
    "boolean": ("toggle-on", _l("只回答“是”或“否”")),
    "acknowledge": ("check2-square", _l("必须打勾才能提交，如“已告知权利义务”")),
    "note": ("info-circle", _l("给填写人看的一段话，不用回答")),
    "person": ("person-lines-fill", _l("从居民、家庭里查找并选定，可以带入姓名、电话等")),
    "person_name": ("person", _l("人的姓名，列表里可以遮盖")),
    "cn_mobile": ("phone", _l("手机号码，自动校验，加密保存")),
    "cn_id": ("person-vcard", _l("18 位身份证号，自动校验，加密保存")),
    "uscc": ("building", _l("企业、合作社、社会组织的 18 位代码，自动校验")),
    "barcode": ("upc-scan", _l("用扫码枪扫条形码、二维码，也可以手填")),
    "org": ("diagram-3", _l("村、乡镇或部门，从组织里选")),
    "geopoint": ("geo-alt", _l("地图上的一点，手机上可以自动定位")),
    "image": ("camera", _l("现场拍照或选图，可以记下时间和地点")),
    "file": ("file-earmark-text", _l("上传文档、表格或图片文件")),
    "audio": ("mic", _l("现场录音，或上传录音文件")),
    "signature": ("pen", _l("在屏幕上手写签名")),
    "calculate": ("calculator-fill", _l("由别的答案自动算出，不用填写")),
    "hidden": ("eye-slash", _l("填写的人看不到，随登记一起保存")),
    "group": ("collection", _l("几道题放在一个小标题下，一起显示或隐藏")),
    "repeat": ("list-task", _l("同一组题目填几遍，如家庭成员、当事人")),
}


@dataclass(frozen=True)
class Line:
    """One item as the designer lists it."""

    item: Item
    show: list[str]
    any_of: bool
    rules: list[str]
    listed: bool
    published: bool
    problems: list[str]
    first: bool = False
    last: bool = False
    depth: int = 0
    holder: str = ""  # the group or repeat it stands in
    above: str = ""  # the label of the group or repeat right above, which it can move into

    @property
    def holds(self) -> bool:
        """Tell whether other items stand in it."""
        return self.item.kind.holds_items

    @property
    def required(self) -> str:
        """Say when an answer is needed."""
        if isinstance(self.item.required, bool):
            return str(_("必填")) if self.item.required else ""
        return str(_("满足条件时必填"))


@dataclass(frozen=True)
class Sheet:
    """One page with its lines; retired items stand apart."""

    id: str
    title: str
    lines: list[Line]
    retired: list[Line]


@dataclass(frozen=True)
class Outline:
    """A whole document in words."""

    pages: list[Sheet]
    problems: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(len(page.lines) for page in self.pages)


def outline(
    document: Mapping[str, Any], *, problems: Sequence[Problem] | None = None, published: frozenset[str] = frozenset()
) -> Outline:
    """Say a sound document in words; `problems` are those of its check, done here when not given."""
    found = check(document) if problems is None else problems
    items = {raw["fid"]: build_item(raw) for raw in items_of(document)}
    words = _Words(items, found, set(column_fids(document) or automatic_columns(document)), published)
    sheets = [_sheet(page, words) for page in document["pages"]]
    whole = [said(Message(one.message, one.params)) for one in found if one.fid is None]
    return Outline(sheets, whole)


@dataclass(frozen=True)
class _Words:
    """What every line is told from."""

    items: Mapping[str, Item]
    problems: Sequence[Problem]
    columns: set[str]
    published: frozenset[str]

    def line(self, raw: Mapping[str, Any], **place: Any) -> Line:
        item = self.items[raw["fid"]]
        condition = conditions.simple(item.show) if item.show is not None else None
        return Line(
            item=item,
            show=[] if item.show is None else in_words(item.show, self.items),
            any_of=bool(condition and condition.joiner == "or"),
            rules=[rule.message.to(locale()) for rule in item.rules],
            listed=item.fid in self.columns,
            published=item.fid in self.published,
            problems=[said(Message(one.message, one.params)) for one in self.problems if one.fid == item.fid],
            **place,
        )


def _sheet(page: Mapping[str, Any], words: _Words) -> Sheet:
    lines = list(_lines(page["items"], words, holder="", depth=0))
    title = page["title"] if isinstance(page["title"], str) else page["title"].get(locale(), "")
    live, retired = ([one for one in lines if one.item.retired is gone] for gone in (False, True))
    return Sheet(page["id"], title or str(page["title"]), live, retired)


def _lines(raws: Sequence[Mapping[str, Any]], words: _Words, *, holder: str, depth: int) -> Iterator[Line]:
    """Yield lines one behind the other; what stands in a retired item goes with it."""
    live = [raw for raw in raws if not raw.get("retired")]
    for raw in raws:
        n = live.index(raw) if raw in live else -1
        above = words.items[live[n - 1]["fid"]] if n > 0 else None
        yield words.line(
            raw, holder=holder, depth=depth, first=n == 0, last=n == len(live) - 1,
            above=above.text(locale()) if above and above.kind.holds_items else "",
        )  # fmt: skip
        if not raw.get("retired"):
            yield from _lines(raw.get("items") or (), words, holder=raw["fid"], depth=depth + 1)


def in_words(expression: Any, items: Mapping[str, Item]) -> list[str]:
    """Say a condition, a row each; what no rows can say as its formula."""
    if conditions.simple(expression) is None:
        return [_("公式：%(formula)s", formula=formula_text(expression, items))]
    return [said(message) for message in conditions.words(expression, items, locale=locale(), translate=_)]


def state_pill(state: str) -> tuple[str, str]:
    """Return a form's state in words and the colour of its pill."""
    return {
        FormState.DRAFT: (_("草稿"), "warn"),
        FormState.PUBLISHED: (_("使用中"), "ok"),
        FormState.RETIRED: (_("已停用"), ""),
    }[FormState(state)]
