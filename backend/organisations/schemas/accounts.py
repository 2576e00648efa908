"""How somebody else signs in, as an administrator sends and sees it."""

from marshmallow import Schema, fields

from backend.kernel.schemas import Moment, PlainText


class AccountSchema(Schema):
    """How a person signs in: counts, and nothing by which one could."""

    login = fields.String()
    suspended_at = Moment(allow_none=True)
    passkeys = fields.Integer()
    app = fields.Boolean()
    recovery_left = fields.Integer()
    subjects = fields.Integer(metadata={"description": "links to the agency's own sign-in"})
    sessions = fields.Integer(metadata={"description": "sessions that hold now"})


class GivenPasswordSchema(Schema):
    """A password for somebody who forgot theirs; they replace it when they sign in."""

    password = PlainText(most=1000, required=True)


class GivenCodeSchema(Schema):
    """A code that lets somebody in once in place of the factors that they lost; shown now and never again."""

    code = fields.String()
    expires_at = Moment()


class SubjectSchema(Schema):
    """Who a person is at the agency's own sign-in (``sub`` of OpenID Connect)."""

    subject = PlainText(most=255, least=1, required=True)
