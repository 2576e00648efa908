"""A person's own reports: how they stand, what was said, taking one back; and the way to the page and back."""

import hashlib
from dataclasses import replace

from bot.conversation import neighbours
from bot.conversation.model import Conversation, On, Prompt, State, Step, Turn, plain, rows
from bot.conversation.passing import passing_on, passing_on_kept
from bot.effects import Button, LetWrite, ListReports, Locate, OpenReport, Tell
from bot.inputs import Kind, Said
from bot.world import World

STAYS = (State.REPORT,)
DEGREES = (5, 4, 3, 2, 1)  # from very good to very bad


def list_mine(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Ask how each of them stands."""
    if not conversation.receipts:
        return Turn(conversation.at(State.MINE), (conversation.say("mine.none"),))
    return Turn(conversation.at(State.MINE), effects=(ListReports(conversation.receipts),))


def listed(conversation: Conversation, said: Said, _world: World) -> Turn:
    """One line and one button each; never what it is about, for the chat may be looked at by others."""
    items = said.data["items"]
    gone = set(said.data["gone"])
    left = replace(conversation, receipts=tuple(one for one in conversation.receipts if one not in gone))
    label = conversation.say
    lines = tuple(
        label("mine.line", number=at, ago=one["ago"], status=one["status"]) for at, one in enumerate(items, 1)
    )
    buttons = tuple(
        (Button(label("mine.button", number=at), f"mine:{tag(one['receipt'])}"),) for at, one in enumerate(items, 1)
    )
    return Turn(left, lines, buttons=buttons)


def tag(receipt: str) -> str:
    """What a button says of a receipt: enough to find it among one's own, and no key to anything."""
    return hashlib.sha256(receipt.encode()).hexdigest()[:12]


def open_mine(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Open the report of a button."""
    wanted = said.value.partition(":")[2]
    receipt = next((one for one in conversation.receipts if tag(one) == wanted), None)
    if receipt is None:
        return Turn(conversation, (conversation.say("mine.gone"),))
    return Turn(conversation, effects=(OpenReport(receipt),))


def open_typed(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Open the report of a receipt that was typed or read out."""
    return Turn(conversation, effects=(OpenReport(said.value.strip()[:60]),))


def opened(conversation: Conversation, said: Said, _world: World) -> Turn:
    """The report as it stands."""
    receipt = said.data["receipt"]
    allowed = tuple(said.data["allowed"])
    return Turn(conversation.holding(receipt).at(State.REPORT, opened=receipt, allowed=allowed), (said.data["words"],))


def not_opened(conversation: Conversation, said: Said, _world: World) -> Turn:
    """No report has this receipt, or the like."""
    return Turn(conversation, (said.data["words"],))


def write(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Words, a photo or a voice note to those who handle it."""
    return Turn(conversation, effects=passing_on(_receipt(conversation), said))


def kept(conversation: Conversation, said: Said, _world: World) -> Turn:
    """A photo or voice note was kept: pass it on."""
    return Turn(conversation, effects=passing_on_kept(_receipt(conversation), said))


def position(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Where the person is now."""
    if said.spot is None:
        return Turn(conversation)
    return Turn(conversation, effects=(Locate(_receipt(conversation), said.spot),))


def told(conversation: Conversation, said: Said, _world: World) -> Turn:
    """It was passed on; what can be done now may be something else than before."""
    after = (OpenReport(_receipt(conversation)),) if said.data["act"] in {"withdraw", "reopen"} else ()
    left = tuple(name for name in conversation.allowed if name != said.data["act"] or name == "messages")
    line = conversation.say(f"report.told.{said.data['act']}")
    return Turn(conversation.at(State.REPORT, allowed=left), (line,), effects=after)


def refused(conversation: Conversation, said: Said, _world: World) -> Turn:
    """It cannot be done now, and why."""
    return Turn(conversation.at(State.REPORT), (said.data["words"],))


def refresh(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Look again."""
    return Turn(conversation, effects=(OpenReport(_receipt(conversation)),))


def write_here(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """The person agrees to be written to here."""
    return Turn(conversation, effects=(LetWrite(_receipt(conversation)),))


def may_write(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """From now on."""
    left = tuple(name for name in conversation.allowed if name != "write_here")
    return Turn(replace(conversation, allowed=left), (conversation.say("report.writing"),))


def drop(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Take it off this chat's list; the receipt still opens it."""
    left = tuple(one for one in conversation.receipts if one != conversation.opened)
    line = conversation.say("report.dropped", receipt=_receipt(conversation))
    return Turn(conversation.at(State.HOME, receipts=left, opened=None), (line,))


def show_code(conversation: Conversation, _said: Said, world: World) -> Turn:
    """The receipt, and where the page takes it."""
    where = conversation.say("report.page", page=f"{world.page}/open") if world.page else ""
    line = conversation.say("report.code", receipt=_receipt(conversation))
    return Turn(conversation, tuple(filter(None, (line, where))))


def report_prompt(conversation: Conversation, _world: World) -> Prompt:
    """What can be done with the report, and no more than can."""
    possible = {
        "neighbours": "neighbours",
        "write_here": "write_here",
        "unsolved": "reopen",
        "feedback": "feedback",
        "withdraw": "withdraw",
    }
    shown = [name for name, call in possible.items() if call in conversation.allowed]
    asks = "report.ask" if "messages" in conversation.allowed else "report.over"
    return Prompt(conversation.say(asks), rows(conversation, "refresh", *shown, "code", "drop"))


def going_to(state: State, value: str) -> On:
    """A button that only goes somewhere."""
    return On(Kind.BUTTON, lambda conversation, _s, _w: Turn(conversation.at(state)), (state,), value=value)


def withdraw(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Take it back."""
    return Turn(conversation, effects=(Tell(_receipt(conversation), "withdraw", {}),))


def reopen(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Not solved; with the person's words, or without."""
    body = {"text": said.value[:2000]} if said.kind is Kind.TEXT else {}
    return Turn(conversation, effects=(Tell(_receipt(conversation), "reopen", body),))


def rate(conversation: Conversation, said: Said, _world: World) -> Turn:
    """How it went, by a button or in words; Linli asks, and not those who helped."""
    given = said.value.partition(":")[2] if said.kind is Kind.BUTTON else ""
    body = {"satisfied": int(given)} if given else {"text": said.value[:2000]}
    return Turn(conversation, effects=(Tell(_receipt(conversation), "feedback", body),))


def _receipt(conversation: Conversation) -> str:
    return conversation.opened or ""


OPENED = (On(Kind.OUTCOME, opened, STAYS, value="report"), On(Kind.OUTCOME, not_opened, tuple(State), value="refused"))
AFTER = (On(Kind.OUTCOME, told, STAYS, value="told"), On(Kind.OUTCOME, refused, STAYS, value="refused"))
STEPS = {
    State.MINE: Step(
        plain("mine.ask", "open"),
        (
            On(Kind.BUTTON, open_mine, (State.MINE,), value="mine:"),
            On(Kind.TEXT, open_typed, (State.MINE,)),
            going_to(State.OPEN, "open"),
            On(Kind.OUTCOME, listed, (State.MINE,), value="mine"),
            *OPENED,
        ),
    ),
    State.OPEN: Step(plain("open.ask"), (On(Kind.TEXT, open_typed, (State.OPEN,)), *OPENED), back=State.MINE),
    State.REPORT: Step(
        report_prompt,
        (
            On(Kind.BUTTON, neighbours.look, (State.NEIGHBOURS,), value="neighbours"),
            On(Kind.BUTTON, refresh, STAYS, value="refresh"), On(Kind.BUTTON, write_here, STAYS, value="write_here"),
            On(Kind.BUTTON, show_code, STAYS, value="code"), On(Kind.BUTTON, drop, (State.HOME,), value="drop"),
            going_to(State.WITHDRAW, "withdraw"), going_to(State.REOPEN, "unsolved"),
            going_to(State.FEEDBACK, "feedback"),
            On(Kind.TEXT, write, STAYS), On(Kind.PHOTO, write, STAYS), On(Kind.VOICE, write, STAYS),
            On(Kind.LOCATION, position, STAYS), On(Kind.LIVE, position, STAYS),
            On(Kind.OUTCOME, kept, STAYS, value="photo_kept"), On(Kind.OUTCOME, kept, STAYS, value="voice_kept"),
            On(Kind.OUTCOME, may_write, STAYS, value="may_write"),
            On(Kind.OUTCOME, opened, STAYS, value="report"), *AFTER,
        ),
        back=State.MINE,
    ),
    **neighbours.STEPS,
    State.WITHDRAW: Step(
        plain("withdraw.ask", "withdraw:yes"),
        (On(Kind.BUTTON, withdraw, (State.WITHDRAW,), value="withdraw:yes"), *AFTER),
        back=State.REPORT,
    ),
    State.REOPEN: Step(
        plain("reopen.ask", "reopen:yes"),
        (
            On(Kind.TEXT, reopen, (State.REOPEN,)), On(Kind.BUTTON, reopen, (State.REOPEN,), value="reopen:yes"),
            *AFTER,
        ),
        back=State.REPORT,
    ),
    State.FEEDBACK: Step(
        plain("feedback.ask", *(f"rate:{degree}" for degree in DEGREES)),
        (
            *(On(Kind.BUTTON, rate, (State.FEEDBACK,), value=f"rate:{degree}") for degree in DEGREES),
            On(Kind.TEXT, rate, (State.FEEDBACK,)), *AFTER,
        ),
        back=State.REPORT,
    ),
}  # fmt: skip
