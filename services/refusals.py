"""Refusals: what the house says no to. The web shows them on the page, the API as a problem document."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l


class Refusal(Exception):  # noqa: N818 - refusals are named as the fact
    """An act that was not done, with a message for the person who asked. Nothing of it remains in the database."""

    status = 422
    message: Any = _l("这个操作没有完成。")

    def __init__(self, message: Any = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(Refusal):
    """The actor lacks the permission, here or anywhere."""

    status = 403
    message = _l("您没有做这件事的权限。需要时请联系县中心管理员。")


class NotFound(Refusal):
    """There is no such thing in the actor's scope; it never says whether it exists elsewhere."""

    status = 404
    message = _l("没有找到，可能已删除，或不在您的管辖范围内。")


class AlreadyThere(Refusal):
    """Somebody else made the same thing at the same moment."""

    status = 409
    message = _l("这条内容和已有的内容重复，请检查编号等不能重复的项目。")


class Stale(Refusal):
    """Somebody else saved the same thing since the page was opened."""

    status = 409
    message = _l("在您打开之后，别人已经改过这条内容。请对照最新内容再保存一次，您填写的内容还在下面。")
