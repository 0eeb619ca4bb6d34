"""Saved views of a register, its other conditions, and what it looks like on paper."""

from __future__ import annotations

import copy
import re

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.base import db
from models.forms import Form
from models.views import DefaultView, RegisterView
from tests.pages import JudgingClient
from tests.support.cast import Cast
from tests.support.registers import REGISTER, enter, publish

BASE = "/admin/f/quarrels/"


@pytest.fixture
def form(cast: Cast) -> Form:
    form = publish(cast)
    enter(cast, form, a5="100", c1="甲村漏水")
    enter(cast, form, a5="300", c1="甲村再漏")
    enter(cast, form, a2="noise", c1="甲村噪声")
    enter(cast, form, "official.hongmiao", village="红庙村", a5="200", c1="乙村漏水")
    return form


def save(client: JudgingClient, asked: str, **data: str) -> str:
    """Save a view as the page does; return its uid."""
    assert "这个视图记住" in client.get(f"{BASE}views/new?{asked}").text
    assert client.post(f"{BASE}views/new?{asked}", data={"name": "漏水，金额从大到小", **data}).status_code == 302
    db.session.rollback()
    return str(db.session.scalars(sa.select(RegisterView.uid).order_by(RegisterView.id.desc())).first())


def numbers(page: str) -> list[str]:
    return re.findall(r">(QU-\d+)</a>", page)


def heads(page: str) -> list[str]:
    found = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", one).strip() for one in found]


def test_a_view_shows_what_it_keeps_in_the_readers_own_scope(cast: Cast, form: Form, client: JudgingClient) -> None:
    cast.sign_in(client, "official.yucun")
    uid = save(client, "f_a2=leak&sort=-a5&cols=a5,a2")
    page = client.get(f"{BASE}?view={uid}").text
    assert numbers(page) == ["QU-000002", "QU-000001"]
    assert heads(page) == ["编号", "涉及金额", "纠纷类型", "登记时间"]
    cast.sign_in(client, "official.hongmiao")
    assert numbers(client.get(f"{BASE}?view={uid}").text) == ["QU-000004"]
    assert uid not in client.get(BASE).text
    assert client.post(f"{BASE}views/{uid}/delete", judge=False).status_code == 404
    cast.sign_in(client, "official.next")
    assert client.get(f"{BASE}?view={uid}", judge=False).status_code == 404


def test_a_view_of_an_organisation_is_for_its_people_and_changed_by_those_who_share_there(
    cast: Cast, form: Form, client: JudgingClient
) -> None:
    cast.sign_in(client, "official.tianhuangping")
    client.get(f"{BASE}views/")
    town = cast.units["天荒坪镇"]
    uid = save(client, "f_a2_ne=leak", owner=f"{town}:grid_worker")
    assert client.post(f"{BASE}views/new", data={"name": "越界", "owner": str(cast.units["梅溪镇"])}).status_code == 403
    assert client.post(f"{BASE}views/new", data={"name": " "}).status_code == 422
    assert client.post(f"{BASE}views/new?q=13812342084", data={"name": "找人"}).status_code == 422
    cast.sign_in(client, "official.yucun")
    assert uid not in client.get(BASE).text
    assert client.post(f"{BASE}views/{uid}/edit", data={"name": "x", "row_version": "1"}).status_code == 404
    cast.sign_in(client, "grid.yucun")
    assert uid in client.get(BASE).text
    assert client.post(f"{BASE}views/default", data={"uid": uid}).status_code == 302
    assert numbers(client.get(BASE).text) == ["QU-000003"]
    assert len(numbers(client.get(f"{BASE}?view=all").text)) == 3
    cast.sign_in(client, "official.tianhuangping")
    changed = {"name": "全部纠纷", "row_version": "1", "overwrite": "1"}
    assert client.post(f"{BASE}views/{uid}/edit?sort=a5", data=changed).status_code == 302
    assert client.post(f"{BASE}views/{uid}/edit", data=changed).status_code == 409
    assert len(numbers(client.get(f"{BASE}?view={uid}").text)) == 3
    assert client.post(f"{BASE}views/{uid}/delete").status_code == 302
    assert "已被删除" in client.get(f"{BASE}?view={uid}").text
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DefaultView)) == 0
    acts = list(
        db.session.scalars(sa.select(AuditEvent.act).where(AuditEvent.act.startswith("view:")).order_by(AuditEvent.id))
    )
    assert acts == ["view:create", "view:change", "view:delete"]


def test_a_view_that_names_a_retired_field_says_so_and_shows_the_rest(
    cast: Cast, form: Form, client: JudgingClient
) -> None:
    cast.sign_in(client, "official.yucun")
    uid = save(client, "f_a2=leak&f_a5_ge=1&cols=a5,a4")
    later = copy.deepcopy(REGISTER)
    later["pages"][0]["items"][4]["retired"] = True
    later["list"].remove("amount")
    publish(cast, later)
    page = client.get(f"{BASE}?view={uid}").text
    assert "1 个项目已停用" in page
    assert numbers(page) == ["QU-000002", "QU-000001"]
    assert heads(page) == ["编号", "发生日期", "登记时间"]


def test_columns_and_conditions_are_chosen_without_any_script(cast: Cast, form: Form, client: JudgingClient) -> None:
    cast.sign_in(client, "official.yucun")
    moved = client.get(f"{BASE}views/columns?f_a2=leak&order=a5&order=a2&c=a5&c=a2&down=a5").text
    assert moved.index('value="a2"') < moved.index('value="a5"')
    done = client.get(f"{BASE}views/columns?f_a2=leak&order=a2&order=a5&c=a5&apply=1", judge=False).location
    assert heads(client.get(done).text) == ["编号", "涉及金额", "登记时间"]
    offered = client.get(f"{BASE}conditions/?field=a4").text
    assert {"f_a4", "f_a4_ne", "f_a4_ge", "f_a4_le", "f_a4_period", "f_a4_empty", "f_a4_filled"} == set(
        re.findall(r'name="(f_a4\w*)"', offered)
    )
    assert numbers(client.get(f"{BASE}?f_a5_filled=1&f_a2_in=leak&f_a2_in=noise").text) == ["QU-000002", "QU-000001"]
    assert numbers(client.get(f"{BASE}?f_a4_period=this_month").text) == []
    assert len(numbers(client.get(f"{BASE}?f_a1_under={cast.units['天荒坪镇']}").text)) == 3


def test_a_list_and_an_empty_form_are_made_for_paper(cast: Cast, form: Form, client: JudgingClient) -> None:
    cast.sign_in(client, "official.tianhuangping")
    page = client.get(f"{BASE}print/?f_a2=leak&cols=a5").text
    assert "纠纷类型：漏水" in page
    assert "QU-000001" in page
    assert "QU-000004" not in page
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.act == "record:export")).one()
    assert (event.after or {})["format"] == "print"
    blank = client.get(f"{BASE}blank/").text
    assert "漏水" in blank
    assert "QU-0" not in blank
    cast.sign_in(client, "grid.yucun")
    assert client.get(f"{BASE}print/", judge=False).status_code == 403
