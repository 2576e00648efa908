"""What an administrator does about how somebody else signs in; each act is in the journal, none is for oneself."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView

from backend.kernel.database import db
from backend.organisations.api.blueprint import blueprint, keyring
from backend.organisations.api.reach import demand_charge_of, demand_no_account
from backend.organisations.schemas.accounts import (
    AccountSchema,
    GivenCodeSchema,
    GivenPasswordSchema,
    SubjectSchema,
)
from backend.organisations.schemas.people import AccountCreateSchema
from backend.trust import actions, sessions
from backend.trust.access import me, now, requires
from backend.trust.factors.state import factors_of
from backend.trust.refusals import NoAgency


@blueprint.route("/people/<uuid:person_id>/account")
class AccountView(MethodView):
    """How a person signs in."""

    @requires("people.write")
    @blueprint.response(200, AccountSchema)
    def get(self, person_id: UUID) -> dict[str, Any]:
        """How a person signs in, in counts."""
        demand_charge_of(db.session(), person_id)
        return _shown(person_id)

    @requires("people.write")
    @blueprint.arguments(AccountCreateSchema)
    @blueprint.response(204)
    def post(self, account: dict[str, Any], person_id: UUID) -> None:
        """Let a person sign in who could not before. Where a second factor is required they replace the password."""
        demand_charge_of(db.session(), person_id)
        demand_no_account(db.session(), person_id)
        actions.create_account(db.session(), person_id=person_id, **account, is_given=True, now=now())
        db.session.commit()


@blueprint.route("/people/<uuid:person_id>/account/password", methods=["PUT"])
@requires("people.write")
@blueprint.arguments(GivenPasswordSchema)
@blueprint.response(200, AccountSchema)
def give_password(body: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    """Set the password of somebody who forgot it. Their second factor stays, their sessions end."""
    demand_charge_of(db.session(), person_id)
    actions.give_password(db.session(), person_id, password=body["password"], by=me().person_id, now=now())
    return _kept(person_id)


@blueprint.route("/people/<uuid:person_id>/account/reset-factors", methods=["POST"])
@requires("people.write")
@blueprint.response(201, GivenCodeSchema)
def reset_factors(person_id: UUID) -> dict[str, Any]:
    """Take away the second factors of somebody who lost them. The answer is a code that lets them in once, within 24 h.

    Hand it over in person or by telephone, to somebody whom you know; their sessions end.
    """
    demand_charge_of(db.session(), person_id)
    code, until = actions.reset_factors(db.session(), person_id, by=me().person_id, now=now())
    db.session.commit()
    return {"code": code, "expires_at": until}


@blueprint.route("/people/<uuid:person_id>/account/<any(suspend, restore):act>", methods=["POST"])
@requires("people.write")
@blueprint.response(200, AccountSchema)
def move_account(person_id: UUID, act: str) -> dict[str, Any]:
    """Keep somebody from signing in, or let them again. Suspending ends their sessions at once."""
    demand_charge_of(db.session(), person_id)
    move = actions.suspend_account if act == "suspend" else actions.restore_account
    move(db.session(), person_id, by=me().person_id, now=now())
    return _kept(person_id)


@blueprint.route("/people/<uuid:person_id>/account/sessions/end", methods=["POST"])
@requires("people.write")
@blueprint.response(200, AccountSchema)
def end_sessions(person_id: UUID) -> dict[str, Any]:
    """End every session of a person, of a linked chat too; they have no access from the next call on."""
    demand_charge_of(db.session(), person_id)
    sessions.end_all(db.session(), person_id, now=now())
    return _kept(person_id)


@blueprint.route("/people/<uuid:person_id>/account/subjects")
class SubjectsView(MethodView):
    """Who a person is at the agency's own sign-in."""

    @requires("people.write")
    @blueprint.arguments(SubjectSchema)
    @blueprint.response(201, AccountSchema)
    def post(self, body: dict[str, Any], person_id: UUID) -> dict[str, Any]:
        """Link a person to a subject of the agency; see with your own eyes that it is theirs."""
        demand_charge_of(db.session(), person_id)
        issuer = current_app.extensions["linli"].settings.oidc_issuer
        if not issuer:
            raise NoAgency()
        by, subject = me().person_id, body["subject"]
        actions.link_subject(db.session(), keyring(), person_id, issuer=issuer, subject=subject, by=by, now=now())
        return _kept(person_id)

    @requires("people.write")
    @blueprint.response(200, AccountSchema)
    def delete(self, person_id: UUID) -> dict[str, Any]:
        """End every link of a person to the agency's sign-in; their sessions end."""
        demand_charge_of(db.session(), person_id)
        actions.unlink_subjects(db.session(), person_id, now=now())
        return _kept(person_id)


def _kept(person_id: UUID) -> dict[str, Any]:
    db.session.flush()
    shown = _shown(person_id)
    db.session.commit()
    return shown


def _shown(person_id: UUID) -> dict[str, Any]:
    session, at = db.session(), now()
    account, held = actions.account_of(session, person_id), factors_of(db.session(), person_id, now=at)
    return {
        "login": account.login, "suspended_at": account.disabled_at, "passkeys": held.passkeys, "app": held.has_app,
        "recovery_left": held.recovery_left, "subjects": actions.subjects_of(session, person_id),
        "sessions": len(sessions.live_sessions(session, person_id, own=None, now=at)),
    }  # fmt: skip
