"""SOS: send first, ask later. Silence never ends it; what ends it is the person's code, or their word where none is set.

The bot never looks which of two codes was said: it passes the code on, and all that follows is the same.
"""

import unicodedata
from dataclasses import replace

from bot.conversation.draft import body_of
from bot.conversation.model import Alarm, Conversation, Draft, On, Prompt, State, Step, Turn, going, in_danger, rows
from bot.conversation.passing import passing_on, passing_on_kept
from bot.effects import Effect, KeepPhoto, KeepVoice, LetWrite, Locate, OpenReport, SendReport, Tell
from bot.inputs import MOVED, Kind, Said
from bot.world import World

OPEN_TO = (State.SOS_ON,)


def raise_alarm(conversation: Conversation, said: Said, _world: World) -> Turn:
    """To the last question before an SOS; or back to the one that is on."""
    if conversation.alarm:
        return Turn(conversation.at(State.SOS_ON))
    return Turn(conversation.at(State.SOS, draft=Draft(said.key, "distress", danger=True)))


def go(conversation: Conversation, said: Said, world: World) -> Turn:
    """Whatever comes now sends it, with what it says; a photo or a voice note follows, for it takes longer."""
    draft = conversation.draft or Draft(said.key, "distress", danger=True)
    draft = replace(draft, spot=said.spot or draft.spot, text=said.value if said.kind is Kind.TEXT else said.words)
    body = body_of(conversation, replace(draft, text=draft.text[: world.text_most]), world)
    if conversation.codes:
        codes = {"cancel": conversation.codes.cancel, "duress": conversation.codes.duress}
        body["codes"] = {name: code for name, code in codes.items() if code}
    follows = {Kind.PHOTO: (KeepPhoto(said.value),), Kind.VOICE: (KeepVoice(said.value),)}.get(said.kind, ())
    effects: tuple[Effect, ...] = (SendReport(body), *follows)
    return Turn(replace(conversation, draft=draft), effects=effects)


def gone_out(conversation: Conversation, said: Said, _world: World) -> Turn:
    """The API has it."""
    data = said.data
    lines = [conversation.say("sos.sent", owner=data["owner"], span=data["span"])]
    if data.get("number"):
        lines.insert(0, conversation.say("sent.danger", number=data["number"], advice=data["advice"]))
    alarm = Alarm(data["receipt"], coded=conversation.codes is not None)
    return Turn(conversation.holding(data["receipt"]).at(State.SOS_ON, draft=None, alarm=alarm), tuple(lines))


def refused(conversation: Conversation, said: Said, world: World) -> Turn:
    """Something in it was refused: help is asked for without it, once; else the number is said."""
    draft = conversation.draft
    if draft is None or (not draft.text and not draft.spot):
        return Turn(conversation, (said.data["words"], conversation.say("sos.not_sent")))
    bare = Draft(said.key, "distress", danger=True)
    return Turn(replace(conversation, draft=bare), effects=(SendReport(body_of(conversation, bare, world)),))


def hold(conversation: Conversation, said: Said, _world: World) -> Turn:
    """It did not go out, but the photo or voice note is here: it goes with the next try."""
    draft = conversation.draft or Draft(said.key, "distress", danger=True)
    held = (said.data["id"],)
    if said.value == "photo_kept":
        return Turn(replace(conversation, draft=replace(draft, photos=draft.photos + held)))
    return Turn(replace(conversation, draft=replace(draft, voices=draft.voices + held)))


def receipt_of(conversation: Conversation) -> str:
    """The receipt of the alarm that is on."""
    return conversation.alarm.receipt if conversation.alarm else ""


def more(conversation: Conversation, said: Said, _world: World) -> Turn:
    """More is said while it is on: passed on at once."""
    return Turn(conversation, effects=passing_on(receipt_of(conversation), said))


def kept(conversation: Conversation, said: Said, _world: World) -> Turn:
    """A photo or voice note was kept: pass it on."""
    return Turn(conversation, effects=passing_on_kept(receipt_of(conversation), said))


def position(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Where the person is now, for as long as it is shared."""
    if said.spot is None or not conversation.alarm or not conversation.alarm.sharing:
        return Turn(conversation, asks=False)
    return Turn(conversation, effects=(Locate(conversation.alarm.receipt, said.spot, live=said.value == MOVED),))


def placed(conversation: Conversation, said: Said, _world: World) -> Turn:
    """It was taken. Live positions are not answered each, or they would bury the chat."""
    if said.data["live"]:
        return Turn(conversation, asks=False)
    return Turn(conversation, (conversation.say("sos.placed"),))


def not_placed(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Positions are no longer taken: said once."""
    if conversation.alarm:
        conversation = replace(conversation, alarm=replace(conversation.alarm, sharing=False))
    return Turn(conversation, (said.data["words"],))


def told(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """It was passed on."""
    return Turn(conversation, (conversation.say("sos.passed_on"),))


def end(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """End it: by the code where one is set."""
    coded = bool(conversation.alarm and conversation.alarm.coded)
    return Turn(conversation.at(State.SOS_CODE if coded else State.SOS_END))


def normal_form(code: str) -> str:
    """A code as it is compared: capitals, width and spaces do not matter to somebody who is afraid."""
    return " ".join(unicodedata.normalize("NFKC", code).lower().split())


def say_code(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Pass the code on; it is taken out of the chat whatever it was."""
    effect = Tell(receipt_of(conversation), "cancel", {"code": normal_form(said.value)[:40]})
    return Turn(conversation, effects=(effect,), wipe=True)


def take_back(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Without a code: the report is taken back."""
    return Turn(conversation, effects=(Tell(receipt_of(conversation), "withdraw", {}),))


def cannot_take_back(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Somebody handles it already: they are told instead."""
    body = {"text": conversation.say("sos.taken_back")}
    return Turn(conversation, effects=(Tell(receipt_of(conversation), "messages", body),))


def ended(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """The person has ended it."""
    return Turn(conversation.at(State.HOME, alarm=None), (conversation.say("sos.ended"),))


def go_on(conversation: Conversation, said: Said, _world: World) -> Turn:
    """It was not taken, and the alarm goes on."""
    return Turn(conversation, (said.data["words"],))


def write_here(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """The person agrees to be written to here."""
    return Turn(conversation, effects=(LetWrite(receipt_of(conversation)),))


def news(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """How does it stand?"""
    return Turn(conversation, effects=(OpenReport(receipt_of(conversation)),))


def shown(conversation: Conversation, said: Said, _world: World) -> Turn:
    """How it stands; one that the desk has closed is over."""
    if said.data["status"] in {"closed", "withdrawn"}:
        return Turn(conversation.at(State.HOME, alarm=None), (said.data["words"], conversation.say("sos.over")))
    return Turn(conversation, (said.data["words"],))


def sos_prompt(conversation: Conversation, world: World) -> Prompt:
    """The number first, then what an SOS is, and the one button."""
    coded = conversation.say("sos.has_code" if conversation.codes else "sos.no_code")
    text = "\n\n".join((in_danger(conversation, world), conversation.say("sos.ask"), coded))
    return Prompt(text, rows(conversation, "sos:go"))


def on_prompt(conversation: Conversation, world: World) -> Prompt:
    """What can be done while it is on."""
    text = "\n\n".join((in_danger(conversation, world), conversation.say("sos.on")))
    return Prompt(text, rows(conversation, "sos:news", "sos:write", "sos:end"))


SENT_BY = tuple(On(kind, go, (State.SOS,)) for kind in (Kind.TEXT, Kind.LOCATION, Kind.LIVE, Kind.PHOTO, Kind.VOICE))
STEPS = {
    State.SOS: Step(
        sos_prompt,
        (
            On(Kind.BUTTON, go, (State.SOS,), value="sos:go"), *SENT_BY,
            On(Kind.OUTCOME, gone_out, (State.SOS_ON,), value="report_sent"),
            On(Kind.OUTCOME, refused, (State.SOS,), value="refused"),
            On(Kind.OUTCOME, hold, (State.SOS,), value="photo_kept"),
            On(Kind.OUTCOME, hold, (State.SOS,), value="voice_kept"),
        ),
    ),
    State.SOS_ON: Step(
        on_prompt,
        (
            On(Kind.BUTTON, end, (State.SOS_CODE, State.SOS_END), value="sos:end"),
            On(Kind.BUTTON, news, OPEN_TO, value="sos:news"), On(Kind.BUTTON, write_here, OPEN_TO, value="sos:write"),
            On(Kind.TEXT, more, OPEN_TO), On(Kind.PHOTO, more, OPEN_TO), On(Kind.VOICE, more, OPEN_TO),
            On(Kind.LOCATION, position, OPEN_TO), On(Kind.LIVE, position, OPEN_TO),
            On(Kind.OUTCOME, kept, OPEN_TO, value="photo_kept"), On(Kind.OUTCOME, kept, OPEN_TO, value="voice_kept"),
            On(Kind.OUTCOME, told, OPEN_TO, value="told"), On(Kind.OUTCOME, go_on, OPEN_TO, value="refused"),
            On(Kind.OUTCOME, going(State.SOS_ON, "sos.writing"), OPEN_TO, value="may_write"),
            On(Kind.OUTCOME, shown, (State.SOS_ON, State.HOME), value="report"),
        ),
    ),
    State.SOS_CODE: Step(
        lambda conversation, _world: Prompt(conversation.say("sos.code")),
        (
            On(Kind.TEXT, say_code, (State.SOS_CODE,)),
            On(Kind.OUTCOME, ended, (State.HOME,), value="told"),
            On(Kind.OUTCOME, go_on, (State.SOS_CODE,), value="refused"),
        ),
        back=State.SOS_ON,
    ),
    State.SOS_END: Step(
        lambda conversation, _world: Prompt(conversation.say("sos.sure"), rows(conversation, "sos:safe")),
        (
            On(Kind.BUTTON, take_back, (State.SOS_END,), value="sos:safe"),
            On(Kind.OUTCOME, ended, (State.HOME,), value="told"),
            On(Kind.OUTCOME, cannot_take_back, (State.SOS_END,), value="refused"),
        ),
        back=State.SOS_ON,
    ),
}  # fmt: skip
