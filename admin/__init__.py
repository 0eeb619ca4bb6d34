"""Flask-Admin back office: configuration and registers."""

from __future__ import annotations

from flask import Flask
from flask_admin import Admin
from flask_admin.theme import Theme
from flask_babel import lazy_gettext as _l

from admin import forms, hub
from admin.categories import CategoryView
from admin.guard import HomeView
from admin.orgs import OrgView
from models.base import db
from models.categories import Category
from models.orgs import OrgUnit
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
        translations_path=str(settings.root / "translations"),
        csp_nonce_generator=csp_nonce,
    )
    for view in (*views(), *forms.views(), *hub.views()):
        office.add_view(view)


def views() -> list[CategoryView]:
    """Return the fixed views, new for each application: Flask-Admin ties a view to the one it is added to."""
    return [
        OrgView(OrgUnit, db, name=_l("组织"), endpoint="orgs"),
        CategoryView(Category, db, name=_l("类别"), endpoint="categories"),
    ]
