"""What is asked on the way to a report."""

from bot.conversation.model import Conversation, Draft, Prompt, in_danger, rows
from bot.effects import Button, Rows
from bot.world import World


def topic_prompt(conversation: Conversation, world: World) -> Prompt:
    """Six topics, and the way to all."""
    return _topics(conversation, world, every=False)


def topics_prompt(conversation: Conversation, world: World) -> Prompt:
    """All topics."""
    return _topics(conversation, world, every=True)


def _topics(conversation: Conversation, world: World, *, every: bool) -> Prompt:
    draft = conversation.draft or Draft("")
    shown = world.of_kind(draft.kind) if every else world.tiles(draft.kind)
    tiles: Rows = tuple((Button(one.words(conversation.language), f"topic:{one.code}"),) for one in shown)
    is_concern = draft.kind == "concern"
    below = (*(("danger",) if is_concern and not draft.danger else ()), *(() if every else ("topics",)), "skip")
    asks = conversation.say(f"topic.{draft.kind}" if not every else "topic.all")
    first = in_danger(conversation, world) + "\n\n" if draft.danger else ""
    more = (("menu:sos",) if draft.danger else ()) + below
    return Prompt(first + asks, tiles + rows(conversation, *more))


def place_prompt(conversation: Conversation, _world: World) -> Prompt:
    """Where it is."""
    draft = conversation.draft or Draft("")
    key = "place.ask_rough" if draft.kind.startswith("aid_") else "place.ask"
    return Prompt(conversation.say(key), rows(conversation, "skip"))


def words_prompt(conversation: Conversation, _world: World) -> Prompt:
    """What happened."""
    draft = conversation.draft or Draft("")
    return Prompt(conversation.say(f"words.{draft.kind}"), rows(conversation, "skip"))


def ready_prompt(conversation: Conversation, world: World) -> Prompt:
    """What is there, and two ways to send it: with news in this chat, or without."""
    draft = conversation.draft or Draft("")
    held = [
        conversation.say(f"ready.{name}", count=count)
        for name, count in (
            ("topic", int(bool(draft.category))), ("place", int(bool(draft.spot or draft.landmark))),
            ("words", int(bool(draft.text))), ("photos", len(draft.photos)), ("voices", len(draft.voices)),
        )
        if count
    ]  # fmt: skip
    found = world.category(draft.category)
    private = bool(found and found.private)
    first = (in_danger(conversation, world), "") if draft.danger else ()
    asks = conversation.say("ready.ask_private" if private else "ready.ask")
    names = ("send:news_private", "send:only_private") if private else ("send:news", "send:only")
    sending = tuple((Button(conversation.say(f"button.{name}"), name.removesuffix("_private")),) for name in names)
    board: tuple[str, ...] = ()
    if draft.kind.startswith("aid_") and draft.spot and found and found.on_board:
        board = ("board:off" if draft.on_board else "board:on",)
        held.append(conversation.say("ready.board" if draft.on_board else "ready.no_board"))
    return Prompt(
        "\n".join((*first, *held, asks)), sending + rows(conversation, *board, "change:topic", "change:place")
    )
