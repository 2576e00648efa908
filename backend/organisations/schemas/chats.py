"""Linked chats as clients send and see them."""

from marshmallow import Schema, fields

from backend.kernel.schemas import ChatId, PlainText


class ChatCodeSchema(Schema):
    """A one-time code, shown this once."""

    code = fields.String(metadata={"description": "such as K7QF-2M9D; to be typed into the chat"})
    expires_at = fields.DateTime(format="iso")


class MyChatSchema(Schema):
    """Whether a chat stands for me."""

    linked = fields.Boolean()
    since = fields.DateTime(format="iso", allow_none=True)


class ChatSchema(Schema):
    """A chat of the bot."""

    chat = ChatId(required=True)


class RedeemSchema(ChatSchema):
    """A code that somebody typed into a chat."""

    code = PlainText(least=1, most=40, required=True)


class LinkedSchema(Schema):
    """What the chat stands for from now on; ``label`` is the name of a body or desk, never of a person."""

    kind = fields.String(metadata={"description": "person or desk"})
    language = fields.String()
    label = fields.String()


class ChatPersonSchema(Schema):
    """Whom a chat stands for."""

    language = fields.String()
    roles = fields.List(fields.String())


class ChatSessionSchema(Schema):
    """A session of the person whose chat it is."""

    token = fields.String()
    expires_at = fields.DateTime(format="iso")
    person = fields.Nested(ChatPersonSchema)
