"""Requests for one's rights: asked with a receipt alone, answered by a person in time, appealed to another person.

Like an incident a request always has a desk that answers for it. When its time is over it goes to the desk where the
buck stops, and that one is reminded until somebody has answered.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, Report
from backend.incidents.ownership import chain_of, locked
from backend.incidents.rules import is_terminal
from backend.incidents.states import State
from backend.incidents.telling import tell_desks
from backend.intake.thread import Mine
from backend.kernel.etags import demand_match
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring, RecordKey, Seal, seal_of
from backend.kernel.sweeps import one_by_one
from backend.organisations.directory import DIRECTORY
from backend.rights.erasing import Wanted, erase
from backend.rights.models import Erasure, LegalHold, RightsRequest
from backend.rights.refusals import (
    AnotherPerson,
    HeldByLaw,
    NoSuchRequest,
    NothingToCorrect,
    ReasonNeeded,
    RequestState,
    TooManyRequests,
)
from backend.rights.rules import (
    ANSWER_WITHIN,
    OF_RESIDENT,
    OPEN_MOST,
    WAITING,
    Asked,
    Matter,
    Move,
    Right,
    after,
    bars_to_erasing,
    moves_of,
    next_call,
)

CORRECTABLE = ("text", "landmark")


def matter_of(session: Session, report: Report, incident: Incident) -> Matter:
    """What decides whether a report may be erased at once."""
    held = session.scalar(
        select(func.count()).where(LegalHold.incident_id == incident.id, LegalHold.lifted_at.is_(None))
    )
    is_over = is_terminal(State(incident.state)) or report.withdrawn_at is not None
    protected = report.kind == "distress" or report.danger_now or incident.safe_mode
    return Matter(is_over, incident.duty_open, incident.disputed, bool(held), protected)


def erase_mine(session: Session, mine: Mine, words: str | None, *, now: datetime) -> RightsRequest | Erasure:
    """Erase a report at once, or where something bars that, ask a person to. Raises TooManyRequests."""
    incident = locked(session, mine.report.incident_id)
    if bars_to_erasing(matter_of(session, mine.report, incident)):
        return ask(session, mine, Right.ERASE, {"words": words}, now=now)
    for waiting in _waiting(session, mine.report.id):
        waiting.state, waiting.next_at = Asked.GRANTED if waiting.kind == Right.ERASE else Asked.TAKEN_BACK, None
    return erase(session, Wanted(incident.id, mine.report.id, OF_RESIDENT, "request"), ring=mine.ring, now=now)


def ask(session: Session, mine: Mine, kind: Right, said: Mapping[str, Any], *, now: datetime) -> RightsRequest:
    """Put a request to the desk that answers for the incident; the same that waits already is answered with.

    Raises TooManyRequests, NothingToCorrect.
    """
    incident = locked(session, mine.report.incident_id)
    corrected = {name: said[name] for name in CORRECTABLE if said.get(name) is not None}
    if kind is Right.CORRECT and not corrected and not said.get("words"):
        raise NothingToCorrect()
    waiting = _waiting(session, mine.report.id)
    if same := next((one for one in waiting if kind is Right.ERASE and one.kind == kind), None):
        return same
    if len(waiting) >= OPEN_MOST:
        raise TooManyRequests()
    org_id, desk_id = _desk_for(session, incident)
    request_id = new_id()
    seal = Seal.fresh(request_id)
    session.add(RecordKey(**seal.row(mine.ring, now)))
    made = RightsRequest(
        id=request_id, report_id=mine.report.id, incident_id=incident.id, kind=kind, state=Asked.OPEN,
        asked=seal.close("asked", said.get("words")), corrected=seal.close("corrected", corrected or None),
        opened_at=now, due_at=now + ANSWER_WITHIN, org_id=org_id, desk_id=desk_id,
    )  # fmt: skip
    made.next_at = next_call(Asked.OPEN, made.opened_at, made.due_at, now)
    session.add(made)
    _journal(session, made, "RightsAsked", now=now, kind=kind)
    _tell_desk(session, made, incident, "rights_asked", now=now)
    return made


def _waiting(session: Session, report_id: UUID) -> list[RightsRequest]:
    query = select(RightsRequest).where(RightsRequest.report_id == report_id, RightsRequest.state.in_(WAITING))
    return list(session.scalars(query.order_by(RightsRequest.opened_at)))


def _desk_for(session: Session, incident: Incident) -> tuple[UUID, UUID]:
    """The desk that answers for the incident; where a person alone does, their body's; else where the buck stops."""
    directory, chain = DIRECTORY.get(session), chain_of(incident)
    if incident.owner_desk_id:
        return incident.owner_org_id, incident.owner_desk_id
    found = directory.desk_of(incident.owner_org_id, chain) or directory.last_desks_over(chain)[0]
    return found.org_id, found.id


def take_back(session: Session, mine: Mine, request_id: UUID, *, now: datetime) -> RightsRequest:
    """The resident no longer asks. Raises NoSuchRequest, RequestState."""
    found, _ = _own(session, mine, request_id)
    _move(session, found, Move.TAKE_BACK, now=now)
    _journal(session, found, "RightsTakenBack", now=now)
    return found


def appeal(session: Session, mine: Mine, request_id: UUID, words: str | None, *, now: datetime) -> RightsRequest:
    """Have another person look at an answer, in a time of its own. Raises NoSuchRequest, RequestState."""
    found, incident = _own(session, mine, request_id)
    found.opened_at, found.due_at = now, now + ANSWER_WITHIN
    _move(session, found, Move.APPEAL, now=now)
    if words:
        seal = seal_of(session, mine.ring, found.id)
        before = seal.open("asked", found.asked)
        found.asked = seal.close("asked", "\n\n".join(filter(None, (before, words))))
    _journal(session, found, "RightsAppealed", now=now)
    _tell_desk(session, found, incident, "rights_appealed", now=now)
    return found


def _own(session: Session, mine: Mine, request_id: UUID) -> tuple[RightsRequest, Incident]:
    found, incident = _locked(session, request_id)
    if found.report_id != mine.report.id:
        raise NoSuchRequest()
    return found, incident


def _locked(session: Session, request_id: UUID) -> tuple[RightsRequest, Incident]:
    """A request behind its incident: everybody takes the two in this order."""
    incident_id = session.scalar(select(RightsRequest.incident_id).where(RightsRequest.id == request_id))
    if incident_id is None:
        raise NoSuchRequest()
    incident = locked(session, incident_id)
    return session.get_one(RightsRequest, request_id, with_for_update=True, populate_existing=True), incident


def answer(
    session: Session, request_id: UUID, said: Mapping[str, Any], *, if_match: str | None = None, by: UUID, ring: Keyring,
    now: datetime,
) -> RightsRequest:  # fmt: skip
    """A person answers a request, and what they grant is done in the same transaction.

    Raises NoSuchRequest, Conflict, RequestState, AnotherPerson, ReasonNeeded, HeldByLaw.
    """
    found, incident = _locked(session, request_id)
    demand_match(found, if_match)
    move = Move(said["decision"])
    is_appeal = found.state == Asked.APPEALED
    if is_appeal and found.answered_by == by:
        raise AnotherPerson()
    if move is not Move.GRANT and not (said.get("reason") and (said.get("words") or "").strip()):
        raise ReasonNeeded()
    _move(session, found, move, now=now)
    if move is Move.GRANT:
        _carry_out(session, found, incident, ring=ring, now=now)
    found.reason, found.answered_at = said.get("reason") if move is not Move.GRANT else None, now
    found.answer = seal_of(session, ring, found.id).close("answer", said.get("words") or None)
    if is_appeal:
        found.appeal_answered_by = by
    else:
        found.answered_by = by
    _journal(session, found, "RightsAnswered", now=now, state=found.state, reason=found.reason)
    announce(session, [Notice("reporter_rights_answered", incident.id, report_id=found.report_id)], now=now)
    return found


def _carry_out(session: Session, found: RightsRequest, incident: Incident, *, ring: Keyring, now: datetime) -> None:
    report = session.get_one(Report, found.report_id)
    if found.kind == Right.ERASE:
        if matter_of(session, report, incident).held:
            raise HeldByLaw()
        erase(session, Wanted(incident.id, report.id, OF_RESIDENT, "request"), ring=ring, now=now)
    if found.kind == Right.CORRECT and found.corrected:
        corrected: dict[str, str] = seal_of(session, ring, found.id).open("corrected", found.corrected)
        seal = seal_of(session, ring, report.id)
        for name, words in corrected.items():
            setattr(report, name, seal.close(name, words))
        incident.version += 1
        _journal(session, found, "ReportCorrected", now=now, fields=sorted(corrected))
        directory, chain = DIRECTORY.get(session), chain_of(incident)
        parties = [directory.desk_of(org, chain) for org in incident.party_org_ids]
        told = [incident.owner_desk_id, *(desk.id for desk in parties if desk)]
        tell_desks(session, incident, "report_corrected", told, now=now)


def call_again(session: Session, *, now: datetime, limit: int = 100) -> int:
    """Remind the desk of what waits; what is late goes to where the buck stops. The caller commits."""
    due = session.scalars(select(RightsRequest).where(RightsRequest.next_at <= now).limit(limit)).all()

    def call(one: RightsRequest) -> None:
        one, incident = _locked(session, one.id)
        if one.next_at is None or one.next_at > now:
            return  # somebody has answered, or another worker was quicker
        is_late = one.due_at <= now
        if is_late:
            last = DIRECTORY.get(session).last_desks_over(chain_of(incident))[0]
            _journal(session, one, "RightsLate", now=now, from_desk_id=one.desk_id, to_desk_id=last.id)
            one.org_id, one.desk_id = last.org_id, last.id
        _tell_desk(session, one, incident, "rights_late" if is_late else "rights_reminder", now=now)
        one.next_at = next_call(Asked(one.state), one.opened_at, one.due_at, now)

    def put_off(one: RightsRequest) -> None:
        one.next_at = now + timedelta(minutes=5)

    return one_by_one(session, due, call, what="rights", put_off=put_off)


def _move(session: Session, found: RightsRequest, move: Move, *, now: datetime) -> None:
    state = Asked(found.state)
    then = after(state, move)
    if then is None:
        raise RequestState(state=state.value, allowed=[one.value for one in moves_of(state)])
    found.state, found.next_at = then, next_call(then, found.opened_at, found.due_at, now)
    session.flush()


def _journal(session: Session, found: RightsRequest, fact: str, *, now: datetime, **more: Any) -> None:
    locked(session, found.incident_id)
    said = {"request_id": found.id, "report_id": found.report_id, **more}
    record(session, incident_stream(found.incident_id), [Fact(fact, said)], now=now)
    session.flush()


def _tell_desk(session: Session, found: RightsRequest, incident: Incident, template: str, *, now: datetime) -> None:
    tell_desks(session, incident, template, [found.desk_id], now=now, params={"due_at": found.due_at.isoformat()})
