"""The form of a good."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField

from forms.fields import CodeField, CountField, LineField, VersionField

PICTURES = {"accept": "image/jpeg,image/png,image/webp"}


class NewGoodForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("名称"), longest=64, description=_l("例如“大米 5 公斤”。"))
    code = CodeField(_l("条码"), description=_l("扫描枪读到的号码；没有条码的自己编一个，全县不能重复。"))
    unit = LineField(_l("单位"), longest=16, required=False, description=_l("例如“袋”“块”。"))
    price = CountField(_l("价格（道德币）"), least=1, description=_l("全县一个价。改价不影响已经预约的兑换券。"))
    picture = FileField(_l("图片"), render_kw=PICTURES)
    on_sale = BooleanField(_l("可以兑换"), default=True)


class GoodForm(NewGoodForm):
    row_version = VersionField()
