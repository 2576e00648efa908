"""What staff do to an incident by a form: each act reads its fields and calls the action that the API calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError

from backend.dispatch import answers
from backend.dispatch.api import offer_for_me
from backend.dispatch.triage import triage
from backend.incidents import acts, closing, handover
from backend.incidents.acts import NewGrade
from backend.incidents.api import by
from backend.incidents.closing import Settled
from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of, locked
from backend.incidents.schemas import (
    CheckGoalsSchema,
    CloseSchema,
    DeclineSchema,
    RegradeSchema,
    StartSchema,
    TakeOfferSchema,
    TriageSchema,
    WordsSchema,
)
from backend.kernel.database import db
from backend.kernel.problems import Invalid
from backend.pages.frame import ring, settings
from backend.policy.cache import clocks_for
from backend.trust.access import me, now

Form = Mapping[str, str]
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FormAct:
    """An act as a form. ``strict``: refused when the incident was changed since the form was shown."""

    name: str
    permission: str
    read: Callable[[Form], Body]
    schema: Schema
    run: Callable[[Incident, Body], object]
    strict: bool = True


def perform(act: FormAct, incident_id: UUID, form: Form) -> None:
    """Do it; the caller commits. Raises Invalid and every refusal of the action."""
    try:
        body: Body = act.schema.load(act.read(form))
    except ValidationError as error:
        raise Invalid(error.messages_dict) from error
    version = form.get("version", "")
    known = int(version) if act.strict and version.isdecimal() and len(version) < 16 else None
    act.run(locked(db.session(), incident_id, version=known), body)


def said(form: Form, *names: str) -> Body:
    """The fields of those names that were filled in."""
    written = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in names}
    return {name: value for name, value in written.items() if value}


def whole(form: Form, name: str) -> Body:
    """A whole number, where one was chosen."""
    raw = form.get(name, "").strip()
    return {name: int(raw) if raw.isdecimal() and len(raw) < 9 else raw} if raw else {}


def _goals(form: Form) -> Body:
    found = []
    for name, state in form.items():
        if name.startswith("goal-") and state:
            goal = name.removeprefix("goal-")
            found.append({"id": goal, "state": state, **_evidence(form, goal)})
    return {"goals": found} | said(form, "view")


def _evidence(form: Form, goal: str) -> Body:
    written = said(form, f"evidence-{goal}").get(f"evidence-{goal}")
    return {"evidence": written} if written else {}


def _triage(incident: Incident, body: Body) -> None:
    triage(db.session(), incident, body, by=by(), ring=ring(), timezone=settings().timezone, now=now())


def _accept(incident: Incident, body: Body) -> None:
    waiting = handover.open_handover(db.session(), incident.id)
    if waiting and waiting.to_org_id in me().organisation_ids:
        handover.answer(
            db.session(), incident, waiting, read_back=body.get("read_back"), accepted=True, by=by(), ring=ring(),
            now=now(),
        )  # fmt: skip
    else:
        offer = offer_for_me(incident.id)
        answers.accept_offer(db.session(), offer, read_back=body.get("read_back"), by=by(), now=now())


def _decline(incident: Incident, body: Body) -> None:
    waiting = handover.open_handover(db.session(), incident.id)
    if waiting and waiting.to_org_id in me().organisation_ids:
        handover.answer(
            db.session(), incident, waiting, read_back=None, accepted=False, by=by(), ring=ring(), now=now()
        )
    else:
        offer = offer_for_me(incident.id)
        answers.decline_offer(db.session(), offer, reason=body.get("reason"), by=by(), now=now())


def _regrade(incident: Incident, body: Body) -> None:
    chain = chain_of(incident)
    clocks_s = clocks_for(db.session(), incident.category, body["grade"], chain, kind=incident.kind, now=now())
    change = NewGrade(**body)
    acts.regrade(db.session(), incident, change, clocks_s, rule="R05", by=by(), ring=ring(), now=now())


def _check_goals(incident: Incident, body: Body) -> None:
    settled = [Settled(goal["id"], goal["state"], goal.get("evidence")) for goal in body["goals"]]
    closing.check_goals(db.session(), incident, settled, view=body.get("view"), by=by(), ring=ring(), now=now())


def _reopen(incident: Incident, _: Body) -> None:
    chain = chain_of(incident)
    clocks_s = clocks_for(db.session(), incident.category, incident.grade, chain, kind=incident.kind, now=now())
    acts.reopen(db.session(), incident, clocks_s, chain=chain, by=by(), now=now())


class NothingSchema(Schema):
    """An act that needs no words."""


def _nothing(_: Form) -> Body:
    return {}


WORK, TRIAGE, ANSWER = "incidents.work", "incidents.triage", "offers.answer"
ACTS: tuple[FormAct, ...] = (
    FormAct(
        "acknowledge", WORK, _nothing, NothingSchema(),
        lambda incident, _: acts.acknowledge(db.session(), incident, by=by(), now=now()), strict=False,
    ),
    FormAct(
        "triage", TRIAGE,
        lambda form: said(form, "category", "emergency_attends", "reason") | whole(form, "grade"),
        TriageSchema(), _triage,
    ),
    FormAct("accept", ANSWER, lambda form: said(form, "read_back"), TakeOfferSchema(), _accept),
    FormAct("decline", ANSWER, lambda form: said(form, "reason"), DeclineSchema(), _decline),
    FormAct(
        "start", WORK, lambda form: {"contact": "contact" in form}, StartSchema(),
        lambda incident, body: acts.start(db.session(), incident, contact=body["contact"], by=by(), now=now()),
    ),
    FormAct(
        "wake", WORK, _nothing, NothingSchema(),
        lambda incident, _: acts.wake(db.session(), incident, by=by(), now=now()),
    ),
    FormAct(
        "stabilise", WORK, _nothing, NothingSchema(),
        lambda incident, _: acts.stabilise(db.session(), incident, by=by(), now=now()),
    ),
    FormAct(
        "note", WORK, lambda form: said(form, "text"), WordsSchema(),
        lambda incident, body: acts.note(db.session(), incident, body["text"], by=by(), ring=ring(), now=now()),
        strict=False,
    ),
    FormAct(
        "message", WORK, lambda form: said(form, "text"), WordsSchema(),
        lambda incident, body: acts.message(db.session(), incident, body["text"], by=by(), ring=ring(), now=now()),
        strict=False,
    ),
    FormAct("check-goals", WORK, _goals, CheckGoalsSchema(), _check_goals),
    FormAct(
        "close", WORK, lambda form: said(form, "outcome"), CloseSchema(),
        lambda incident, body: closing.close(
            db.session(), incident, outcome=body["outcome"], by=by(), ring=ring(), now=now()
        ),
    ),
    FormAct("reopen", WORK, _nothing, NothingSchema(), _reopen),
    FormAct(
        "regrade", WORK,
        lambda form: said(form, "reason", "second_person_id") | whole(form, "grade")
        | {"contact_made": "contact_made" in form},
        RegradeSchema(), _regrade,
    ),
)  # fmt: skip
