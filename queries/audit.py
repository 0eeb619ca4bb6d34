"""The audit chain as people read it: sentences, field names and values in Chinese, within the reader's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from models.access import Actor
from models.audit import AuditEvent
from models.base import db
from models.orgs import Level
from queries.audit_words import changes_of, known_of
from queries.imports import import_of
from queries.scope import in_scope

TIMELINE_MAX = 50
ACT_LABELS: Mapping[str, Any] = {
    "calendar:change": _l("修改了日历"),
    "calendar:import": _l("导入了放假通知"),
    "calendar:seed": _l("生成了日历"),
    "category:create": _l("新建了类别"),
    "category:change": _l("修改了类别"),
    "category:delete": _l("删除了类别"),
    "claim:step": _l("办理了道德币申报"),
    "coin:close": _l("给一个月结了账"),
    "coin:recount": _l("重算了道德币统计"),
    "coin:statistics": _l("导出了道德币统计"),
    "coin:import": _l("导入了积分记录"),
    "coin:statement": _l("下载了家庭的道德币对账单"),
    "draft:forward": _l("把草稿转到新版"),
    "draft:discard": _l("放弃了草稿"),
    "file:remove": _l("移除了文件"),
    "file:upload": _l("上传了文件"),
    "form:change": _l("修改了表单"),
    "form:create": _l("新建了表单"),
    "form:mark_settled": _l("看过了工作簿里的一处"),
    "form:publish": _l("发布了表单"),
    "form:reindex": _l("重建了表单的索引"),
    "form:reopen": _l("重新启用了表单"),
    "form:retire": _l("停用了表单"),
    "form:workbook": _l("从工作簿导入了表单"),
    "good:change": _l("修改了物品"),
    "good:create": _l("新建了物品"),
    "household:change": _l("修改了家庭"),
    "household:create": _l("登记了家庭"),
    "household:delete": _l("删除了家庭"),
    "household:reveal": _l("查看了家庭的完整信息"),
    "org:change": _l("修改了组织"),
    "org:close": _l("停用了组织"),
    "org:create": _l("新建了组织"),
    "org:delete": _l("删除了组织"),
    "org:rename": _l("更改了组织名称"),
    "org:seed": _l("建立了组织"),
    "record:change": _l("修改了登记"),
    "pack:apply": _l("采用了配置包"),
    "record:create": _l("新增了登记"),
    "record:export": _l("导出了登记"),
    "record:import": _l("导入了登记"),
    "record:comment": _l("写了备注"),
    "record:stage": _l("推进或退回了登记"),
    "record:upgrade": _l("把登记补录到新版"),
    "record:withdraw_comment": _l("撤回了备注"),
    "record:reveal": _l("查看了登记的完整信息"),
    "record:undo_import": _l("撤销了导入"),
    "record:void": _l("作废了登记"),
    "resident:change": _l("修改了居民"),
    "resident:create": _l("登记了居民"),
    "resident:delete": _l("删除了居民"),
    "resident:reveal": _l("查看了居民的完整信息"),
    "rule:change": _l("修改了积分规则"),
    "rule:create": _l("起草了积分规则"),
    "rule:drop": _l("删去了规则里的一项"),
    "rule:end": _l("写明了规则用到哪一天"),
    "rule:item": _l("填写了规则里的一项"),
    "rule:publish": _l("发布了积分规则"),
    "setting:change": _l("修改了设置"),
    "station:change": _l("修改了站点"),
    "station:close": _l("停用了站点"),
    "station:create": _l("新建了站点"),
    "stock:remind": _l("修改了库存提醒"),
    "token:create": _l("新建了令牌"),
    "token:revoke": _l("作废了令牌"),
    "webhook:change": _l("修改了推送"),
    "webhook:create": _l("新建了推送"),
    "webhook:delete": _l("删除了推送"),
    "webhook:disable": _l("停用了推送"),
    "webhook:enable": _l("启用了推送"),
    "webhook:redeliver": _l("重新推送了一次"),
    "table:export": _l("导出了名单"),
    "record:statistics": _l("导出了统计"),
    "user:activate": _l("启用了账号"),
    "user:change": _l("修改了用户"),
    "user:change_password": _l("修改了自己的密码"),
    "user:create": _l("建立了账号"),
    "user:deactivate": _l("停用了账号"),
    "user:end_role": _l("结束了角色"),
    "user:grant_role": _l("增加了角色"),
    "user:link_resident": _l("更改了关联的居民"),
    "user:locked": _l("因多次输错被锁定"),
    "user:require_totp": _l("更改了两步验证要求"),
    "user:reset_password": _l("重置了密码"),
    "user:reset_totp": _l("重置了两步验证"),
    "user:revoke_sign_in": _l("结束了登录"),
    "user:set_locale": _l("更改了界面语言"),
    "user:set_up_totp": _l("开启了两步验证"),
    "user:sign_in": _l("登录"),
    "user:sign_in_failed": _l("登录失败"),
    "user:sign_out": _l("退出登录"),
    "user:turn_off_totp": _l("关闭了两步验证"),
    "user:unlock": _l("解除了账号锁定"),
    "view:change": _l("修改了视图"),
    "view:create": _l("保存了视图"),
    "view:delete": _l("删除了视图"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One act in words: when (county time), what, who, and (label, before, after) of what changed."""

    when: str
    iso: str
    what: str
    who: str
    changes: tuple[tuple[str, str, str], ...] = ()


def audit_scope(actor: Actor, permission: str = "audit:list") -> sa.ColumnElement[bool]:
    """Return the condition for the events an actor may read.

    Events without a place (the calendar, failed sign-ins of unknown names) are for readers of a whole county.
    """
    own = in_scope(AuditEvent, actor, permission)
    if any(grant.level == Level.COUNTY for grant in actor.grants_for(permission)):
        return sa.or_(own, AuditEvent.county_id.is_(None))
    return own


def timeline(thing: str, ident: Any, actor: Actor) -> list[Event]:
    """Return what happened to one row, newest first, at most 50 events.

    The caller has shown that the actor may see the row; events of another county are left out all the same.
    Its creation is told without the answers: the page beside it says them. What came with an import has its events.
    """
    own = sa.and_(AuditEvent.thing == thing, AuditEvent.thing_id == str(ident))
    run_id = import_of(int(ident)) if thing == "record" else None
    if run_id is not None:
        own = sa.or_(own, sa.and_(AuditEvent.thing == "import_run", AuditEvent.thing_id == str(run_id)))
    query = sa.select(AuditEvent).where(own).order_by(AuditEvent.id.desc()).limit(TIMELINE_MAX)
    if not actor.system:
        query = query.where(sa.or_(AuditEvent.county_id.is_(None), AuditEvent.county_id.in_(actor.counties)))
    return told(db.session.scalars(query).all(), actor, brief=frozenset({f"{thing}:create", "record:import"}))


def reveals_since(user_id: int, since: datetime) -> int:
    """Count how often a user looked at hidden numbers since an instant."""
    acts = [act for act in ACT_LABELS if act.endswith(":reveal")]
    query = sa.select(sa.func.count()).where(
        AuditEvent.actor_id == user_id, AuditEvent.at >= since, AuditEvent.act.in_(acts)
    )
    return db.session.scalar(query) or 0


def told(events: Iterable[AuditEvent], actor: Actor, *, brief: frozenset[str] = frozenset()) -> list[Event]:
    """Put events into words, without answers that the actor may not view; `brief` acts without what they changed."""
    events = list(events)
    known = known_of(events, actor)
    return [
        Event(
            when=str(format_datetime(event.at, "yyyy-MM-dd HH:mm")),
            iso=event.at.isoformat(timespec="seconds"),
            what=act_label(event.act),
            who=event.actor_name,
            changes=() if event.act in brief else tuple(changes_of(event, known)),
        )
        for event in events
    ]


def act_label(act: str) -> str:
    """Return an act as a sentence; an unknown one reads as "did something", never as its code."""
    return str(ACT_LABELS.get(act) or _("做了一项操作"))
