"""Passwords: which are accepted, how they are kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services import passwords
from services.demo_county import ACCOUNTS, PASSWORD
from services.passwords import WeakPassword, check_rules, hash_password, is_common, matches, one_time_password, outdated


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    passwords.install(1)
    yield
    passwords.install(1)


def weakness(password: str, *, username: str = "official.yucun", name: str = "潘村干", last: str = "") -> str:
    with pytest.raises(WeakPassword) as caught:
        check_rules(password, username=username, name=name, last_hash=hash_password(last) if last else "")
    return str(caught.value.message)


@pytest.mark.parametrize("password", ["五棵毛竹三条溪两座桥", "river stone lamp 42", "Kx7!pq29Zr", PASSWORD])
def test_a_long_uncommon_password_is_accepted(password: str) -> None:
    check_rules(password, username="official.yucun", name="潘村干")


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "password123",
        "Admin@123456",
        "aaaaaaaaaa",
        "1111122222",
        "zhiye2026!!",
        "5201314520",
        "7890123456",
    ],
)
def test_a_common_password_is_refused(password: str) -> None:
    assert is_common(password)
    assert "太常见" in weakness(password)


def test_nine_characters_are_too_few_and_129_too_many() -> None:
    assert "至少要 10 个字符" in weakness("Kx7!pq29Z")
    assert "最多 128 个字符" in weakness("毛竹" * 64 + "。")


def test_a_password_with_the_username_or_the_name_is_refused() -> None:
    assert "用户名或姓名" in weakness("my-Official.Yucun-pass")
    assert "用户名或姓名" in weakness("我是潘村干不是别人呀")


def test_the_last_password_is_refused() -> None:
    assert "不能和原来的一样" in weakness("river stone lamp 42", last="river stone lamp 42")


def test_the_published_demo_password_keeps_the_rules_for_every_demo_account() -> None:
    for username, name, *_ in ACCOUNTS:
        check_rules(PASSWORD, username=username, name=name)


def test_a_hash_opens_with_its_password_only_and_never_shows_it() -> None:
    stored = hash_password("river stone lamp 42")
    assert stored.startswith("$argon2id$")
    assert "river" not in stored
    assert matches(stored, "river stone lamp 42")
    assert not matches(stored, "river stone lamp 43")


@pytest.mark.parametrize("stored", ["", "not a hash", "$argon2id$v=19$broken"])
def test_no_password_opens_a_missing_or_broken_hash(stored: str) -> None:
    assert not matches(stored, "")
    assert not matches(stored, "river stone lamp 42")


def test_a_hash_of_other_parameters_still_opens_and_is_known_to_be_outdated() -> None:
    stored = hash_password("river stone lamp 42")
    assert not outdated(stored)
    passwords.install(2)
    assert matches(stored, "river stone lamp 42")
    assert outdated(stored)


def test_when_all_places_are_taken_the_next_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PATIENCE_SECONDS", 0.01)
    for _ in range(passwords.AT_ONCE):
        passwords._slots.acquire()
    try:
        with pytest.raises(passwords.TooManyAtOnce):
            hash_password("river stone lamp 42")
    finally:
        passwords._slots.release(passwords.AT_ONCE)
    assert hash_password("river stone lamp 42")


def test_one_time_passwords_differ_and_keep_the_rules() -> None:
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_rules(password, username="official.yucun", name="潘村干")
        assert not set(password) & set("0o1il")
