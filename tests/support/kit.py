"""A small application that shows every component of the shell, for tests of the look and the theme alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import wtforms as w
from flask import Flask, g, render_template_string, request
from flask_admin import Admin, expose
from flask_admin.actions import action
from flask_admin.contrib.sqla import ModelView
from flask_admin.contrib.sqla.filters import FilterEqual, FilterLike
from flask_admin.theme import Theme
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.file import MultipleFileField
from markupsafe import Markup
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.pool import StaticPool
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from models.access import Actor, Grant, Role
from models.orgs import Level
from services.refusals import NotAllowed
from shell import errors, nav, security

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "<b>粗</b>"  # markup where only text belongs
TOWN = Grant(Role.DISPATCHER, 2, "天荒坪镇", Level.TOWNSHIP, 1, 2, None)
COUNTY = Grant(Role.ADMIN, 1, "安吉县中心", Level.COUNTY, 1, None, None)
ADMIN = Actor(1, "admin", "王建国", (TOWN, COUNTY))
PLACES = ("users", "people", "households", "categories", "calendar", "settings", "audit", "forms", "interface", "packs")


class Base(DeclarativeBase):
    """The kit's own tables; they have nothing to do with the product's."""


kit_db = SQLAlchemy(model_class=Base)


class House(Base):
    __tablename__ = "house"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    owner: Mapped[str]
    village: Mapped[str]
    tenants: Mapped[int]
    since: Mapped[dt.date]
    note: Mapped[str | None]
    rooms: Mapped[list[Room]] = relationship(back_populates="house")


class Room(Base):
    __tablename__ = "room"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    house_id: Mapped[int] = mapped_column(sa.ForeignKey("house.id"))
    house: Mapped[House] = relationship(back_populates="rooms")


@dataclass
class Register:
    key: str
    title: str


def _choices(*labels: str) -> list[SelectChoice]:
    return [SelectChoice(str(number), label) for number, label in enumerate(labels)]


class Party(w.Form):
    name = w.StringField("姓名", [InputRequired("请填写姓名。")])


class EveryField(FlaskForm):  # type: ignore[misc]
    village = w.SelectField("所在村", [InputRequired()], choices=_choices("横山坞村", "余村村"))
    kind = w.RadioField("纠纷类型", [InputRequired("请选择。")], choices=_choices("相邻关系", "漏水"))
    source = w.RadioField("来源渠道", choices=_choices(*(f"第{n}种来源渠道" for n in range(6))), default="0")
    tags = w.SelectMultipleField(
        "涉及事项",
        choices=_choices("积水", "噪音"),
        option_widget=w.widgets.CheckboxInput(),
        widget=w.widgets.ListWidget(prefix_label=False),
    )
    on = w.DateField("发生日期", [InputRequired("请填写发生日期。")], description=f"例如 2026-11-20 {HOSTILE}")
    people = w.IntegerField("涉及人数")
    story = w.TextAreaField("经过")
    photo = MultipleFileField("现场照片", render_kw={"accept": "image/*", "multiple": True})
    agreed = w.BooleanField("当事人同意调解")
    hostile = w.StringField(HOSTILE, [InputRequired("请填写。")])
    party = w.FormField(Party, "当事人")


class HouseView(ModelView):  # type: ignore[misc]
    can_view_details = True
    can_export = True
    can_set_page_size = True
    page_size = 4
    page_size_options = (4, 20)
    column_list = ("number", "owner", "village", "tenants", "since", "note")
    column_details_list = column_list
    column_labels = {
        "number": "编号",
        "owner": "房东" + HOSTILE,
        "village": "所在村",
        "tenants": "租客人数",
        "since": "起租日期",
        "note": "备注",
        "rooms": "房间",
        "name": "名称",
    }
    column_descriptions = {"owner": HOSTILE}
    column_searchable_list = ("owner",)
    column_filters = (FilterLike(House.village, "所在村"), FilterEqual(House.owner, "房东"))
    column_formatters = {
        "tenants": lambda _v, _c, row, _n: Markup('<span class="pill pill-ok">{}</span>').format(row.tenants)
    }
    form_args = {"owner": {"description": HOSTILE}}
    inline_models = ((Room, {"column_labels": {"name": "名称"}}),)

    def render(self, template: str, **context: Any) -> Any:
        # The product's base view hands the list this helper; it keeps the conditions of the list.
        export_url = lambda kind: self.get_url(".export", export_type=kind, **request.args)  # noqa: E731
        return super().render(template, export_url=export_url, **context)

    def _get_list_filter_args(self) -> list[Any]:
        # Without script a form sends its empty fields too; what is left empty is no condition.
        return [condition for condition in super()._get_list_filter_args() or () if condition[2]]

    @action("archive", "归档")  # type: ignore[untyped-decorator]
    def archive(self, ids: list[str]) -> Any:
        return self.render(
            "admin/model/action_confirm.html",
            what="确定归档选中的登记吗？",
            confirm_label="归档",
            action="archive",
            ids=ids,
            return_url=self.get_url(".index_view"),
        )

    @expose("/delete/confirm/")  # type: ignore[untyped-decorator]
    def delete_confirm_view(self) -> Any:
        return self.render(
            "admin/model/delete_confirm.html",
            what="确定删除这条登记吗？",
            lost=["登记内容", "两张照片"],
            confirm_name="横山坞村",
            return_url=self.get_url(".index_view"),
        )


def kit_app() -> Flask:
    """Return the kit with thirty rows in memory. /sign-in is what the signed-out see; everywhere else it is ADMIN."""
    app = Flask("kit", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(
        SECRET_KEY="kit" * 12,
        BOOTSTRAP_SERVE_LOCAL=True,
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        SQLALCHEMY_DATABASE_URI="sqlite://",
        SQLALCHEMY_ENGINE_OPTIONS={"poolclass": StaticPool, "connect_args": {"check_same_thread": False}},
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.before_request(_somebody)
    for extension in (Babel, Bootstrap5, CSRFProtect, kit_db.init_app):
        extension(app)
    security.init_app(app)
    errors.init_app(app)
    nav.init_app(app, forms_for=lambda _actor: [Register("dispute", "邻里纠纷登记")], todo_for=lambda _actor: 7)
    _pages(app)
    _back_office(app)
    return app


def _somebody() -> None:
    if not request.path.startswith("/sign-in"):
        g.actor = ADMIN


def _pages(app: Flask) -> None:
    folder = Path(__file__).parent / "pages"

    def show(name: str) -> Any:
        form = EveryField() if name == "form" else None
        if form is not None:
            form.validate_on_submit()
        return render_template_string((folder / f"{name}.html").read_text(encoding="utf-8"), form=form)

    for path, endpoint, name in (
        ("/", "desk.home", "home"),
        ("/me", "desk.profile", "home"),
        ("/search", "desk.search", "home"),
        ("/field/", "field.home", "form"),
        ("/record", "record", "record"),
        ("/sign-in", "portal.sign_in", "signin"),
    ):
        app.add_url_rule(path, endpoint, show, methods=["GET", "POST"], defaults={"name": name})
    app.add_url_rule("/admin/f/<form_key>/", "hub.index_view", lambda form_key: show("home") if form_key else "")
    app.add_url_rule("/sign-out", "portal.sign_out", lambda: "", methods=["POST"])
    app.add_url_rule("/language", "portal.set_language", lambda: "", methods=["POST"])
    app.add_url_rule("/autosave", "autosave", lambda: {"saved_at": "14:02"}, methods=["POST"])
    app.add_url_rule("/refused", "refused", _refuse)
    app.add_url_rule("/broken", "broken", _break)


def _refuse() -> str:
    raise NotAllowed


def _break() -> str:
    kit_db.session.execute(sa.text("select secret_column from missing_table"))
    return ""


def _back_office(app: Flask) -> None:
    theme = Theme(folder=str(ROOT / "templates" / "zhiye"), base_template="admin/base.html")
    back_office = Admin(app, name="枝叶", theme=theme)
    back_office.add_view(HouseView(House, kit_db, endpoint="orgs", url="/admin/orgs", name="出租房登记"))
    for place in PLACES:
        back_office.add_view(ModelView(Room, kit_db, endpoint=place, url=f"/admin/{place}", name="房间"))
    with app.app_context():
        kit_db.create_all()
        kit_db.session.add_all(_house(number) for number in range(30))
        kit_db.session.commit()


def _house(number: int) -> House:
    return House(
        number=f"{412 - number:06d}",
        owner="张三",
        village="横山坞村" if number % 2 else "余村村",
        tenants=number % 6,
        since=dt.date(2026, 11, 1),
        note=None,
        rooms=[Room(name="一号房")],
    )
