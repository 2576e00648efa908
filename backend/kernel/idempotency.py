"""``Idempotency-Key``: a write that is sent twice is done once, and answered alike both times.

The key is taken in the transaction of the write, so that either both stand or neither; a second call that comes at
the same moment waits for the first. The answer is kept beside it afterwards. What was refused leaves no key behind
and can be sent again.
"""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, current_app, g, request
from sqlalchemy import LargeBinary, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.kernel.database import SYSTEM, Base, act_as
from backend.kernel.problems import Refusal
from backend.kernel.sealed import Keyring, Seal

HEADER = "Idempotency-Key"
KEY_MOST = 200
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
UNANSWERED = 0


class Answered(Base):
    """What a call with an ``Idempotency-Key`` was answered; ``status`` 0 until the answer is kept."""

    __tablename__ = "answered"

    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)


class KeyReused(Refusal):
    """The key was used for another call."""

    code, status = "idempotency-key-reused", 409
    title = {"en": "This Idempotency-Key was used for another call", "zh": "此Idempotency-Key已用于其他请求"}
    advice = {"en": "Use a fresh key for every new call.", "zh": "每个新请求请使用新的键。"}


class AlreadyDone(Refusal):
    """The call was done, but its answer was not kept: the process ended in between."""

    code, status = "already-done", 409
    title = {"en": "This was already done", "zh": "此操作已完成"}
    advice = {"en": "Load the thing again to see how it stands.", "zh": "请重新载入以查看当前状态。"}


class KeyTooLong(Refusal):
    """The key is longer than any that a client needs."""

    code, status = "idempotency-key-too-long", 422
    title = {
        "en": f"An Idempotency-Key has at most {KEY_MOST} characters",
        "zh": f"Idempotency-Key最多{KEY_MOST}个字符",
    }


def take_key(session: Session, *, actor: str, now: datetime) -> Response | None:
    """Take the present call's key, or give the answer of the first call with it. None when the call is to be done.

    Raises KeyReused, AlreadyDone, KeyTooLong.
    """
    key = request.headers.get(HEADER)
    if not key or request.method not in WRITES:
        return None
    if len(key) > KEY_MOST:
        raise KeyTooLong()
    key_hash = hashlib.sha256("\0".join((actor, request.method, request.path, key)).encode()).digest()
    # Keyed: what was sent may hold little but an address, which could be tried out against a plain hash.
    asked = _ring().digest("idempotency", request.get_data(cache=True) + request.query_string)
    row = {"key_hash": key_hash, "request_hash": asked, "status": UNANSWERED, "body": {}, "at": now}
    taken = session.execute(insert(Answered).values(row).on_conflict_do_nothing().returning(Answered.status))
    if taken.one_or_none() is not None:
        g.answered_key = key_hash
        return None
    return _former(session, key_hash, asked)


def _former(session: Session, key_hash: bytes, asked: bytes) -> Response:
    held = session.get_one(Answered, key_hash)
    if bytes(held.request_hash) != asked:
        raise KeyReused()
    if held.status == UNANSWERED:
        raise AlreadyDone()
    sealed = held.body.get("sealed")
    body = json.dumps(_seal(key_hash).open("body", bytes.fromhex(sealed)), ensure_ascii=False) if sealed else ""
    response = Response(body, held.status, content_type="application/json")
    response.headers["Idempotency-Replayed"] = "true"
    return response


def leave_key(session: Session) -> None:
    """Give the present call's key back, in a transaction that is kept although the call is refused."""
    key_hash = g.pop("answered_key", None)
    if key_hash is not None:
        session.execute(delete(Answered).where(Answered.key_hash == key_hash))


def keep_answer(session: Session, response: Response) -> None:
    """Keep the answer of a call that took a key, after its own transaction."""
    key_hash = g.pop("answered_key", None)
    if key_hash is None or response.status_code >= 400:
        return
    session.rollback()
    act_as(session, SYSTEM)
    held = session.get(Answered, key_hash)
    if held is not None:
        held.status = response.status_code
        sealed = _seal(key_hash).close("body", response.get_json()) if response.is_json else None
        held.body = {"sealed": sealed.hex()} if sealed else {}
    session.commit()


def _seal(key_hash: bytes) -> Seal:
    """An answer may hold a session's token, a receipt or words of people, none of which is stored in the open."""
    return Seal(UUID(bytes=key_hash[:16]), _ring().derived("answers"))


def _ring() -> Keyring:
    found: Keyring = current_app.extensions["linli"].keyring
    return found


_FORGET = text("DELETE FROM answered WHERE at < :before")


def forget_answers(session: Session, *, before: datetime) -> int:
    """Delete answers older than ``before``; a client that repeats a call does so within hours."""
    found: Any = session.execute(_FORGET, {"before": before})
    return int(found.rowcount)
