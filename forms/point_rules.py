"""The forms of points rules: a version with its validity and expiry, and one item."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types

from forms.fields import ChoiceField, CodeField, CountField, DayField, LineField, VersionField, id_or_none
from forms.settings import BoxesField
from models.point_rules import RuleItem, RuleSet
from queries.accounts import ROLE_LABELS
from queries.point_rules import DIRECTIONS, EVIDENCE, approving_roles, claiming_roles
from services.point_rules import MOST_POINTS, Said, Terms

YEARS, MONTHS, VILLAGERS = "years", "months", "villagers"


class _Origin(FlaskForm):  # type: ignore[misc]
    owner = ChoiceField(_l("谁的规则"), coerce=int, description=_l("村里有自己的规则，就不用县里的。"))
    like = ChoiceField(_l("照着哪一版起草"), coerce=id_or_none, required=False)


class TermsForm(FlaskForm):  # type: ignore[misc]
    valid_from = DayField(_l("从哪一天起用"))
    valid_to = DayField(_l("用到哪一天"), required=False, description=_l("不填就一直用到换新版。"))
    expiry = ChoiceField(_l("道德币到期办法"), choices=[(YEARS, _l("满几年后的年底")), (MONTHS, _l("获得后满几个月"))])
    expiry_n = CountField(_l("几年或几个月"), most=120, description=_l("年底到期的，填 0 就是当年年底。"))
    note = LineField(_l("说明"), longest=200, required=False, description=_l("例如依据的村规民约或文件。"))


class NewRulesForm(_Origin, TermsForm):
    """A new version: whose, like which one, and its terms."""


class EditRulesForm(TermsForm):
    row_version = VersionField()


def _cap(label: Any) -> CountField:
    return CountField(label, most=10_000_000, description=_l("填 0 就是没有上限。"), default=0)


class ItemForm(FlaskForm):  # type: ignore[misc]
    code = CodeField(_l("编号"))
    name = LineField(_l("项目"), longest=100)
    direction = ChoiceField(_l("加分还是扣分"), choices=list(DIRECTIONS.items()), default="earn")
    points_min = CountField(_l("最低分"), least=1, most=MOST_POINTS)
    points_max = CountField(_l("最高分"), least=1, most=MOST_POINTS)
    cap_person_month = _cap(_l("每人每月上限"))
    cap_household_month = _cap(_l("每户每月上限"))
    cap_village_month = _cap(_l("全村每月上限"))
    evidence = ChoiceField(_l("要什么证明"), choices=list(EVIDENCE.items()), default="none")
    claimants = BoxesField(
        _l("谁可以申报"),
        choices=[
            SelectChoice(VILLAGERS, _l("村民为自己家")),
            *(SelectChoice(str(role), ROLE_LABELS[role]) for role in claiming_roles()),
        ],
    )
    approvers = BoxesField(
        _l("谁审批"), choices=[SelectChoice(str(role), ROLE_LABELS[role]) for role in approving_roles()]
    )
    review = BooleanField(_l("要评议"), default=True)
    notice_days = CountField(
        _l("公示几天"), most=60, default=3, description=_l("扣分不公示，这是告知和申诉的天数，至少 1 天。")
    )
    form_id = ChoiceField(_l("另有登记表"), coerce=id_or_none, required=False)


def terms_of(form: Any) -> Terms:
    """Return what a form of a version says."""
    yearly = form.expiry.data == YEARS
    return Terms(
        form.valid_from.data,
        form.valid_to.data,
        form.expiry_n.data if yearly else None,
        None if yearly else form.expiry_n.data,
        form.note.data or "",
    )


def shown_terms(rules: RuleSet) -> dict[str, Any]:
    """Return a version as its form shows it."""
    yearly = rules.expiry_months is None
    return {
        "valid_from": rules.valid_from, "valid_to": rules.valid_to, "note": rules.note,
        "expiry": YEARS if yearly else MONTHS, "row_version": rules.row_version,
        "expiry_n": rules.expiry_years if yearly else rules.expiry_months,
    }  # fmt: skip


def said_by(form: Any) -> Said:
    """Return what a form of an item says."""
    who = form.claimants.data or []
    return Said(
        code=form.code.data, name=form.name.data, direction=form.direction.data, points_min=form.points_min.data,
        points_max=form.points_max.data, cap_person_month=form.cap_person_month.data or None,
        cap_household_month=form.cap_household_month.data or None,
        cap_village_month=form.cap_village_month.data or None, evidence=form.evidence.data,
        claimants={"roles": [role for role in who if role != VILLAGERS], "villagers": VILLAGERS in who},
        approvers={"roles": list(form.approvers.data or ())}, review=form.review.data,
        notice_days=form.notice_days.data, form_id=form.form_id.data if "form_id" in form else None,
    )  # fmt: skip


def shown_item(item: RuleItem) -> dict[str, Any]:
    """Return an item as its form shows it."""
    columns = {name: getattr(item, name) for name in Said.__dataclass_fields__}
    caps = {name: columns[name] or 0 for name in columns if name.startswith("cap_")}
    villagers = [VILLAGERS] if item.claimants.get("villagers") else []
    return {
        **columns, **caps, "claimants": [*villagers, *item.claimants.get("roles", ())],
        "approvers": item.approvers.get("roles", []),
    }  # fmt: skip
