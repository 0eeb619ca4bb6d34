"""XLSForm workbooks of forms: looked through, imported as a draft, exported again into the workbook they came from.

What reads and writes workbooks is imported where it is used: most processes never do, and it fills some megabytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from engine import editing
from engine.messages import N_, Invalid, Message
from engine.xlsform.findings import Finding, Mark, Names, Reading
from engine.xlsform.odk import refusals
from engine.xlsform.reading import read
from models.access import Actor
from models.base import db
from models.forms import Form
from models.xlsforms import FormWorkbook
from queries.xlsforms import workbook_of
from services.access import require
from services.audit import record_audit
from services.form_drafts import import_definition
from services.form_names import free_key, free_prefix
from services.forms import DefinitionRefused, create_form, current_version, lock
from services.pinyin import slug
from services.refusals import NotFound, Refusal
from services.transaction import transaction
from services.workbooks import WorkbookRefused, open_table

MOST_BYTES = 5 * 1024 * 1024
NAME_LENGTH = 200


# The template is a Chinese document like the forms themselves; it is not translated.
TEMPLATE_ROWS: Mapping[str, Sequence[Sequence[str]]] = {
    "题目": (
        ("姓名", "", "房东姓名", "是", "", "", "", "", "", "", ""),
        ("单选", "", "核查结果", "是", "待核查、已核查、有隐患", "", "", "", "", "", ""),
        ("多行文字", "", "隐患说明", "是", "", "【核查结果】 = '有隐患'", "", "", "写清位置和情况", "", ""),
        ("日期", "", "起租日期", "是", "", "", ". <= today()", "起租日期不能晚于今天", "", "", "今天"),
        ("重复开始", "", "租客", "", "", "", "", "", "", "", ""),
        ("姓名", "", "租客姓名", "是", "", "", "", "", "", "", ""),
        ("身份证号", "", "租客身份证号", "", "", "", "", "", "", "", ""),
        ("小数", "", "月租金", "", "", "", ". >= 0", "月租金不能是负数", "", "", ""),
        ("重复结束", "", "", "", "", "", "", "", "", "", ""),
        ("自动计算", "", "租金合计", "", "", "", "", "", "", "sum(【月租金】)", ""),
    ),
    "设置": (("出租房登记", "rental_template"),),
}
TEMPLATE_GUIDE: Sequence[str] = (
    "一行一道题。前三列最要紧：题型从下拉清单里选，题目是填写的人看到的文字，名称可以空着。",
    "必填：填“是”或“否”；也可以写条件，写法和显示条件一样。",
    "选项：选项少就直接写在“选项”这一列，用顿号隔开；多处要用的写到“选项”表里，这一列写清单的名字。",
    "显示条件：题目写在【】里，例如 【核查结果】 = '有隐患'；几个条件用 and（并且）或 or（或者）连接。",
    "校验：写出答案要满足的条件，一个点代表这道题自己的答案，例如 . >= 0；不满足时显示“校验提示”里的话。",
    "计算公式：题型选“自动计算”，例如 【单价】 * 【数量】，或者对一组的每一行求和：sum(【月租金】)。",
    "默认值：固定的内容，日期可以写“今天”。",
    "分组开始和分组结束之间的题目排在一起；重复开始和重复结束之间的题目可以填多行，例如每位租客一行。",
    "写不对的地方，上传时会按“表名!列行”一处一处指出来，什么都不会导入。",
    "您自己加的列、颜色和批注都会保留；以后从系统导出时还在。",
)


class XlsformRefused(Refusal):
    """A workbook that is no form; `findings` names every cell. Nothing was kept."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        super().__init__(_l("工作簿有 %(n)s 处问题，什么都没有导入。", n=len(self.findings)))


class NoSuchMark(Refusal):
    message = _l("这一处已经处理过了。请刷新页面看看最新状态。")


@dataclass(frozen=True)
class Checked:
    """A workbook that was looked through: what it says, and everything that is wrong with it."""

    reading: Reading | None
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Tell whether it can be imported."""
        return not self.findings


def check_workbook(content: bytes, *, form: Form | None = None) -> Checked:
    """Look a workbook through without keeping anything: harmless, a form, taken by other tools."""
    from engine.xlsform import workbook

    try:
        if not content.startswith(b"PK"):
            raise workbook.Unreadable(N_("这不是 XLSX 工作簿。请在表格软件里另存为 XLSX 再试"))
        open_table(content, most_bytes=MOST_BYTES)
        book = workbook.read_book(content)
    except WorkbookRefused as refused:
        return Checked(None, (Finding("", Message(str(refused))),))
    except Invalid as invalid:
        return Checked(None, (Finding("", invalid.message),))
    known = workbook_of(form) if form is not None else None
    reading = read(
        book,
        slug=slug,
        known=Names.of(known.names) if known else None,
        base=form.draft if form is not None else None,
    )
    found = reading.problems or refusals(book, reading)
    return Checked(reading, tuple(found))


@transaction
def import_new(
    county_id: int, content: bytes, *, name: str, key: str = "", prefix: str = "", actor: Actor, at: datetime
) -> Form:
    """Make a new form of a workbook; without `key` and `prefix` free ones are found.

    Raises XlsformRefused, KeyTaken, PrefixTaken or BadName; nothing is kept then.
    """
    reading = _accepted(check_workbook(content))
    document = reading.document
    title = _plain(document["title"])
    key, prefix = key or free_key(county_id, document["key"]), prefix or free_prefix(county_id, title)
    try:
        form = create_form(
            county_id, key=key, title=title[:100], prefix=prefix, definition=document, actor=actor, at=at
        )
    except DefinitionRefused as refused:
        raise XlsformRefused([Finding("", Message(one.message, one.params)) for one in refused.problems]) from refused
    db.session.flush()
    _keep(form, content, name, reading, actor=actor, at=at)
    return form


@transaction
def import_into(form: Form, content: bytes, *, name: str, row_version: int, actor: Actor, at: datetime) -> None:
    """Make a workbook the draft of a form; what was published and is not in it stays, retired.

    Raises Stale, XlsformRefused or DefinitionRefused (what earlier answers would not survive); nothing is kept then.
    """
    lock(form, "form:design", row_version, actor)
    reading = _accepted(check_workbook(content, form=form))
    document = {**reading.document, "key": form.key}
    current = current_version(form)
    if current is not None:
        document = editing.restored(document, current.document)
    import_definition(form, document, row_version=row_version, actor=actor, at=at)
    _keep(form, content, name, reading, actor=actor, at=at)


@transaction
def settle_mark(form: Form, cell: str, *, row_version: int, actor: Actor, at: datetime) -> None:
    """Take a mark away: somebody looked at the cell and the form does what it should. Raises Stale or NoSuchMark."""
    lock(form, "form:design", row_version, actor)
    kept = workbook_of(form)
    marks = list((kept.marks if kept else {}).get("open", ()))
    left = [mark for mark in marks if mark["cell"] != cell]
    if kept is None or len(left) == len(marks):
        raise NoSuchMark
    kept.marks = {"open": left}
    record_audit("form:mark_settled", form, actor=actor, at=at, after={"cell": cell})


def template_workbook() -> bytes:
    """Return the Chinese workbook in which an official lays out a form: examples to type over, and how to."""
    from engine.xlsform import workbook

    return workbook.template(TEMPLATE_ROWS, TEMPLATE_GUIDE)


def export_workbook(form: Form, *, afresh: bool = False, actor: Actor) -> bytes:
    """Return a form's draft as XLSForm: in the workbook it came from, or `afresh` as other tools take it."""
    from engine.xlsform import workbook

    require(actor, "form:list", form)
    if not form.draft.get("pages"):
        raise NotFound
    kept = workbook_of(form)
    if kept is None or afresh:
        return workbook.fresh(form.draft)
    return workbook.rewritten(kept.content, form.draft, Names.of(kept.names), slug=slug)


def _accepted(checked: Checked) -> Reading:
    if checked.reading is None or not checked.ok:
        raise XlsformRefused(checked.findings)
    return checked.reading


def _keep(form: Form, content: bytes, name: str, reading: Reading, *, actor: Actor, at: datetime) -> None:
    kept = workbook_of(form)
    if kept is None:
        kept = FormWorkbook(form_id=form.id)
        db.session.add(kept)
    kept.name, kept.content = name[:NAME_LENGTH], content
    kept.sha256 = hashlib.sha256(content).hexdigest()
    kept.names = reading.names.document()
    kept.marks = {"open": [_stored(mark) for mark in reading.marks]}
    kept.imported_at, kept.imported_by = at, actor.user_id
    after = {"name": kept.name, "sha256": kept.sha256, "marks": len(reading.marks)}
    record_audit("form:workbook", form, actor=actor, at=at, after=after)


def _stored(mark: Mark) -> dict[str, Any]:
    return {
        "cell": mark.cell,
        "column": mark.column,
        "text": mark.text,
        "fid": mark.fid,
        "message": _stored_message(mark.message),
        "blocking": mark.blocking,
    }


def _stored_message(message: Message) -> dict[str, Any]:
    params = {name: _stored_message(one) if isinstance(one, Message) else one for name, one in message.params.items()}
    return {"text": message.text, "params": params}


def _plain(title: str | Mapping[str, str]) -> str:
    return title if isinstance(title, str) else str(title["zh_Hans_CN"])
