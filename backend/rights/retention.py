"""What is kept of people goes by itself when its time is over: each incident alone, nothing under a legal hold."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.kernel.sealed import Keyring
from backend.kernel.sweeps import one_by_one
from backend.rights.erasing import Wanted, erase
from backend.rights.models import Expired
from backend.rights.rules import WAITING, Keeping, Part

AT_ONCE = 100
RETRY = timedelta(hours=1)
# An incident that was opened again and closed later begins its time anew.
_DUE = text(
    """
    SELECT i.id FROM incident i
    WHERE i.closed_at <= :before AND NOT i.duty_open AND NOT i.disputed
      AND (CASE WHEN :named THEN i.category = ANY(:codes) ELSE i.category IS NULL OR i.category <> ALL(:others) END)
      AND NOT EXISTS (SELECT FROM expired e WHERE e.incident_id = i.id AND e.part = :part
                      AND (e.at >= i.closed_at OR e.retry_at > :now))
      AND NOT EXISTS (SELECT FROM legal_hold h WHERE h.incident_id = i.id AND h.lifted_at IS NULL)
      AND NOT EXISTS (SELECT FROM rights_request q WHERE q.incident_id = i.id AND q.state = ANY(:waiting))
    ORDER BY i.closed_at LIMIT :most FOR UPDATE OF i SKIP LOCKED
    """
)


def expire(session: Session, keeping: Mapping[Part, Keeping], *, ring: Keyring, now: datetime) -> int:
    """Erase what has been kept for as long as it may be; at most a few hundred at a time. The caller commits."""
    return sum(_expire(session, one, ring=ring, now=now) for one in keeping.values())


def _expire(session: Session, keeping: Keeping, *, ring: Keyring, now: datetime) -> int:
    def over(row: Row[tuple[object]]) -> None:
        erase(session, Wanted(row.id, None, (keeping.part,), "retention"), ring=ring, now=now)
        _mark(session, row, at=now, retry_at=None)

    def later(row: Row[tuple[object]]) -> None:
        _mark(session, row, at=None, retry_at=now + RETRY)

    def _mark(session: Session, row: Row[tuple[object]], **when: datetime | None) -> None:
        values = {"incident_id": row.id, "part": keeping.part.value, **when}
        statement = insert(Expired).values(values)
        session.execute(statement.on_conflict_do_update(index_elements=["incident_id", "part"], set_=when))

    done = 0
    for days, codes, others in keeping.groups():
        asked = {
            "before": now - timedelta(days=days), "named": bool(codes), "codes": list(codes), "others": list(others),
            "part": keeping.part.value, "now": now, "most": AT_ONCE, "waiting": [state.value for state in WAITING],
        }  # fmt: skip
        due = session.execute(_DUE, asked).all()
        done += one_by_one(session, due, over, what="retention", put_off=later)
    return done
