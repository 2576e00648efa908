"""A request or an offer and its neighbours: the board, answers, contacts with all that can be done about them.

Who the other is stays hidden until both have agreed; what is shown here is what the API shows.
"""

from collections.abc import Mapping

from bot.conversation.model import Act, Conversation, On, Prompt, State, Step, Turn, going, plain, rows
from bot.effects import Button, LookAround, OpenNeighbours, Tell
from bot.inputs import Kind, Said
from bot.world import World

# What one side may say of a contact by a button of its own; worry and sharing are asked about first.
PLAIN = ("accept", "decline", "done", "failed", "cancel", "unshare")
WENT = ("well", "so_so", "badly")
HERE = (State.NEIGHBOURS, State.MATCH)


def look(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Ask how it stands with neighbours."""
    return Turn(conversation.at(State.NEIGHBOURS, match=None), effects=(OpenNeighbours(_receipt(conversation)),))


def listed(conversation: Conversation, said: Said, _world: World) -> Turn:
    """The contacts, one button each, and whether it is on the board."""
    label = conversation.say
    buttons = tuple(
        (Button(label("near.button", number=at), f"match:{one}"),) for at, one in enumerate(said.data["matches"], 1)
    )
    shown = conversation.at(State.NEIGHBOURS, match=None, may=tuple(said.data["may"]))
    return Turn(shown, (said.data["words"],), buttons=buttons)


def open_match(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Look at one contact."""
    which = said.value.partition(":")[2] or conversation.match
    return Turn(conversation, effects=(OpenNeighbours(_receipt(conversation), which),))


def opened(conversation: Conversation, said: Said, _world: World) -> Turn:
    """One contact as it stands."""
    found = conversation.at(State.MATCH, match=said.data["id"], may=tuple(said.data["may"]))
    return Turn(found, (said.data["words"],))


def neighbours_prompt(conversation: Conversation, _world: World) -> Prompt:
    """What can be done with the request or offer itself."""
    names = [name for name in ("still_yes", "still_no", "off_board") if name in conversation.may]
    return Prompt(conversation.say("near.ask"), rows(conversation, *names, "around"))


def match_prompt(conversation: Conversation, _world: World) -> Prompt:
    """What can be said of the contact now, and no more than can."""
    may = conversation.may
    names = [f"say:{name}" for name in PLAIN if name in may]
    names += ["share"] * ("share" in may) + [f"went:{went}" for went in WENT] * ("rating" in may)
    asks = "match.ask" if "messages" in may else "match.ask_only"
    return Prompt(conversation.say(asks), rows(conversation, *names, *(["worry"] * ("worry" in may)), "again"))


def still(conversation: Conversation, said: Said, _world: World) -> Turn:
    """It is still so, or no longer."""
    return _tell(conversation, "aid/still", {"still": said.value == "still_yes"})


def off_board(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Neighbours see it no longer."""
    return _tell(conversation, "aid/off-board", {})


def say(conversation: Conversation, said: Said, _world: World) -> Turn:
    """One side says something of the contact."""
    return _tell(conversation, _of_match(conversation, said.value.partition(":")[2]), {})


def share(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """The other side may see how to reach this one, once it lets itself be seen as well."""
    return _tell(conversation, _of_match(conversation, "share"), {})


def went(conversation: Conversation, said: Said, _world: World) -> Turn:
    """How it went; the other side never reads it."""
    return _tell(conversation, _of_match(conversation, "rating"), {"went": said.value.partition(":")[2]})


def write(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Words to the other side, where both have said yes."""
    if "messages" not in conversation.may:
        return Turn(conversation, (conversation.say("match.not_yet"),))
    return _tell(conversation, _of_match(conversation, "messages"), {"text": said.value[:2000]})


def worry(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Something feels wrong: it stops at once. The words go to the coordinator alone."""
    body = {"text": said.value[:2000]} if said.kind is Kind.TEXT else {}
    return _tell(conversation, _of_match(conversation, "worry"), body)


def around(conversation: Conversation, said: Said, _world: World) -> Turn:
    """What is on the board around a place, which is made rough here already."""
    if said.spot is None:
        return Turn(conversation)
    return Turn(conversation, effects=(LookAround(_receipt(conversation), said.spot.rounded()),))


def board(conversation: Conversation, said: Said, _world: World) -> Turn:
    """What fits, one button each."""
    items = said.data["items"]
    if not items:
        return Turn(conversation, (conversation.say("board.none"),))
    lines = tuple(f"{at}. {one['words']}" for at, one in enumerate(items, 1))
    buttons = tuple(
        (Button(conversation.say("board.button", number=at), f"pick:{one['id']}"),) for at, one in enumerate(items, 1)
    )
    return Turn(conversation, lines, buttons=buttons)


def pick(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Answer an entry with the own request or offer; that says yes for this side."""
    return _tell(conversation, "aid/answers", {"listing_id": said.value.partition(":")[2]})


def told(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """It was done: look how it stands now."""
    state = State.MATCH if conversation.match else State.NEIGHBOURS
    effect = OpenNeighbours(_receipt(conversation), conversation.match)
    return Turn(conversation.at(state), (conversation.say("match.told"),), effects=(effect,))


def refused(conversation: Conversation, said: Said, _world: World) -> Turn:
    """It cannot be done now, and why."""
    return Turn(conversation, (said.data["words"],))


def _tell(conversation: Conversation, act: str, body: Mapping[str, object]) -> Turn:
    return Turn(conversation, effects=(Tell(_receipt(conversation), act, body),))


def _of_match(conversation: Conversation, act: str) -> str:
    return f"aid/matches/{conversation.match}/{act}"


def _receipt(conversation: Conversation) -> str:
    return conversation.opened or ""


def pressed(act: Act, *values: str) -> tuple[On, ...]:
    """Buttons that do the same act, each where it stands."""
    return tuple(On(Kind.BUTTON, act, HERE, value=value) for value in values)


SEEN = (
    On(Kind.OUTCOME, listed, (State.NEIGHBOURS,), value="neighbours"),
    On(Kind.OUTCOME, opened, (State.MATCH,), value="match"),
)
AFTER = (*SEEN, On(Kind.OUTCOME, told, HERE, value="told"))
STEPS = {
    State.NEIGHBOURS: Step(
        neighbours_prompt,
        (
            *pressed(still, "still_yes", "still_no"), *pressed(off_board, "off_board"), *pressed(open_match, "match:"),
            On(Kind.BUTTON, going(State.BOARD), (State.BOARD,), value="around"), *AFTER,
            On(Kind.OUTCOME, refused, (State.NEIGHBOURS,), value="refused"),
        ),
        back=State.REPORT,
    ),
    State.MATCH: Step(
        match_prompt,
        (
            *pressed(say, *(f"say:{name}" for name in PLAIN)), *pressed(went, *(f"went:{one}" for one in WENT)),
            *pressed(open_match, "again"), On(Kind.TEXT, write, HERE),
            On(Kind.BUTTON, going(State.SHARE), (State.SHARE,), value="share"),
            On(Kind.BUTTON, going(State.WORRY), (State.WORRY,), value="worry"), *AFTER,
            On(Kind.OUTCOME, refused, (State.MATCH,), value="refused"),
        ),
        back=State.NEIGHBOURS,
    ),
    State.SHARE: Step(
        plain("share.ask", "share:yes"),
        (
            On(Kind.BUTTON, share, (State.SHARE,), value="share:yes"), *AFTER,
            On(Kind.OUTCOME, refused, (State.SHARE,), value="refused"),
        ),
        back=State.MATCH,
    ),
    State.WORRY: Step(
        plain("worry.ask", "worry:yes"),
        (
            On(Kind.TEXT, worry, (State.WORRY,)), On(Kind.BUTTON, worry, (State.WORRY,), value="worry:yes"), *AFTER,
            On(Kind.OUTCOME, refused, (State.WORRY,), value="refused"),
        ),
        back=State.MATCH,
    ),
    State.BOARD: Step(
        plain("board.ask"),
        (
            On(Kind.LOCATION, around, (State.BOARD,)), On(Kind.LIVE, around, (State.BOARD,)),
            On(Kind.BUTTON, pick, (State.BOARD,), value="pick:"), On(Kind.OUTCOME, board, (State.BOARD,), value="board"),
            *AFTER, On(Kind.OUTCOME, refused, (State.BOARD,), value="refused"),
        ),
        back=State.NEIGHBOURS,
    ),
}  # fmt: skip
