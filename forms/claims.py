"""The forms of claims: one filed on a phone, and the words that go with a decision."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FileField, HiddenField, TextAreaField
from wtforms.validators import Length

from forms.fields import ChoiceField, CountField, DayField, LineField, id_or_none, tidy
from models.people import Resident
from models.point_rules import RuleItem
from queries.point_rules import DEDUCT

PHOTOS = {"accept": "image/*"}


class ClaimForm(FlaskForm):  # type: ignore[misc]
    item = ChoiceField(_l("做了哪一项"), coerce=int)
    points = CountField(_l("分值"), least=1, most=10_000, render_kw={"inputmode": "numeric", "min": "1"})
    what = LineField(_l("做了什么"), longest=200, description=_l("写明时间、地点和事情，公示时大家都看得到。"))
    done_on = DayField(_l("哪一天做的"))
    resident_id = ChoiceField(_l("家里谁做的"), coerce=id_or_none, required=False)
    evidence = TextAreaField(
        _l("证明"), [Length(max=500, message=_l("最多 500 个字。"))], filters=[tidy],
        description=_l("谁可以作证，或者别的依据。这一项只给评议和审批的人看。"),
    )  # fmt: skip
    photo = FileField(_l("照片"), render_kw=PHOTOS)
    record_number = LineField(
        _l("登记编号"), longest=64, required=False, description=_l("这一项另有登记表时，填那条登记的编号。")
    )
    sent_photo = HiddenField()
    uid = HiddenField()
    household = HiddenField()


def offer(form: ClaimForm, items: list[RuleItem], members: list[Resident], *, records: bool) -> ClaimForm:
    """Give a form the items and the members to choose from; what cannot be answered is not asked."""
    form.item.offer([(one.id, told(one)) for one in items])
    form.resident_id.offer([("", _("全家")), *((one.id, one.name) for one in members)])
    if not members:
        del form.resident_id
    if not (records and any(one.form_id for one in items)):
        del form.record_number
    return form


def told(item: RuleItem) -> str:
    """Return an item with its points and what it asks for, as a line of a list."""
    points = str(item.points_min) if item.points_min == item.points_max else f"{item.points_min}–{item.points_max}"
    parts = [_("扣 %(points)s 分", points=points) if item.direction == DEDUCT else _("%(points)s 分", points=points)]
    parts += [_("要有照片")] if item.evidence == "photo" else [_("要写证明")] if item.evidence == "text" else []
    return f"{item.name}（{'，'.join(parts)}）"


def refused_field(form: Any, refusal: Any) -> None:
    """Put a refusal under the field it names, else on top of the form."""
    name = getattr(refusal, "field", "")
    if name and name in form and not isinstance(form[name], HiddenField):
        form[name].errors = [*form[name].errors, refusal.message]
    else:
        form.form_errors.append(refusal.message)
