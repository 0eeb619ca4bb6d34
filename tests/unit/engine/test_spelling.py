from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expressions import evaluate, problems
from engine.operations import AGGREGATES
from engine.spelling import Misspelled, parse, spell
from tests.unit.engine.helpers import TODAY
from tests.unit.engine.trees import KNOWN, trees

FIDS = {"amount": "a1", "kind": "a2", "kind_other": "a3", "happened_on": "a4", "parties": "a5", "金额": "a1"}
KEYS = {"a1": "amount", "a2": "kind", "a3": "kind_other", "a4": "happened_on", "a5": "parties"}
A, B, C = ({"var": fid} for fid in ("a1", "a2", "a3"))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("${amount} >= 100000", {"ge": [A, 100000]}),
        ("${金额}>=0.5", {"ge": [A, 0.5]}),
        ("${ amount } > .5", {"gt": [A, 0.5]}),
        ("${amount} >= 5 and selected(${kind}, 'other')", {"and": [{"ge": [A, 5]}, {"selected": [B, "other"]}]}),
        ("true() or false() and true()", {"or": [True, {"and": [False, True]}]}),
        ("(true() or false()) and true()", {"and": [{"or": [True, False]}, True]}),
        ("true() and false() and null()", {"and": [True, False, None]}),
        ("(true() and false()) and null()", {"and": [{"and": [True, False]}, None]}),
        ("1 + 2 * 3", {"add": [1, {"mul": [2, 3]}]}),
        ("1 + 2 + 3", {"add": [1, 2, 3]}),
        ("1 + (2 + 3)", {"add": [1, {"add": [2, 3]}]}),
        ("1 + 2 - 3 + 4", {"add": [{"sub": [{"add": [1, 2]}, 3]}, 4]}),
        ("1 - 2 - 3", {"sub": [{"sub": [1, 2]}, 3]}),
        ("1 - (2 - 3)", {"sub": [1, {"sub": [2, 3]}]}),
        ("8 div 4 mod 3", {"mod": [{"div": [8, 4]}, 3]}),
        ("-2 * 3", {"mul": [-2, 3]}),
        ("1 - -2", {"sub": [1, -2]}),
        ("--2", 2),
        ("-${amount} + 1", {"add": [{"sub": [0, A]}, 1]}),
        ("1 < 2 = true()", {"eq": [{"lt": [1, 2]}, True]}),
        ("1 != 2", {"ne": [1, 2]}),
        ("${kind} = ''", {"empty": [B]}),
        ('"" = ${kind}', {"empty": [B]}),
        ("${kind} != ''", {"filled": [B]}),
        ("not(${kind} = 'it''s')", {"not": [{"eq": [B, "it's"]}]}),
        ('concat(${kind}, "say ""x""")', {"concat": [B, 'say "x"']}),
        ("${kind}＝“村”", {"eq": [B, "村"]}),
        ("（1 ≤ 2） and 2 ≥ 1 and 1 ≠ 2", {"and": [{"le": [1, 2]}, {"ge": [2, 1]}, {"ne": [1, 2]}]}),
        ("if(${amount} > 1，'a'，'b')", {"if": [{"gt": [A, 1]}, "a", "b"]}),
        ("${happened_on} <= today() - 90", {"le": [{"var": "a4"}, {"sub": [{"today": []}, 90]}]}),
        ("date('2026-01-31')", {"date": ["2026-01-31"]}),
        ("string-length(${kind}) > 3", {"gt": [{"length": [B]}, 3]}),
        ("count-selected(${kind})", {"count": [B]}),
        ("starts-with(${kind}, 'a')", {"starts_with": [B, "a"]}),
        ("format-date(today(), '%Y-%m')", {"format_date": [{"today": []}, "%Y-%m"]}),
        ("coalesce(${kind}, ${kind_other})", {"coalesce": [B, C]}),
        ("int(number(substr(${kind}, 0, 4)))", {"int": [{"number": [{"substr": [B, 0, 4]}]}]}),
        ("round(${amount}, 2)", {"round": [A, 2]}),
        ("some(${parties}, ${kind} = 'x')", {"some": ["a5", {"eq": [B, "x"]}]}),
        ("sum(each(${parties}, ${amount}))", {"sum": [{"each": ["a5", A]}]}),
        ("  5  ", 5),
        ("5.", 5),
    ],
)
def test_a_text_is_read_as_this_tree(text: str, tree: Any) -> None:
    found = parse(text, FIDS)
    assert found == tree
    assert isinstance(found, bool) is isinstance(tree, bool)
    assert parse(spell(tree, KEYS), FIDS) == tree


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ({"and": [{"ge": [A, 100000]}, {"selected": [B, "x"]}]}, "${amount} >= 100000 and selected(${kind}, 'x')"),
        ({"and": [{"or": [A, B]}, C]}, "(${amount} or ${kind}) and ${kind_other}"),
        ({"mul": [{"add": [A, 1]}, 2]}, "(${amount} + 1) * 2"),
        ({"empty": [B]}, "${kind} = ''"),
        ({"filled": [{"add": [A, 1]}]}, "${amount} + 1 != ''"),
        ({"eq": [B, ""]}, "eq(${kind}, '')"),
        ({"and": [A]}, "and(${amount})"),
        ({"eq": [B, "it's"]}, "${kind} = \"it's\""),
        ({"eq": [B, "'\""]}, "${kind} = '''\"'"),
        ({"eq": [A, 1e-06]}, "${amount} = 0.000001"),
        ({"length": [B]}, "string-length(${kind})"),
        ({"count": ["a5"]}, "count(${parties})"),
        ({"all": ["a5", {"eq": [B, True]}]}, "all(${parties}, ${kind} = true())"),
        ({"var": "gone"}, "${gone}"),
        (None, "null()"),
    ],
)  # fmt: skip
def test_a_tree_is_written_as_this_text(tree: Any, text: str) -> None:
    assert spell(tree, KEYS) == text


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("", 1, "缺少"),
        ("${amount} >", 12, "缺少"),
        ("${amount} > > 5", 13, "缺少"),
        ("${nobody} = 1", 1, "没有标识是“nobody”的题目"),
        ("1 = 2)", 6, "多余"),
        ("${amount} 5", 11, "多余"),
        ("(1 = 2", 7, "应当是“)”"),
        ("selected(${kind} 'x')", 18, "应当是“,”"),
        ("selected(${kind})", 1, "参数个数不对"),
        ("today", 6, "应当是“(”"),
        ("today(1)", 1, "不用写内容"),
        ("regex(${kind}, '[0-9]+')", 1, "不支持函数“regex”"),
        ("5 + now()", 5, "不支持函数“now”"),
        ("date('2026-02-30')", 1, "date('2026-01-31')"),
        ("date(${kind})", 1, "date('2026-01-31')"),
        ("${kind} = 'x", 11, "引号没有写完"),
        ("${kind = 1", 1, "${标识}"),
        ("5 # 3", 3, "看不懂“#”"),
        ("0.1234567", 1, "6 位小数"),
        ("1000000000000000", 1, "15 位整数"),
        ("999999999999999.123456", 1, "写不准确"),
        ("-'x'", 1, "负号"),
        ("sum('x')", 1, "不能直接写文字"),
        ("some(5, true())", 1, "重复填写"),
        ("some(${parties}, some(${kind}, true()))", 1, "另一个逐行的运算里面"),
        (". > 5", 1, "缺少"),
        ("(" * 41 + "1" + ")" * 41, 41, "最多 40 层"),
        ("not(" * 21 + "1" + ")" * 21, 1, "最多 20 层"),
        ("1 + " * 600 + "1", 1, "最多 500 个部分"),
        ("1 + " * 2100 + "1", 8001, "最多 4000 个部分"),
        ("1 - " * 1999 + "1", 1, "最多 20 层"),
        ("1" + " " * 100_000, 1, "最多 100000 个字"),
        ("-" * 3_999 + "(", 4001, "缺少"),
    ],
)
def test_a_misspelled_text_is_refused_with_the_place_and_the_reason(text: str, at: int, reason: str) -> None:
    with pytest.raises(Misspelled) as refused:
        parse(text, FIDS)
    assert refused.value.at == at
    assert str(refused.value.message).startswith(f"第 {at} 个字：")
    assert reason in str(refused.value.reason)


def test_a_point_means_the_answer_itself_in_a_constraint() -> None:
    assert parse(". >= 0 and . <= 1.5", FIDS, own="a1") == {"and": [{"ge": [A, 0]}, {"le": [A, 1.5]}]}


def fields_for_texts(tree: Any) -> Any:
    """Replace the short way to name a list by the long one, which the spelling means."""
    if not isinstance(tree, dict):
        return tree
    ((name, arguments),) = tree.items()
    if not isinstance(arguments, list):
        return tree
    short = name in AGGREGATES
    return {name: [{"var": one} if short and isinstance(one, str) else fields_for_texts(one) for one in arguments]}


@given(trees)
def test_what_is_written_is_read_as_the_same_tree(tree: Any) -> None:
    if not problems(tree, KNOWN):
        assert parse(spell(tree, KEYS), FIDS) == fields_for_texts(tree)


@given(st.text(alphabet="()${}amountkid '\".,+-*/<>=!0159，（“”\n", max_size=40) | st.text(max_size=40))
def test_any_text_is_read_or_refused_and_never_crashes(text: str) -> None:
    try:
        tree = parse(text, FIDS)
    except Misspelled as refused:
        at = refused.at
    else:
        at = 1
        evaluate(tree, {}, TODAY)
        assert parse(spell(tree, KEYS), FIDS) == tree
    assert 1 <= at <= len(text) + 1


@given(st.sampled_from([1, 0.5, -2, 3]), st.sampled_from([1, 2.5, -4]), st.sampled_from([2, 7]))
def test_operators_compute_as_in_arithmetic(first: float, second: float, third: float) -> None:
    found = evaluate(parse(f"{first} + {second} * {third} - {first}", {}), {}, TODAY)
    assert float(found) == second * third
