"""From what somebody has told so far to the report that is sent."""

from bot.conversation.model import Conversation, Draft
from bot.inputs import Said
from bot.world import Category, World


def drafted(conversation: Conversation, said: Said) -> Draft:
    """The draft at hand, or a new one that the present update names."""
    return conversation.draft or Draft(said.key)


def body_of(conversation: Conversation, draft: Draft, world: World, *, safe: bool = False) -> dict[str, object]:
    """The report as the API takes it. The same draft always makes the same body, so that it can be sent again."""
    found = world.category(draft.category)
    text = draft.text
    if not text and draft.kind.startswith("aid_") and found:
        text = found.words(conversation.language)
    elif not text and draft.voices and not (draft.spot or draft.landmark):
        text = conversation.say("voice.alone")
    held: dict[str, object] = {
        "client_id": draft.id, "kind": draft.kind, "channel": "telegram",
        "language": conversation.language, "danger_now": draft.danger,
    }  # fmt: skip
    spot = draft.spot.as_place() if draft.spot else {}
    more: dict[str, object] = {
        "category": draft.category,
        "text": text,
        "place": spot | ({"landmark": draft.landmark} if draft.landmark else {}),
        "photo_ids": list(draft.photos),
        "voice_ids": list(draft.voices),
        "safe_contact": _safe(found, safe=safe),
        "aid": {"on_board": True} if draft.on_board else {},
        # Whoever asks for help here asks for themselves: that others near them ask too is no repeat of theirs.
        "voice": "self" if draft.kind.startswith("aid_") else "",
    }
    return held | {name: value for name, value in more.items() if value}


def _safe(found: Category | None, *, safe: bool) -> dict[str, str]:
    """Where whoever is near must not learn of it, only what was said to be safe is used, else nothing (INV-8)."""
    if not found or not found.private:
        return {}
    return {"channel": "telegram" if safe else "none"}
