"""How one signs in, as clients send and see it."""

from marshmallow import Schema, fields

from backend.kernel.schemas import Moment, PlainText
from backend.trust.rules import BROWSERS, DEVICES, PASSWORD_ADVISED, PASSWORD_LEAST, PASSWORD_MOST, Must


class PasskeySchema(Schema):
    """A passkey; its name is what the person called it."""

    id = fields.UUID()
    name = fields.String()
    created_at = Moment()
    last_used_at = Moment(allow_none=True)


class PasswordRuleSchema(Schema):
    """What a password needs; nothing is asked of its composition."""

    least = fields.Integer(metadata={"description": "characters that it needs"})
    advised = fields.Integer(metadata={"description": "characters that are better"})


class SignInStateSchema(Schema):
    """One's own sign-in."""

    login = fields.String()
    passkeys = fields.List(fields.Nested(PasskeySchema))
    app = fields.Boolean(metadata={"description": "whether codes of an app count"})
    recovery_left = fields.Integer(metadata={"description": "recovery codes that still work"})
    agency = fields.String(allow_none=True, metadata={"description": "the agency whose sign-in stands for me, if any"})
    second_factor = fields.String(metadata={"enum": ["required", "offered"]})
    must = fields.List(fields.String(metadata={"enum": [one.value for one in Must]}))
    password = fields.Nested(PasswordRuleSchema)


class AskedPasskeySchema(Schema):
    """What the browser needs to make a passkey."""

    step = fields.String()
    options = fields.Dict(metadata={"description": "PublicKeyCredentialCreationOptions as JSON (WebAuthn)"})


class NewPasskeySchema(Schema):
    """A passkey that the browser made, and what to call it."""

    step = PlainText(most=100, required=True)
    name = PlainText(most=60, least=1, required=True)
    credential = fields.Dict(required=True, metadata={"description": "PublicKeyCredential as JSON (WebAuthn, toJSON)"})


class NewAppSchema(Schema):
    """What an app needs; shown now and never again."""

    secret = fields.String(metadata={"description": "to be typed, in base 32"})
    address = fields.String(metadata={"description": "otpauth address, for an app on the same device"})
    picture = fields.String(metadata={"description": "the address as a QR code: a data address of an SVG"})


class AppCodeSchema(Schema):
    """A code that the app shows now."""

    code = PlainText(most=20, least=1, required=True)


class RecoveryCodesSchema(Schema):
    """Recovery codes; shown now and never again."""

    codes = fields.List(fields.String())


class NewPasswordSchema(Schema):
    """The present password and the one that is to take its place."""

    present = PlainText(most=PASSWORD_MOST, required=True)
    password = PlainText(most=PASSWORD_MOST, required=True)


class SessionItemSchema(Schema):
    """A session that holds: on what kind of device, and when it was used. ``last_at`` is right to five minutes."""

    id = fields.UUID()
    device = fields.String(metadata={"enum": list(DEVICES)})
    browser = fields.String(metadata={"enum": list(BROWSERS)})
    first_at = Moment(attribute="created_at")
    last_at = Moment(attribute="last_seen_at")
    is_this = fields.Boolean(metadata={"description": "whether it is the one that asks"})


class SessionsSchema(Schema):
    """The sessions of a person, at most 100."""

    items = fields.List(fields.Nested(SessionItemSchema))


class EndedSchema(Schema):
    """How many sessions were ended."""

    ended = fields.Integer()


PASSWORD_RULE = {"least": PASSWORD_LEAST, "advised": PASSWORD_ADVISED}
