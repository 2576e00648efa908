"""In a group the bot listens to a few commands alone: a group is linked to a desk, and is no place for reports. Pure."""

from bot.conversation.model import Conversation, Turn
from bot.effects import Link, Unlink
from bot.inputs import Kind, Said


def group_turn(conversation: Conversation, said: Said) -> Turn:
    """What follows from something said in a group; what is not meant for the bot stays unanswered."""
    if said.kind is Kind.OUTCOME:
        return Turn(conversation, (_answer(conversation, said),), asks=False)
    if said.kind is not Kind.COMMAND:
        return Turn(conversation, asks=False)
    if said.value in {"link", "start"} and said.words.strip():
        return Turn(conversation, effects=(Link(said.words.strip()[:60]),))
    if said.value == "unlink":
        return Turn(conversation, effects=(Unlink(),))
    return Turn(conversation, (conversation.say("group.help"),), asks=False)


def _answer(conversation: Conversation, said: Said) -> str:
    if said.value == "linked":
        return conversation.say(f"link.{said.data['kind']}", label=said.data["label"])
    if said.value == "unlinked":
        return conversation.say("link.ended")
    return conversation.say("fault_group") if said.value == "failed" else str(said.data["words"])
