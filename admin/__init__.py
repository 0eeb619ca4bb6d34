"""Flask-Admin back office: configuration and registers."""

from __future__ import annotations

from flask import Flask
from flask_admin import Admin, BaseView
from flask_admin.theme import Theme
from flask_babel import lazy_gettext as _l

from admin import (
    forms,
    hub,
    hub_chosen,
    hub_comments,
    hub_conditions,
    hub_export,
    hub_import,
    hub_print,
    hub_statistics,
    hub_upgrade,
    hub_views,
)
from admin.audit import AuditView
from admin.calendar import CalendarView
from admin.categories import CategoryView
from admin.goods import GoodView
from admin.guard import HomeView
from admin.households import HouseholdView
from admin.interface import InterfaceView
from admin.orgs import OrgView
from admin.packs import PacksView
from admin.people import ResidentView
from admin.point_rules import RulesView
from admin.settings import SettingsView
from admin.stations import StationView
from admin.tokens import TokensView
from admin.users import UserView
from admin.webhooks import WebhooksView
from models.accounts import User
from models.audit import AuditEvent
from models.base import db
from models.calendar import CalendarDay
from models.categories import Category
from models.orgs import OrgUnit
from models.people import Household, Resident
from models.point_rules import RuleSet
from models.stations import CoinGood, CoinStation
from models.tokens import ApiToken
from models.webhooks import Webhook
from shell.security import csp_nonce


def init_app(app: Flask) -> None:
    """Hang the back office on the application, in our own theme."""
    settings = app.config["ZHIYE"]
    office = Admin(
        app,
        name=_l("枝叶"),
        index_view=HomeView(name=_l("统计与配置"), endpoint="admin", url="/admin"),
        # A theme is a folder of templates; an absolute one keeps Flask-Admin's own templates out of sight.
        theme=Theme(folder=str(settings.root / "templates" / "zhiye"), base_template="admin/base.html"),
        csp_nonce_generator=csp_nonce,
    )
    around = (
        hub_chosen,
        hub_comments,
        hub_upgrade,
        hub_views,
        hub_conditions,
        hub_statistics,
        hub_print,
        hub_import,
        hub_export,
    )
    for view in (*views(), *forms.views(), *hub.views(), *(view for room in around for view in room.views())):
        office.add_view(view)


def views() -> list[BaseView]:
    """Return the fixed views, new for each application: Flask-Admin ties a view to the one it is added to."""
    return [
        OrgView(OrgUnit, db, name=_l("组织"), endpoint="orgs"),
        UserView(User, db, name=_l("用户与角色"), endpoint="users"),
        ResidentView(Resident, db, name=_l("居民"), endpoint="people"),
        HouseholdView(Household, db, name=_l("家庭"), endpoint="households"),
        CategoryView(Category, db, name=_l("类别"), endpoint="categories"),
        RulesView(RuleSet, db, name=_l("积分规则"), endpoint="rules", url="/admin/rules"),
        CalendarView(CalendarDay, db, name=_l("工作日历"), endpoint="calendar"),
        StationView(CoinStation, db, name=_l("易站"), endpoint="stations"),
        GoodView(CoinGood, db, name=_l("物品"), endpoint="goods"),
        PacksView(name=_l("配置包"), endpoint="packs", url="/admin/packs"),
        SettingsView(name=_l("设置"), endpoint="settings"),
        AuditView(AuditEvent, db, name=_l("审计日志"), endpoint="audit"),
        InterfaceView(name=_l("数据接口"), endpoint="interface", url="/admin/api"),
        TokensView(ApiToken, db, name=_l("令牌"), endpoint="tokens", url="/admin/api/tokens"),
        WebhooksView(Webhook, db, name=_l("推送"), endpoint="webhooks", url="/admin/api/webhooks"),
    ]
