"""Sharing between bodies: agreements, shares and refusals, and what is shared with one's own body."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView

from backend.incidents.models import Incident
from backend.incidents.refusals import NoSuchIncident
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db, seeing_all
from backend.kernel.sealed import Keyring
from backend.kernel.web import language
from backend.sharing import actions
from backend.sharing.models import Share
from backend.sharing.reading import agreements_of, decided, received, said, shown
from backend.sharing.rules import Step
from backend.sharing.schemas import (
    AgreementNewSchema,
    AgreementSchema,
    AgreementsSchema,
    DecideSchema,
    SharedWithUsSchema,
    ShareSchema,
    SharesSchema,
)
from backend.trust.access import me, now, requires
from backend.trust.reads import PARAMETERS, audited, note_read, stated_purpose

blueprint = Blueprint(
    "sharing", __name__, url_prefix="/api/v1", description="What bodies tell each other, and on what ground"
)


def _ring() -> Keyring:
    found: Keyring = current_app.extensions["linli"].keyring
    return found


def _answered(share: Share) -> dict[str, Any]:
    db.session.flush()
    (answer,) = said(db.session(), _ring(), [share])
    db.session.commit()
    return answer


@blueprint.route("/agreements")
class AgreementsView(MethodView):
    """Agreements."""

    @requires("sharing.read")
    @blueprint.response(200, AgreementsSchema)
    def get(self) -> dict[str, Any]:
        """The agreements to which your bodies are a party, the latest first."""
        return {"items": agreements_of(db.session(), me().organisation_ids, now=now())}

    @requires("agreements.write")
    @blueprint.arguments(AgreementNewSchema)
    @blueprint.response(201, AgreementSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Propose an agreement for your body; it holds when a person of the other body accepts it."""
        made = actions.propose(db.session(), body, by=me().person_id, orgs=me().organisation_ids, now=now())
        db.session.commit()
        return shown(made, now())


def agreement_act(name: str) -> Any:
    """Declare a step of an agreement: ``POST /agreements/{agreement_id}/{name}``."""

    def mark(view: Any) -> Any:
        return blueprint.route(f"/agreements/<uuid:agreement_id>/{name}", methods=["POST"])(
            requires("agreements.write")(blueprint.response(200, AgreementSchema)(view))
        )

    return mark


def _moved(agreement_id: UUID, step: Step) -> dict[str, Any]:
    found = actions.move_agreement(
        db.session(), agreement_id, step, by=me().person_id, orgs=me().organisation_ids, now=now()
    )
    db.session.commit()
    return shown(found, now())


@agreement_act("accept")
def accept(agreement_id: UUID) -> dict[str, Any]:
    """Accept an agreement that the other body proposed."""
    return _moved(agreement_id, Step.ACCEPT)


@agreement_act("end")
def end(agreement_id: UUID) -> dict[str, Any]:
    """End an agreement; what it shared is out of sight with the next request."""
    return _moved(agreement_id, Step.END)


@blueprint.route("/incidents/<uuid:incident_id>/shares")
class SharesView(MethodView):
    """Shares of an incident."""

    @requires("sharing.decide")
    @audited("incident_id")
    @blueprint.doc(parameters=PARAMETERS)
    @blueprint.response(200, SharesSchema)
    def get(self, incident_id: UUID) -> dict[str, Any]:
        """What was shared of this incident and what was refused, with the reasons."""
        if db.session().get(Incident, incident_id) is None:
            raise NoSuchIncident()
        return {"items": decided(db.session(), _ring(), incident_id)}

    @requires("sharing.decide")
    @blueprint.arguments(DecideSchema)
    @blueprint.response(201, ShareSchema)
    def post(self, body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
        """Share named facts with a body until a day, or record that you do not. For the body that answers for it."""
        made = actions.decide(
            db.session(), incident_id, body, by=me().person_id, orgs=me().organisation_ids, ring=_ring(), now=now()
        )
        return _answered(made)


@blueprint.route("/shares/<uuid:share_id>/end", methods=["POST"])
@requires("sharing.decide")
@blueprint.response(200, ShareSchema)
def end_share(share_id: UUID) -> dict[str, Any]:
    """Stop sharing at once."""
    return _answered(actions.end_share(db.session(), share_id, orgs=me().organisation_ids, now=now()))


@blueprint.route("/shares/<uuid:share_id>/review", methods=["POST"])
@requires("agreements.write")
@blueprint.response(200, ShareSchema)
def review_share(share_id: UUID) -> dict[str, Any]:
    """Say that you looked at a share that somebody else made on a vital interest."""
    return _answered(actions.review_share(db.session(), share_id, by=me().person_id, now=now()))


@blueprint.route("/shared-with-us")
class SharedWithUsView(MethodView):
    """What other bodies share with one's own."""

    @requires("sharing.read")
    @blueprint.doc(parameters=PARAMETERS)
    @blueprint.response(200, SharedWithUsSchema)
    def get(self) -> dict[str, Any]:
        """The facts that are shared with your bodies at this moment. That you read them is recorded, each."""
        session, reader, purpose = db.session(), me(), stated_purpose()
        items = received(session, reader.organisation_ids, language(), now=now())
        with seeing_all(session):
            for item in items:
                note_read(
                    session, reader, "incident_id", item["incident_id"], purpose=purpose, now=now(), relation="shared"
                )
        session.commit()
        return {"items": items}
