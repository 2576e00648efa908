"""Linked chats: codes and links for those who are signed in, and what the bot asks about a chat."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView

from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.idempotency import leave_key
from backend.kernel.languages import pick
from backend.organisations.actions.chats import (
    MadeCode,
    NotAPrivateChat,
    NotLinked,
    WrongChatCode,
    end_chat,
    end_links,
    link_of_person,
    make_desk_code,
    make_person_code,
    person_of_chat,
    redeem,
)
from backend.organisations.api.blueprint import blueprint, found, keyring
from backend.organisations.api.reach import demand_reach, roles_of
from backend.organisations.directory import DIRECTORY
from backend.organisations.models import ChatLink, Desk, Person
from backend.organisations.schemas.chats import (
    ChatCodeSchema,
    ChatSchema,
    ChatSessionSchema,
    LinkedSchema,
    MyChatSchema,
    RedeemSchema,
)
from backend.trust import throttle
from backend.trust.access import me, now, requires
from backend.trust.bots import bot_only
from backend.trust.sessions import ChatSession, open_for_chat

bot = Blueprint("bot", __name__, url_prefix="/api/v1/bot", description="What the bot alone calls")


@blueprint.route("/me/chat-code")
class MyChatCodeView(MethodView):
    """A code for my own chat."""

    @requires("me.read")
    @blueprint.response(201, ChatCodeSchema)
    def post(self) -> MadeCode:
        """Make a code and type it in a private chat with the bot; it works once, for 15 minutes."""
        made = make_person_code(db.session(), keyring(), me().person_id, now=now())
        db.session.commit()
        return made


@blueprint.route("/me/chat")
class MyChatView(MethodView):
    """My linked chat."""

    @requires("me.read")
    @blueprint.response(200, MyChatSchema)
    def get(self) -> dict[str, Any]:
        """Whether a chat stands for me, and since when."""
        link = link_of_person(db.session(), me().person_id)
        return {"linked": link is not None, "since": link.linked_at if link else None}

    @requires("me.read")
    @blueprint.response(204)
    def delete(self) -> None:
        """End it: nothing more is sent there, and its sessions are over."""
        end_links(db.session(), ChatLink.person_id == me().person_id, now=now())
        db.session.commit()


@blueprint.route("/desks/<uuid:desk_id>/chat-code")
class DeskChatCodeView(MethodView):
    """A code for a desk's group."""

    @requires("rosters.write")
    @blueprint.response(201, ChatCodeSchema)
    def post(self, desk_id: UUID) -> MadeCode:
        """Make a code and type it in the group; from then on the group is told what the desk is told."""
        demand_reach(found(db.session(), Desk, desk_id).org_id)
        made = make_desk_code(db.session(), keyring(), desk_id, by=me().person_id, now=now())
        db.session.commit()
        return made


@blueprint.route("/desks/<uuid:desk_id>/chat")
class DeskChatView(MethodView):
    """A desk's linked group."""

    @requires("rosters.write")
    @blueprint.response(204)
    def delete(self, desk_id: UUID) -> None:
        """End it: nothing more is sent to the group."""
        demand_reach(found(db.session(), Desk, desk_id).org_id)
        end_links(db.session(), ChatLink.desk_id == desk_id, now=now())
        db.session.commit()


@bot.route("/links")
class LinksView(MethodView):
    """Links of chats."""

    @bot_only
    @bot.arguments(RedeemSchema)
    @bot.response(201, LinkedSchema)
    def post(self, body: dict[str, Any]) -> dict[str, str]:
        """Link a chat by a one-time code. After failures in a chat the next try has to wait (429)."""
        link = redeemed(body["code"], body["chat"])
        shown = described(link)
        db.session.commit()
        return shown


def redeemed(code: str, chat: str) -> ChatLink:
    """Redeem a code. That it was tried, or spent, is kept where it is refused. Raises what ``redeem`` does."""
    session, ring = db.session(), keyring()
    tried = ring.hashed("chat-try", chat)
    throttle.try_code(session, tried, now())
    try:
        link = redeem(session, ring, code, chat, now=now())
    except (WrongChatCode, NotAPrivateChat):
        leave_key(session)
        session.commit()
        raise
    throttle.code_was_right(session, tried)
    return link


def described(link: ChatLink) -> dict[str, str]:
    """What a link stands for: the person's language and body, or the desk."""
    session, directory = db.session(), DIRECTORY.get(db.session())
    if link.person_id:
        language = found(session, Person, link.person_id).language
        body = next((directory.organisations[role.org_id].names for role in roles_of(session, link.person_id)), {})
        return {"kind": "person", "language": language, "label": pick(body, language)}
    assert link.desk_id is not None
    language = current_app.extensions["linli"].settings.languages[0]
    return {"kind": "desk", "language": language, "label": pick(found(session, Desk, link.desk_id).names, language)}


@bot.route("/links/end")
class EndLinksView(MethodView):
    """The end of links."""

    @bot_only
    @bot.arguments(ChatSchema)
    @bot.response(204)
    def post(self, body: dict[str, Any]) -> None:
        """End whatever the chat is linked to, and its sessions."""
        end_chat(db.session(), keyring(), body["chat"], now=now())
        db.session.commit()


@bot.route("/sessions")
class ChatSessionsView(MethodView):
    """Sessions of people by their chats."""

    @bot_only
    @bot.arguments(ChatSchema)
    @bot.response(201, ChatSessionSchema)
    def post(self, body: dict[str, Any]) -> ChatSession:
        """A session of 12 hours for the person whose chat it is; the bot then calls what they may call."""
        person_id, link_id = person_of_chat(db.session(), keyring(), body["chat"])
        opened = open_for_chat(db.session(), person_id=person_id, link_id=link_id, now=now())
        if opened is None:
            raise NotLinked()
        db.session.commit()
        return opened
