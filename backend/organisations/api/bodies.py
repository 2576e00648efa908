"""Bodies: the register, their sheets, the gap board."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from backend.kernel.database import db
from backend.organisations.actions.bodies import create_organisation, update_organisation
from backend.organisations.api.blueprint import blueprint, found, if_match, tagged, zone
from backend.organisations.gaps import find_gaps
from backend.organisations.models import Organisation
from backend.organisations.reading import list_organisations, say_organisation
from backend.organisations.schemas.bodies import (
    GapListSchema,
    OrganisationCreateSchema,
    OrganisationListSchema,
    OrganisationPatchSchema,
    OrganisationQuerySchema,
    OrganisationSchema,
    SheetSchema,
)
from backend.organisations.sheet import sheet_of
from backend.trust.access import now, requires

Tagged = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.route("/organisations")
class OrganisationsView(MethodView):
    """The register of bodies."""

    @requires("configuration.read")
    @blueprint.arguments(OrganisationQuerySchema, location="query")
    @blueprint.response(200, OrganisationListSchema)
    def get(self, filters: dict[str, Any]) -> dict[str, Any]:
        """List bodies by name."""
        return list_organisations(db.session(), filters, now=now())

    @requires("organisations.write")
    @blueprint.arguments(OrganisationCreateSchema)
    @blueprint.response(201, OrganisationSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Enter a body with its profile."""
        at = now()
        organisation = create_organisation(db.session(), body, now=at)
        db.session.commit()
        return say_organisation(organisation, at)


@blueprint.route("/organisations/gaps")
class GapsView(MethodView):
    """The gap board."""

    @requires("configuration.read")
    @blueprint.response(200, GapListSchema)
    def get(self) -> dict[str, Any]:
        """What nobody, or only one body, answers for."""
        return {"items": find_gaps(db.session(), zone=zone(), now=now())}


@blueprint.route("/organisations/<uuid:organisation_id>")
class OrganisationView(MethodView):
    """One body."""

    @requires("configuration.read")
    @blueprint.response(200, OrganisationSchema)
    def get(self, organisation_id: UUID) -> Tagged:
        """One body; its tag is for If-Match."""
        organisation = found(db.session(), Organisation, organisation_id)
        return tagged(organisation, say_organisation(organisation, now()))

    @requires("organisations.write")
    @blueprint.arguments(OrganisationPatchSchema)
    @blueprint.response(200, OrganisationSchema)
    def patch(self, changes: dict[str, Any], organisation_id: UUID) -> Tagged:
        """Change a profile or a standing. A body that is suspended has handed on what it owned."""
        at = now()
        organisation = update_organisation(db.session(), organisation_id, changes, if_match=if_match(), now=at)
        db.session.commit()
        return tagged(organisation, say_organisation(organisation, at))


@blueprint.route("/organisations/<uuid:organisation_id>/sheet")
class SheetView(MethodView):
    """One body's sheet."""

    @requires("configuration.read")
    @blueprint.response(200, SheetSchema)
    def get(self, organisation_id: UUID) -> dict[str, Any]:
        """All rights and duties of a body on one sheet."""
        return sheet_of(db.session(), organisation_id, zone=zone(), now=now())
