"""The console's own routes: saved views, who looks at what, and acts on several incidents at once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import current_app, g, request
from flask.views import MethodView

from backend.console import presence, views
from backend.console.bulk import Asked, Result, each
from backend.console.schemas import (
    AtSchema,
    BulkResultsSchema,
    BulkSchema,
    PresenceSchema,
    ViewFieldsSchema,
    ViewPatchSchema,
    ViewSchema,
    ViewsSchema,
)
from backend.dispatch.triage import triage
from backend.incidents import acts
from backend.incidents.api import by, ring
from backend.incidents.models import Incident
from backend.incidents.refusals import ActRefused
from backend.incidents.rules import Barred
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.problems import Refusal, problem_of
from backend.kernel.web import language
from backend.trust.access import me, now, requires

blueprint = Blueprint("console_api", __name__, url_prefix="/api/v1", description="What the console keeps and shows")


@blueprint.route("/me/views")
class ViewsView(MethodView):
    """One's saved views of the queue."""

    @requires("incidents.read")
    @blueprint.response(200, ViewsSchema)
    def get(self) -> dict[str, Any]:
        """All of them, the oldest first."""
        return {"items": views.views_of(db.session(), me().person_id, ring=ring())}

    @requires("incidents.read")
    @blueprint.arguments(ViewFieldsSchema)
    @blueprint.response(201, ViewSchema)
    def post(self, body: dict[str, Any]) -> views.View:
        """Save a view. One that is the default takes the place of the one before."""
        view = views.save_view(db.session(), me().person_id, body, ring=ring(), now=now())
        db.session.commit()
        return view


@blueprint.route("/me/views/<uuid:view_id>")
class ViewView(MethodView):
    """One saved view."""

    @requires("incidents.read")
    @blueprint.arguments(ViewPatchSchema)
    @blueprint.response(200, ViewSchema)
    def patch(self, body: dict[str, Any], view_id: UUID) -> views.View:
        """Rename it, give it other filters, or begin with it."""
        tag = request.headers.get("If-Match")
        view = views.change_view(db.session(), me().person_id, view_id, body, if_match=tag, ring=ring())
        db.session.commit()
        return view

    @requires("incidents.read")
    @blueprint.response(204)
    def delete(self, view_id: UUID) -> None:
        """Delete it."""
        views.delete_view(db.session(), me().person_id, view_id, if_match=request.headers.get("If-Match"))
        db.session.commit()


@blueprint.route("/incidents/<uuid:incident_id>/looking")
class LookingView(MethodView):
    """Whether one looks at an incident."""

    @requires("incidents.read")
    @blueprint.response(200, PresenceSchema)
    def put(self, incident_id: UUID) -> dict[str, Any]:
        """Say that one looks, for the next 30 seconds; who else does is the answer."""
        presence.look(db.session(), incident_id, me().person_id, now=now())
        found = _others([incident_id])
        db.session.commit()
        return found

    @requires("incidents.read")
    @blueprint.response(204)
    def delete(self, incident_id: UUID) -> None:
        """Say that one looks no longer."""
        presence.look_away(db.session(), incident_id, me().person_id)
        db.session.commit()


@blueprint.route("/incidents/looking")
class PresenceView(MethodView):
    """Who looks at several incidents."""

    @requires("incidents.read")
    @blueprint.arguments(AtSchema)
    @blueprint.response(200, PresenceSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Everybody else who looks at these incidents now."""
        return _others(body["ids"])


def _others(ids: list[UUID]) -> dict[str, Any]:
    key = ring() if me().may("people.read") else None
    return {"items": presence.others_at(db.session(), ids, me=me().person_id, ring=key, now=now())}


@blueprint.route("/incidents/bulk")
class BulkView(MethodView):
    """One act on several incidents."""

    @requires("incidents.triage")
    @blueprint.arguments(BulkSchema)
    @blueprint.response(200, BulkResultsSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Acknowledge or triage each; what is refused is explained beside it, and what is not refused is done."""
        asked = [Asked(**one) for one in body["items"]]
        results = each(db.session(), asked, _act(body))
        db.session.commit()
        return {"items": [_told(one) for one in results]}


def _act(body: dict[str, Any]) -> Callable[[Incident], object]:
    if body["act"] == "acknowledge":
        return _acknowledge
    zone = current_app.extensions["linli"].settings.timezone
    said: dict[str, Any] = {"flags": []} | {
        name: body[name] for name in ("category", "grade", "reason") if name in body
    }
    return lambda incident: triage(db.session(), incident, said, by=by(), ring=ring(), timezone=zone, now=now())


def _acknowledge(incident: Incident) -> None:
    """Say "seen" where nobody has; what is over or was seen by another is refused, so that nothing is said to be done."""
    if incident.closed_at:
        raise ActRefused(Barred("over", "This incident is over.", "该事件已结束。"), state=incident.state)
    if not acts.acknowledge(db.session(), incident, by=by(), now=now()):
        raise ActRefused(Barred("seen-already", "A person has seen it already.", "已有人确认。"), state=incident.state)


def _told(result: Result) -> dict[str, Any]:
    return {"id": result.id, "incident": result.incident, "problem": result.refusal and _said(result.refusal)}


def _said(refusal: Refusal) -> dict[str, Any]:
    return problem_of(refusal, language=language(), request_id=g.get("request_id", "")).as_dict()
