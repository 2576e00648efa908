"""The bot's own store, for the bot alone."""

import base64
import binascii
from typing import Any

from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, validate

from backend.conversations.actions import (
    UNWRITTEN,
    forget_conversation,
    keep_conversation,
    read_conversation,
)
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.problems import NotFound
from backend.kernel.schemas import Pattern, WholeNumber
from backend.trust.access import now
from backend.trust.bots import bot_only

blueprint = Blueprint("conversations", __name__, url_prefix="/api/v1/bot", description="What the bot alone calls")

SEALED_MOST = 64 * 1024
KEY_BYTES = 32


class SealedBytes(fields.String):
    """Bytes in base64url, at most 64 kB of them; we cannot read what they mean."""

    def __init__(self, **kwargs: Any) -> None:
        most = validate.Length(min=1, max=-(-SEALED_MOST * 4 // 3))
        super().__init__(validate=[most, Pattern(r"^[A-Za-z0-9_-]*$")], **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        written = super()._deserialize(value, attr, data, **kwargs)
        try:
            base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
        except (ValueError, binascii.Error) as error:
            raise ValidationError("Not base64url.") from error
        return written


class KeptConversationSchema(Schema):
    """A conversation as the bot sealed it, and which version it is."""

    sealed = SealedBytes(required=True)
    version = WholeNumber(load_default=UNWRITTEN, metadata={"description": "of the one that was read; 0: a new one"})


class VersionSchema(Schema):
    """The version that was kept."""

    version = fields.Integer()


def key_of(written: str) -> bytes:
    """The key in an address: 64 hexadecimal digits. Raises NotFound."""
    try:
        key = bytes.fromhex(written)
    except ValueError as error:
        raise NotFound() from error
    if len(key) != KEY_BYTES or written != key.hex():
        raise NotFound()
    return key


@blueprint.route("/conversations/<string:key>")
class ConversationView(MethodView):
    """One conversation."""

    @bot_only
    @blueprint.response(200, KeptConversationSchema)
    def get(self, key: str) -> dict[str, Any]:
        """How far it has come."""
        found = read_conversation(db.session(), key_of(key))
        return {"sealed": base64.urlsafe_b64encode(found.sealed).rstrip(b"=").decode(), "version": found.version}

    @bot_only
    @blueprint.arguments(KeptConversationSchema)
    @blueprint.response(200, VersionSchema)
    def put(self, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Go on with it. Refused as ``stale`` where another process was faster."""
        sealed = base64.urlsafe_b64decode(body["sealed"] + "=" * (-len(body["sealed"]) % 4))
        version = keep_conversation(db.session(), key_of(key), sealed, version=body["version"], now=now())
        db.session.commit()
        return {"version": version}

    @bot_only
    @blueprint.response(204)
    def delete(self, key: str) -> None:
        """Forget it."""
        forget_conversation(db.session(), key_of(key))
        db.session.commit()
