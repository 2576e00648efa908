"""Desks: where reports arrive and where the buck stops."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from backend.kernel.database import db
from backend.organisations.actions.closing import close_desk, closing_of, reopen_desk
from backend.organisations.actions.desks import create_desk, update_desk
from backend.organisations.api.blueprint import blueprint, found, if_match, tagged, zone
from backend.organisations.models import Desk
from backend.organisations.reading import list_desks
from backend.organisations.rules.closing import WORDS
from backend.organisations.schemas.bodies import (
    DeskCloseSchema,
    DeskClosingSchema,
    DeskCreateSchema,
    DeskListSchema,
    DeskPatchSchema,
    DeskQuerySchema,
    DeskSchema,
)
from backend.trust.access import now, requires

Tagged = tuple[Desk, int, dict[str, str]]


@blueprint.route("/desks")
class DesksView(MethodView):
    """Desks."""

    @requires("configuration.read")
    @blueprint.arguments(DeskQuerySchema, location="query")
    @blueprint.response(200, DeskListSchema)
    def get(self, filters: dict[str, Any]) -> dict[str, Any]:
        """List open desks; with ``closed`` those that were closed."""
        return list_desks(db.session(), filters)

    @requires("organisations.write")
    @blueprint.arguments(DeskCreateSchema)
    @blueprint.response(201, DeskSchema)
    def post(self, described: dict[str, Any]) -> Desk:
        """Open a desk."""
        desk = create_desk(db.session(), described, now=now())
        db.session.commit()
        return desk


@blueprint.route("/desks/<uuid:desk_id>")
class DeskView(MethodView):
    """One desk."""

    @requires("configuration.read")
    @blueprint.response(200, DeskSchema)
    def get(self, desk_id: UUID) -> Tagged:
        """One desk."""
        desk = found(db.session(), Desk, desk_id)
        return tagged(desk, desk)

    @requires("organisations.write")
    @blueprint.arguments(DeskPatchSchema)
    @blueprint.response(200, DeskSchema)
    def patch(self, changes: dict[str, Any], desk_id: UUID) -> Tagged:
        """Change a desk's name, address or whether somebody always answers."""
        desk = update_desk(db.session(), desk_id, changes, if_match=if_match(), zone=zone(), now=now())
        db.session.commit()
        return tagged(desk, desk)


@blueprint.route("/desks/<uuid:desk_id>/closing")
class DeskClosingView(MethodView):
    """Looking before a desk is closed."""

    @requires("organisations.write")
    @blueprint.response(200, DeskClosingSchema)
    def get(self, desk_id: UUID) -> dict[str, Any]:
        """What hangs on a desk alone, why, and which desks could go on with it. Writes nothing."""
        closing = closing_of(db.session(), found(db.session(), Desk, desk_id), now=now())
        parts = [{"code": part, "words": WORDS[part]} for part in closing.parts]
        return {"parts": parts, "successors": closing.successors}


@blueprint.route("/desks/<uuid:desk_id>/close")
class DeskCloseView(MethodView):
    """The end of a desk."""

    @requires("organisations.write")
    @blueprint.arguments(DeskCloseSchema)
    @blueprint.response(200, DeskSchema)
    def post(self, body: dict[str, Any], desk_id: UUID) -> Tagged:
        """Close a desk; what it owned has new owners at once, and what hangs on it alone passes to its successor."""
        follows = body.get("successor_id")
        desk = close_desk(
            db.session(), desk_id, successor_id=follows, if_match=if_match(), zone=zone(), now=now()
        )  # fmt: skip
        db.session.commit()
        return tagged(desk, desk)


@blueprint.route("/desks/<uuid:desk_id>/reopen")
class DeskReopenView(MethodView):
    """A desk that opens again."""

    @requires("organisations.write")
    @blueprint.response(200, DeskSchema)
    def post(self, desk_id: UUID) -> Tagged:
        """Open a closed desk again; its former rota and chat do not come back."""
        desk = reopen_desk(db.session(), desk_id, if_match=if_match(), now=now())
        db.session.commit()
        return tagged(desk, desk)
