"""The form of a webhook."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import InputRequired

from forms.fields import LineField, VersionField
from forms.settings import BoxesField
from forms.tokens import form_boxes
from queries.webhooks import EVENT_LABELS
from services.sending import LONGEST_URL

ADDRESS = {"inputmode": "url", "autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class WebhookForm(FlaskForm):  # type: ignore[misc]
    name = LineField(_l("名称"), longest=64, description=_l("例如“一网统管平台”。"))
    url = LineField(
        _l("接收地址"), longest=LONGEST_URL, render_kw=ADDRESS,
        description=_l("对方系统给的网址。推送的内容里没有个人信息，对方凭令牌来取。"),
    )  # fmt: skip
    events = BoxesField(
        _l("推送哪些事"),
        [InputRequired(_l("请至少选一项。"))],
        choices=[SelectChoice(str(event), label) for event, label in EVENT_LABELS.items()],
    )
    forms = form_boxes()


class WebhookEditForm(WebhookForm):
    row_version = VersionField()
