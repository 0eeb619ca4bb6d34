"""Passwords: hashing with Argon2id, a bounded number at a time, and the rules a new one must keep."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l

from models.accounts import User
from services.refusals import Refusal

MIN_LENGTH = 10
MAX_LENGTH = 128  # hashing a novel would be a way to keep the server busy
ROUNDS = 3
LANES = 4
AT_ONCE = 4  # each takes 64 MB, so a rush of sign-ins must not take the memory of the whole server
PATIENCE_SECONDS = 15
LETTERS = "abcdefghjkmnpqrstuvwxyz"
DIGITS = "23456789"  # nothing that is mistaken for another when read out over the telephone

# Ours, grown from what people in offices choose. Compared without the digits and signs around them.
COMMON_WORDS = frozenset(
    """
    password passw0rd p@ssword p@ssw0rd admin administrator root guest test testtest user users welcome letmein
    qwerty qwertyui qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc qweasd qweasdzxc iloveyou monkey
    dragon sunshine princess football abc abcd abcdef abcdefg abcdefgh abcdefghij aaa woaini woaiwojia wodemima mima
    nihao nihaoma zhongguo beijing zhejiang huzhou anji anjixian yucun zhiye zhihuizhili changeme default secret
    login master superman michael computer internet china hello helloworld
    """.split()  # noqa: SIM905 - one word after the other reads better than a list of quotes
)
COMMON_DIGITS = frozenset(
    """
    1234567890 0123456789 0987654321 9876543210 12345678910 123456789123 1234512345 1357924680 147258369
    1472583690 1112223334 1122334455 5201314520 52013145201314 1314520 13145201314 1q2w3e4r5t 1qaz2wsx3edc
    1qazxsw23edc q1w2e3r4t5 zaq12wsxcde3 a123456789 aa123456789 abc123456789 qq123456789
    """.split()  # noqa: SIM905
)


class WeakPassword(Refusal):
    """A new password that breaks a rule; the message says which."""

    message = _l("密码不符合要求。")


class TooManyAtOnce(Refusal):
    """So many people sign in at this moment that waiting longer would not help."""

    status = 503
    message = _l("现在登录的人太多，请过一分钟再试。")


@dataclass
class Hasher:
    """One way of hashing, with the hash that unknown names are checked against so that they take as long."""

    memory_mb: int
    argon: PasswordHasher = field(init=False)
    decoy: str = field(init=False)

    def __post_init__(self) -> None:
        self.argon = PasswordHasher(time_cost=ROUNDS, memory_cost=self.memory_mb * 1024, parallelism=LANES)
        self.decoy = self.argon.hash(secrets.token_urlsafe(16))


_slots = BoundedSemaphore(AT_ONCE)
_installed: list[Hasher] = []


def install(memory_mb: int) -> None:
    """Set how much memory one hashing takes; the app factory calls this once."""
    if not _installed or _installed[0].memory_mb != memory_mb:
        _installed[:] = [Hasher(memory_mb)]


def hash_password(password: str) -> str:
    """Return the Argon2id hash (RFC 9106, three rounds). Raises TooManyAtOnce."""
    with _slot():
        return _hasher().argon.hash(password)


def matches(stored: str, password: str) -> bool:
    """Tell whether the password is right. An empty `stored` (unknown user) takes as long and is never right."""
    hasher = _hasher()
    with _slot():
        try:
            return hasher.argon.verify(stored or hasher.decoy, password[:MAX_LENGTH]) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _hasher().argon.check_needs_rehash(stored)


def check_rules(password: str, *, username: str, name: str, last_hash: str = "") -> None:
    """Raise WeakPassword unless the password may become the user's new one."""
    if len(password) < MIN_LENGTH:
        raise WeakPassword(_l("密码至少要 %(n)s 个字符。", n=MIN_LENGTH))
    if len(password) > MAX_LENGTH:
        raise WeakPassword(_l("密码最多 %(n)s 个字符。", n=MAX_LENGTH))
    if _tells(password, username) or _tells(password, name):
        raise WeakPassword(_l("密码里不能包含用户名或姓名。"))
    if is_common(password):
        raise WeakPassword(_l("这个密码太常见，容易被猜中，请换一个。可以用几个不相关的词连在一起。"))
    if last_hash and matches(last_hash, password):
        raise WeakPassword(_l("新密码不能和原来的一样。"))


def is_common(password: str) -> bool:
    """Tell whether a password is on our list, with or without the digits and signs people put around a word."""
    plain = password.casefold()
    core = plain.strip("0123456789!@#$%^&*()_+-=.,?~ ")
    few = len(set(plain)) <= 3  # noqa: PLR2004 - 1111122222 and abababab
    return few or plain in COMMON_DIGITS or core in COMMON_WORDS or (core == "" and _is_run(plain))


def one_time_password() -> str:
    """Return a random password that can be read out over the telephone: four groups of three, about 52 bits."""
    groups = ["".join(secrets.choice(LETTERS + DIGITS) for _ in range(3)) for _ in range(4)]
    return "-".join(groups)


def set_password(user: User, password: str, *, at: datetime) -> None:
    """Give a user a password that was checked, and lift a lock. Belongs inside an act that audits it."""
    user.password_hash = hash_password(password)
    user.password_changed_at = at
    user.failed_sign_ins, user.locked_until = 0, None


def _tells(password: str, word: str) -> bool:
    return len(word) >= 2 and word.casefold() in password.casefold()  # noqa: PLR2004 - one letter tells nothing


def _is_run(text: str) -> bool:
    """Tell whether digits just go up or down, such as 3456789012."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(text) if a.isdigit() and b.isdigit()}
    return steps in ({1}, {9})


def _hasher() -> Hasher:
    if not _installed:
        raise RuntimeError("no hasher: create_app() installs it")
    return _installed[0]


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=PATIENCE_SECONDS):
        raise TooManyAtOnce
    try:
        yield
    finally:
        _slots.release()
