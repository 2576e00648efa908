"""What people do to an incident. Each act applies the table of states, writes what follows, and records the fact.

Every function takes the incident locked (``ownership.locked``) and ``now``; none commits or sends.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.incidents import clocks
from backend.incidents.models import Goal, Incident, Link, Note, Report, ThreadMessage, Triage
from backend.incidents.opening import goal_rows
from backend.incidents.ownership import chain_of, first_receiver, move_ownership, owner_of
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.rules import Barred, Standing, is_terminal, move, regrade_bar, wake_limit
from backend.incidents.states import Act, State
from backend.incidents.telling import tell_desks, tell_reporters
from backend.kernel.database import seeing_all
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.sealed import Keyring, RecordKey, Seal
from backend.organisations.directory import DIRECTORY, Owner
from backend.policy.cache import clocks_for, terms_at


@dataclass(frozen=True, slots=True)
class By:
    """Who acts: the person (None for a rule or a clock), and what that person may.

    Approve as a supervisor, lower a grade as one who is trained for it, decide about harm between people as a specialist.
    """

    person_id: UUID | None = None
    supervisor: bool = False
    trained: bool = False
    specialist: bool = False
    org_ids: tuple[UUID, ...] = ()


ENGINE = By()


def standing_of(session: Session, incident: Incident, *, by: By = ENGINE) -> Standing:
    """What the guards need to know of an incident."""
    goals = list(session.scalars(select(Goal).where(Goal.incident_id == incident.id)))
    asked = session.scalar(
        select(func.count()).select_from(ThreadMessage).where(
            ThreadMessage.incident_id == incident.id, ThreadMessage.template == "reporter_view_asked"
        )
    )  # fmt: skip
    return Standing(
        state=State(incident.state),
        grade=incident.grade,
        diversion_open=incident.diverted and not incident.diversion_answered,
        duty_open=incident.duty_open,
        disputed=incident.disputed or any(goal.disputed for goal in goals),
        open_goals=sum(goal.state == "open" for goal in goals),
        unapproved_goals=sum(goal.state == "unmet" and goal.approved_by is None for goal in goals),
        view_asked=asked or 0,
        open_parts=_open_parts(session, incident) if incident.state == State.GOALS_CHECKED else 0,
        closed_at=incident.closed_at,
        prior_state=State(incident.prior_state) if incident.prior_state else None,
    )


def _open_parts(session: Session, incident: Incident) -> int:
    """How many open incidents are part of this one, wherever they are and whoever may see them."""
    parts = select(func.count()).select_from(Link).join(Incident, Incident.id == Link.incident_id)
    held = parts.where(Link.other_id == incident.id, Link.kind == "part_of", Link.state == "confirmed")
    with seeing_all(session):
        return session.scalar(held.where(Incident.closed_at.is_(None))) or 0


def apply(
    session: Session, incident: Incident, act: Act, fact: str, payload: Mapping[str, Any], *, by: By, now: datetime
) -> State:
    """Move the incident by ``act`` and record ``fact``; return the former state. Raises ActRefused."""
    outcome = move(standing_of(session, incident, by=by), act, supervisor=by.supervisor, now=now)
    if isinstance(outcome, Barred):
        raise ActRefused(outcome, state=incident.state)
    before = State(incident.state)
    incident.state = outcome.state
    incident.closed_at = (incident.closed_at or now) if is_terminal(outcome.state) else None
    incident.version += 1
    if by.person_id:
        acknowledge(session, incident, by=by, now=now)
    stamped = {"from": before, "to": outcome.state, "person_id": by.person_id, **payload}
    record(session, incident_stream(incident.id), [Fact(fact, stamped)], now=now)
    session.flush()
    return before


def acknowledge(session: Session, incident: Incident, *, by: By, now: datetime) -> bool:
    """A person has seen it: the acknowledge clock ends. That stops the noise, not the duty (states.md 9.2)."""
    ended = clocks.end(session, incident, ["acknowledge"], state="met", now=now)
    if not ended:
        return False
    incident.acknowledged_at = incident.acknowledged_at or now
    fact = Fact("IncidentAcknowledged", {"person_id": by.person_id})
    record(session, incident_stream(incident.id), [fact], now=now)
    return True


@dataclass(frozen=True, slots=True)
class Triaged:
    """A triager's decision and what the rules make of it."""

    category: str
    grade: int
    compartment: str
    clocks_s: Mapping[str, float]
    goals: Sequence[Mapping[str, Any]]
    rule: str
    safe_mode: bool
    suggested: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None


def triage(session: Session, incident: Incident, decided: Triaged, *, by: By, ring: Keyring, now: datetime) -> None:
    """Set category, grade and goals, and restart the clocks that still run under the new grade.

    Lowering the grade by triage obeys R05; the reason of a decision that differs from the suggestion is kept sealed.
    """
    _check_regrade(incident, decided.grade, by=by, reason=decided.reason, second=None, contact_made=False)
    up = decided.grade < incident.grade
    incident.category, incident.compartment = decided.category, decided.compartment
    incident.safe_mode = incident.safe_mode or decided.safe_mode
    changed = decided.grade != incident.grade
    incident.grade = decided.grade
    payload = {"category": decided.category, "grade": decided.grade, "suggested": dict(decided.suggested)}
    apply(session, incident, Act.TRIAGE, "IncidentTriaged", payload, by=by, now=now)
    if changed:
        clocks.regrade_clocks(session, incident, decided.clocks_s, up=up, rule=decided.rule, now=now)
    _replace_goals(session, incident, decided.goals)
    _keep_triage(session, incident, decided, by=by, ring=ring, now=now)
    tell_reporters(session, incident, "reporter_triaged", now=now)


def _replace_goals(session: Session, incident: Incident, goals: Sequence[Mapping[str, Any]]) -> None:
    wanted = {goal["key"] for goal in goals}
    held = {goal.key: goal for goal in session.scalars(select(Goal).where(Goal.incident_id == incident.id))}
    for key, goal in held.items():
        if key not in wanted and goal.state == "open" and not key.startswith("own:"):
            goal.state = "dropped"
    fresh = [goal for goal in goals if goal["key"] not in held]
    session.add_all(Goal(**row) for row in goal_rows(incident.id, fresh))
    session.flush()


def _keep_triage(
    session: Session, incident: Incident, decided: Triaged, *, by: By, ring: Keyring, now: datetime
) -> None:
    seq = session.scalar(select(func.count()).select_from(Triage).where(Triage.incident_id == incident.id)) or 0
    triage_id = new_id()
    session.add(
        Triage(
            id=triage_id, incident_id=incident.id, seq=seq + 1, suggested=dict(decided.suggested),
            decided={"category": decided.category, "grade": decided.grade}, facts=dict(decided.facts),
            differs_reason=sealed_words(session, ring, triage_id, "differs_reason", decided.reason, now=now),
            decided_by=by.person_id, decided_at=now,
        )
    )  # fmt: skip


def sealed_words(
    session: Session, ring: Keyring, record_id: UUID, name: str, words: str | None, *, now: datetime
) -> bytes | None:
    """Words of a person, sealed under a fresh key of the record that will hold them."""
    if not words:
        return None
    seal = Seal.fresh(record_id)
    session.add(RecordKey(**seal.row(ring, now)))
    return seal.close(name, words)


def accept(session: Session, incident: Incident, owner: Owner, *, by: By, now: datetime) -> None:
    """The offeree accepts: ownership moves now, and only now (INV-2)."""
    apply(session, incident, Act.ACCEPT, "OfferAccepted", {"org_id": owner.org_id}, by=by, now=now)
    move_ownership(session, incident, owner, by_act="accept", now=now)
    tell_reporters(session, incident, "reporter_owner_changed", now=now)


def start(session: Session, incident: Incident, *, contact: bool, by: By, now: datetime) -> None:
    """Work begins: the first contact was made, or somebody has set out."""
    apply(session, incident, Act.START, "WorkStarted", {"contact": contact}, by=by, now=now)
    if contact:
        clocks.end(session, incident, ["contact"], state="met", now=now)
    tell_reporters(session, incident, "reporter_on_the_way", now=now)


def wait(
    session: Session, incident: Incident, *, reason: str, wake_at: datetime, by: By, ring: Keyring, now: datetime
) -> None:
    """Wait for something named until ``wake_at``; only the resolution clock stands still meanwhile."""
    terms = terms_at(session, incident.grade, chain_of(incident), now=now)
    limit = wake_limit(terms.max_waiting_s, now=now)
    if limit is None:
        raise ActRefused(
            Barred("g1-never-waits", "A G1 incident cannot wait.", "一级事件不能等待。"), state=incident.state
        )
    if not now < wake_at <= limit:
        raise Unsuitable(
            {
                "en": f"The wake-up time must lie between now and {limit.isoformat(timespec='minutes')}.",
                "zh": f"唤醒时间须在现在与{limit.isoformat(timespec='minutes')}之间。",
            }
        )
    apply(session, incident, Act.WAIT, "WaitingBegan", {"wake_at": wake_at}, by=by, now=now)
    clocks.pause_resolution(session, incident, now=now)
    clocks.start(session, incident, {"wake": (wake_at - now).total_seconds()}, rule="waiting", now=now)
    note(session, incident, reason, by=by, ring=ring, now=now)
    tell_reporters(session, incident, "reporter_waiting", now=now, params={"until": wake_at.isoformat()})


def wake(session: Session, incident: Incident, *, by: By, now: datetime) -> None:
    """Waiting ends: by its time, by the owner, or because something new came in."""
    apply(session, incident, Act.WAKE, "WaitingEnded", {}, by=by, now=now)
    clocks.end(session, incident, ["wake"], state="met", now=now)
    clocks.resume_resolution(session, incident, now=now)


def stabilise(session: Session, incident: Incident, *, by: By, now: datetime) -> None:
    """The immediate matter is under control; the action clock is met."""
    apply(session, incident, Act.STABILISE, "IncidentStabilised", {}, by=by, now=now)
    clocks.end(session, incident, ["contact", "action"], state="met", now=now)


def recover(session: Session, incident: Incident, *, by: By, now: datetime) -> None:
    """The response is over and recovery begins on the same record."""
    apply(session, incident, Act.RECOVER, "RecoveryBegan", {}, by=by, now=now)
    incident.phase = "recover"


def reopen(
    session: Session, incident: Incident, clocks_s: Mapping[str, float], *, chain: Sequence[int], by: By, now: datetime
) -> None:
    """Open again under the same id: a new cycle, the desk of the place owns it, the former owner is informed."""
    former = owner_of(incident)
    apply(session, incident, Act.REOPEN, "IncidentReopened", {"cycle": incident.cycle + 1}, by=by, now=now)
    incident.cycle, incident.outcome, incident.acknowledged_at = incident.cycle + 1, None, None
    for goal in session.scalars(select(Goal).where(Goal.incident_id == incident.id)):
        goal.state = "open" if goal.state in {"met", "unmet"} else goal.state
    owner = first_receiver(session, chain, now=now)
    move_ownership(session, incident, owner, by_act="reopen", now=now)
    clocks.start(session, incident, clocks_s, rule="reopened", now=now)
    tell_desks(session, incident, "incident_reopened", [owner.desk_id, former.desk_id], now=now)
    tell_reporters(session, incident, "reporter_reopened", now=now)


def withdraw(session: Session, incident: Incident, *, now: datetime) -> None:
    """The only reporter takes the report back; clocks stop."""
    apply(session, incident, Act.WITHDRAW, "ReportWithdrawn", {}, by=ENGINE, now=now)
    clocks.end_all(session, incident, now=now)
    tell_desks(session, incident, "incident_withdrawn", [incident.owner_desk_id], now=now)


@dataclass(frozen=True, slots=True)
class NewGrade:
    """A change of grade and what R05 asks of it."""

    grade: int
    reason: str | None = None
    second_person_id: UUID | None = None
    contact_made: bool = False


def regrade(
    session: Session, incident: Incident, change: NewGrade, clocks_s: Mapping[str, float], *, rule: str, by: By,
    ring: Keyring, now: datetime,
) -> None:  # fmt: skip
    """Change the grade: up is easy, down is hard (R05). The ladder is calculated anew."""
    _check_regrade(
        incident, change.grade, by=by, reason=change.reason, second=change.second_person_id,
        contact_made=change.contact_made,
    )  # fmt: skip
    old, incident.grade = incident.grade, change.grade
    payload = {"old": old, "new": change.grade, "second_person_id": change.second_person_id}
    apply(session, incident, Act.REGRADE, "IncidentRegraded", payload, by=by, now=now)
    clocks.regrade_clocks(session, incident, clocks_s, up=change.grade < old, rule=rule, now=now)
    if change.reason:
        note(session, incident, change.reason, by=by, ring=ring, now=now)
    if change.grade < old:
        tell_desks(session, incident, "incident_raised", [incident.owner_desk_id], now=now)


def _check_regrade(
    incident: Incident, grade: int, *, by: By, reason: str | None, second: UUID | None, contact_made: bool
) -> None:
    barred = regrade_bar(
        old=incident.grade, new=grade, trained=by.trained, has_reason=bool(reason),
        second_person=second is not None and second != by.person_id, contact_made=contact_made,
    )  # fmt: skip
    if barred:
        raise ActRefused(barred, state=incident.state)


def note(session: Session, incident: Incident, words: str, *, by: By, ring: Keyring, now: datetime) -> UUID:
    """Write something for colleagues. Returns the note's id."""
    note_id = new_id()
    body = sealed_words(session, ring, note_id, "body", words, now=now)
    session.add(Note(id=note_id, incident_id=incident.id, body=body, written_by=by.person_id, written_at=now))
    record(session, incident_stream(incident.id), [Fact("NoteWritten", {"note_id": note_id})], now=now)
    if by.person_id:
        acknowledge(session, incident, by=by, now=now)
    return note_id


def message(
    session: Session, incident: Incident, words: str | Callable[[str], str], *, only: UUID | None = None,
    params: Mapping[str, Any] | None = None, by: By, ring: Keyring, now: datetime,
) -> int:  # fmt: skip
    """Write to everyone who reported, or to ``only`` one report; the contact and update clocks are met.

    ``words`` is the text, or gives it in a reporter's language. Returns how many threads got it.
    """
    query = select(Report.id, Report.language).where(Report.incident_id == incident.id, Report.withdrawn_at.is_(None))
    reports = session.execute(query.where(Report.id == only) if only else query).all()
    if only and not reports:
        raise Unsuitable({"en": "This report is not of this incident.", "zh": "该报告不属于此事件。"})
    for report_id, language in reports:
        message_id, said = new_id(), words if isinstance(words, str) else words(language)
        session.add(
            ThreadMessage(
                id=message_id, report_id=report_id, incident_id=incident.id, direction="to_reporter", at=now,
                params=dict(params or {}), written_by=by.person_id,
                body=sealed_words(session, ring, message_id, "body", said, now=now),
            )
        )  # fmt: skip
    record(session, incident_stream(incident.id), [Fact("ReporterAnswered", {"threads": len(reports)})], now=now)
    acknowledge(session, incident, by=by, now=now)
    restart_update_clock(session, incident, now=now)
    tell_reporters(session, incident, "reporter_answer", only=only, now=now)
    return len(reports)


def restart_update_clock(session: Session, incident: Incident, *, now: datetime) -> None:
    """A promise to tell the reporter something was kept: the next one begins, where the grade makes one."""
    held = clocks.running(session, incident.id).get("update")
    if held:
        chain = chain_of(incident)
        lengths = clocks_for(session, incident.category, incident.grade, chain, kind=incident.kind, now=now)
        clocks.end(session, incident, ["update"], state="met", now=now)
        following = {kind: length_s for kind, length_s in lengths.items() if kind == "update"}
        clocks.start(session, incident, following, rule=held.rule, now=now)


def answer_diversion(session: Session, incident: Incident, *, by: By, now: datetime) -> None:
    """A person records whether the emergency service attends; until then the incident stays received (C10)."""
    incident.diversion_answered = True
    record(session, incident_stream(incident.id), [Fact("DiversionAnswered", {"person_id": by.person_id})], now=now)
    acknowledge(session, incident, by=by, now=now)


def arrived(session: Session, incident: Incident, *, by: By, now: datetime) -> None:
    """Somebody is with the people concerned: contact and action clocks are met."""
    clocks.end(session, incident, ["contact", "action"], state="met", now=now)
    record(session, incident_stream(incident.id), [Fact("HelpArrived", {"person_id": by.person_id})], now=now)
    tell_reporters(session, incident, "reporter_arrived", now=now)


def not_ours(session: Session, incident: Incident, *, loop_back_s: float, by: By, now: datetime) -> None:
    """Another body outside Linli has accepted; we keep the check that it was done, and the record stays open."""
    apply(session, incident, Act.NOT_OURS, "HandedOverOutside", {}, by=by, now=now)
    clocks.end_all(session, incident, now=now)
    clocks.start(session, incident, {"loop_back": loop_back_s}, rule="loop-back", now=now)
    tell_reporters(session, incident, "reporter_handed_over", now=now)


def label_of_owner(session: Session, incident: Incident) -> Mapping[str, str]:
    """What residents are told of the owner."""
    return DIRECTORY.get(session).label(incident.owner_org_id, incident.owner_desk_id)
