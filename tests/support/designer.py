"""A browser at the form designer: what an admin clicks and types, as plain requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.editing import items_of
from models.base import db
from models.forms import Form
from tests.pages import JudgingClient
from tests.support.office import form_values

HOME = "/admin/forms"


def row(name: str, fid: str, operator: str, value: str = "", *, n: int = 0, group: int = 0) -> dict[str, Any]:
    """Return what one row of a condition builder sends: `name` is show, need or rules-0-when."""
    place = f"{name}-groups-{group}-rows-{n}"
    return {f"{place}-fid": fid, f"{place}-operator": operator, f"{place}-value": value}


@dataclass
class Designer:
    """One form under design, through a signed-in client."""

    client: JudgingClient
    key: str = ""

    @property
    def address(self) -> str:
        return f"{HOME}/{self.key}"

    def form(self) -> Form:
        db.session.rollback()
        return db.session.scalars(sa.select(Form).where(Form.key == self.key)).one()

    def fid(self, label: str) -> str:
        """Return the fid of the first item with this label in the draft."""
        return next(str(item["fid"]) for item in items_of(self.form().draft) if item["label"] == label)

    def fill(self, address: str, *, expect: Any = 302, judge: Any = True, **answers: Any) -> Any:
        """Open a page, type into some fields (None unticks a box), send its form, and expect a status."""
        page = self.client.get(address, judge=judge)
        assert page.status_code == 200, page.status
        values: dict[str, Any] = form_values(page.text, address.split("?", 1)[0]) | answers
        values = {name: value for name, value in values.items() if value is not None}
        response = self.client.post(address, data=values, judge=judge)
        assert response.status_code == expect, f"{response.status}\n{response.text[-4000:]}"
        return response

    def press(self, address: str, *, expect: int = 302, **fields: Any) -> Any:
        """Press a button that carries the state of the form as it is now."""
        response = self.client.post(address, data={"row_version": self.form().row_version, **fields})
        assert response.status_code == expect, response.status
        return response

    def create(self, title: str, **answers: Any) -> None:
        response = self.fill(f"{HOME}/new", title=title, **answers)
        self.key = str(response.location).rstrip("/").rsplit("/", 1)[-1]

    def add(self, page_id: str, kind: str, label: str, /, **answers: Any) -> str:
        """Add an item to a page; returns its fid."""
        self.fill(f"{self.address}/pages/{page_id}/add/{kind}", label=label, **answers)
        return self.fid(label)

    def change(self, label: str, /, **answers: Any) -> Any:
        return self.fill(f"{self.address}/items/{self.fid(label)}", **answers)

    def publish(self) -> Any:
        return self.press(f"{self.address}/publish/now")


def neighbour_dispute(designer: Designer) -> None:
    """Design 邻里纠纷登记 as the example of the paper on forms has it, and leave it a draft."""
    designer.create("邻里纠纷登记", key="neighbour_dispute", prefix="LLJF")
    designer.fill(f"{designer.address}/pages/p1", title="基本情况")
    for title in ("当事人", "经过"):
        designer.fill(f"{designer.address}/pages/new", title=title)
    designer.add("p1", "org", "所在村（社区）", key="village", required="yes", c_level="village", default="village")
    designer.add("p1", "select_one", "纠纷类型", key="kind", required="yes", index="y",
                 new_options="相邻关系\n漏水\n噪声\n旧选项\n其他")  # fmt: skip
    designer.change("纠纷类型", **{"options-3-retired": "y"})
    kind_other = row("show", designer.fid("纠纷类型"), "eq", "其他")
    designer.add("p1", "text", "其他类型说明", key="kind_other", required="yes", c_max="50", **kind_other)
    designer.add("p1", "date", "发生日期", key="happened_on", required="yes", index="y",
                 **row("rules-0-when", "@self", "gt", "今天"))  # fmt: skip
    amount = designer.add("p1", "decimal", "涉及金额（元）", key="amount", c_min="0", index="y")
    grave = row("show", amount, "ge", "100000")
    designer.add("p1", "note", "属重大纠纷，24 小时内报镇中心", key="grave", c_style="warning", **grave)
    designer.add("p1", "image", "现场照片", key="photos", c_multiple="9")
    designer.add("p2", "person_name", "姓名", key="name", required="yes", search="y")
    designer.add("p2", "cn_id", "身份证号", key="id_no", mask="middle")
    designer.add("p2", "cn_mobile", "联系电话", key="phone", mask="middle")
    designer.add("p3", "textarea", "纠纷经过", key="story", required="yes", search="y")
