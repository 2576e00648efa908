"""Calls of a desk beside the acts: tasks, disputes, taking back, likely duplicates, ready answers, who looked."""

from typing import Any
from uuid import UUID

from flask import current_app

from backend.incidents.api import blueprint, by, done, ring, subject
from backend.incidents.desk import answers, disputes, duplicates, looks, receivers, tasks, undoing
from backend.incidents.desk.schemas import (
    AnswersSchema,
    AttendanceSchema,
    DisputeCreateSchema,
    DisputeMoveSchema,
    DuplicatesSchema,
    LooksSchema,
    MergePreviewSchema,
    MergeQuerySchema,
    ReceiversSchema,
    SplitPreviewSchema,
    TaskCreateSchema,
)
from backend.incidents.desk.states import DisputeMove, TaskMove
from backend.incidents.models import Incident
from backend.incidents.refusals import NoSuchIncident
from backend.incidents.schemas import ListedSchema
from backend.kernel.database import db
from backend.trust.access import now, requires

MOVES = ", ".join(f"'{step.value}'" for step in TaskMove)
STEPS = ", ".join(f"'{step.value}'" for step in DisputeMove)


def seen(incident_id: UUID) -> Incident:
    """The incident of the present call, to be read. Raises NoSuchIncident."""
    found = db.session().get(Incident, incident_id)
    if found is None:
        raise NoSuchIncident()
    return found


@blueprint.route("/<uuid:incident_id>/undo", methods=["POST"])
@requires("incidents.work")
@blueprint.response(200, ListedSchema)
def undo(incident_id: UUID) -> dict[str, Any]:
    """Take back what I did last: within a minute, before anybody was told; refused with the reason otherwise."""
    incident = subject(incident_id)
    undoing.undo(db.session(), incident, by=by(), now=now())
    return done(incident)


@blueprint.route("/<uuid:incident_id>/tasks", methods=["POST"])
@requires("incidents.work")
@blueprint.arguments(TaskCreateSchema)
@blueprint.response(200, ListedSchema)
def add_task(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Put a task on the incident; a duty bars closing until it is over."""
    incident = subject(incident_id)
    tasks.add(db.session(), incident, body, by=by(), ring=ring(), now=now())
    return done(incident)


@blueprint.route(f"/<uuid:incident_id>/tasks/<uuid:task_id>/<any({MOVES}):step>", methods=["POST"])
@requires("incidents.work")
@blueprint.response(200, ListedSchema)
def move_task(incident_id: UUID, task_id: UUID, step: str) -> dict[str, Any]:
    """Begin, block, finish, cancel or reopen a task."""
    incident = subject(incident_id)
    tasks.move(db.session(), incident, task_id, TaskMove(step), by=by(), now=now())
    return done(incident)


@blueprint.route("/<uuid:incident_id>/dispute", methods=["POST"])
@requires("incidents.work")
@blueprint.arguments(DisputeCreateSchema)
@blueprint.response(200, ListedSchema)
def open_dispute(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Say that bodies differ; the owner stays, and whoever reported is told so."""
    incident = subject(incident_id)
    disputes.begin(db.session(), incident, body, by=by(), ring=ring(), now=now())
    return done(incident)


@blueprint.route(f"/<uuid:incident_id>/dispute/<any({STEPS}):step>", methods=["POST"])
@requires("incidents.work")
@blueprint.arguments(DisputeMoveSchema)
@blueprint.response(200, ListedSchema)
def move_dispute(body: dict[str, Any], incident_id: UUID, step: str) -> dict[str, Any]:
    """Take the next step: talk, call three ways, whistle, decide, appeal, settle. The duty officer decides."""
    incident = subject(incident_id)
    disputes.go_on(db.session(), incident, DisputeMove(step), body, by=by(), ring=ring(), now=now())
    return done(incident)


@blueprint.route("/<uuid:incident_id>/dispute/attendance", methods=["POST"])
@requires("incidents.work")
@blueprint.arguments(AttendanceSchema)
@blueprint.response(200, ListedSchema)
def record_attendance(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Record whether a body that was called has come."""
    incident = subject(incident_id)
    disputes.attend(db.session(), incident, body["organisation_id"], attended=body["attended"], by=by(), now=now())
    return done(incident)


@blueprint.route("/<uuid:incident_id>/duplicates")
@requires("incidents.read")
@blueprint.response(200, DuplicatesSchema)
def likely_duplicates(incident_id: UUID) -> dict[str, Any]:
    """Incidents that may tell of the same happening, with score and reasons; no words of people."""
    return {"items": duplicates.likely(db.session(), incident_id)}


@blueprint.route("/<uuid:incident_id>/duplicates/<uuid:other_id>/reject", methods=["POST"])
@requires("incidents.triage")
@blueprint.response(200, ListedSchema)
def reject_duplicate(incident_id: UUID, other_id: UUID) -> dict[str, Any]:
    """Say that the two are not one happening."""
    return done(duplicates.reject(db.session(), incident_id, other_id, by=by(), now=now()))


@blueprint.route("/<uuid:incident_id>/merge-preview")
@requires("incidents.triage")
@blueprint.arguments(MergeQuerySchema, location="query")
@blueprint.response(200, MergePreviewSchema)
def preview_merge(query: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """What joining this one into another would do, or why it is refused."""
    return duplicates.merge_preview(db.session(), incident_id, query["into"], by=by())


@blueprint.route("/<uuid:incident_id>/split-preview")
@requires("incidents.triage")
@blueprint.response(200, SplitPreviewSchema)
def preview_split(incident_id: UUID) -> dict[str, Any]:
    """What parting a merged incident would do, or why it is refused."""
    return duplicates.split_preview(db.session(), incident_id)


@blueprint.route("/<uuid:incident_id>/answers")
@requires("incidents.work")
@blueprint.response(200, AnswersSchema)
def ready_answers(incident_id: UUID) -> dict[str, Any]:
    """Ready answers as they would read now, in the languages of those who reported."""
    zone = current_app.extensions["linli"].settings.timezone
    return answers.offered(db.session(), seen(incident_id), timezone=zone)


@blueprint.route("/<uuid:incident_id>/receivers")
@requires("incidents.work")
@blueprint.response(200, ReceiversSchema)
def possible_receivers(incident_id: UUID) -> dict[str, Any]:
    """Bodies with a desk for this place, what they lead here, and how many are on duty there now."""
    return {"items": receivers.of(db.session(), seen(incident_id), now=now())}


@blueprint.route("/<uuid:incident_id>/looks")
@requires("people.read")
@blueprint.response(200, LooksSchema)
def who_has_looked(incident_id: UUID) -> dict[str, Any]:
    """Who looked at the incident or a picture of it, and for what purpose."""
    return {"items": looks.who_looked(db.session(), seen(incident_id).id, ring=ring())}
