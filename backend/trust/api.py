"""Signing in and out, and who one is."""

from typing import Any

from flask import Response, jsonify
from flask.views import MethodView
from marshmallow import Schema, fields

from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.schemas import PlainText
from backend.trust.access import ABSOLUTE, PERMISSIONS, me, now, presented_token, public, requires
from backend.trust.actions import sign_out
from backend.trust.cookies import set_cookie
from backend.trust.signing_in import open_session

blueprint = Blueprint("session", __name__, url_prefix="/api/v1", description="Staff and responders sign in")


class SignInSchema(Schema):
    """Login and password."""

    login = PlainText(most=200, required=True)
    password = PlainText(most=1000, required=True)


class SessionSchema(Schema):
    """A session: the token for clients that are no browser; browsers get it as a cookie too."""

    token = fields.String()
    person_id = fields.UUID()


class MeSchema(Schema):
    """Who is signed in."""

    person_id = fields.UUID()
    language = fields.String()
    roles = fields.List(fields.String())
    permissions = fields.List(fields.String(), metadata={"description": "what the roles allow, as docs/permissions.md"})
    organisation_ids = fields.List(fields.UUID())
    area_ids = fields.List(fields.Integer())


@blueprint.route("/session")
class SessionView(MethodView):
    """The session of the caller."""

    @public
    @blueprint.arguments(SignInSchema)
    @blueprint.response(201, SessionSchema)
    def post(self, body: dict[str, Any]) -> Response:
        """Sign in. After failures the next try has to wait (429, ``Retry-After``); the account is never locked."""
        token, person_id = open_session(**body)
        response = jsonify({"token": token, "person_id": str(person_id)})
        response.status_code = 201
        set_cookie(response, token, lasts=ABSOLUTE)
        return response

    @requires("me.read")
    @blueprint.response(204)
    def delete(self) -> None:
        """Sign out; the session ends at once."""
        sign_out(db.session(), token=presented_token() or "", now=now())
        db.session.commit()


@blueprint.route("/me")
class MeView(MethodView):
    """The person who is signed in."""

    @requires("me.read")
    @blueprint.response(200, MeSchema)
    def get(self) -> dict[str, Any]:
        """Who am I, and where do my roles hold."""
        person = me()
        return {
            "person_id": person.person_id,
            "language": person.language,
            "roles": sorted(person.roles),
            "permissions": sorted(name for name in PERMISSIONS if person.may(name)),
            "organisation_ids": person.organisation_ids,
            "area_ids": person.area_ids,
        }
