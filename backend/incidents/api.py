"""The queue, one incident, and the acts of the state table that concern the incident alone."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import current_app, request
from flask.views import MethodView

from backend.incidents import acts, closing, handover, merging, parts
from backend.incidents.acts import By, NewGrade
from backend.incidents.closing import Settled
from backend.incidents.desk.answers import filled
from backend.incidents.desk.possible import Reader, for_reader
from backend.incidents.likeness import blind_tokens
from backend.incidents.listing import Filters, alarms, listed, queue
from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of, locked
from backend.incidents.reading import at_one_moment, whole
from backend.incidents.refusals import Unsuitable
from backend.incidents.schemas import (
    AlarmsSchema,
    CheckGoalsSchema,
    CloseSchema,
    HandOverSchema,
    IncidentDetailSchema,
    ListedSchema,
    MajorSchema,
    MergeSchema,
    PartSchema,
    QueueQuerySchema,
    QueueSchema,
    RegradeSchema,
    SearchSchema,
    StartSchema,
    ToReportersSchema,
    WaitSchema,
    WordsSchema,
)
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.problems import Conflict
from backend.kernel.sealed import Keyring
from backend.policy.cache import clocks_for
from backend.trust.access import PERMISSIONS, is_supervisor, me, now, requires
from backend.trust.reads import PARAMETERS, audited

blueprint = Blueprint("incidents", __name__, url_prefix="/api/v1/incidents", description="What we handle")
DIGITS_MOST = 16
TRAINED = frozenset({"triage", "supervisor", "duty_officer"})
SPECIALISTS = frozenset({"social_worker", "supervisor", "duty_officer"})


def ring() -> Keyring:
    """The keys of this application."""
    found: Keyring = current_app.extensions["linli"].keyring
    return found


def by() -> By:
    """The person who is signed in, as acts know them."""
    person = me()
    # A volunteer answers for themselves; what a body was asked, those who work for it answer.
    bodies = person.organisation_ids if person.roles - {"volunteer"} else ()
    trained, specialist = bool(person.roles & TRAINED), bool(person.roles & SPECIALISTS)
    return By(person.person_id, is_supervisor(person), trained, specialist, bodies)


def reader() -> Reader:
    """The person who is signed in, as the screen of an incident knows them."""
    person = me()
    granted = frozenset(name for name in PERMISSIONS if person.may(name))
    return Reader(by(), person.person_id, person.organisation_ids, granted)


def wanted_version() -> int | None:
    """The version in ``If-Match``, where the caller sent one."""
    raw = request.headers.get("If-Match", "").strip('W/" ')
    if raw in {"", "*"}:
        return None
    if not (raw.isdecimal() and len(raw) < DIGITS_MOST):
        raise Conflict()  # a version that no incident ever has
    return int(raw)


def subject(incident_id: UUID) -> Incident:
    """The incident of the present call, locked, in the version that the caller knows."""
    return locked(db.session(), incident_id, version=wanted_version())


def done(incident: Incident) -> dict[str, Any]:
    """Answer with the incident as it stands, and commit: afterwards nobody is bound to the transaction any more."""
    db.session.flush()
    shown = listed(db.session(), incident)
    db.session.commit()
    return shown


@blueprint.route("")
class QueueView(MethodView):
    """The queue."""

    @requires("incidents.read")
    @blueprint.arguments(QueueQuerySchema, location="query")
    @blueprint.response(200, QueueSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Incidents that the reader may see, most urgent first, by pages."""
        return found_by(query)


@blueprint.route("/search")
class SearchView(MethodView):
    """The queue, asked for in a body."""

    @requires("incidents.read")
    @blueprint.arguments(SearchSchema)
    @blueprint.response(200, QueueSchema)
    def post(self, query: dict[str, Any]) -> dict[str, Any]:
        """The same as the queue; for words, which belong in no address, and for many ids."""
        return found_by(query)


@blueprint.route("/alarms")
class AlarmsView(MethodView):
    """What is pinned above the queue."""

    @requires("incidents.read")
    @blueprint.response(200, AlarmsSchema)
    def get(self) -> dict[str, Any]:
        """Every open incident of the highest grade, with the clock by which it has to be seen and its ladder."""
        return {"items": alarms(db.session())}


def found_by(query: dict[str, Any]) -> dict[str, Any]:
    """A page of the queue for a checked query."""
    items, following = queue(
        db.session(), filters_of(query), sort=query["sort"], cursor=query.get("cursor"), limit=query["limit"], now=now()
    )
    return {"items": items, "next_cursor": following}


def filters_of(query: dict[str, Any]) -> Filters:
    """The queue's filters from a checked query; words are searched by their blind tokens."""
    wanted = (query.get("q") or "").strip()
    is_number = wanted.isdecimal()
    tokens = blind_tokens(wanted, ring().derived("words")) if wanted and not is_number else ()
    person = me()
    bodies = ((query["owner"],) if query.get("owner") else ()) + (
        person.organisation_ids if query.get("my_bodies") else ()
    )
    return Filters(
        statuses=tuple(query.get("status", ())),
        grades=tuple(query.get("grade", ())),
        area_id=query.get("area"),
        categories=tuple(query.get("category", ())),
        owners=bodies,
        person_id=person.person_id if query.get("mine") else None,
        without_person=query.get("without_person", False),
        late_at=now() if query.get("late") else None,
        disputed=query.get("disputed", False),
        major=query.get("major", False),
        has_parts=query.get("has_parts", False),
        no_part=query.get("no_part", False),
        language=query.get("language"),
        ids=tuple(query.get("ids", ())),
        # What cannot be found must not find everything: no word is 0, no number is -1.
        words=tokens if tokens or not wanted or is_number else (0,),
        number=(int(wanted) if len(wanted) < DIGITS_MOST else -1) if is_number else None,
    )


@blueprint.route("/<uuid:incident_id>")
class IncidentView(MethodView):
    """One incident."""

    @requires("incidents.read")
    @audited("incident_id")
    @blueprint.doc(parameters=PARAMETERS)
    @blueprint.response(200, IncidentDetailSchema)
    def get(self, incident_id: UUID) -> Any:
        """Everything about an incident: reports, trace, ownership, clocks, goals, deliveries, timeline. Who reads it is recorded."""
        session = db.session()

        def read() -> dict[str, Any]:
            found = whole(session, incident_id, ring=ring())
            return found | for_reader(session, found, reader(), ring=ring(), now=now())

        return current_app.json.response(at_one_moment(session, incident_id, read))


def work(name: str, permission: str = "incidents.work") -> Any:
    """Declare an act's route: ``POST /api/v1/incidents/{id}/{name}``, for those with ``permission``."""

    def mark(view: Any) -> Any:
        answered = blueprint.response(200, ListedSchema)(view)
        return blueprint.route(f"/<uuid:incident_id>/{name}", methods=["POST"])(requires(permission)(answered))

    return mark


@work("acknowledge")
def acknowledge(incident_id: UUID) -> dict[str, Any]:
    """Say that it was seen: the acknowledge clock ends, the duty does not."""
    incident = subject(incident_id)
    acts.acknowledge(db.session(), incident, by=by(), now=now())
    return done(incident)


@work("start")
@blueprint.arguments(StartSchema)
def start(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Begin work: first contact made, or somebody on the way."""
    incident = subject(incident_id)
    acts.start(db.session(), incident, contact=body["contact"], by=by(), now=now())
    return done(incident)


@work("wait")
@blueprint.arguments(WaitSchema)
def wait(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Wait for something named, until a time; only the resolution clock stands still."""
    incident = subject(incident_id)
    acts.wait(db.session(), incident, **body, by=by(), ring=ring(), now=now())
    return done(incident)


@work("wake")
def wake(incident_id: UUID) -> dict[str, Any]:
    """Go on before the waiting time is over."""
    incident = subject(incident_id)
    acts.wake(db.session(), incident, by=by(), now=now())
    return done(incident)


@work("stabilise")
def stabilise(incident_id: UUID) -> dict[str, Any]:
    """The immediate matter is under control."""
    incident = subject(incident_id)
    acts.stabilise(db.session(), incident, by=by(), now=now())
    return done(incident)


@work("recover")
def recover(incident_id: UUID) -> dict[str, Any]:
    """Begin recovery on the same record."""
    incident = subject(incident_id)
    acts.recover(db.session(), incident, by=by(), now=now())
    return done(incident)


@work("check-goals")
@blueprint.arguments(CheckGoalsSchema)
def check_goals(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Settle goals with evidence and propose closing."""
    incident = subject(incident_id)
    settled = [Settled(goal["id"], goal["state"], goal.get("evidence")) for goal in body["goals"]]
    closing.check_goals(db.session(), incident, settled, view=body.get("view"), by=by(), ring=ring(), now=now())
    return done(incident)


@work("close")
@blueprint.arguments(CloseSchema)
def close(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Close on goals; everybody who reported is told, and how to object."""
    incident = subject(incident_id)
    said = {"outcome": body["outcome"], "reason": body.get("reason")}
    closing.close(db.session(), incident, **said, by=by(), ring=ring(), now=now())
    return done(incident)


@work("reopen")
def reopen(incident_id: UUID) -> dict[str, Any]:
    """Open again: a new cycle under the same number."""
    incident = subject(incident_id)
    clocks_s = clocks_for(
        db.session(), incident.category, incident.grade, chain_of(incident), kind=incident.kind, now=now()
    )
    acts.reopen(db.session(), incident, clocks_s, chain=chain_of(incident), by=by(), now=now())
    return done(incident)


@work("merge", "incidents.triage")
@blueprint.arguments(MergeSchema)
def merge(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Fold into another incident; threads stay apart, the other's owner answers. Answers with the other."""
    return done(merging.merge(db.session(), incident_id, body["into"], by=by(), now=now()))


@work("split", "incidents.triage")
def split(incident_id: UUID) -> dict[str, Any]:
    """Undo a merge."""
    incident = subject(incident_id)
    clocks_s = clocks_for(
        db.session(), incident.category, incident.grade, chain_of(incident), kind=incident.kind, now=now()
    )
    return done(merging.split(db.session(), incident_id, clocks_s, by=by(), now=now()))


@work("attach", "incidents.triage")
@blueprint.arguments(PartSchema)
def attach(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Make it part of a bigger incident; owner, clocks, goals and threads stay its own."""
    version = wanted_version()
    return done(parts.attach(db.session(), incident_id, body["into"], version=version, by=by(), now=now()))


@work("detach", "incidents.triage")
def detach(incident_id: UUID) -> dict[str, Any]:
    """Take it out of the bigger incident."""
    return done(parts.detach(db.session(), subject(incident_id), by=by(), now=now()))


@work("major", "incidents.major")
@blueprint.arguments(MajorSchema)
def declare_major(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Run it as a major incident of a level, or no longer; the last desks over its place are told."""
    incident = subject(incident_id)
    parts.declare_major(
        db.session(), incident, body["level"], body["reason"], by=by(), ring=ring(), now=now()
    )  # fmt: skip
    return done(incident)


@work("regrade")
@blueprint.arguments(RegradeSchema)
def regrade(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Change the grade: up is easy, down is hard."""
    incident = subject(incident_id)
    clocks_s = clocks_for(
        db.session(), incident.category, body["grade"], chain_of(incident), kind=incident.kind, now=now()
    )
    acts.regrade(db.session(), incident, NewGrade(**body), clocks_s, rule="R05", by=by(), ring=ring(), now=now())
    return done(incident)


@work("note")
@blueprint.arguments(WordsSchema)
def note(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Write a note for colleagues."""
    incident = subject(incident_id)
    acts.note(db.session(), incident, body["text"], by=by(), ring=ring(), now=now())
    return done(incident)


@work("message")
@blueprint.arguments(ToReportersSchema)
def message(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Write to everyone who reported, or to one of them, in words or by a ready answer in each reader's language."""
    incident = subject(incident_id)
    key, zone = body.get("template"), current_app.extensions["linli"].settings.timezone
    words = partial(filled, db.session(), incident, key, timezone=zone) if key else body["text"]
    acts.message(
        db.session(), incident, words, only=body.get("report_id"), params={"answer": key} if key else None,
        by=by(), ring=ring(), now=now(),
    )  # fmt: skip
    return done(incident)


@work("hand-over")
@blueprint.arguments(HandOverSchema)
def hand_over(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Propose a hand-over with SBAR, or record that a body outside Linli has accepted."""
    incident = subject(incident_id)
    if "external" in body:
        _hand_over_outside(incident, body["external"])
    else:
        sbar = {name: body.get(name) for name in ("situation", "background", "assessment", "recommendation")}
        handover.propose(
            db.session(), incident, organisation_id=body["organisation_id"], person_id=body.get("person_id"),
            sbar=sbar, by=by(), ring=ring(), now=now(),
        )  # fmt: skip
    return done(incident)


def _hand_over_outside(incident: Incident, external: dict[str, Any]) -> None:
    if external["accepted_at"] > now():
        raise Unsuitable({"en": "The acceptance lies in the future.", "zh": "接受时间在未来。"})
    words = f"{external['name']} · {external.get('reference') or '-'} · {external['accepted_at'].isoformat()}"
    acts.note(db.session(), incident, words, by=by(), ring=ring(), now=now())
    clocks_s = clocks_for(
        db.session(), incident.category, incident.grade, chain_of(incident), kind=incident.kind, now=now()
    )
    acts.not_ours(db.session(), incident, loop_back_s=clocks_s.get("action", 86_400), by=by(), now=now())
