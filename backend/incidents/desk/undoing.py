"""Taking back what one just did by mistake, where that is honest: within a minute, before anybody was told or looked.

Nothing is edited out of the journal: a fact that answers the first is appended. What was told to somebody is never
pretended to be unsaid; such acts are answered by another act (``COUNTER``), or by none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.incidents import clocks
from backend.incidents.acts import By
from backend.incidents.models import Incident, Note
from backend.incidents.ownership import chain_of
from backend.incidents.refusals import ActRefused
from backend.incidents.rules import Barred
from backend.incidents.states import Act
from backend.kernel.journal import Event, Fact, incident_stream, reads_stream, record
from backend.kernel.sealed import RecordKey
from backend.policy.cache import clocks_for

# Long enough to notice a slip of the finger, too short to change one's mind in.
UNDO_WITHIN = timedelta(seconds=60)
# What can be taken back, the weightiest first, and the fact that answers it. Everything else in the same moment must
# be one of these too.
UNDONE_BY: Mapping[str, str] = {
    "IncidentRegraded": "RegradeTakenBack",
    "NoteWritten": "NoteTakenBack",
    "IncidentAcknowledged": "AcknowledgementTakenBack",
}
# Acts that are told at once, and the act that answers each; the ones that are missing here cannot be answered.
COUNTER: Mapping[Act, Act] = {
    Act.WAIT: Act.WAKE,
    Act.MERGE: Act.SPLIT,
    Act.SPLIT: Act.MERGE,
    Act.CLOSE: Act.REOPEN,
    Act.REOPEN: Act.CLOSE,
    Act.ATTACH: Act.DETACH,
    Act.DETACH: Act.ATTACH,
    Act.MAJOR: Act.MAJOR,
}
# Whether anybody but one person was told of an incident since a moment; rooms above enter it through the wiring.
WAS_TOLD: list[Callable[[Session, UUID, datetime, UUID | None], bool]] = []


@dataclass(frozen=True, slots=True)
class Step:
    """What a person did last to an incident: the facts of one moment, the weightiest named."""

    fact: str
    at: datetime
    events: Sequence[Event]

    @property
    def until(self) -> datetime:
        """Until when it can be taken back."""
        return self.at + UNDO_WITHIN


def undo_bar(
    types: Sequence[str], *, age: timedelta, is_own: bool, was_told: bool, was_read: bool
) -> Barred | None:  # fmt: skip
    """Why the latest facts of an incident cannot be taken back; None when they can. Pure."""
    if not is_own or not types or not set(types) <= UNDONE_BY.keys():
        return Barred("nothing-to-undo", "There is nothing of yours here that can be taken back.", "没有可撤销的操作。")
    if age > UNDO_WITHIN:
        return Barred(
            "too-late-to-undo",
            "More than a minute has passed. Do the opposite instead.",
            "已超过一分钟，请改用相反的操作。",
        )
    if was_told:
        return Barred(
            "told-already", "Somebody was told of it already; that cannot be unsaid.", "已有人收到通知，无法收回。"
        )
    if was_read and "NoteWritten" in types:
        return Barred(
            "read-already", "A colleague has read it already; write another note.", "已有同事看过，请另写备注。"
        )
    return None


def latest(session: Session, incident_id: UUID) -> Step | None:
    """The facts of the latest moment of an incident; None where there are none."""
    stream = incident_stream(incident_id)
    rows = session.scalars(select(Event).where(Event.stream == stream).order_by(Event.stream_seq.desc()).limit(8)).all()
    if not rows:
        return None
    same = [row for row in rows if (row.at, row.actor) == (rows[0].at, rows[0].actor)]
    found = {row.type for row in same}
    weightiest = next((fact for fact in UNDONE_BY if fact in found), rows[0].type)
    return Step(weightiest, rows[0].at, same)


def barred(session: Session, incident: Incident, step: Step | None, *, by: By, now: datetime) -> Barred | None:
    """Why ``by`` cannot take back what was done last; None when it can be."""
    if step is None or by.person_id is None:
        return undo_bar((), age=timedelta(), is_own=False, was_told=False, was_read=False)
    actor = f"person:{by.person_id}"
    return undo_bar(
        [event.type for event in step.events],
        age=now - step.at,
        is_own=step.events[0].actor == actor,
        was_told=any(told(session, incident.id, step.at, by.person_id) for told in WAS_TOLD),
        was_read=_was_read(session, incident.id, step.at, actor),
    )


def _was_read(session: Session, incident_id: UUID, since: datetime, actor: str) -> bool:
    query = select(Event.id).where(Event.stream == reads_stream(incident_id), Event.at >= since, Event.actor != actor)
    return session.scalars(query.limit(1)).first() is not None


def undo(session: Session, incident: Incident, *, by: By, now: datetime) -> str:
    """Take back what ``by`` did last, and name the fact that was taken back. Raises ActRefused."""
    step = latest(session, incident.id)
    bar = barred(session, incident, step, by=by, now=now)
    if bar or step is None:
        assert bar is not None
        raise ActRefused(bar, state=incident.state)
    event = next(one for one in step.events if one.type == step.fact)
    payload = _UNDO[step.fact](session, incident, event, now)
    incident.version += 1
    record(session, incident_stream(incident.id), [Fact(UNDONE_BY[step.fact], payload)], now=now)
    return step.fact


def _undo_acknowledgement(session: Session, incident: Incident, event: Event, now: datetime) -> dict[str, Any]:
    clocks.run_again(session, incident, "acknowledge", ended_at=event.at)
    if incident.acknowledged_at == event.at:
        incident.acknowledged_at = None
    return {"stream_seq": event.stream_seq}


def _undo_regrade(session: Session, incident: Incident, event: Event, now: datetime) -> dict[str, Any]:
    old = int(event.payload["old"])
    incident.grade = old
    if old > int(event.payload["new"]):
        clocks.put_back(session, incident, at=event.at)
    else:
        chain = chain_of(incident)
        lengths = clocks_for(session, incident.category, old, chain, kind=incident.kind, now=now)
        clocks.regrade_clocks(session, incident, lengths, up=False, rule="undo", now=now)
    return {"stream_seq": event.stream_seq, "grade": old}


def _undo_note(session: Session, incident: Incident, event: Event, now: datetime) -> dict[str, Any]:
    """The words are gone with their key; that there was a note, and when, stays."""
    note_id = UUID(event.payload["note_id"])
    session.execute(delete(RecordKey).where(RecordKey.record_id == note_id))
    assert session.get(Note, note_id) is not None
    return {"stream_seq": event.stream_seq, "note_id": note_id}


_UNDO: Mapping[str, Callable[[Session, Incident, Event, datetime], dict[str, Any]]] = {
    "IncidentRegraded": _undo_regrade,
    "NoteWritten": _undo_note,
    "IncidentAcknowledged": _undo_acknowledgement,
}
