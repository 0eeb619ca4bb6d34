from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.definition import Item
from engine.kinds import KINDS
from engine.kinds.cn_id import check_digit
from engine.kinds.numbers import plain
from engine.kinds.uscc import check_character
from engine.messages import Invalid
from tests.unit.engine.helpers import ID_NUMBER, PHOTO, context, item, options

USCC = "91330523MA2B4LYT32"
CHOICES = options("a", "b", "old", retired=("old",))
EXTRA: dict[str, Any] = {
    "select_one": {"options": CHOICES},
    "select_multiple": {"options": CHOICES},
    "rank": {"options": options("a", "b")},
    "image": {"multiple": 3},
    "file": {"multiple": 2},
    "calculate": {"value": {"add": [2, 3]}},
    "hidden": {"text": "网格"},
    "group": {"items": [{"fid": "f2", "key": "k2", "type": "text", "label": "组内"}]},
    "repeat": {"items": [{"fid": "f2", "key": "k2", "type": "text", "label": "组内"}]},
}
ITEMS: dict[str, Item] = {name: item(name, **EXTRA.get(name, {})) for name in KINDS}
VALUES: dict[str, Any] = {
    "text": "余村",
    "textarea": "第一行\n第二行",
    "integer": 12,
    "decimal": Decimal("12.5"),
    "money": Decimal("1234.5"),
    "range": Decimal(4),
    "rating": 4,
    "date": date(2026, 1, 31),
    "time": "09:30",
    "datetime": "2026-01-31T09:30",
    "select_one": "a",
    "select_multiple": ["a", "b"],
    "rank": ["b", "a"],
    "boolean": True,
    "acknowledge": True,
    "person": "12 张三丰",
    "person_name": "张三丰",
    "cn_mobile": "13812342084",
    "cn_id": ID_NUMBER,
    "uscc": USCC,
    "barcode": "6901234567892",
    "org": 7,
    "geopoint": "30.63852 119.68531 12",
    "image": [PHOTO],
    "file": [PHOTO],
    "audio": [PHOTO],
    "signature": [PHOTO],
    "calculate": Decimal(5),
    "hidden": "网格",
    "repeat": [{"_id": "0123456789abcdef", "f2": "余村"}],
}
LISTS = {"select_multiple", "image", "file", "audio", "signature", "rank", "geopoint", "repeat"}
answerable = pytest.mark.parametrize("name", sorted(VALUES))


def read(one: Item, raw: Any, **changed: Any) -> Any:
    return one.kind.parse(one, raw, context(**changed))


def judge(one: Item, raw: Any, **changed: Any) -> list[str]:
    return [str(message) for message in one.kind.validate(one, read(one, raw), context(**changed))]


def test_every_kind_with_answers_has_a_value_here() -> None:
    assert set(KINDS) == {*VALUES, "note", "group"}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_says_what_it_is(name: str) -> None:
    kind = KINDS[name]
    assert kind.name == name
    assert kind.label
    assert kind.xlsform_type
    assert ITEMS[name].kind is kind
    assert not kind.sortable or kind.index_as
    assert "type" in kind.json_schema(ITEMS[name])


@answerable
def test_a_value_is_good_and_comes_back_from_storage(name: str) -> None:
    one, value = ITEMS[name], VALUES[name]
    assert judge(one, value) == []
    stored = one.kind.to_json(value)
    assert one.kind.from_json(stored) == value
    assert read(one, stored) == value


@answerable
@pytest.mark.parametrize("raw", [None, "", "  ", []])
def test_nothing_is_read_as_empty(name: str, raw: Any) -> None:
    one = ITEMS[name]
    if (raw == [] and name not in LISTS) or (raw == "  " and name in LISTS - {"geopoint"}):
        with pytest.raises(Invalid):
            read(one, raw)
    else:
        assert read(one, raw) is None


@answerable
@pytest.mark.parametrize(
    "raw", [{}, {"a": 1}, [[1]], [{}], 10**400, float("nan"), float("inf"), "\ud800", "a\x00b", object()]
)
def test_junk_is_refused_and_never_a_crash(name: str, raw: Any) -> None:
    if name == "repeat" and raw == [{}]:
        return  # an empty row is a row
    with pytest.raises(Invalid):
        read(ITEMS[name], raw)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@example("geopoint", Decimal("sNaN"))
@given(st.sampled_from(sorted(KINDS)), junk)
def test_whatever_is_read_can_be_judged_shown_and_stored(name: str, raw: Any) -> None:
    one, here = ITEMS[name], context()
    try:
        value = one.kind.parse(one, raw, here)
    except Invalid:
        return
    if value is None:
        return
    one.kind.validate(one, value, here)
    assert isinstance(one.kind.display(one, value, here), str)
    assert isinstance(one.kind.mask(one, value, here), str)
    assert read(one, one.kind.to_json(value)) == value


@pytest.mark.parametrize(
    ("name", "shown", "masked", "cell", "code"),
    [
        ("text", "余村", "****", "余村", "余村"),
        ("integer", "12", "****", 12, 12),
        ("decimal", "12.5", "****", Decimal("12.5"), Decimal("12.5")),
        ("date", "2026-01-31", "****", date(2026, 1, 31), date(2026, 1, 31)),
        ("range", "4", "****", Decimal(4), Decimal(4)),
        ("rating", "4 星", "****", 4, 4),
        ("acknowledge", "已确认", "****", "已确认", "true"),
        ("barcode", "6901234567892", "****", "6901234567892", "6901234567892"),
        ("rank", "1 选项b、2 选项a", "****", "1 选项b、2 选项a", "b a"),
        (
            "geopoint",
            "30.63852, 119.68531（误差 12 米）",
            "****",
            "30.63852, 119.68531（误差 12 米）",
            "30.63852 119.68531 12",
        ),
        ("calculate", "5", "****", Decimal(5), Decimal(5)),
        ("hidden", "网格", "****", "网格", "网格"),
        ("money", "1,234.50", "****", Decimal("1234.5"), Decimal("1234.5")),
        ("time", "09:30", "****", time(9, 30), time(9, 30)),
        ("datetime", "2026-01-31 09:30", "****", datetime(2026, 1, 31, 9, 30), datetime(2026, 1, 31, 9, 30)),  # noqa: DTZ001 - as cells of workbooks are
        ("uscc", USCC, "****", USCC, USCC),
        ("select_one", "选项a", "****", "选项a", "a"),
        ("select_multiple", "选项a、选项b", "****", "选项a、选项b", "a b"),
        ("boolean", "是", "****", "是", "true"),
        ("person_name", "张三丰", "张**", "张三丰", "张三丰"),
        ("cn_mobile", "13812342084", "138****2084", "13812342084", "13812342084"),
        ("cn_id", ID_NUMBER, "3305**********1238", ID_NUMBER, ID_NUMBER),
        ("org", "余村", "****", "余村", 7),
        ("image", "1 张", "****", "1 张", PHOTO),
        ("file", "1 个文件", "****", "1 个文件", PHOTO),
        ("audio", "1 段录音", "****", "1 段录音", PHOTO),
        ("signature", "已签名", "****", "已签名", PHOTO),
        ("person", "张三丰", "张**", "张三丰", 12),
    ],
)
def test_a_value_is_shown_masked_and_exported(name: str, shown: str, masked: str, cell: Any, code: Any) -> None:
    one, value = ITEMS[name], VALUES[name]
    assert one.kind.display(one, value, context()) == shown
    assert one.kind.mask(one, value, context()) == masked
    assert one.kind.export_cells(one, value, context()) == cell
    assert one.kind.export_cells(one, value, context(), codes=True) == code


@pytest.mark.parametrize(
    ("name", "texts", "numbers", "search"),
    [
        ("text", ["余村"], [], "余村"),
        ("integer", [], [12.0], ""),
        ("decimal", [], [12.5], ""),
        ("date", ["2026-01-31"], [], ""),
        ("range", [], [4.0], ""),
        ("rating", [], [4.0], ""),
        ("acknowledge", ["true"], [], ""),
        ("barcode", ["6901234567892"], [], "6901234567892"),
        ("rank", ["b"], [], "1 选项b、2 选项a"),
        ("geopoint", [], [], ""),
        ("calculate", [], [5.0], ""),
        ("hidden", ["网格"], [], "网格"),
        ("money", [], [1234.5], ""),
        ("time", ["09:30"], [], ""),
        ("datetime", ["2026-01-31T09:30"], [], ""),
        ("uscc", [USCC], [], USCC),
        ("select_one", ["a"], [], "选项a"),
        ("select_multiple", ["a", "b"], [], "选项a、选项b"),
        ("boolean", ["true"], [], ""),
        ("person_name", ["张三丰"], [], "张三丰"),
        ("cn_mobile", [], [], ""),
        ("cn_id", [], [], ""),
        ("org", [], [7.0], "余村"),
        ("image", [], [], ""),
        ("file", [], [], ""),
        ("audio", [], [], ""),
        ("signature", [], [], ""),
        ("person", [], [12.0], "张三丰"),
    ],
)
def test_a_value_is_indexed_and_searched(name: str, texts: list[str], numbers: list[float], search: str) -> None:
    one, value = ITEMS[name], VALUES[name]
    assert one.kind.index_text(one, value) == texts
    assert one.kind.index_number(one, value) == numbers
    assert one.kind.search_text(one, value, context()) == search
    assert {"text": bool(texts), "number": bool(numbers), "": not texts + numbers}[one.kind.index_as]


def test_identity_and_telephone_numbers_are_always_sealed_and_others_when_masked() -> None:
    assert {name for name, one in ITEMS.items() if one.sealed} == {"cn_id", "cn_mobile"}
    assert item("text", mask="all").sealed
    assert item("textarea", mask="middle").sealed
    assert not item("person_name", mask="middle").sealed


def test_a_sealed_text_is_neither_indexed_nor_searched() -> None:
    one = item("text", mask="all")
    assert one.kind.index_text(one, "秘密") == []
    assert one.kind.search_text(one, "秘密", context()) == ""


def test_the_hash_of_a_sealed_value_takes_one_spelling() -> None:
    sealed = item("text", mask="all")
    assert sealed.kind.blind_text(sealed, "ＡＢ") == sealed.kind.blind_text(sealed, "ab") == "ab"
    assert ITEMS["cn_id"].kind.blind_text(ITEMS["cn_id"], ID_NUMBER) == ID_NUMBER
    assert ITEMS["text"].kind.blind_text(ITEMS["text"], "x") is None
    assert ITEMS["org"].kind.blind_text(ITEMS["org"], 7) is None


def test_the_middle_of_a_masked_text_is_hidden() -> None:
    one = item("text", mask="middle")
    assert one.kind.mask(one, "浙江省安吉县天荒坪镇", context()) == "浙江******坪镇"
    assert one.kind.mask(one, "秘", context()) == "*"
    assert one.kind.mask(one, "秘密", context()) == "**"


def test_a_short_number_is_masked_whole() -> None:
    one = ITEMS["cn_mobile"]
    assert one.kind.mask(one, "12345", context()) == "*****"


# texts


def test_a_line_has_no_breaks_and_a_story_has() -> None:
    assert read(ITEMS["text"], " 一\r\n二 ") == "一 二"
    assert read(ITEMS["textarea"], " 一 \r\n\r\n二\t \n") == "一\n\n二"


def test_length_is_judged_in_characters() -> None:
    one = item("text", min=2, max=3)
    assert judge(one, "村") == ["至少要写 2 个字，现在是 1 个"]
    assert judge(one, "枝叶关情") == ["最多写 3 个字，现在是 4 个"]
    assert judge(one, "\U00020bb7\U00020bb7\U00020bb7") == []
    assert len(judge(item("text"), "字" * 201)) == len(judge(item("textarea"), "字" * 5001)) == 1


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("digits", "０１２", "1a"),
        ("letters_digits", "浙E"[1:] + "1", "浙E1"),
        ("postcode", "313302", "31330"),
        ("landline", "0572-5123456", "0572-512"),
        ("email", "a@b.example", "a@b"),
    ],
)
def test_a_named_format_is_judged(name: str, good: str, bad: str) -> None:
    one = item("text", format=name)
    assert judge(one, good) == []
    assert len(judge(one, bad)) == 1
    assert "pattern" in one.kind.json_schema(one)


def test_the_schema_of_a_text_tells_its_length() -> None:
    one = item("text", min=2, max=3)
    assert one.kind.json_schema(one) == {"type": "string", "minLength": 2, "maxLength": 3}


# numbers


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("１２．５０", "12.5"),
        ("-0", "0"),
        ("−3", "-3"),
        ("+7", "7"),
        ("1,234,567.80", "1234567.8"),
        (0.1, "0.1"),
        (1e-6, "0.000001"),
        (Decimal("1E+3"), "1000"),
        ("007", "7"),
    ],
)
def test_a_decimal_is_read_in_plain_notation(raw: Any, value: str) -> None:
    assert ITEMS["decimal"].kind.to_json(read(ITEMS["decimal"], raw)) == value


@pytest.mark.parametrize(
    "raw",
    ["1e3", "NaN", "Infinity", "1,2", "1.", ".5", "0x10", "1 000", "十", True, 1e-7, "1" * 16, 1e300, 1e-300, 10**15],
)
def test_what_is_no_plain_decimal_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        read(ITEMS["decimal"], raw)


def test_a_decimal_has_at_most_six_places() -> None:
    assert read(ITEMS["decimal"], "0.1234560") == Decimal("0.123456")
    with pytest.raises(Invalid, match="小数点后"):
        read(ITEMS["decimal"], "0.1234567")


def test_an_integer_has_no_fraction() -> None:
    assert read(ITEMS["integer"], "12.0") == 12
    with pytest.raises(Invalid):
        read(ITEMS["integer"], "12.5")


def test_bounds_belong_to_the_range() -> None:
    one = item("decimal", min=0.1, max="0.3")
    assert judge(one, "0.1") == judge(one, "0.3") == []
    assert judge(one, "0.09") == ["不能小于 0.1"]
    assert judge(one, "0.31") == ["不能大于 0.3"]
    whole = item("integer", min=1, max=5)
    assert whole.kind.json_schema(whole) == {"type": "integer", "minimum": 1, "maximum": 5}


@given(st.decimals(-(10**15) + 1, 10**15 - 1, places=6))
def test_a_decimal_comes_back_from_its_print(number: Decimal) -> None:
    one = ITEMS["decimal"]
    printed = one.kind.to_json(number)
    assert read(one, printed) == number
    assert one.kind.to_json(read(one, printed)) == printed
    assert "e" not in plain(number).lower()


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_an_integer_comes_back_from_its_print(number: int) -> None:
    assert read(ITEMS["integer"], str(number)) == number


# dates


@pytest.mark.parametrize(
    "raw",
    [
        "2026-01-31",
        "2026/1/31",
        "2026.1.31",
        "2026年1月31日",
        "２０２６-０１-３１",
        datetime(2026, 1, 31, 9, tzinfo=UTC),
    ],
)
def test_a_day_is_read_in_customary_spellings(raw: Any) -> None:
    assert read(ITEMS["date"], raw) == date(2026, 1, 31)


@pytest.mark.parametrize("raw", ["2026-02-30", "31.1.2026", "1899-12-31", "2200-01-01", "20260131", 20260131])
def test_what_is_no_day_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        read(ITEMS["date"], raw)


def test_the_first_and_last_day_belong_to_the_range() -> None:
    one = item("date", min="2026-01-01", max="2026-01-31")
    assert judge(one, "2026-01-01") == judge(one, "2026-01-31") == []
    assert judge(one, "2025-12-31") == ["不能早于 2026-01-01"]
    assert judge(one, "2026-02-01") == ["不能晚于 2026-01-31"]


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_day_comes_back_from_its_print(day: date) -> None:
    assert read(ITEMS["date"], ITEMS["date"].kind.to_json(day)) == day


# times


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("9:30", "09:30"),
        ("０９：３０", "09:30"),
        ("9时30分", "09:30"),
        ("9点30", "09:30"),
        ("09:30:59.000+08:00", "09:30"),
        ("00:00", "00:00"),
        (time(9, 30, 59), "09:30"),
    ],
)
def test_a_time_is_read_in_customary_spellings(raw: Any, value: str) -> None:
    assert read(ITEMS["time"], raw) == value


@pytest.mark.parametrize(
    "raw", ["24:00", "9:60", "0930", "9", "9:5", "上午", 930, True, datetime(2026, 1, 31, 9, tzinfo=UTC)]
)
def test_what_is_no_time_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        read(ITEMS["time"], raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("2026-01-31 9:30", "2026-01-31T09:30"),
        ("2026/1/31 09:30:00", "2026-01-31T09:30"),
        ("2026年1月31日9时30分", "2026-01-31T09:30"),
        ("2026-01-31T09:30:00.000+08:00", "2026-01-31T09:30"),
        ("2026-01-31T20:30:00Z", "2026-02-01T04:30"),
        ("2026-01-31T01:30:00-0500", "2026-01-31T14:30"),
        (datetime(2026, 1, 31, 1, 30, tzinfo=UTC), "2026-01-31T09:30"),
        (datetime(2026, 1, 31, 9, 30, tzinfo=timezone(timedelta(hours=8))), "2026-01-31T09:30"),
    ],
)
def test_a_moment_is_read_by_the_county_s_clock(raw: Any, value: str) -> None:
    assert read(ITEMS["datetime"], raw) == value


@pytest.mark.parametrize(
    "raw",
    ["2026-01-31", "09:30", "2026-02-30 09:30", "2026-01-31 24:30", "1899-12-31 09:30", "2199-12-31T23:00Z",
     date(2026, 1, 31)],
)  # fmt: skip
def test_what_is_no_moment_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        read(ITEMS["datetime"], raw)


def test_the_bounds_of_times_belong_to_the_range_and_are_judged_themselves() -> None:
    one = item("time", min="8:30", max="17:30")
    assert judge(one, "8:30") == judge(one, "17:30") == []
    assert judge(one, "8:29") == ["不能早于 08:30"]
    assert judge(one, "17:31") == ["不能晚于 17:30"]
    moment = item("datetime", min="2026-01-01 08:00")
    assert judge(moment, "2025-12-31 09:00") == ["不能早于 2026-01-01 08:00"]
    assert [problem.path for problem in one.kind.check_item(item("time", min="18:00", max="9:00"))] == ["min"]
    assert [problem.path for problem in one.kind.check_item(item("time", max="25:00"))] == ["max"]


@given(st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)))  # noqa: DTZ001 - by the county's clock
def test_a_moment_comes_back_from_its_print_and_in_order(moment: datetime) -> None:
    text = read(ITEMS["datetime"], moment)
    assert read(ITEMS["datetime"], text) == text == moment.isoformat()[:16]
    assert read(ITEMS["datetime"], ITEMS["datetime"].kind.display(ITEMS["datetime"], text, context())) == text


# money


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("1234.5", "1234.50"),
        ("¥1,234.50", "1234.50"),
        ("￥ 80 元", "80.00"),
        (12, "12.00"),
        ("-0", "0.00"),
        (0.1, "0.10"),
    ],
)
def test_an_amount_is_stored_to_the_fen(raw: Any, stored: str) -> None:
    assert ITEMS["money"].kind.to_json(read(ITEMS["money"], raw)) == stored


@pytest.mark.parametrize("raw", ["1.234", "1" * 14, "¥", "元", "1万元", "￥￥1"])
def test_what_is_no_amount_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        read(ITEMS["money"], raw)


def test_the_bounds_of_an_amount_are_told_as_amounts() -> None:
    one = item("money", min=0, max="100000")
    assert judge(one, "0") == judge(one, "100000.00") == []
    assert judge(one, "100000.01") == ["不能多于 100,000.00 元"]
    assert judge(one, "-0.01") == ["不能少于 0.00 元"]


@given(st.decimals(-(10**13) + 1, 10**13 - 1, places=2), st.decimals(-(10**13) + 1, 10**13 - 1, places=2))
def test_amounts_keep_their_order_in_the_index(first: Decimal, second: Decimal) -> None:
    one = ITEMS["money"]
    assert (first < second) == (one.kind.index_number(one, first) < one.kind.index_number(one, second))


# scales and stars


def test_a_number_lies_on_the_scale() -> None:
    one = item("range", min="-1", max=1, step="0.5")
    assert judge(one, "-1") == judge(one, "0.5") == judge(one, "1") == []
    assert judge(one, "1.5") == ["要在 -1 到 1 之间"]
    assert judge(one, "0.3") == ["要从 -1 起，每格 0.5"]


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [({"min": 5, "max": 5}, "min"), ({"step": 0}, "step"), ({"step": 3}, "step"), ({"max": 10**6}, "step"), ({}, None)],
)
def test_a_scale_that_cannot_be_is_refused(settings: dict[str, Any], wrong: str | None) -> None:
    one = item("range", **settings)
    assert [problem.path for problem in one.kind.check_item(one)] == ([wrong] if wrong else [])


def test_there_are_from_one_to_so_many_stars() -> None:
    assert judge(item("rating"), 5) == judge(item("rating", max=10), 10) == []
    assert judge(item("rating"), 0) == judge(item("rating"), 6) == ["只能选 1 到 5 颗星"]


def test_what_is_not_ticked_is_not_confirmed() -> None:
    for raw in ("false", False, "否", ""):
        assert read(ITEMS["acknowledge"], raw) is None


# orders and places


def test_an_order_is_kept_and_takes_each_option_once() -> None:
    one = item("rank", options=options("a", "b", "c"))
    assert read(one, ["c", "a", "b"]) == ["c", "a", "b"]
    assert read(one, ["a", "b", ""]) == ["a", "b"]
    for raw, why in ((["a", "a", "b"], "排了两次"), (["a", "", "b"], "还没有选"), (["z"], "没有这个选项")):
        with pytest.raises(Invalid, match=why):
            read(one, raw)
    assert judge(one, ["c", "a", "b"]) == []
    assert judge(one, ["c", "a"]) == ["要排满 3 位，现在是 2 位"]


def test_an_order_may_ask_for_the_first_places_only_and_keeps_a_retired_option_it_had() -> None:
    assert judge(item("rank", options=options("a", "b", "c"), max=2), ["c", "a"]) == []
    old = item("rank", options=options("a", "b", "old", retired=("old",)))
    assert judge(old, ["b", "a"]) == []
    assert len(judge(old, ["b", "old"])) == 1
    assert judge(old, ["old", "b", "a"], previous={"f1": ["old", "b", "a"]}) == []


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (["30.1234567", "119.7", ""], "30.123457 119.7"),
        ("30.6, 119.7", "30.6 119.7"),
        ("30.6 119.7 84.5 12.0", "30.6 119.7 12"),
        ([0, 0.0, 5], "0 0 5"),
        ("-33.9 151.2 3", "-33.9 151.2 3"),
        (["", "", ""], None),
        (["", " ", "7"], None),
    ],
)
def test_a_place_is_read_from_inputs_and_from_collecting_apps(raw: Any, value: str | None) -> None:
    assert read(ITEMS["geopoint"], raw) == value


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("119.7 30.6", "写反"),
        (["30.6", "", ""], "一起填"),
        ("30.6 181", "经度"),
        ("30.6 119.7 -1", "精确度"),
        ("1 2 3 4 5", "例如"),
        ("家门口 路边", "数字"),
        ([True, 1], "例如"),
    ],
)
def test_what_is_no_place_is_refused(raw: Any, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read(ITEMS["geopoint"], raw)


# codes of organisations


def test_the_check_character_of_a_code_that_everybody_knows() -> None:
    assert check_character("91350100M000100Y4") == "3"  # the example of GB 32100-2015


def test_a_code_is_read_in_full_width_and_small_letters() -> None:
    assert read(ITEMS["uscc"], " 91350100 m000100y43 ") == "91350100M000100Y43"
    assert read(ITEMS["uscc"], "９１３５０１００Ｍ０００１００Ｙ４３") == "91350100M000100Y43"


@pytest.mark.parametrize("raw", ["91350100M000100Y4", "91350100I000100Y43", "9135010OM000100Y43", "企业", True])
def test_what_has_not_the_shape_of_a_code_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        read(ITEMS["uscc"], raw)


@given(st.integers(0, 16), st.integers(1, 30))
def test_one_wrong_character_never_passes_the_check_character(place: int, shift: int) -> None:
    from engine.kinds.uscc import CHARACTERS

    code = list(USCC)
    code[place] = CHARACTERS[(CHARACTERS.index(code[place]) + shift) % 31]
    assert check_character("".join(code)) != code[17]
    assert "校验位" in "".join(ITEMS["uscc"].kind.validate(ITEMS["uscc"], "".join(code), context())[0].text)


# selects


def test_an_unknown_option_is_refused() -> None:
    for name in ("select_one", "select_multiple"):
        with pytest.raises(Invalid):
            read(ITEMS[name], "c")


def test_a_retired_option_is_refused_unless_the_record_had_it() -> None:
    assert judge(ITEMS["select_one"], "old") == ["选项“选项old”已停用，请另选一项"]
    assert judge(ITEMS["select_one"], "old", previous={"f1": "old"}) == []
    assert len(judge(ITEMS["select_multiple"], ["a", "old"])) == 1
    assert judge(ITEMS["select_multiple"], ["a", "old"], previous={"f1": ["old"]}) == []
    assert judge(ITEMS["select_multiple"], ["a", "old"], previous={"f1": "old"}) == []


def test_a_retired_option_still_has_its_words_and_an_unknown_one_stands_for_itself() -> None:
    one = ITEMS["select_one"]
    assert one.kind.display(one, "old", context()) == "选项old"
    assert one.kind.display(one, "gone", context()) == "gone"


def test_several_options_come_in_the_order_of_the_form_and_once() -> None:
    assert read(ITEMS["select_multiple"], ["b", "a", "b"]) == ["a", "b"]
    assert read(ITEMS["select_multiple"], "b") == ["b"]


def test_a_single_choice_stored_before_the_type_grew_is_read_as_a_list() -> None:
    assert KINDS["select_multiple"].from_json("a") == ["a"]


def test_the_number_of_options_is_judged() -> None:
    one = item("select_multiple", options=options("a", "b", "c"), min=2, max=2)
    assert judge(one, ["a"]) == ["至少选 2 项"]
    assert judge(one, ["a", "b", "c"]) == ["最多选 2 项"]


# yes and no


@pytest.mark.parametrize(
    ("raw", "value"), [("on", True), ("是", True), ("１", True), (False, False), ("否", False), ("FALSE", False)]
)
def test_yes_and_no_are_read(raw: Any, value: bool) -> None:  # noqa: FBT001
    assert read(ITEMS["boolean"], raw) is value


def test_yes_and_no_are_told_in_the_reader_s_language() -> None:
    one = ITEMS["boolean"]
    assert one.kind.display(one, False, context(translate={"是": "Yes", "否": "No"}.__getitem__)) == "No"  # noqa: FBT003


def test_a_note_takes_no_answer() -> None:
    assert read(ITEMS["note"], "anything") is None
    assert not KINDS["note"].answerable


# people


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (" 张 三 ", "张 三"),
        ("买买提・艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
        ("\U00020bb7野", "\U00020bb7野"),
    ],
)
def test_a_name_is_read_with_one_kind_of_dot_and_single_blanks(raw: str, name: str) -> None:
    assert read(ITEMS["person_name"], raw) == name
    assert judge(ITEMS["person_name"], raw) == []


@pytest.mark.parametrize("raw", ["张3", "123", "--", "·", "字" * 51])
def test_what_is_no_name_is_refused(raw: str) -> None:
    assert len(judge(ITEMS["person_name"], raw)) == 1


@pytest.mark.parametrize(
    "raw", ["138 1234 2084", "+86-138-1234-2084", "008613812342084", "１３８１２３４２０８４", 13812342084]
)
def test_a_mobile_number_is_read_without_country_code_and_hyphens(raw: Any) -> None:
    assert read(ITEMS["cn_mobile"], raw) == "13812342084"


@pytest.mark.parametrize("raw", ["12812342084", "1381234208", "138123420845", "05725123456", "电话", True])
def test_what_is_no_mobile_number_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        read(ITEMS["cn_mobile"], raw)


def test_the_check_digit_of_the_standard_s_own_example() -> None:
    assert check_digit("11010519491231002") == "X"


def test_an_identity_number_is_read_in_full_width_and_with_a_small_x() -> None:
    assert read(ITEMS["cn_id"], "１１０１０５１９４９１２３１００２ｘ") == "11010519491231002X"
    assert judge(ITEMS["cn_id"], "110105 19491231 002x") == []


@pytest.mark.parametrize(
    "raw", ["11010519491231002", "1101051949123100200", "A1010519491231002X", "01010519491231002X", True]
)
def test_what_has_not_the_shape_of_an_identity_number_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        read(ITEMS["cn_id"], raw)


def with_check_digit(first: str) -> str:
    return first + check_digit(first)


def test_a_wrong_check_digit_is_told() -> None:
    assert judge(ITEMS["cn_id"], ID_NUMBER) == []
    assert "校验位" in judge(ITEMS["cn_id"], ID_NUMBER[:17] + "0")[0]


@pytest.mark.parametrize("born", ["19490230", "20261123", "18491231", "00000000"])
def test_an_impossible_day_of_birth_is_told(born: str) -> None:
    assert "出生日期" in judge(ITEMS["cn_id"], with_check_digit(f"330523{born}123"))[0]


def test_a_child_born_today_has_a_number() -> None:
    assert judge(ITEMS["cn_id"], with_check_digit("33052320261122123")) == []


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_figure_never_passes_the_check_digit(place: int, shift: int) -> None:
    figures = list(ID_NUMBER)
    figures[place] = str((int(figures[place]) + shift) % 10)
    assert check_digit("".join(figures)) != figures[17]


# organisations and photographs


@pytest.mark.parametrize("raw", ["0", "-1", "1.5", "村", 0, True, "9" * 16])
def test_what_is_no_organisation_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid):
        read(ITEMS["org"], raw)


def test_an_organisation_must_be_allowed_at_its_level() -> None:
    asked: list[tuple[int, str | None]] = []

    def refuse(org: int, level: str | None) -> bool:
        asked.append((org, level))
        return False

    one = item("org", level="village")
    refused = judge(one, "8", org_allowed=refuse)
    assert refused == ["不能选这个单位，请重新选择"]
    assert asked == [(8, "village")]
    assert judge(one, "8", previous={"f1": 8}) == []


def test_an_organisation_that_is_gone_is_said_to_be_gone() -> None:
    assert "不存在" in ITEMS["org"].kind.display(ITEMS["org"], 99, context())


def test_photographs_are_uids_each_once_and_known() -> None:
    dashed = "01234567-89AB-CDEF-0123-456789abcdef"
    assert read(ITEMS["image"], [PHOTO, dashed]) == [PHOTO]
    assert judge(ITEMS["image"], PHOTO) == []
    assert len(judge(ITEMS["image"], "f" * 32)) == 1
    assert judge(ITEMS["image"], "f" * 32, previous={"f1": ["f" * 32]}) == []


def test_there_are_not_more_photographs_than_allowed() -> None:
    assert judge(item("image"), [PHOTO, "f" * 32]) == ["最多上传 1 张照片"]


def test_a_path_is_no_photograph() -> None:
    with pytest.raises(Invalid):
        read(ITEMS["image"], "../../etc/passwd")
