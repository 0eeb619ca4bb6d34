"""Which version of a form answers are judged by: their own, as far as the newest one still takes it."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from engine.definition import Definition
from queries.indexing import Shape
from services.refusals import Refusal


class FormNotInUse(Refusal):
    """The form takes no entries: a draft, retired, or without that version."""

    message = _l("这张表单现在不接收录入，可能已停用。需要时请联系县中心管理员。")


class VersionClosed(Refusal):
    """A newer version no longer takes entries of this one."""

    def __init__(self, until: date) -> None:
        super().__init__(
            _l(
                "这张表单已经改版，%(until)s 之后不再接收按旧版填写的内容。草稿里的内容都在，转到新版就能接着填。",
                until=until.isoformat(),
            )
        )


def version_taken(known: Shape, version: int) -> int:
    """Return the version that answers given against an older one are judged by: the newest where it says so."""
    carried = version in known.definitions and known.newest.stale_policy == "fast_forward"
    return max(known.definitions) if carried else version


def version_asked(known: Shape, version: int, today: date) -> Definition:
    """Return the version answers were given against, when the newest one still takes it."""
    newest = known.newest
    if version not in known.definitions:
        raise FormNotInUse
    asked = known.definitions[version]
    until = newest.refuse_after
    if asked is not newest and newest.stale_policy == "refuse_after" and until is not None and today > until:
        raise VersionClosed(until)
    return asked
