"""Questions that many forms ask, ready to be added with one click. A new template is one entry of the list here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from engine import editing

Document = dict[str, Any]
# Puts an item where it was asked for; returns the new document and the item's fid.
Add = Callable[[Document, dict[str, Any]], tuple[Document, str]]


@dataclass(frozen=True)
class Template:
    """One or several questions. `{"var": key}` in a condition names a question of the same template by its key."""

    name: str
    icon: str
    label: Any
    words: Any
    items: Sequence[Mapping[str, Any]]


def _options(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in pairs]


_NAME = {"key": "name", "type": "person_name", "label": "姓名", "required": True, "search": True}
_PHONE = {"key": "phone", "type": "cn_mobile", "label": "联系电话", "mask": "middle"}
_ID = {"key": "id_no", "type": "cn_id", "label": "身份证号", "mask": "middle"}

TEMPLATES: tuple[Template, ...] = (
    Template("person", "person-vcard", _l("姓名、电话、身份证号"), _l("一个人的三样，电话和证号加密保存"),
             (_NAME, _PHONE, _ID)),
    Template("village", "diagram-3", _l("所在村（社区）"), _l("默认是填写人所在的村"), (
        {"key": "village", "type": "org", "label": "所在村（社区）", "level": "village", "required": True,
         "default": {"user": "village"}},)),
    Template("day", "calendar-date", _l("日期，不晚于今天"), _l("默认当天，填将来的日期会提示"), (
        {"key": "happened_on", "type": "date", "label": "发生日期", "required": True, "default": {"today": []},
         "rules": [{"if": {"gt": [{"var": "happened_on"}, {"today": []}]}, "message": "发生日期不能晚于今天"}]},)),
    Template("place", "geo-alt", _l("地点和位置"), _l("写明地点，手机上可以定位"), (
        {"key": "place", "type": "text", "label": "地点", "required": True, "search": True},
        {"key": "position", "type": "geopoint", "label": "位置"})),
    Template("photos", "camera", _l("现场照片"), _l("最多 9 张"), (
        {"key": "photos", "type": "image", "label": "现场照片", "multiple": 9},)),
    Template("yes_no", "toggle-on", _l("是否，选“是”再写情况"), _l("选“是”才出现说明"), (
        {"key": "handled", "type": "boolean", "label": "是否已处理", "required": True, "index": True},
        {"key": "handled_how", "type": "textarea", "label": "处理情况", "required": True,
         "show": {"eq": [{"var": "handled"}, True]}})),
    Template("satisfaction", "emoji-smile", _l("满意度"), _l("从非常满意到不满意"), (
        {"key": "satisfaction", "type": "select_one", "label": "满意度", "index": True, "options": _options(
            ("very", "非常满意"), ("satisfied", "满意"), ("fair", "基本满意"), ("not", "不满意"))},
        {"key": "dissatisfied_why", "type": "textarea", "label": "不满意的原因", "required": True,
         "show": {"eq": [{"var": "satisfaction"}, "not"]}})),
    Template("amount", "cash-coin", _l("金额"), _l("精确到分，不能小于 0，可以筛选"), (
        {"key": "amount", "type": "money", "label": "金额（元）", "min": "0", "index": True},)),
    Template("result", "check2-circle", _l("办理结果"), _l("已办结、办理中、不予办理"), (
        {"key": "result", "type": "select_one", "label": "办理结果", "required": True, "index": True,
         "options": _options(("done", "已办结"), ("running", "办理中"), ("refused", "不予办理"))},)),
    Template("people", "people", _l("家庭成员（一人一行）"), _l("重复填写：姓名、关系、出生日期、电话"), (
        {"key": "members", "type": "repeat", "label": "家庭成员", "max": 20, "items": [
            {**_NAME, "key": "member_name"},
            {"key": "member_relation", "type": "select_one", "label": "与户主的关系", "required": True,
             "options": _options(("head", "户主"), ("spouse", "配偶"), ("child", "子女"), ("parent", "父母"),
                                 ("other", "其他"))},
            {"key": "member_born", "type": "date", "label": "出生日期"},
            {**_PHONE, "key": "member_phone"}]},)),
    Template("remark", "chat-left-text", _l("备注"), _l("一段话，可以不填"), (
        {"key": "remark", "type": "textarea", "label": "备注"},)),
)  # fmt: skip


def template_of(name: str) -> Template:
    """Return a template; raises LookupError."""
    found = next((one for one in TEMPLATES if one.name == name), None)
    if found is None:
        raise LookupError(name)
    return found


def add_template(document: Document, template: Template, add: Add, *, taken: Collection[str]) -> Document:
    """Add the questions of a template, each under a fid and key of its own."""
    fids: dict[str, str] = {}
    for item in template.items:
        number = int(editing.fresh_fid(document, {*taken, *fids.values()})[1:])
        own = {str(one["key"]): f"f{n}" for n, one in enumerate(_keyed(item), start=number)}
        fids |= own
        document, fid = add(document, _placed(item, document, own, fids))
        fids[str(item["key"])] = fid
    return document


def _keyed(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield an item and what it holds."""
    yield item
    for inner in item.get("items", ()):
        yield from _keyed(inner)


def _placed(item: Mapping[str, Any], document: Document, own: Mapping[str, str], fids: Mapping[str, str]) -> Any:
    """Return the item as it stands in the document: free keys, fids for what it holds, conditions by fid."""
    placed = _by_fid({name: value for name, value in item.items() if name != "items"}, fids)
    placed["key"] = editing.free_key(document, str(item["key"]))
    if "items" in item:
        placed["items"] = [
            {"fid": own[str(inner["key"])], **_placed(inner, document, own, fids)} for inner in item["items"]
        ]
    return placed


def _by_fid(value: Any, fids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("var"), str) and value["var"] in fids:
            return {"var": fids[value["var"]]}
        return {name: _by_fid(one, fids) for name, one in value.items()}
    return [_by_fid(one, fids) for one in value] if isinstance(value, list) else value
