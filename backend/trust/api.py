"""Signing in and out, and who one is."""

from typing import Any

from flask import Response, current_app, jsonify
from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, validates_schema

from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.schemas import PlainText
from backend.trust.access import (
    ABSOLUTE,
    OWN_SIGN_IN,
    PERMISSIONS,
    me,
    now,
    open_to_all,
    presented_token,
    public,
    requires,
    second_factor,
)
from backend.trust.cookies import drop_cookie, set_cookie
from backend.trust.rules import Must
from backend.trust.sessions import Opened, end_token
from backend.trust.signing_in import Begun, begin_by_passkey, begin_by_password, finish

blueprint = Blueprint("session", __name__, url_prefix="/api/v1", description="Staff and responders sign in")
METHODS = ("passkey", "app", "recovery")


class SignInSchema(Schema):
    """Login and password."""

    login = PlainText(most=200, required=True)
    password = PlainText(most=1000, required=True)


class FactorSchema(Schema):
    """The last step of a sign-in: a code of the app, a recovery code, or what the browser's passkey signed."""

    step = PlainText(most=100, required=True)
    code = PlainText(most=50, least=1)
    passkey = fields.Dict(metadata={"description": "PublicKeyCredential as JSON (WebAuthn, toJSON)"})

    @validates_schema
    def _one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        if ("code" in data) == ("passkey" in data):
            raise ValidationError("Give a code or a passkey.", "code")


class SessionSchema(Schema):
    """A session: the token for clients that are no browser; browsers get it as a cookie too."""

    token = fields.String()
    person_id = fields.UUID()


class NextStepSchema(Schema):
    """A sign-in that goes on: what can be shown next at ``/session/factor``, within 10 minutes and 5 tries."""

    step = fields.String(metadata={"description": "names this sign-in; a secret of whoever began it"})
    methods = fields.List(fields.String(metadata={"enum": list(METHODS)}))
    passkey = fields.Dict(
        allow_none=True, metadata={"description": "PublicKeyCredentialRequestOptions as JSON (WebAuthn)"}
    )


class SigningInSchema(Schema):
    """How one can sign in here."""

    second_factor = fields.String(metadata={"enum": ["required", "offered"]})
    agency = fields.String(allow_none=True, metadata={"description": "name of the agency whose sign-in counts here"})


class MeSchema(Schema):
    """Who is signed in."""

    person_id = fields.UUID()
    language = fields.String()
    roles = fields.List(fields.String())
    permissions = fields.List(fields.String(), metadata={"description": "what is open, as docs/permissions.md"})
    organisation_ids = fields.List(fields.UUID())
    area_ids = fields.List(fields.Integer())
    must = fields.List(
        fields.String(metadata={"enum": [one.value for one in Must]}),
        metadata={"description": "what has to be set up before anything else is open; see /me/sign-in"},
    )


@blueprint.route("/session")
class SessionView(MethodView):
    """The session of the caller."""

    @public
    @blueprint.arguments(SignInSchema)
    @blueprint.response(201, SessionSchema)
    @blueprint.alt_response(
        202, schema=NextStepSchema, description="The password is right; a second factor is asked for"
    )
    def post(self, body: dict[str, Any]) -> Response:
        """Sign in. After failures the next try has to wait (429, ``Retry-After``); the account is never locked.

        Whoever has a second factor gets 202 and goes on at ``POST /session/factor``. The session that the caller held
        ends with the new one.
        """
        return answered(begin_by_password(**body))

    @requires(OWN_SIGN_IN)
    @blueprint.response(204)
    def delete(self) -> Response:
        """Sign out; the session ends at once."""
        end_token(db.session(), presented_token() or "", now=now())
        db.session.commit()
        response = Response(status=204)
        drop_cookie(response)
        return response


@blueprint.route("/session/ways", methods=["GET"])
@open_to_all
@blueprint.response(200, SigningInSchema)
def ways() -> dict[str, Any]:
    """How one can sign in here: whether a second factor is asked of all staff, and an agency's own sign-in."""
    settings = current_app.extensions["linli"].settings
    return {"second_factor": settings.second_factor, "agency": settings.oidc_name_shown or None}


@blueprint.route("/session/passkey", methods=["POST"])
@public
@blueprint.response(202, NextStepSchema)
def begin_passkey() -> dict[str, Any]:
    """Begin to sign in with a passkey alone; the browser knows whose it is. Goes on at ``POST /session/factor``."""
    return _step(begin_by_passkey())


@blueprint.route("/session/factor", methods=["POST"])
@public
@blueprint.arguments(FactorSchema)
@blueprint.response(201, SessionSchema)
def show_factor(body: dict[str, Any]) -> Response:
    """Show the second factor. Each code works once; failures slow the next try as those of a password do."""
    return answered(finish(body["step"], code=body.get("code"), credential=body.get("passkey")))


def answered(found: Opened | Begun) -> Response:
    """A session as an answer, with its cookie; or the step that follows."""
    if isinstance(found, Begun):
        response = jsonify(_step(found))
        response.status_code = 202
        return response
    response = jsonify({"token": found.token, "person_id": str(found.person_id)})
    response.status_code = 201
    set_cookie(response, found.token, lasts=ABSOLUTE)
    return response


def _step(begun: Begun) -> dict[str, Any]:
    return {"step": begun.step, "methods": begun.methods, "passkey": begun.passkey}


@blueprint.route("/me")
class MeView(MethodView):
    """The person who is signed in."""

    @requires(OWN_SIGN_IN)
    @blueprint.response(200, MeSchema)
    def get(self) -> dict[str, Any]:
        """Who am I, and where do my roles hold."""
        person, must = me(), me().must(second_factor())
        return {
            "person_id": person.person_id,
            "language": person.language,
            "roles": sorted(person.roles),
            "permissions": [OWN_SIGN_IN] if must else sorted(name for name in PERMISSIONS if person.may(name)),
            "organisation_ids": person.organisation_ids,
            "area_ids": person.area_ids,
            "must": must,
        }
