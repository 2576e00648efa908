"""Sessions: opening one, seeing one's own, ending them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, text, update
from sqlalchemy.orm import Session

from backend.kernel.journal import Fact, record_alone
from backend.kernel.problems import NotFound
from backend.trust.access import ABSOLUTE, IDLE, Me, new_token, token_hash, who
from backend.trust.models import SignedIn

CHAT_SESSION = timedelta(hours=12)
SHOWN_MOST = 100


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was opened: its token, and whose it is."""

    token: str = field(repr=False)
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Where:
    """Where a session is opened: a keyed hash of the address, and coarse words for the device and the browser."""

    address_hash: bytes | None = None
    device: str = "unknown"
    browser: str = "unknown"


def open_session(
    session: Session, person_id: UUID, *, has_second_factor: bool, where: Where, replaces: str | None, now: datetime
) -> Opened:
    """Open a session under a fresh token. ``replaces``: the token that the caller held so far, which ends (ASVS 7.2.4)."""
    if replaces:
        end_token(session, replaces, now=now)
    token = new_token()
    session.add(
        SignedIn(
            token_hash=token_hash(token), person_id=person_id, created_at=now, expires_at=now + ABSOLUTE, last_seen_at=now,
            address_hash=where.address_hash, device=where.device, browser=where.browser,
            has_second_factor=has_second_factor,
        )
    )  # fmt: skip
    session.flush()
    return Opened(token, person_id)


@dataclass(frozen=True, slots=True)
class ChatSession:
    """A session that a linked chat opened: its token, until when it lasts, and whose it is."""

    token: str = field(repr=False)
    expires_at: datetime
    person: Me


def open_for_chat(session: Session, *, person_id: UUID, link_id: UUID, now: datetime) -> ChatSession | None:
    """Open a session of 12 hours for the person of a linked chat; None for one who may not sign in.

    The chat was linked by somebody who was signed in with all that is asked for, so it counts as a second factor.
    """
    token, expires_at = new_token(), now + CHAT_SESSION
    session.add(
        SignedIn(
            token_hash=token_hash(token), person_id=person_id, created_at=now, expires_at=expires_at, last_seen_at=now,
            chat_link_id=link_id, has_second_factor=True, device="chat",
        )
    )  # fmt: skip
    session.flush()
    person = who(session, token, now=now)
    return ChatSession(token, expires_at, person) if person else None


_LIVE = text(
    "SELECT s.id, s.device, s.browser, s.created_at, s.last_seen_at, s.token_hash = :own AS is_this FROM signed_in s"
    " WHERE s.person_id = :person AND s.ended_at IS NULL AND s.expires_at > :now AND s.last_seen_at > :idle"
    " AND (s.chat_link_id IS NULL OR EXISTS (SELECT FROM chat_link c WHERE c.id = s.chat_link_id))"
    " ORDER BY is_this DESC, s.last_seen_at DESC, s.id LIMIT :most"
)


def live_sessions(session: Session, person_id: UUID, *, own: str | None, now: datetime) -> Sequence[Any]:
    """The sessions of a person that still hold, the one of the token ``own`` first, then by when they were last used."""
    asked = {"person": person_id, "own": token_hash(own or ""), "now": now, "idle": now - IDLE, "most": SHOWN_MOST}
    return session.execute(_LIVE, asked).all()


def end_token(session: Session, token: str, *, now: datetime) -> None:
    """End the session of a token at once."""
    _end(session, SignedIn.token_hash == token_hash(token), now=now)


def end_one(session: Session, person_id: UUID, session_id: UUID, *, now: datetime) -> None:
    """End one session of a person. Raises NotFound."""
    if not _end(session, SignedIn.person_id == person_id, SignedIn.id == session_id, now=now):
        raise NotFound()
    _note(session, person_id, 1, now)


def end_all(session: Session, person_id: UUID, *, but: str | None = None, now: datetime) -> int:
    """End every session of a person, that of the token ``but`` left out; how many were ended."""
    others = [SignedIn.token_hash != token_hash(but)] if but else []
    ended = _end(session, SignedIn.person_id == person_id, *others, now=now)
    if ended:
        _note(session, person_id, ended, now)
    return ended


def _end(session: Session, *which: ColumnElement[bool], now: datetime) -> int:
    found: Any = session.execute(update(SignedIn).where(*which, SignedIn.ended_at.is_(None)).values(ended_at=now))
    return int(found.rowcount)


def _note(session: Session, person_id: UUID, ended: int, now: datetime) -> None:
    record_alone(session, f"account:{person_id}", [Fact("SessionsEnded", {"sessions": ended})], now=now)


def prove(session: Session, token: str) -> None:
    """The session of a token has shown a second factor: one that was just set up in it."""
    session.execute(update(SignedIn).where(SignedIn.token_hash == token_hash(token)).values(has_second_factor=True))
