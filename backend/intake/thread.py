"""The resident's side of a report, reached by the receipt alone: what is true, what was said, what can be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.dispatch.ledger import to_reporter
from backend.dispatch.models import Delivery, Offer
from backend.dispatch.wording import words_of
from backend.incidents import acts
from backend.incidents.acts import ENGINE, NewGrade
from backend.incidents.models import Incident, Report, ThreadMessage
from backend.incidents.opening import EVERYWHERE
from backend.incidents.ownership import chain_of, locked
from backend.incidents.reading import opened, timeline
from backend.incidents.refusals import ActRefused
from backend.incidents.rules import Barred, is_terminal
from backend.incidents.states import State
from backend.incidents.telling import tell_desks
from backend.intake.attaching import Uploads, attach
from backend.intake.codes import which_code
from backend.intake.models import Photo, VoiceNote
from backend.intake.receipts import normal_form, receipt_hash
from backend.intake.sighting import believed, spot_of
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.languages import pick, say
from backend.kernel.problems import Refusal
from backend.kernel.sealed import Keyring, RecordKey, Seal, seal_of, seals_of
from backend.organisations.directory import DIRECTORY
from backend.policy.cache import clocks_for

NOTHING = Uploads()
# A resident's position is taken while an alarm is open and this long after the last one (security.md, Location).
LOCATION_FOR = timedelta(hours=4)
# From the state of the incident to what the resident reads (ux.md: waiting to send, sent, seen, handled, closed).
STATUS = {
    State.RECEIVED: "sent", State.TRIAGED: "seen", State.OFFERED: "seen", State.ACCEPTED: "handled",
    State.IN_PROGRESS: "handled", State.WAITING: "handled", State.STABILISED: "handled", State.RECOVERING: "handled",
    State.GOALS_CHECKED: "handled", State.NOT_OURS_HANDED_OVER: "handled", State.MERGED: "handled",
    State.CLOSED: "closed", State.WITHDRAWN: "withdrawn",
}  # fmt: skip
# What of the incident's journal its reporters may know: that it happened, never who or where (R26).
TOLD = {
    "ReportReceived": "received", "IncidentAcknowledged": "seen", "IncidentTriaged": "looked_at",
    "OfferAccepted": "taken_over", "WorkStarted": "on_the_way", "HelpArrived": "arrived", "HelpOnTheWay": "set_out", "HelpDone": "helped",
    "WaitingBegan": "waiting", "IncidentStabilised": "under_control", "GoalsChecked": "goals_checked",
    "IncidentClosed": "closed", "IncidentReopened": "reopened", "ReportWithdrawn": "withdrawn",
    "HandedOverOutside": "handed_over",
}  # fmt: skip


class WrongReceipt(Refusal):
    """No report has this receipt."""

    code, status = "wrong-receipt", 401
    title = {"en": "No report has this receipt", "zh": "没有与此回执对应的报告"}
    advice = {
        "en": "Check each group of four. The letters O, I and L are never used.",
        "zh": "请逐组核对。回执不使用字母O、I、L。",
    }


class WrongCode(Refusal):
    """The code does not end this alarm."""

    code, status = "wrong-code", 403
    title = {"en": "This code does not end the alarm", "zh": "此代码不能解除警报"}
    advice = {"en": "The alarm goes on. Try again.", "zh": "警报仍在继续。请重试。"}


class ReportErased(Refusal):
    """What the resident gave was erased; nothing more can be added to it."""

    code, status = "report-erased", 410
    title = {"en": "This report was erased", "zh": "此报告已删除"}
    advice = {"en": "If you need us again, send a new report.", "zh": "如需再次求助，请提交新的报告。"}


@dataclass(frozen=True, slots=True)
class Mine:
    """A report that its receipt opened."""

    report: Report
    ring: Keyring


class Reads(Protocol):
    """Reads what a room above knows of a report, in a language, as it stands now."""

    def __call__(self, session: Session, mine: Mine, language: str, *, now: datetime) -> Any:
        """What is shown beside the report under the name by which it is entered."""


# What rooms above know of a report, in its reader's language; they enter it through the wiring.
BESIDE: dict[str, Reads] = {}


def by_receipt(session: Session, code: str | None, *, ring: Keyring) -> Mine:
    """The report of a receipt. Raises WrongReceipt."""
    report = None
    if code and normal_form(code):
        report = session.scalars(select(Report).where(Report.receipt_hash == receipt_hash(ring, code))).one_or_none()
    if report is None:
        raise WrongReceipt()
    return Mine(report, ring)


def demand_kept(report: Report) -> None:
    """Raise ReportErased where nothing of the report is left to add to."""
    if report.erased_at:
        raise ReportErased()


def shown(session: Session, mine: Mine, language: str, *, now: datetime) -> dict[str, Any]:
    """Everything that the resident may know of the report, in the resident's language, and no more than is true."""
    report = mine.report
    incident = session.get(Incident, report.incident_id)
    assert incident is not None
    label = DIRECTORY.get(session).label(incident.owner_org_id, incident.owner_desk_id)
    status = _status(session, report, incident)
    messages = _messages(session, mine, language)
    events = timeline(session, incident.id)
    grade, due_at = _urgency(report, incident, events)
    return {
        "id": report.id,
        "kind": report.kind,
        "status": status,
        "status_words": say(f"status.{status}", language),
        "received_at": report.received_at,
        "incident": {
            "id": incident.id, "grade": grade, "category": incident.category, "status": incident.state,
        },
        "owner": {"label": pick(label, language)},
        "next_update_by": None if incident.closed_at else due_at,
        "emergency": report.acknowledgement.get("emergency"),
        "text": opened(seals_of(session, mine.ring, [report.id]), report.id, "text", report.text),
        "timeline": _timeline(events, language),
        "messages": messages,
        "deliveries": _deliveries(session, report, incident, language),
        "allowed": _allowed(report, incident),
        "reached_by": report.reach or [],
        "erased_at": report.erased_at,
        **{name: read(session, mine, language, now=now) for name, read in BESIDE.items()},
    }  # fmt: skip


def _status(session: Session, report: Report, incident: Incident) -> str:
    if report.withdrawn_at:
        return "withdrawn"
    found = STATUS[State(incident.state)]
    # "Seen" is claimed only when a person did see it; a rule's triage is none.
    return "sent" if found == "seen" and incident.acknowledged_at is None else found


def _allowed(report: Report, incident: Incident) -> list[str]:
    if report.withdrawn_at or report.erased_at:
        return []
    if incident.closed_at:
        return ["messages", "reopen", "feedback"]
    withdrawable = incident.state in {State.RECEIVED, State.TRIAGED, State.OFFERED}
    return ["messages", "location", "cancel", *(["withdraw"] if withdrawable else [])]


def _urgency(report: Report, incident: Incident, events: Sequence[Mapping[str, Any]]) -> tuple[int, datetime | None]:
    """Grade and time of the next word, as the resident is told. Once a code was said they stay as they were at first:
    the code under duress makes both more urgent, which nobody who holds the phone may see.
    """
    if not any(_is_code_of(report, event) for event in events):
        return incident.grade, incident.due_at
    told = report.acknowledgement
    return told["incident"]["grade"], datetime.fromisoformat(told["next_update_by"])


def _is_code_of(report: Report, event: Mapping[str, Any]) -> bool:
    is_code = event["type"] in {"AlarmCancelled", "DuressCodeUsed"}
    return is_code and event["payload"]["report_id"] == str(report.id)


def _timeline(events: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    return [
        {
            "at": event["at"].isoformat(),
            "what": TOLD[event["type"]],
            "words": say(f"told.{TOLD[event['type']]}", language),
        }
        for event in events
        if event["type"] in TOLD
    ]


def _messages(session: Session, mine: Mine, language: str) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(ThreadMessage).where(ThreadMessage.report_id == mine.report.id).order_by(ThreadMessage.at)
    ).all()
    seals = seals_of(session, mine.ring, [row.id for row in rows if row.body])
    photos, voices = (_counted(session, model, mine.report.id) for model in (Photo, VoiceNote))
    return [
        {
            "id": str(row.id), "at": row.at.isoformat(), "from": "me" if row.direction == "from_reporter" else "linli",
            "words": _words(row, seals, language), "seen": row.seen_at is not None,
            "photos": photos.get(row.id, 0), "voices": voices.get(row.id, 0),
        }
        for row in rows
        if row.template != "reporter_answer"
    ]  # fmt: skip


def _counted(session: Session, model: type[Photo | VoiceNote], report_id: UUID) -> dict[UUID, int]:
    """How many came with each message of a report."""
    query = select(model.message_id, func.count()).where(model.report_id == report_id, model.message_id.is_not(None))
    return {message: count for message, count in session.execute(query.group_by(model.message_id)) if message}


def _words(row: ThreadMessage, seals: Mapping[Any, Seal], language: str) -> Any:
    if row.template:
        return words_of(row.template, row.params, language).body
    return opened(seals, row.id, "body", row.body)


def _deliveries(session: Session, report: Report, incident: Incident, language: str) -> list[dict[str, Any]]:
    """Told, seen, coming: in the resident's words, each only as far as a row proves it."""
    told = session.execute(
        select(func.min(Delivery.handed_over_at), func.min(Delivery.seen_at)).where(
            Delivery.incident_id == incident.id, Delivery.report_id.is_(None)
        )
    ).one()
    coming = session.execute(
        select(func.min(Offer.answered_at), func.min(Offer.arrived_at)).where(
            Offer.incident_id == incident.id, Offer.state.in_(("accepted", "arrived", "completed"))
        )
    ).one()
    facts = {
        "told": told[0], "seen": incident.acknowledged_at or told[1], "coming": coming[0], "arrived": coming[1],
    }  # fmt: skip
    proofs = [
        {
            "what": what,
            "at": at.isoformat() if at else None,
            "words": say(f"proof.{what}.{'yes' if at else 'no'}", language),
        }
        for what, at in facts.items()
    ]
    if sent := to_reporter(session, report.id):
        at = sent["at"].isoformat() if sent["at"] else None
        proofs.append({"what": "to_you", "at": at, "words": sent["said"][language]})
    return proofs


def add_message(session: Session, mine: Mine, words: str | None, uploads: Uploads = NOTHING, *, now: datetime) -> None:
    """The resident adds something. A waiting incident wakes; whoever answers is told that there is a message.

    Raises NoSuchPhoto, NoSuchVoiceNote.
    """
    report = mine.report
    demand_kept(report)
    incident = locked(session, report.incident_id)
    message_id = new_id()
    seal = Seal.fresh(message_id)
    session.add_all(
        (
            RecordKey(**seal.row(mine.ring, now)),
            ThreadMessage(
                id=message_id, report_id=report.id, incident_id=incident.id, direction="from_reporter", at=now,
                params={}, body=seal.close("body", words),
            ),
        )
    )  # fmt: skip
    session.flush()
    attach(session, uploads, report.id, message_id=message_id)
    record(session, incident_stream(incident.id), [Fact("ReporterWrote", {"report_id": report.id})], now=now)
    if incident.state == State.WAITING:
        acts.wake(session, incident, by=ENGINE, now=now)
    tell_desks(session, incident, "message_from_reporter", [incident.owner_desk_id], now=now)


def withdraw(session: Session, mine: Mine, *, now: datetime) -> None:
    """The resident takes the report back. Where others reported the same, or danger remains, handling goes on."""
    report = mine.report
    incident = locked(session, report.incident_id)
    if report.withdrawn_at:
        return
    others = session.scalar(
        select(func.count()).select_from(Report).where(
            Report.incident_id == incident.id, Report.id != report.id, Report.withdrawn_at.is_(None)
        )
    )  # fmt: skip
    report.withdrawn_at = now
    goes_on = bool(others) or incident.grade <= 2 or incident.duty_open or State(incident.state) is State.OFFERED
    if goes_on:
        fact = Fact("ReporterWithdrew", {"report_id": report.id})
        record(session, incident_stream(incident.id), [fact], now=now)
        tell_desks(session, incident, "reporter_withdrew", [incident.owner_desk_id], now=now)
    else:
        acts.withdraw(session, incident, now=now)


def reopen(session: Session, mine: Mine, *, now: datetime) -> None:
    """“Not solved”: the same incident opens again, at the desk of the place. Raises ActRefused."""
    demand_kept(mine.report)
    incident = locked(session, mine.report.incident_id)
    chain = chain_of(incident)
    clocks_s = clocks_for(session, incident.category, incident.grade, chain, kind=incident.kind, now=now)
    acts.reopen(session, incident, clocks_s, chain=chain, by=ENGINE, now=now)


def cancel(session: Session, mine: Mine, code: str, *, now: datetime) -> None:
    """End an alarm by the resident's own code. The duress code answers alike and raises the alarm. Raises WrongCode."""
    incident = locked(session, mine.report.incident_id)
    meant = which_code(session, mine.report.id, code)
    if meant is None:
        raise WrongCode()
    if meant == "cancel":
        fact, template = Fact("AlarmCancelled", {"report_id": mine.report.id}), "alarm_cancelled"
    else:
        fact, template = Fact("DuressCodeUsed", {"report_id": mine.report.id}), "alarm_duress"
        if incident.grade > 1 and not is_terminal(State(incident.state)):
            chain = chain_of(incident)
            clocks_s = clocks_for(session, incident.category, 1, chain, kind=incident.kind, now=now)
            acts.regrade(session, incident, NewGrade(1), clocks_s, rule="duress", by=ENGINE, ring=mine.ring, now=now)
    record(session, incident_stream(incident.id), [fact], now=now)
    # A cancelled alarm is not closed by a code alone: a person checks that the resident is safe.
    tell_desks(session, incident, template, [incident.owner_desk_id], now=now)


def update_position(session: Session, mine: Mine, position: Mapping[str, Any], *, now: datetime) -> None:
    """Where the resident is now, while the incident is open and the consent of the alarm has not run out."""
    report = mine.report
    demand_kept(report)
    incident = locked(session, report.incident_id)
    if is_terminal(State(incident.state)) or now - report.received_at > LOCATION_FOR:
        raise ActRefused(
            Barred("location-over", "Your position is no longer taken.", "不再接收您的位置。"), state=incident.state
        )
    report.lat, report.lon = position["lat"], position["lon"]
    taken_at = believed(position.get("taken_at"), now=now)
    # A position that is told now is no older than the alarm: a clock that says so is wrong.
    report.located_at = taken_at if taken_at and taken_at > report.received_at - LOCATION_FOR else now
    report.accuracy_m = position.get("accuracy_m")
    spot = spot_of(AREAS.get(session), position)
    incident.lat, incident.lon, incident.accuracy_m, incident.cell = spot.lat, spot.lon, spot.accuracy_m, spot.cell
    if spot.chain:
        # Further areas learn of it; the ones that had it keep it, and rules of opening still govern it (C06).
        first = list(dict.fromkeys((EVERYWHERE, *spot.chain, *spot.covers)))
        incident.area_ids = list(dict.fromkeys([*first, *incident.area_ids]))
        incident.area_id = spot.chain[-1]
    record(session, incident_stream(incident.id), [Fact("PositionUpdated", {"report_id": report.id})], now=now)


def give_feedback(session: Session, mine: Mine, answers: Mapping[str, Any], *, now: datetime) -> None:
    """How it went. Words are sealed with the report; numbers are counted, never per person."""
    demand_kept(mine.report)
    seal = seal_of(session, mine.ring, mine.report.id)
    words = seal.close("feedback", answers.get("text"))
    kept = {name: value for name, value in answers.items() if name != "text"}
    mine.report.feedback = kept | ({"text": words.hex()} if words else {}) | {"at": now.isoformat()}
    fact = Fact("FeedbackGiven", {"report_id": mine.report.id, **kept})
    record(session, incident_stream(mine.report.incident_id), [fact], now=now)


def tell_phone(session: Session, mine: Mine, endpoint: str | None) -> None:
    """The phone that is pushed to when there is news; None: no phone."""
    demand_kept(mine.report)
    seal = seal_of(session, mine.ring, mine.report.id)
    mine.report.push = seal.close("push", endpoint)
