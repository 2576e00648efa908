"""A coordinator has looked at a worry and decides: the match goes on, or it ends. Nobody else moves a stopped match (R19)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.aid import relisting
from backend.aid.actions import Pair, locked_pair, tell_both
from backend.aid.models import AidMatch
from backend.aid.refusals import MatchRefused, NoSuchMatch
from backend.aid.rules import Barred, Decision, Side, decided
from backend.aid.states import Act, State
from backend.incidents.acts import By, note
from backend.incidents.models import Incident, Report
from backend.kernel.journal import Event, Fact, incident_stream, record
from backend.kernel.sealed import Keyring

OUT_OF_REACH = Barred(
    "other-desk", "The other side is with a desk whose reports you may not see. Ask a desk above both.",
    "对方的报告由您无权查看的值班席负责。请联系上级值班席。",
)  # fmt: skip


def decide(
    session: Session, incident: Incident, match_id: UUID, decision: Decision, reason: str, *, by: By, ring: Keyring,
    now: datetime,
) -> AidMatch:  # fmt: skip
    """Let a stopped match of an incident go on, or end it; both sides are told, the reason stays with the desk, sealed.

    Raises NoSuchMatch; MatchRefused where it is not stopped, was over before, or its other side is not the reader's.
    """
    match = session.get(AidMatch, match_id)
    sides = {session.get(Report, one) for one in (match.request_report_id, match.offer_report_id)} if match else set()
    if match is None or incident.id not in {one.incident_id for one in sides if one}:
        raise NoSuchMatch()
    if None in sides or session.scalar(select(Incident.id).where(Incident.id.in_(_of(sides)))) is None:
        raise MatchRefused(OUT_OF_REACH, state=match.state, allowed=())
    pair = locked_pair(session, match, Side.REQUEST)
    what = decided(pair.standing, decision, before=_before(session, incident.id, match_id))
    if isinstance(what, Barred):
        can_end = pair.standing.state is State.FROZEN
        raise MatchRefused(what, state=pair.standing.state, allowed=[Decision.END.value] if can_end else ())
    before = State(match.state)
    match.state, match.moved_at, match.asked_at, match.handed_at = what.standing.state, now, None, None
    relisting.follow(session, match, before, now=now)
    _tell_all(session, pair, what.act, now=now)
    note(session, incident, reason, by=by, ring=ring, now=now)
    session.flush()
    return match


def _of(reports: set[Report | None]) -> set[UUID]:
    return {one.incident_id for one in reports if one}


def _before(session: Session, incident_id: UUID, match_id: UUID) -> State | None:
    """Where the match stood before it was stopped, as the journal tells."""
    told = (
        select(Event.payload["state"].as_string())
        .where(
            Event.stream == incident_stream(incident_id),
            Event.payload["match_id"].as_string() == str(match_id),
            Event.payload["state"].as_string() != State.FROZEN,
        )
        .order_by(Event.seq.desc())
        .limit(1)
    )
    found = session.scalar(told)
    return State(found) if found else None


def _tell_all(session: Session, pair: Pair, act: Act, *, now: datetime) -> None:
    """Both journals and both sides."""
    is_over = act is Act.END
    fact = Fact(
        "AidMatchEnded" if is_over else "AidMatchResumed", {"match_id": pair.match.id, "state": pair.match.state}
    )
    for incident_id in sorted({one.id for one in pair.incidents.values()}):
        record(session, incident_stream(incident_id), [fact], now=now)
    tell_both(session, pair, "reporter_aid_over" if is_over else "reporter_aid_resumed", now=now)
