"""Fetching the paper roster."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from flask.views import MethodView
from marshmallow import Schema, fields

from backend.dispatch.printed.keeping import keep_paper, open_paper, papers
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.languages import LANGUAGES
from backend.organisations.schemas.parts import one_of
from backend.trust.access import me, now, requires

blueprint = Blueprint("printed", __name__, url_prefix="/api/v1", description="The roster and phone tree on paper")


class AskPaperSchema(Schema):
    """The language of a paper to be made."""

    language = one_of(LANGUAGES, required=True)


class PaperSchema(AskPaperSchema):
    """A paper: made when, in which language."""

    id = fields.UUID(required=True)
    made_at = fields.DateTime(format="iso", required=True)


class PapersSchema(Schema):
    """The papers of the last day, the newest first."""

    items = fields.List(fields.Nested(PaperSchema), required=True)


@blueprint.route("/printed-rosters")
class PapersView(MethodView):
    """The papers."""

    @requires("people.write")
    @blueprint.response(200, PapersSchema)
    def get(self) -> dict[str, Any]:
        """Those that were made each night, kept for a day."""
        return {"items": papers(db.session(), now=now())}

    @requires("people.write")
    @blueprint.arguments(AskPaperSchema)
    @blueprint.response(201, PaperSchema)
    def post(self, asked: dict[str, Any]) -> Any:
        """Make one now; it takes some seconds."""
        carried = current_app.extensions["linli"]
        made = keep_paper(db.session(), carried.keyring, carried.settings, asked["language"], now=now())
        db.session.commit()
        return made


@blueprint.route("/printed-rosters/<uuid:paper_id>.pdf")
class PaperView(MethodView):
    """One paper."""

    @requires("people.write")
    @blueprint.response(200, content_type="application/pdf")
    def get(self, paper_id: UUID) -> Response:
        """The PDF, with names and numbers: print it, and keep it where only those who need it find it. Noted in the journal."""
        ring = current_app.extensions["linli"].keyring
        pdf = open_paper(db.session(), ring, paper_id, by=me().person_id, now=now())
        db.session.commit()
        headers = {"Content-Disposition": 'attachment; filename="roster.pdf"', "Cache-Control": "no-store"}
        return Response(pdf, mimetype="application/pdf", headers=headers)
