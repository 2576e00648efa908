"""Signing in gets slower the more often it fails, by account and by address, and never stops (ASVS 6.1.1).

Whoever guesses at somebody's account from elsewhere does not keep them out: where an account was signed in to before,
the guesses of others do not count; anywhere else nobody waits longer than a minute for it. What is refused while one
has to wait is not counted, so that trying on does not prolong the wait, and it costs no check of a password.
"""

import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.kernel.database import Base
from backend.kernel.web import TooManyTries

FORGOTTEN = timedelta(hours=1)  # after so long without a try one begins anew
KNOWN = timedelta(days=90)  # for so long an address from which somebody signed in is theirs


@dataclass(frozen=True, slots=True)
class Pace:
    """How many failures are free, and the longest wait after one more, in seconds."""

    free: int
    most_s: int


ACCOUNT = Pace(free=5, most_s=60)
CODE = Pace(free=5, most_s=300)  # one-time codes typed into one chat
# A whole office may share an address.
ADDRESS = Pace(free=20, most_s=300)
BEGUN = Pace(free=60, most_s=60)  # sign-ins that an address begins without saying whose, and does not end


class SignInTry(Base):
    """How often signing in was tried in vain: by account or by address, each known by a keyed hash only."""

    __tablename__ = "sign_in_try"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    tries: Mapped[int]
    free_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)


def wait_s(tries: int, pace: Pace) -> int:
    """Seconds to wait after so many failures: none while they are free, then doubling up to the longest."""
    return 0 if tries < pace.free else min(2 ** min(tries - pace.free, 20), pace.most_s)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in. ``account`` and ``address`` are keyed hashes."""

    account: bytes
    address: bytes
    now: datetime

    @classmethod
    def of(cls, login: str, network: str, *, key: bytes, now: datetime, what: str = "account") -> "Attempt":
        """The attempt of ``login`` from ``network``, with ``key`` for the hashes.

        ``what``: ``account`` for its password, ``factor`` for what is asked after it, which is counted apart.
        """

        def hashed(what: str, value: str) -> bytes:
            return hmac.digest(key, f"{what}:{value}".encode("utf-8", "surrogatepass"), "sha256")

        return cls(hashed(what, login.casefold()), hashed("address", network), now)


_KNOWN = text(
    "SELECT EXISTS (SELECT FROM signed_in s JOIN account a ON a.person_id = s.person_id"
    " WHERE a.login = :login AND s.address_hash = :address AND s.created_at > :since)"
)
# Counted before the password is looked at, and the row stays locked: tries at the same moment count one by one.
_COUNT = text(
    "INSERT INTO sign_in_try AS t (key_hash, tries, free_at, last_at) VALUES (:key, 1, :now, :now)"
    " ON CONFLICT (key_hash) DO UPDATE"
    " SET tries = CASE WHEN t.last_at < :forgotten THEN 1 ELSE t.tries + 1 END, last_at = :now"
    " WHERE t.free_at <= :now RETURNING tries"
)
_FREE_AT = text("SELECT free_at FROM sign_in_try WHERE key_hash = :key AND free_at > :now")
_WAIT = text("UPDATE sign_in_try SET free_at = :free_at WHERE key_hash = :key")
_FORGIVE = text("DELETE FROM sign_in_try WHERE key_hash = :key")
_FORGET = text("DELETE FROM sign_in_try WHERE last_at < :before AND free_at < :before")


def check_address(session: Session, attempt: Attempt) -> None:
    """Raise TooManyTries with the wait where too much from the same address failed."""
    _check_free(session, attempt.address, attempt.now)


def begin(session: Session, attempt: Attempt, login: str) -> bool:
    """Let an attempt begin, and whether it counts for the account. Raises TooManyTries with the wait."""
    check_address(session, attempt)
    since = attempt.now - KNOWN
    if session.scalar(_KNOWN, {"login": login.casefold(), "address": attempt.address, "since": since}):
        return False
    if not _count(session, attempt.account, ACCOUNT, attempt.now):
        _check_free(session, attempt.account, attempt.now)
    return True


def begin_nameless(session: Session, attempt: Attempt) -> None:
    """Let a sign-in begin that says only at its end whose it is. Raises TooManyTries with the wait.

    ``attempt`` is of the address alone; ``succeed`` with it forgets what was begun.
    """
    check_address(session, attempt)
    if not _count(session, attempt.account, BEGUN, attempt.now):
        _check_free(session, attempt.account, attempt.now)


def fail(session: Session, attempt: Attempt) -> None:
    """Count a failure for its address; for its account it was counted when it began."""
    _count(session, attempt.address, ADDRESS, attempt.now)


def succeed(session: Session, attempt: Attempt, *, counted: bool) -> None:
    """Forget the failures of an account whose password was right."""
    if counted:
        session.execute(_FORGIVE, {"key": attempt.account})


def try_code(session: Session, chat: bytes, now: datetime) -> None:
    """Count a try at a one-time code in a chat, known by a keyed hash. Raises TooManyTries with the wait."""
    if not _count(session, chat, CODE, now):
        _check_free(session, chat, now)


def code_was_right(session: Session, chat: bytes) -> None:
    """Forget the tries of a chat that had the right code."""
    session.execute(_FORGIVE, {"key": chat})


def _check_free(session: Session, key: bytes, now: datetime) -> None:
    free_at = session.scalar(_FREE_AT, {"key": key, "now": now})
    if free_at is not None:
        raise TooManyTries(math.ceil((free_at - now).total_seconds()))


def _count(session: Session, key: bytes, pace: Pace, now: datetime) -> bool:
    values: Mapping[str, Any] = {"key": key, "now": now, "forgotten": now - FORGOTTEN}
    tries = session.scalar(_COUNT, values)
    if tries is not None and (wait := wait_s(tries, pace)):
        session.execute(_WAIT, {"key": key, "free_at": now + timedelta(seconds=wait)})
    return tries is not None


def forget_tries(session: Session, *, now: datetime) -> int:
    """Delete what counts no longer."""
    found: Any = session.execute(_FORGET, {"before": now - FORGOTTEN})
    return int(found.rowcount)
