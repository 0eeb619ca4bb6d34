from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bigrams import bigrams, matches, phrase


def test_neighbours_make_pairs_and_signs_part_them() -> None:
    assert bigrams("楼上漏水，Room 3") == ["楼上", "上漏", "漏水", "ro", "oo", "om", "3"]


def test_a_run_of_one_character_stays_itself() -> None:
    assert bigrams("水") == ["水"]


@pytest.mark.parametrize("text", ["", " ", "，。!?", "👍", "\x00"])
def test_signs_alone_give_nothing_to_search_for(text: str) -> None:
    assert bigrams(text) == []
    assert phrase(text) == ""


def test_width_and_case_do_not_matter() -> None:
    assert bigrams("ＡＢ１２") == bigrams("ab12") == ["ab", "b1", "12"]


@pytest.mark.parametrize("name", ["\U00020bb7野", "\U0002ebf0\U0002ebf1", "\U00030000村"])
def test_rare_characters_beyond_the_basic_plane_make_pairs(name: str) -> None:
    assert bigrams(name) == [name]


def test_a_query_is_one_phrase_a_run() -> None:
    assert phrase("漏水管 余村") == '"漏水 水管" "余村"'


def test_a_query_cannot_break_out_of_its_quotes() -> None:
    assert phrase('a" OR "b* NEAR(') == '"a" "or" "b" "ne ea ar"'


def test_a_match_needs_unbroken_runs() -> None:
    assert matches("余村的楼上漏水了", "漏水 余村")
    assert not matches("漏。水", "漏水")
    assert not matches("漏水。水管", "漏水管")


@pytest.fixture
def index() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize='unicode61')")
    yield connection
    connection.close()


def found(index: sqlite3.Connection, text: str, query: str) -> bool:
    index.execute("DELETE FROM words")
    index.execute("INSERT INTO words VALUES (?)", (" ".join(bigrams(text)),))
    return bool(index.execute("SELECT 1 FROM words WHERE words MATCH ?", (phrase(query),)).fetchall())


@pytest.mark.parametrize("query", ["漏水", "楼上漏水", "余村", "\U00020bb7野", "room", "12", "漏水 余村"])
def test_sqlite_finds_what_was_written(index: sqlite3.Connection, query: str) -> None:
    assert found(index, "余村\U00020bb7野家楼上漏水，Ｒｏｏｍ１２", query)


def test_sqlite_does_not_find_what_was_not_written(index: sqlite3.Connection) -> None:
    assert not found(index, "余村楼上漏水", "水漏")
    assert not found(index, "余村楼上漏水", "噪声")


@given(st.text(max_size=20), st.text(max_size=20))
def test_what_stands_in_a_text_is_found_by_its_pairs(before: str, query: str) -> None:
    assert set(bigrams(query)) <= set(bigrams(f"{before} {query}"))
    assert matches(f"{before} {query}", query)
