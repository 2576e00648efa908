"""One's own sign-in: factors, password, sessions. What changes it asks that one signed in a moment ago."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView

from backend.kernel.database import db
from backend.kernel.names import names_of
from backend.settings import Settings
from backend.trust import sessions
from backend.trust.access import (
    OWN_SIGN_IN,
    REQUIRED,
    demand_fresh,
    me,
    now,
    presented_token,
    requires,
    second_factor,
)
from backend.trust.actions import change_password, login_of, subjects_of
from backend.trust.api import blueprint
from backend.trust.factors import codes, passkeys, state
from backend.trust.factors.schemas import (
    PASSWORD_RULE,
    AppCodeSchema,
    AskedPasskeySchema,
    EndedSchema,
    NewAppSchema,
    NewPasskeySchema,
    NewPasswordSchema,
    PasskeySchema,
    RecoveryCodesSchema,
    SessionsSchema,
    SignInStateSchema,
)
from backend.trust.refusals import StepOver
from backend.trust.rules import StepKind
from backend.trust.signing_in import ring, site, trying_password
from backend.trust.steps import begin_step, spend_step, try_step


def _is_required() -> bool:
    """Whether the person has to keep a second factor."""
    return second_factor() == REQUIRED and bool(me().roles - {"volunteer"})


def _own_token() -> str:
    return presented_token() or ""


@blueprint.route("/me/sign-in", methods=["GET"])
@requires(OWN_SIGN_IN)
@blueprint.response(200, SignInStateSchema)
def own_sign_in() -> dict[str, Any]:
    """How I sign in, and what I have to set up before anything else is open to me."""
    return state_of(me().person_id)


def state_of(person_id: UUID) -> dict[str, Any]:
    """How the caller signs in, for the API and the pages."""
    session, settings = db.session(), _settings()
    held = state.factors_of(session, person_id, now=now())
    return {
        "login": login_of(session, person_id),
        "passkeys": passkeys.named(session, ring(), passkeys.passkeys_of(session, person_id)),
        "app": held.has_app, "recovery_left": held.recovery_left,
        "agency": settings.oidc_name_shown if settings.oidc_issuer and subjects_of(session, person_id) else None,
        "second_factor": second_factor(), "must": me().must(second_factor()), "password": PASSWORD_RULE,
    }  # fmt: skip


def _settings() -> Settings:
    found: Settings = current_app.extensions["linli"].settings
    return found


@blueprint.route("/me/passkeys/options", methods=["POST"])
@requires(OWN_SIGN_IN)
@blueprint.response(201, AskedPasskeySchema)
def ask_for_passkey() -> dict[str, Any]:
    """Begin to add a passkey: what the browser needs to make one. Goes on at ``POST /me/passkeys``."""
    demand_fresh()
    session, person_id = db.session(), me().person_id
    login, name = login_of(session, person_id), names_of(session, ring(), [person_id]).get(person_id)
    asked = passkeys.ask_for_new(session, site(), person_id=person_id, login=login, name=name)
    held = {"challenge": asked.challenge}
    step = begin_step(session, ring(), StepKind.ENROL, person_id=person_id, held=held, now=now())
    db.session.commit()
    return {"step": step, "options": asked.options}


@blueprint.route("/me/passkeys")
class PasskeysView(MethodView):
    """My passkeys."""

    @requires(OWN_SIGN_IN)
    @blueprint.arguments(NewPasskeySchema)
    @blueprint.response(201, PasskeySchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Keep a passkey that the browser made. It alone is enough to sign in."""
        demand_fresh()
        session, at, person_id = db.session(), now(), me().person_id
        step = try_step(session, ring(), body["step"], StepKind.ENROL, now=at)
        if step.person_id != person_id:
            raise StepOver()
        made = state.add_passkey(
            session, ring(), site(), person_id=person_id, name=body["name"], credential=body["credential"],
            challenge=step.held["challenge"], own=_own_token(), now=at,
        )  # fmt: skip
        spend_step(session, step)
        (shown,) = passkeys.named(session, ring(), [made])
        db.session.commit()
        return shown


@blueprint.route("/me/passkeys/<uuid:passkey_id>", methods=["DELETE"])
@requires(OWN_SIGN_IN)
@blueprint.response(204)
def forget_passkey(passkey_id: UUID) -> None:
    """Forget a passkey. Where everybody needs a second factor, the last one stays."""
    demand_fresh()
    state.remove_passkey(db.session(), me().person_id, passkey_id, is_required=_is_required(), now=now())
    db.session.commit()


@blueprint.route("/me/app")
class AppView(MethodView):
    """The app that shows codes by the clock."""

    @requires(OWN_SIGN_IN)
    @blueprint.response(201, NewAppSchema)
    def post(self) -> codes.NewApp:
        """Begin to set up an app: its secret, shown now and never again. It counts once a code of it was shown."""
        demand_fresh()
        session, person_id = db.session(), me().person_id
        login = login_of(session, person_id)
        made = codes.propose_app(session, ring(), person_id=person_id, login=login, now=now())
        db.session.commit()
        return made

    @requires(OWN_SIGN_IN)
    @blueprint.arguments(AppCodeSchema)
    @blueprint.response(204)
    def put(self, body: dict[str, Any]) -> None:
        """Have the app count from now on, by a code that it shows; the former app counts no longer."""
        demand_fresh()
        person_id = me().person_id
        state.confirm_app(db.session(), ring(), person_id=person_id, code=body["code"], own=_own_token(), now=now())
        db.session.commit()

    @requires(OWN_SIGN_IN)
    @blueprint.response(204)
    def delete(self) -> None:
        """Forget the app. Where everybody needs a second factor, the last one stays."""
        demand_fresh()
        state.remove_app(db.session(), me().person_id, is_required=_is_required(), now=now())
        db.session.commit()


@blueprint.route("/me/recovery-codes", methods=["POST"])
@requires(OWN_SIGN_IN)
@blueprint.response(201, RecoveryCodesSchema)
def make_recovery_codes() -> dict[str, Any]:
    """Make recovery codes, shown now and never again; the former ones work no longer."""
    demand_fresh()
    made = state.make_codes(db.session(), me().person_id, now=now())
    db.session.commit()
    return {"codes": made}


@blueprint.route("/me/password", methods=["PUT"])
@requires(OWN_SIGN_IN)
@blueprint.arguments(NewPasswordSchema)
@blueprint.response(200, EndedSchema)
def put_password(body: dict[str, Any]) -> dict[str, int]:
    """Change my password; every other session of mine ends."""
    return {"ended": changed_password(body["present"], body["password"])}


def changed_password(present: str, password: str) -> int:
    """Change the caller's password; committed. How many sessions were ended."""
    session, person_id = db.session(), me().person_id
    with trying_password(login_of(session, person_id)):
        ended = change_password(session, person_id, former=present, password=password, own=_own_token(), now=now())
    db.session.commit()
    return ended


@blueprint.route("/me/sessions", methods=["GET"])
@requires(OWN_SIGN_IN)
@blueprint.response(200, SessionsSchema)
def own_sessions() -> dict[str, Any]:
    """Where I am signed in."""
    return {"items": sessions.live_sessions(db.session(), me().person_id, own=_own_token(), now=now())}


@blueprint.route("/me/sessions/<uuid:session_id>", methods=["DELETE"])
@requires(OWN_SIGN_IN)
@blueprint.response(204)
def end_session(session_id: UUID) -> None:
    """End one of my sessions; it has no access from the next call on."""
    sessions.end_one(db.session(), me().person_id, session_id, now=now())
    db.session.commit()


@blueprint.route("/me/sessions/end-others", methods=["POST"])
@requires(OWN_SIGN_IN)
@blueprint.response(200, EndedSchema)
def end_other_sessions() -> dict[str, int]:
    """End all of my sessions but this one."""
    ended = sessions.end_all(db.session(), me().person_id, but=_own_token(), now=now())
    db.session.commit()
    return {"ended": ended}
