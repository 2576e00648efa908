"""The test of the ladder."""

from datetime import timedelta
from typing import Any

from flask import current_app
from flask.views import MethodView

from backend.areas.lookup import AREAS
from backend.dispatch.rehearsal.play import Question, rehearse
from backend.dispatch.rehearsal.reading import note_rehearsal, say_rehearsal
from backend.dispatch.rehearsal.schemas import RehearsalSchema, RehearseSchema
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.problems import Invalid
from backend.policy.catalogue import default_catalogue
from backend.trust.access import me, now, requires

# As far as a rota can be put ahead.
AHEAD_MOST = timedelta(days=93)

blueprint = Blueprint("rehearsal", __name__, url_prefix="/api/v1/ladder", description="The ladder, rehearsed")


@blueprint.route("/rehearsals")
class RehearsalsView(MethodView):
    """Rehearsals of the ladder."""

    @requires("rosters.write")
    @blueprint.arguments(RehearseSchema)
    @blueprint.response(200, RehearsalSchema)
    def post(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Say who would be told when, and where that fails. Tells nobody; only the asking itself is recorded."""
        at, carried = now(), current_app.extensions["linli"]
        question = Question(**{"at": at} | asked)
        if not at - AHEAD_MOST <= question.at <= at + AHEAD_MOST:
            raise Invalid({"at": [f"lies more than {AHEAD_MOST.days} days away"]})
        if question.category and question.category not in default_catalogue().categories:
            raise Invalid({"category": ["is no category"]})
        if question.area_id is not None and AREAS.get(db.session()).area(question.area_id) is None:
            raise Invalid({"area_id": ["is no area"]})
        rehearsal = rehearse(db.session(), question, settings=carried.settings)
        ring = carried.keyring if me().may("people.read") else None
        said = say_rehearsal(db.session(), ring, rehearsal)
        note_rehearsal(db.session(), said, by=me().person_id, now=at)
        db.session.commit()
        return said
