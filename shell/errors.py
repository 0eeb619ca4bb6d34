"""Error pages: what happened, why, and what to do next, in plain words; JSON callers get a problem document."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from services.refusals import Refusal

Text = Any  # a str or a lazy string
JSON_TYPES = ("application/json", "application/problem+json")
_UNAUTHORIZED, _SERVER_ERROR = 401, 500


@dataclass(frozen=True)
class Trouble:
    """One error page in words."""

    title: Text
    what: Text
    advice: Text
    icon: str = "exclamation-circle"


TROUBLES: dict[int, Trouble] = {
    400: Trouble(
        _l("请求不完整"),
        _l("服务器没有读懂这次提交，可能是网址不完整，或页面停留太久。"),
        _l("请返回上一页，刷新后再试一次。"),
    ),
    401: Trouble(_l("请先登录"), _l("您还没有登录，或登录已经过期。"), _l("请重新登录，再回到这一页。"), "lock"),
    403: Trouble(
        _l("没有权限"),
        _l("您的账号没有打开这一页的权限。"),
        _l("如果工作需要，请联系县中心管理员为您增加角色。"),
        "shield-lock",
    ),
    404: Trouble(
        _l("没有找到这一页"),
        _l("网址可能写错了，内容可能已被删除，或者不在您的管辖范围内。"),
        _l("请检查网址，或用上方的搜索查找。"),
        "signpost-split",
    ),
    405: Trouble(
        _l("不能这样打开"),
        _l("这个地址只接受页面上按钮的提交，不能直接打开。"),
        _l("请返回上一页，用页面上的按钮操作。"),
    ),
    409: Trouble(
        _l("内容已被别人改过"),
        _l("在您打开之后，别人已经保存了新的内容。"),
        _l("请返回并刷新，对照最新内容再改一次。"),
        "people",
    ),
    413: Trouble(
        _l("文件太大"),
        _l("上传的文件超过了允许的大小，没有保存。"),
        _l("请压缩图片，或分几次上传。"),
        "file-earmark-arrow-up",
    ),
    422: Trouble(
        _l("没有办成"), _l("这个操作没有完成，数据没有变动。"), _l("请返回上一页，按提示修改后再试。"), "hand-index"
    ),
    429: Trouble(
        _l("操作太频繁"),
        _l("短时间内的次数超过了限制，为了安全暂停一会儿。"),
        _l("请等一分钟再试；您填写的内容没有丢失，返回即可看到。"),
        "hourglass-split",
    ),
    500: Trouble(
        _l("系统出了问题"),
        _l("这次操作没有完成，数据没有变动。我们已经记下这次故障。"),
        _l("请稍后再试；如果一直这样，请把下面的编号告诉县中心管理员。"),
        "tools",
    ),
}
# What only programs meet, or what means something else to them.
INTERFACE: dict[int, Trouble] = {
    401: Trouble(_l("没有登录"), _l("请求没有带令牌，或令牌无效、已过期、已作废。"), ""),
    403: Trouble(_l("没有权限"), _l("这个账号或令牌没有做这件事的权限。"), ""),
    404: Trouble(_l("没有找到"), _l("没有这个地址或这条内容，或者不在管辖范围内。"), ""),
    405: Trouble(_l("方法不对"), _l("这个地址不接受这种请求方法，可用的方法见应答头。"), ""),
    409: Trouble(_l("和已有的内容冲突"), _l("这次请求和已有的内容冲突，没有保存。"), ""),
    412: Trouble(_l("内容已被别人改过"), _l("带来的版本号不是最新的。请重新读取，对照后再改。"), ""),
    413: Trouble(_l("内容太大"), _l("请求的内容超过了允许的大小，没有保存。"), ""),
    415: Trouble(_l("格式不支持"), _l("请求的内容要用 JSON，并在请求头里写明类型。"), ""),
    428: Trouble(_l("缺少版本号"), _l("修改时要在请求头里带上读取时得到的版本号。"), ""),
}
EXPIRED = Trouble(
    _l("页面已过期"),
    _l("为了安全，页面打开太久后不能再提交；这次提交没有保存。"),
    _l("请返回上一页并刷新，然后再提交一次。"),
    "clock-history",
)


def trouble_for(status: int) -> Trouble:
    """Return the words for a status; the family's own when the exact one has none."""
    if request.path.startswith("/api/") and status in INTERFACE:
        return INTERFACE[status]
    return TROUBLES.get(status) or TROUBLES[_SERVER_ERROR if status >= _SERVER_ERROR else 400]


def wants_json() -> bool:
    """Tell whether the caller is a program: the JSON API, a JSON body, or JSON preferred over HTML."""
    best = request.accept_mimetypes.best_match(["text/html", *JSON_TYPES])
    return request.path.startswith("/api/") or request.is_json or best in JSON_TYPES


def answer(status: int, trouble: Trouble, *, what: Text = None, reference: str = "", **more: Any) -> Response:
    """Return the page, or the problem document with `more` members, for one trouble."""
    told = str(what or trouble.what)
    if wants_json():
        return _problem(status, str(trouble.title), told, more | ({"reference": reference} if reference else {}))
    page = render_template(
        "errors/page.html", status=status, trouble=trouble, what=told, reference=reference, bare=status >= _SERVER_ERROR
    )
    return make_response(page, status)


def _problem(status: int, title: str, detail: str, more: dict[str, Any]) -> Response:
    """Return a problem document (RFC 9457)."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.path}
    body = current_app.json.dumps(document | more)
    response = current_app.response_class(body, status, content_type="application/problem+json")
    if status == _UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def on_refusal(refusal: Refusal) -> Response:
    """Show a refusal nobody showed on a form."""
    errors = getattr(refusal, "pointed", None)  # for programs: where in what they sent each error lies
    more = {"errors": errors} if errors and wants_json() else {}
    return answer(refusal.status, trouble_for(refusal.status), what=refusal.message, **more)


def on_expired(_error: CSRFError) -> Response:
    """Show that the form's token is missing or too old."""
    return answer(400, EXPIRED)


def on_http(error: HTTPException) -> ResponseReturnValue:
    """Show an HTTP error; redirects and answers made elsewhere pass through, with their headers."""
    if error.response is not None or error.code is None or error.code < 400:  # noqa: PLR2004 - HTTP's own figure
        return cast("Response", error.get_response())
    if error.code >= _SERVER_ERROR:
        return on_failure(error)
    response = answer(error.code, trouble_for(error.code))
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def on_failure(error: Exception) -> Response:
    """Show that the house failed, with a number to look up in the log; never what the database said."""
    reference = f"{secrets.randbelow(10**8):08d}"
    current_app.logger.error("%s %s failed, reference %s", request.method, request.path, reference)
    status = getattr(error, "code", None) or _SERVER_ERROR
    return answer(status, trouble_for(status), reference=reference)


def init_app(app: Flask) -> None:
    """Answer every refusal, HTTP error and failure with our own pages."""
    app.register_error_handler(Refusal, on_refusal)
    app.register_error_handler(CSRFError, on_expired)
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(_SERVER_ERROR, on_failure)
