"""The audit: the list, the list as a file, one's own looks, and whether the journal was only appended to."""

from dataclasses import asdict
from typing import Any

from flask import Response, current_app
from flask.views import MethodView

from backend.console.audit.reading import CSV_MOST, Asker, Filters, incident_of_number, looks, note_audit_read
from backend.console.audit.schemas import (
    AuditLooksSchema,
    ChainQuerySchema,
    ChainSchema,
    FiltersSchema,
    LooksQuerySchema,
    OwnQuerySchema,
)
from backend.console.csv_files import answered
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.journal import check_part, incident_stream, reads_stream
from backend.kernel.names import names_of
from backend.trust.access import EVERYWHERE, me, now, requires

blueprint = Blueprint("audit", __name__, url_prefix="/api/v1", description="Who looked at what and why")
COLUMNS = ("at", "person_id", "person", "what", "incident_id", "number", "relation", "purpose")
# No incident has this id: a number that nobody may see finds nothing rather than everything.
NONE = "00000000-0000-0000-0000-000000000000"


def _asker() -> Asker:
    return Asker(me().person_id, me().organisation_ids, EVERYWHERE in me().area_ids)


def _filters(query: dict[str, Any]) -> Filters:
    named = {name: query[name] for name in ("person", "incident", "purpose", "since", "until") if name in query}
    if "number" in query:
        named["incident"] = incident_of_number(db.session(), query["number"]) or NONE
    return Filters(**named)


def _with_names(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ring = current_app.extensions["linli"].keyring
    names = names_of(db.session(), ring, [one["person_id"] for one in items if one["person_id"]])
    return [one | {"person": names.get(one["person_id"])} for one in items]


@blueprint.route("/audit/looks")
class LooksView(MethodView):
    """The audit."""

    @requires("audit.read")
    @blueprint.arguments(LooksQuerySchema, location="query")
    @blueprint.response(200, AuditLooksSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Who looked at the incidents that you may see, the latest first. That you read this is written down too."""
        session, filters = db.session(), _filters(query)
        items, following = looks(session, filters, _asker(), cursor=query.get("cursor"), limit=query["limit"])
        items = _with_names(items)
        note_audit_read(session, me().person_id, filters, form="list", now=now())
        session.commit()
        return {"items": items, "next_cursor": following}


@blueprint.route("/audit/looks.csv")
@requires("audit.read")
@blueprint.arguments(FiltersSchema, location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
def looks_file(query: dict[str, Any]) -> Response:
    """The same as a file, at most the latest 10,000 entries."""
    session, filters = db.session(), _filters(query)
    items, _ = looks(session, filters, _asker(), limit=CSV_MOST)
    rows = [[one[name] for name in COLUMNS] for one in _with_names(items)]
    note_audit_read(session, me().person_id, filters, form="csv", now=now())
    session.commit()
    return answered("audit", COLUMNS, rows)


@blueprint.route("/me/looks")
class OwnLooksView(MethodView):
    """What oneself looked at."""

    @requires("me.read")
    @blueprint.arguments(OwnQuerySchema, location="query")
    @blueprint.response(200, AuditLooksSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """What the audit holds about your own looking, the latest first."""
        own = Filters(person=me().person_id)
        items, following = looks(
            db.session(), own, Asker(me().person_id), cursor=query.get("cursor"), limit=query["limit"]
        )
        return {"items": _with_names(items), "next_cursor": following}


@blueprint.route("/audit/chain")
class ChainView(MethodView):
    """Whether the journal was only ever appended to."""

    @requires("audit.read")
    @blueprint.arguments(ChainQuerySchema, location="query")
    @blueprint.response(200, ChainSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Check the chain of hashes, step by step through all streams, or those of one incident."""
        session, which = db.session(), query.get("incident")
        only = (incident_stream(which), reads_stream(which)) if which else ()
        found = asdict(check_part(session, after=query["after"], only=only))
        broken = [
            {name: one[name] for name in ("stream", "stream_seq")} | {"reason": one["code"]} for one in found["broken"]
        ]
        if not query["after"]:
            note_audit_read(session, me().person_id, Filters(incident=which), form="chain", now=now())
            session.commit()
        return found | {"broken": broken}
