"""Keeping conversations for the bot, which holds nothing itself and may run in several processes."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.conversations.models import Conversation
from backend.kernel.problems import NotFound, Refusal

KEPT = timedelta(days=90)  # after the last change
UNWRITTEN = 0  # the version of a conversation that is not there yet


class Stale(Refusal):
    """Somebody changed the conversation since it was read, or it was forgotten meanwhile."""

    code, status = "stale", 409
    title = {"en": "The conversation went on meanwhile", "zh": "会话已有更新"}
    advice = {"en": "Read it again, then repeat the change.", "zh": "请重新读取后再修改。"}


def read_conversation(session: Session, key: bytes) -> Conversation:
    """The conversation as it stands. Raises NotFound."""
    found = session.get(Conversation, key)
    if found is None:
        raise NotFound()
    return found


def keep_conversation(session: Session, key: bytes, sealed: bytes, *, version: int, now: datetime) -> int:
    """Replace what was read as ``version`` and return the new version. Raises Stale."""
    if version == UNWRITTEN:
        row = {"key": key, "sealed": sealed, "version": 1, "used_at": now}
        made = insert(Conversation).values(row).on_conflict_do_nothing().returning(Conversation.version)
        kept = session.scalar(made)
    else:
        changed = update(Conversation).where(Conversation.key == key, Conversation.version == version)
        values = {"sealed": sealed, "version": version + 1, "used_at": now}
        kept = session.scalar(changed.values(values).returning(Conversation.version))
    if kept is None:
        raise Stale()
    return kept


def forget_conversation(session: Session, key: bytes) -> None:
    """Delete a conversation; one that is not there is as good as deleted."""
    session.execute(delete(Conversation).where(Conversation.key == key))


_FORGET = text("DELETE FROM conversation WHERE used_at < :before")


def forget_old_conversations(session: Session, *, now: datetime) -> int:
    """Delete what nobody went on with; the caller commits. How many they were."""
    found: Any = session.execute(_FORGET, {"before": now - KEPT})
    return int(found.rowcount)
