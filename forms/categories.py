"""The form of a category entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from forms.fields import ChoiceField, CodeField, CountField, DayField, LineField, VersionField, id_or_none
from queries.labels import CATEGORY_KINDS


class CategoryForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("名称"), longest=64)
    code = CodeField(_l("编号"), description=_l("给系统用的短编号，由字母和数字组成，同一种类里不能重复。"))
    parent_id = ChoiceField(_l("上级类别"), required=False, coerce=id_or_none)
    position = CountField(_l("顺序"), default=0, description=_l("数字小的排在前面。"))
    valid_from = DayField(_l("启用日期"))
    valid_to = DayField(_l("停用日期"), required=False, description=_l("从这一天起新登记里选不到它；已有登记不变。"))
    row_version = VersionField()


class NewCategoryForm(CategoryForm):
    kind = ChoiceField(_l("种类"), choices=list(CATEGORY_KINDS.items()))

    def __iter__(self) -> Iterator[Any]:
        """Ask for the kind first: it decides what may stand above."""
        return iter(sorted(super().__iter__(), key=lambda field: field.short_name != "kind"))
