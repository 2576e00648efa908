"""The conversation as one table: a state and what is said lead to the next state, calls and words. Pure.

``TABLE`` holds for each state its prompt, what it understands and where "back" leads. What is understood in every state
alike (commands, the keyboard of the start, back, cancel, start over, answers to offers) stands in ``ALWAYS``; what the API
answers in any state stands in ``OUTCOMES``.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.conversation import mine, own, report, responder, sos
from bot.conversation.model import Conversation, Draft, On, Prompt, State, Step, Turn, going, in_danger, numbers, rows
from bot.effects import Button, Rows, Say
from bot.inputs import MOVED, Kind, Said
from bot.world import World

# Sixteen characters of the receipt's alphabet, in groups of four or run together.
RECEIPT = re.compile(r"^\s*(?:[0-9A-Za-z]{4}[-\s]?){3}[0-9A-Za-z]{4}\s*$")
# A one-time code that the address of a link brought along: eight characters.
LINK_CODE = re.compile(r"^\s*[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}\s*$")
# Here a code is expected, or an alarm is on: what looks like a receipt is none.
CODES_EXPECTED = frozenset({State.SOS, State.SOS_ON, State.SOS_CODE, State.CODE, State.DURESS, State.LINK})
NAVIGATION = ("nav:back", "nav:cancel", "nav:over")


def home_prompt(conversation: Conversation, world: World) -> Prompt:
    """What can be done; and that an SOS is on, where one is."""
    if conversation.alarm:
        return Prompt(
            f"{in_danger(conversation, world)}\n{conversation.say('sos.still_on')}", rows(conversation, "menu:sos")
        )
    return Prompt(conversation.say("home.ask"))


def start(conversation: Conversation, said: Said, world: World) -> Turn:
    """What this is and what it is not, the number first; what was begun is left. A receipt behind it is opened."""
    if RECEIPT.match(said.words):
        return mine.open_typed(conversation.at(State.OPEN), replace(said, value=said.words), world)
    if LINK_CODE.match(said.words):
        return responder.link(conversation, said, world)
    lines = (conversation.say("start", numbers=numbers(conversation, world)),)
    return Turn(conversation.at(State.HOME, draft=None), lines, menu=True)


def help_with(conversation: Conversation, _said: Said, world: World) -> Turn:
    """What can be said, and then where we were."""
    return Turn(conversation, (in_danger(conversation, world), conversation.say("help")))


def cancel(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Leave what was begun. An alarm that is on is not ended by this."""
    key = "cancel.draft" if conversation.draft else "cancel.done"
    return Turn(conversation.at(State.HOME, draft=None, offer=None), (conversation.say(key),))


def back(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """To the step before."""
    target = TABLE[conversation.state].back
    draft = conversation.draft
    if draft and target in report.FLOW:
        draft = replace(draft, settled=tuple(one for one in draft.settled if one is not target))
    return Turn(conversation.at(target, draft=None if target is State.HOME else draft))


def place_how(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Where a client has no such button, the place is sent from its own menu."""
    return Turn(conversation, (conversation.say("place.how"),))


def refused(conversation: Conversation, said: Said, _world: World) -> Turn:
    """The API says no, and why."""
    return Turn(conversation, (said.data["words"],))


def failed(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Something of ours is broken; what was begun is still here."""
    return Turn(conversation, (conversation.say("fault"),))


def begin_report(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Begin a report."""
    return Turn(conversation.at(State.TOPIC, draft=Draft(said.key)))


EVERY = tuple(State)
BACK = EVERY
MENU: Mapping[str, tuple[On, ...]] = {
    "sos": (On(Kind.BUTTON, sos.raise_alarm, (State.SOS, State.SOS_ON), "menu:sos"),),
    "report": (On(Kind.BUTTON, begin_report, (State.TOPIC,), "menu:report"),),
    "aid": (On(Kind.BUTTON, going(State.AID), (State.AID,), "menu:aid"),),
    "mine": (On(Kind.BUTTON, mine.list_mine, (State.MINE,), "menu:mine"),),
    "language": (On(Kind.BUTTON, going(State.LANGUAGE), (State.LANGUAGE,), "menu:language"),),
    "privacy": (On(Kind.BUTTON, going(State.PRIVACY), (State.PRIVACY,), "menu:privacy"),),
    "forget": (On(Kind.BUTTON, going(State.FORGET), (State.FORGET,), "menu:forget"),),
    "codes": (On(Kind.BUTTON, going(State.CODE), (State.CODE,), "menu:codes"),),
    "duty": (On(Kind.BUTTON, responder.show_duty, (State.DUTY,), "menu:duty"),),
    "offers": (On(Kind.BUTTON, responder.list_offers, (State.OFFERS,), "menu:offers"),),
    "back": (On(Kind.BUTTON, back, BACK, "nav:back"),),
    "cancel": (On(Kind.BUTTON, cancel, (State.HOME,), "nav:cancel"),),
    "start": (
        On(Kind.BUTTON, start, (State.HOME, State.OPEN, State.LINK), "menu:over"),
        On(Kind.BUTTON, start, (State.HOME,), "nav:over"),
    ),
    "help": (On(Kind.BUTTON, help_with, EVERY, "menu:help"),),
}
# Every command does what the button of the same name does.
COMMANDS = tuple(replace(presses[0], kind=Kind.COMMAND, value=name) for name, presses in MENU.items())
ALWAYS: tuple[On, ...] = (
    *(press for presses in MENU.values() for press in presses),
    *COMMANDS,
    On(Kind.COMMAND, responder.link, (State.LINK,), "link"),
    On(Kind.COMMAND, responder.unlink, EVERY, "unlink"),
    On(Kind.BUTTON, place_how, EVERY, "menu:place"),
    On(Kind.BUTTON, mine.list_mine, (State.MINE,), "news"),
    On(Kind.BUTTON, responder.answer, EVERY, "offer:"),
)
OUTCOMES: tuple[On, ...] = (
    On(Kind.OUTCOME, responder.answered, EVERY, "answered"),
    On(Kind.OUTCOME, responder.not_answered, EVERY, "not_answered"),
    On(Kind.OUTCOME, responder.unlinked, (State.HOME,), "unlinked"),
    On(Kind.OUTCOME, sos.placed, EVERY, "placed"),
    On(Kind.OUTCOME, sos.not_placed, EVERY, "not_placed"),
    On(Kind.OUTCOME, mine.opened, (State.REPORT,), "report"),
    On(Kind.OUTCOME, refused, EVERY, "refused"),
    On(Kind.OUTCOME, failed, EVERY, "failed"),
)
TABLE: Mapping[State, Step] = {
    State.HOME: Step(home_prompt, report.beginning("concern")),
    **report.STEPS,
    **sos.STEPS,
    **mine.STEPS,
    **own.STEPS,
    **responder.STEPS,
}


def step(conversation: Conversation, said: Said, world: World) -> tuple[Turn, tuple[Say, ...]]:
    """What follows from ``said``: the turn with its calls, and the messages that are due now."""
    said = as_pressed(conversation, said, world)
    turn = chosen(conversation, said, world)
    return turn, messages(turn, world)


def chosen(conversation: Conversation, said: Said, world: World) -> Turn:
    """The row that is meant, and what it does; where there is none, help."""
    if said.kind is Kind.LIVE and conversation.alarm and conversation.alarm.sharing:
        return sos.position(conversation, said, world)
    if said.kind is Kind.LIVE and said.value == MOVED:
        return report.follow(conversation, said)
    rows_of_state = TABLE[conversation.state].on
    found = next((row for row in (*ALWAYS, *rows_of_state, *OUTCOMES) if row.takes(said)), None)
    is_receipt = said.kind is Kind.TEXT and conversation.state not in CODES_EXPECTED and RECEIPT.match(said.value)
    if is_receipt and any(sign.isdigit() for sign in said.value):
        return mine.open_typed(conversation, said, world)
    return found.act(conversation, said, world) if found else not_understood(conversation, said)


def not_understood(conversation: Conversation, said: Said) -> Turn:
    """Say what can be used here, and ask again."""
    key = "unknown.edited" if said.value == "edited" else f"unknown.{said.kind.value}"
    return Turn(conversation, (conversation.say(key),))


def as_pressed(conversation: Conversation, said: Said, world: World) -> Said:
    """Whoever types what stands on a button has pressed it: every question can be answered by words."""
    if said.kind is not Kind.TEXT:
        return said
    typed = said.value.strip().casefold()
    shown = (*TABLE[conversation.state].prompt(conversation, world).buttons, navigation(conversation))
    pressed = next((one for row in shown for one in row if one.label.casefold() == typed), None)
    return replace(said, kind=Kind.BUTTON, value=pressed.data) if pressed else said


def navigation(conversation: Conversation) -> tuple[Button, ...]:
    """Back, cancel and start over: under every question."""
    return tuple(Button(conversation.say(f"button.{name}"), name) for name in NAVIGATION)


def messages(turn: Turn, world: World) -> tuple[Say, ...]:
    """The messages of a turn: at most one, with what was done and what is asked next."""
    conversation = turn.conversation
    lines, buttons = turn.lines, turn.buttons
    if turn.asks and not turn.effects:
        prompt = TABLE[conversation.state].prompt(conversation, world)
        below: Rows = (navigation(conversation),) if conversation.state is not State.HOME else ()
        lines, buttons = (*lines, prompt.text), buttons + prompt.buttons + below
    if not lines and not turn.wipe:
        return ()
    text = "\n\n".join(lines)
    is_home = conversation.state is State.HOME and not buttons
    return (Say(text, buttons, menu=is_home, fresh=turn.menu, spot=turn.spot, wipe=turn.wipe),)
