"""Linking chats: a person, or a desk's group, is told by Telegram once somebody typed a one-time code there.

The bot never learns a password. Whoever is signed in makes a code, types it into the chat, and from then on the chat
stands for them, until they end the link, leave, or close the chat to us.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, text
from sqlalchemy.orm import Session

from backend.kernel.ids import new_id
from backend.kernel.problems import Refusal
from backend.kernel.sealed import Keyring, RecordKey, Seal
from backend.kernel.spoken import ALPHABET, grouped, heard
from backend.kernel.versions import bump
from backend.organisations.actions.finding import locked, note, present_person
from backend.organisations.actions.turns import open_desk
from backend.organisations.models import ChatCode, ChatLink, Desk, Person

CODE_CHARACTERS = 8  # 40 bits, single use, for minutes, and tries are slowed (trust/throttle.py)
CODE_LASTS = timedelta(minutes=15)


class WrongChatCode(Refusal):
    """No code like this waits: it is misspelt, was used, or its time is over."""

    code, status = "wrong-chat-code", 403
    title = {"en": "This code is wrong or over", "zh": "此代码有误或已失效"}
    advice = {
        "en": "A code works once, for 15 minutes. Make a new one in the console.",
        "zh": "代码只能使用一次，15分钟内有效。请在值班台重新生成。",
    }


class NotAPrivateChat(Refusal):
    """A person's own code was typed where others read and write too; it is spent."""

    code, status = "not-a-private-chat", 422
    title = {"en": "Your own code belongs in a private chat", "zh": "个人代码须在私聊中使用"}
    advice = {
        "en": "Others could act in your name here. Make a new code and type it in a private chat with the bot.",
        "zh": "在群组中他人可能以您的名义操作。请重新生成代码，并在与机器人的私聊中输入。",
    }


class NotLinked(Refusal):
    """The chat stands for nobody who may sign in."""

    code, status = "not-linked", 404
    title = {"en": "This chat is not linked to anybody", "zh": "此会话未关联任何人"}
    advice = {"en": "Make a code in the console and type it here.", "zh": "请在值班台生成代码并在此输入。"}


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code, shown this once."""

    code: str = field(repr=False)
    expires_at: datetime


def make_person_code(session: Session, ring: Keyring, person_id: UUID, *, now: datetime) -> MadeCode:
    """A code that links a chat to the person who asks for it; a former one is void. Raises NotFound."""
    present_person(session, person_id)
    return _make(session, ring, ChatCode.person_id == person_id, {"person_id": person_id}, by=person_id, now=now)


def make_desk_code(session: Session, ring: Keyring, desk_id: UUID, *, by: UUID, now: datetime) -> MadeCode:
    """A code that links a group to a desk; a former one is void. Raises NotFound, MoveRefused."""
    open_desk(session, desk_id)
    return _make(session, ring, ChatCode.desk_id == desk_id, {"desk_id": desk_id}, by=by, now=now)


def _make(
    session: Session, ring: Keyring, former: ColumnElement[bool], whose: dict[str, UUID], *, by: UUID, now: datetime
) -> MadeCode:
    session.execute(delete(ChatCode).where(former))
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARACTERS))
    made = MadeCode(grouped(code), now + CODE_LASTS)
    session.add(ChatCode(code_hash=_hash(ring, code), made_by=by, expires_at=made.expires_at, **whose))
    session.flush()
    return made


def _hash(ring: Keyring, code: str) -> bytes:
    return ring.hashed("chat-code", code)


def chat_hash(ring: Keyring, chat: str) -> bytes:
    """How a linked chat is known again. Reports use another hash, so that staff are not found among reporters."""
    return ring.hashed("chat-link", chat)


def redeem(session: Session, ring: Keyring, said: str, chat: str, *, now: datetime) -> ChatLink:
    """Link a chat by a code, which is spent. What the chat or its new owner was linked to before is over.

    Raises WrongChatCode; NotAPrivateChat, after which the caller commits all the same, for the code is spent.
    """
    code = heard(said)
    spent = delete(ChatCode).where(ChatCode.code_hash == _hash(ring, code or ""), ChatCode.expires_at > now)
    row = session.execute(spent.returning(ChatCode.person_id, ChatCode.desk_id)).one_or_none()
    if code is None or row is None:
        raise WrongChatCode()
    if row.desk_id:
        open_desk(session, row.desk_id)
        end_links(session, ChatLink.desk_id == row.desk_id, now=now)
        return _link(session, ring, chat, now=now, desk_id=row.desk_id)
    if chat.startswith("-"):  # Telegram's ids of groups and channels
        raise NotAPrivateChat()
    present_person(session, row.person_id)
    is_same_chat = ChatLink.person_id.is_not(None) & (ChatLink.chat_hash == chat_hash(ring, chat))
    end_links(session, (ChatLink.person_id == row.person_id) | is_same_chat, now=now)
    return _link(session, ring, chat, now=now, person_id=row.person_id)


def _link(session: Session, ring: Keyring, chat: str, *, now: datetime, **whose: UUID) -> ChatLink:
    seal = Seal.fresh(new_id())
    link = ChatLink(
        id=seal.record_id, chat_hash=chat_hash(ring, chat), chat=seal.close("chat", chat), linked_at=now, free_at=now,
        **whose,
    )  # fmt: skip
    session.add_all([RecordKey(**seal.row(ring, now)), link])
    session.flush()
    _noted(session, "ChatLinked", link.id, link.person_id, link.desk_id, now=now)
    return link


def end_links(session: Session, which: ColumnElement[bool], *, now: datetime) -> int:
    """End the links that fit: the chat's id and its key are erased, and sessions of the chat end. How many they were."""
    found = session.execute(select(ChatLink.id, ChatLink.person_id, ChatLink.desk_id).where(which)).all()
    for row in found:  # whoever writes their streams in the journal holds these first
        locked(session, Person, row.person_id) if row.person_id else locked(session, Desk, row.desk_id)
    ended = delete(ChatLink).where(ChatLink.id.in_([row.id for row in found]))
    rows = session.execute(ended.returning(ChatLink.id, ChatLink.person_id, ChatLink.desk_id)).all() if found else []
    session.execute(delete(RecordKey).where(RecordKey.record_id.in_([row.id for row in rows])))
    for row in rows:
        _noted(session, "ChatUnlinked", row.id, row.person_id, row.desk_id, now=now)
    return len(rows)


def _noted(
    session: Session, fact: str, link_id: UUID, person_id: UUID | None, desk_id: UUID | None, *, now: datetime
) -> None:
    note(session, f"person:{person_id}" if person_id else f"desk:{desk_id}", fact, now=now, link_id=link_id)
    if desk_id:
        bump(session, "organisations")  # the directory says which desks have a group


def end_chat(session: Session, ring: Keyring, chat: str, *, now: datetime) -> int:
    """End whatever a chat is linked to; return how many links there were."""
    return end_links(session, ChatLink.chat_hash == chat_hash(ring, chat), now=now)


def link_of_person(session: Session, person_id: UUID) -> ChatLink | None:
    """The link of a person."""
    return session.scalars(select(ChatLink).where(ChatLink.person_id == person_id)).one_or_none()


def person_of_chat(session: Session, ring: Keyring, chat: str) -> tuple[UUID, UUID]:
    """The person for whom a chat stands, and the link by which it does. Raises NotLinked."""
    is_same_chat = ChatLink.chat_hash == chat_hash(ring, chat)
    query = select(ChatLink.person_id, ChatLink.id).where(is_same_chat, ChatLink.person_id.is_not(None))
    row = session.execute(query).one_or_none()
    if row is None or row.person_id is None:
        raise NotLinked()
    return row.person_id, row.id


def linked_desks(session: Session, desk_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Since when each of those desks has a group, for the ones that have."""
    rows = session.execute(select(ChatLink.desk_id, ChatLink.linked_at).where(ChatLink.desk_id.in_(desk_ids)))
    return {desk_id: at for desk_id, at in rows if desk_id}


_FORGET = text("DELETE FROM chat_code WHERE expires_at < :now")


def forget_codes(session: Session, *, now: datetime) -> int:
    """Delete codes whose time is over; the caller commits. How many they were."""
    found: Any = session.execute(_FORGET, {"now": now})
    return int(found.rowcount)
