"""Mandates: the matrix of rights and obligations."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from backend.kernel.database import db
from backend.organisations.actions.mandates import (
    accept_mandate,
    end_mandate,
    propose_mandate,
    suspend_mandate,
)
from backend.organisations.api.blueprint import blueprint, found, if_match, tagged
from backend.organisations.models import Mandate
from backend.organisations.reading import list_mandates
from backend.organisations.schemas.bodies import (
    MandateCreateSchema,
    MandateListSchema,
    MandateQuerySchema,
    MandateSchema,
    SignSchema,
)
from backend.trust.access import now, requires

Tagged = tuple[Mandate, int, dict[str, str]]


@blueprint.route("/mandates")
class MandatesView(MethodView):
    """The matrix."""

    @requires("configuration.read")
    @blueprint.arguments(MandateQuerySchema, location="query")
    @blueprint.response(200, MandateListSchema)
    def get(self, filters: dict[str, Any]) -> dict[str, Any]:
        """List mandates."""
        return list_mandates(db.session(), filters)

    @requires("organisations.write")
    @blueprint.arguments(MandateCreateSchema)
    @blueprint.response(201, MandateSchema)
    def post(self, terms: dict[str, Any]) -> Mandate:
        """Propose a mandate; it counts once its body has accepted it."""
        mandate = propose_mandate(db.session(), terms, now=now())
        db.session.commit()
        return mandate


@blueprint.route("/mandates/<uuid:mandate_id>")
class MandateView(MethodView):
    """One mandate."""

    @requires("configuration.read")
    @blueprint.response(200, MandateSchema)
    def get(self, mandate_id: UUID) -> Tagged:
        """One mandate."""
        mandate = found(db.session(), Mandate, mandate_id)
        return tagged(mandate, mandate)


@blueprint.route("/mandates/<uuid:mandate_id>/accept")
class MandateAcceptView(MethodView):
    """The signature."""

    @requires("organisations.write")
    @blueprint.arguments(SignSchema)
    @blueprint.response(200, MandateSchema)
    def post(self, signature: dict[str, Any], mandate_id: UUID) -> Tagged:
        """Sign a mandate for its body, or take up a suspended one again."""
        mandate = accept_mandate(db.session(), mandate_id, **signature, if_match=if_match(), now=now())
        db.session.commit()
        return tagged(mandate, mandate)


@blueprint.route("/mandates/<uuid:mandate_id>/suspend")
class MandateSuspendView(MethodView):
    """A pause."""

    @requires("organisations.write")
    @blueprint.response(200, MandateSchema)
    def post(self, mandate_id: UUID) -> Tagged:
        """Take a mandate out of force until it is accepted again."""
        mandate = suspend_mandate(db.session(), mandate_id, if_match=if_match(), now=now())
        db.session.commit()
        return tagged(mandate, mandate)


@blueprint.route("/mandates/<uuid:mandate_id>/end")
class MandateEndView(MethodView):
    """The end."""

    @requires("organisations.write")
    @blueprint.response(200, MandateSchema)
    def post(self, mandate_id: UUID) -> Tagged:
        """End a mandate for good."""
        mandate = end_mandate(db.session(), mandate_id, if_match=if_match(), now=now())
        db.session.commit()
        return tagged(mandate, mandate)
