"""Sign-ins that have begun: each step has a token of its own, ends after minutes and is spent once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.sealed import Keyring, Seal
from backend.trust.access import new_token, token_hash
from backend.trust.models import SignInStep
from backend.trust.refusals import StepOver
from backend.trust.rules import STEP_LASTS, STEP_TRIES, StepKind


@dataclass(frozen=True, slots=True)
class Step:
    """A step that goes on: whose it is, where that is known, and what its end needs."""

    token: str
    kind: StepKind
    person_id: UUID | None
    held: Mapping[str, Any]


# Counted before what was sent is looked at, and the row stays locked: tries at the same moment count one by one.
_TRY = text(
    "UPDATE sign_in_step SET tries = tries + 1 WHERE token_hash = :hash AND kind = ANY(:kinds) AND expires_at > :now"
    " AND tries < :most RETURNING kind, person_id, held"
)
_SPEND = text("DELETE FROM sign_in_step WHERE token_hash = :hash RETURNING kind")
_FORGET = text("DELETE FROM sign_in_step WHERE expires_at < :now")
_END = text("DELETE FROM sign_in_step WHERE person_id = :person")


def begin_step(
    session: Session, ring: Keyring, kind: StepKind, *, person_id: UUID | None, held: Mapping[str, Any], now: datetime
) -> str:
    """Begin a step and return its token."""
    token = new_token()
    sealed = _seal(ring, token).close("held", dict(held))
    assert sealed is not None
    session.add(
        SignInStep(
            token_hash=token_hash(token), kind=kind, person_id=person_id, held=sealed, expires_at=now + STEP_LASTS
        )
    )
    session.flush()
    return token


def try_step(session: Session, ring: Keyring, token: str, *kinds: StepKind, now: datetime) -> Step:
    """Count a try at a step and return it. Raises StepOver for one that is over, spent or of another kind."""
    asked = {"hash": token_hash(token), "kinds": list(kinds), "now": now, "most": STEP_TRIES}
    row = session.execute(_TRY, asked).one_or_none()
    if row is None:
        raise StepOver()
    held = _seal(ring, token).open("held", bytes(row.held))
    return Step(token, StepKind(row.kind), row.person_id, held)


def spend_step(session: Session, step: Step) -> None:
    """End a step that led to something. Raises StepOver where another call spent it first."""
    if session.execute(_SPEND, {"hash": token_hash(step.token)}).one_or_none() is None:
        raise StepOver()


def end_steps(session: Session, person_id: UUID) -> None:
    """End every step of a person."""
    session.execute(_END, {"person": person_id})


def forget_steps(session: Session, *, now: datetime) -> int:
    """Delete steps that are over."""
    found: Any = session.execute(_FORGET, {"now": now})
    return int(found.rowcount)


def _seal(ring: Keyring, token: str) -> Seal:
    return Seal(UUID(bytes=token_hash(token)[:16]), ring.derived("sign-in-steps"))
