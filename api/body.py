"""What a program sends: JSON, read without trust."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import abort, request
from flask_babel import lazy_gettext as _l

from services.refusals import Refusal

MOST_BYTES = 1024 * 1024
DEEPEST = 12


class NotJson(Refusal):
    """A body that is no JSON object."""

    status = 400
    message = _l("请求的内容不是一个 JSON 对象，无法读懂。")


class UnstorableText(Refusal):
    """A text with U+0000 or half a surrogate pair, which no database keeps."""

    status = 400
    message = _l("请求的内容里有看不见的空字符或残缺的字符，无法保存。")


def body(*known: str) -> dict[str, Any]:
    """Return the object a request carries; only members in `known` may be in it.

    Answers 415 and 413; raises NotJson, UnstorableText and UnknownMember.
    """
    if not request.is_json:
        abort(415)
    if (request.content_length or 0) > MOST_BYTES:
        abort(413)
    data = request.get_data(cache=False)
    if len(data) > MOST_BYTES:  # sent in pieces, without its length
        abort(413)
    try:
        sent = json.loads(data, parse_constant=_no_number, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise NotJson from error
    if not isinstance(sent, dict):
        raise NotJson
    _refuse_unstorable(sent, DEEPEST)
    if unknown := sorted(sent.keys() - set(known)):
        raise Pointed([(f"/{pointer(name)}", _l("没有这一项。")) for name in unknown])
    return sent


class Pointed(Refusal):
    """Something wrong with what was sent; `pointed` names each place as a JSON pointer (RFC 6901)."""

    def __init__(self, errors: list[tuple[str, Any]]) -> None:
        super().__init__(_l("有 %(n)s 处需要修改，改好后再提交。", n=len(errors)))
        self.pointed = [{"pointer": where, "message": str(message)} for where, message in errors]


def pointer(name: str) -> str:
    """Spell one step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _number(text: str) -> Decimal:
    """Keep a number as it was written: money does not go through binary fractions."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error


def _refuse_unstorable(value: Any, deepest: int) -> None:
    if deepest < 0:
        raise NotJson
    match value:
        case str():
            if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
                raise UnstorableText
        case dict():
            for name, one in value.items():
                _refuse_unstorable(name, deepest)
                _refuse_unstorable(one, deepest - 1)
        case list():
            for one in value:
                _refuse_unstorable(one, deepest - 1)
