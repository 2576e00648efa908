"""What was seen: that messages to a resident stood on the screen where the report was opened. No word claims more."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.incidents.models import ThreadMessage
from backend.intake.thread import Mine
from backend.kernel.journal import Fact, incident_stream, record


def mark_seen(session: Session, mine: Mine, ids: Sequence[UUID], *, now: datetime) -> int:
    """Note the moment at which messages of a report were first seen; how many were fresh.

    What is no message to this resident is passed over, so that nothing can be tried out by it.
    """
    fresh = session.scalars(
        update(ThreadMessage)
        .where(
            ThreadMessage.report_id == mine.report.id, ThreadMessage.id.in_(ids), ThreadMessage.seen_at.is_(None),
            ThreadMessage.direction == "to_reporter",
        )
        .values(seen_at=now)
        .returning(ThreadMessage.id)
    ).all()  # fmt: skip
    if fresh:
        payload = {"report_id": mine.report.id, "count": len(fresh)}
        record(session, incident_stream(mine.report.incident_id), [Fact("MessagesSeen", payload)], now=now)
    return len(fresh)
