"""Fields that many fixed forms share: the version lock, codes, names, dates, all with Chinese messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, IntegerField, SelectField, StringField
from wtforms.fields.choices import Choice, SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

CODE = re.compile(r"^[A-Za-z0-9_-]+\Z")


def tidy(text: str | None) -> str:
    """Trim a typed line and drop what no database text may hold."""
    return (text or "").replace("\0", "").strip()


class LineField(StringField):
    """One line of text, trimmed. Required unless `required=False`."""

    def __init__(self, label: Any, *, longest: int, required: bool = True, **kwargs: Any) -> None:
        first: list[Any] = [InputRequired(_l("请填写这一项。"))] if required else [Optional()]
        limit = Length(max=longest, message=_l("最多 %(n)s 个字。", n=longest))
        super().__init__(label, [*first, limit, *kwargs.pop("validators", ())], filters=[tidy], **kwargs)


class CodeField(LineField):
    """A code of letters, figures, - and _."""

    def __init__(self, label: Any, *, longest: int = 32, **kwargs: Any) -> None:
        pattern = Regexp(CODE, message=_l("编号只能用字母、数字、短横线和下划线。"))
        attributes = {"autocapitalize": "none", "spellcheck": "false"}
        super().__init__(label, longest=longest, validators=[pattern], render_kw=attributes, **kwargs)


class DayField(DateField):
    """A day, by the browser's own date input. Required unless `required=False`."""

    def __init__(self, label: Any, *, required: bool = True, **kwargs: Any) -> None:
        super().__init__(label, [InputRequired(_l("请选择日期。")) if required else Optional()], **kwargs)

    def process_formdata(self, valuelist: Any) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_l("日期不对，请写成 2026-11-22 这样。")) from error


class CountField(IntegerField):
    """A whole number of everyday size."""

    def __init__(self, label: Any, *, least: int = 0, most: int = 100_000, **kwargs: Any) -> None:
        super().__init__(label, [InputRequired(_l("请填写数字。"))], **kwargs)
        self.least, self.most = least, most

    def process_formdata(self, valuelist: Any) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_l("请填写整数。")) from error

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data is not None and not self.least <= self.data <= self.most:
            raise ValidationError(_l("请填写 %(least)s 到 %(most)s 之间的数。", least=self.least, most=self.most))


class ChoiceField(SelectField):
    """One of some choices; `choices` may be set once it is known who asks. Nothing is chosen for the one who asks."""

    def __init__(
        self, label: Any, *, choices: Sequence[tuple[str, Any]] = (), required: bool = True, **kwargs: Any
    ) -> None:
        validators = [InputRequired(_l("请选择一项。"))] if required else []
        super().__init__(label, validators, validate_choice=False, **kwargs)
        self.offer(choices)

    def offer(self, choices: Iterable[tuple[Any, ...]]) -> None:
        """Set the choices: (value, label) or (value, label, heading)."""
        self.choices: Any = [SelectChoice(value, label, {}, *group) for value, label, *group in choices]
        self.offered = {str(choice.value) for choice in self.choices}

    def iter_choices(self) -> Any:
        return [*self._unchosen(), *super().iter_choices()]

    def iter_groups(self) -> Any:
        if unchosen := self._unchosen():
            yield None, unchosen
        yield from super().iter_groups()

    def _unchosen(self) -> list[Choice]:
        # Where there is only one choice, or "none" is one of them, the first may stand.
        open_question = self.flags.required and self.data in (None, "") and len(self.offered) > 1
        return [Choice("", str(_l("请选择")), selected=True, render_kw={})] if open_question else []

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data is not None and str(self.data) not in self.offered:
            raise ValidationError(_l("请从列表里选一项。"))


class VersionField(HiddenField):
    """The row version that the page was opened with (services/locking.py)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("", **kwargs)

    def process_formdata(self, valuelist: Any) -> None:
        text = valuelist[0] if valuelist else ""
        self.data: Any = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - int32


def id_or_none(text: Any) -> int | None:
    """Read an id out of a select whose first choice is none. Raises ValueError, which WTForms shows."""
    return int(text) if text not in (None, "", "None") else None
