"""Volunteers, responders and desks: linking the chat, duty, and answering offers.

What they may do is the server's to say; a person's chat has no right but that of its link.
"""

from dataclasses import replace

from bot.conversation.model import Conversation, On, Prompt, State, Step, Turn, plain, rows
from bot.effects import AnswerOffer, Button, Link, ListOffers, Rows, SetDuty, ShowDuty, Unlink
from bot.inputs import Kind, Said, Spot
from bot.world import World

HOURS = (2, 4, 8, 12)
# What can be said of an offer next, by its state.
NEXT = {
    "proposed": ("accept", "decline", "seen"),
    "seen": ("accept", "decline"),
    "accepted": ("way", "arrived", "done"),
    "arrived": ("done",),
}


def link(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Redeem a code; without one, ask for it."""
    code = (said.words if said.kind is Kind.COMMAND else said.value).strip()[:60]
    if not code:
        return Turn(conversation.at(State.LINK))
    return Turn(conversation.at(State.LINK), effects=(Link(code),))


def linked(conversation: Conversation, said: Said, _world: World) -> Turn:
    """This chat now stands for a person or a desk; it speaks their language."""
    chosen = said.data.get("language")
    spoken = replace(conversation, language=chosen) if chosen in {"en", "zh"} else conversation
    line = spoken.say(f"link.{said.data['kind']}", label=said.data["label"])
    return Turn(spoken.at(State.HOME), (line,))


def refused(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Why not; the state asks again."""
    return Turn(conversation, (said.data["words"],))


def show_duty(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Ask whether I am on duty."""
    return Turn(conversation.at(State.DUTY), effects=(ShowDuty(),))


def duty_shown(conversation: Conversation, said: Said, _world: World) -> Turn:
    """On until, or off."""
    line = conversation.say("duty.on", span=said.data["span"]) if said.data["on"] else conversation.say("duty.off")
    return Turn(conversation.at(State.DUTY, hours=0), (line,))


def set_duty(conversation: Conversation, said: Said, _world: World) -> Turn:
    """On for some hours, or off."""
    hours = int(said.value.partition(":")[2])
    return Turn(replace(conversation, hours=hours), effects=(SetDuty(hours),))


def duty_refused(conversation: Conversation, said: Said, world: World) -> Turn:
    """Why not; where only a place is missing, it is asked for."""
    if said.data["code"] == "place-missing":
        return Turn(conversation.at(State.DUTY_PLACE))
    return unless_linked(conversation.at(State.DUTY), said, world)


def unless_linked(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Why not; a chat that stands for nobody is asked for its code."""
    state = State.LINK if said.data["code"] == "not-linked" else conversation.state
    return Turn(conversation.at(state), (said.data["words"],))


def duty_place(conversation: Conversation, said: Said, _world: World) -> Turn:
    """The place to be called at."""
    if said.spot is None:
        return Turn(conversation)
    return Turn(conversation, effects=(SetDuty(conversation.hours, Spot(said.spot.lat, said.spot.lon)),))


def list_offers(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """What am I asked?"""
    return Turn(conversation.at(State.OFFERS), effects=(ListOffers(),))


def offers_listed(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Each with its buttons."""
    items = said.data["items"]
    if not items:
        return Turn(conversation.at(State.OFFERS), (conversation.say("offers.none"),))
    lines = tuple(offer_words(conversation, one, at) for at, one in enumerate(items, 1))
    buttons: Rows = ()
    for at, one in enumerate(items, 1):
        buttons += offer_buttons(conversation, one, at if len(items) > 1 else None)
    return Turn(conversation.at(State.OFFERS), lines, buttons=buttons)


def offer_words(conversation: Conversation, offer: dict[str, object], at: int) -> str:
    """How far, how long; never where or what before it is accepted."""
    far = conversation.say("offers.far", metres=int(float(str(offer["distance_m"])))) if offer.get("distance_m") else ""
    return conversation.say("offers.line", number=at, left=offer["left"], far=far)


def offer_buttons(conversation: Conversation, offer: dict[str, object], at: int | None = None) -> Rows:
    """What can be said of it now, in one row; numbered where there are several."""
    number = f" {at}" if at else ""
    acts = [act for act in NEXT.get(str(offer["state"]), ()) if act != "way" or not offer.get("on_the_way_at")]
    return (
        tuple(Button(conversation.say(f"button.offer.{act}") + number, f"offer:{offer['id']}:{act}") for act in acts),
    )


def answer(conversation: Conversation, said: Said, _world: World) -> Turn:
    """A button under an offer, wherever the conversation stands."""
    _, offer, act = [*said.value.split(":"), "", ""][:3]
    return Turn(replace(conversation, offer=offer), effects=(AnswerOffer(offer, act),))


def answered(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Done; after acceptance with the place and the next buttons."""
    data = said.data
    resting = State.HOME if conversation.state in {State.READ_BACK, State.REASON} else conversation.state
    line = conversation.say(f"offer.{data['act']}")
    if data["act"] == "accept" and data["spot"] is None:
        line += "\n" + conversation.say("offer.no_place")
    # Whoever has only seen it is still asked; whoever declined is asked nothing more.
    buttons = offer_buttons(conversation, data["offer"]) if data["offer"]["state"] in NEXT else ()
    spot = data["spot"] if data["act"] == "accept" else None
    return Turn(conversation.at(resting), (line,), asks=False, buttons=buttons, spot=spot)


def not_answered(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Where words are missing they are asked for; else why not."""
    asks = {"read-back-missing": State.READ_BACK, "unsuitable": State.REASON}.get(said.data["code"])
    if asks:
        return Turn(conversation.at(asks))
    return Turn(conversation, (said.data["words"],), asks=conversation.state in {State.READ_BACK, State.REASON})


def with_words(act: str) -> On:
    """The words that an answer needed."""

    def say(conversation: Conversation, said: Said, _world: World) -> Turn:
        return Turn(conversation, effects=(AnswerOffer(conversation.offer or "", act, said.value[:2000]),))

    state = State.READ_BACK if act == "accept" else State.REASON
    return On(Kind.TEXT, say, (state, State.HOME))


def unlink(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """End the link."""
    return Turn(conversation, effects=(Unlink(),))


def unlinked(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """This chat stands for nobody any more."""
    return Turn(conversation.at(State.HOME), (conversation.say("link.ended"),))


def duty_prompt(conversation: Conversation, _world: World) -> Prompt:
    """How long?"""
    hours = tuple(Button(conversation.say("button.hours", hours=hours), f"duty:{hours}") for hours in HOURS)
    return Prompt(conversation.say("duty.ask"), (hours, *rows(conversation, "duty:0")))


ANSWERED = (State.HOME, State.READ_BACK, State.REASON)
STEPS = {
    State.LINK: Step(
        plain("link.ask"),
        (
            On(Kind.TEXT, link, (State.LINK,)),
            On(Kind.OUTCOME, linked, (State.HOME,), value="linked"),
            On(Kind.OUTCOME, refused, (State.LINK,), value="refused"),
        ),
    ),
    State.DUTY: Step(
        duty_prompt,
        (
            On(Kind.BUTTON, set_duty, (State.DUTY,), value="duty:"),
            On(Kind.OUTCOME, duty_shown, (State.DUTY,), value="duty"),
            On(Kind.OUTCOME, duty_refused, (State.DUTY, State.DUTY_PLACE, State.LINK), value="refused"),
        ),
    ),
    State.DUTY_PLACE: Step(
        plain("duty.place"),
        (
            On(Kind.LOCATION, duty_place, (State.DUTY_PLACE,)), On(Kind.LIVE, duty_place, (State.DUTY_PLACE,)),
            On(Kind.OUTCOME, duty_shown, (State.DUTY,), value="duty"),
            On(Kind.OUTCOME, duty_refused, (State.DUTY, State.DUTY_PLACE, State.LINK), value="refused"),
        ),
        back=State.DUTY,
    ),
    State.OFFERS: Step(
        plain("offers.ask", "menu:offers"),
        (
            On(Kind.OUTCOME, offers_listed, (State.OFFERS,), value="offers"),
            On(Kind.OUTCOME, unless_linked, (State.OFFERS, State.LINK), value="refused"),
        ),
    ),
    State.READ_BACK: Step(plain("read_back.ask"), (with_words("accept"),), back=State.OFFERS),
    State.REASON: Step(plain("reason.ask"), (with_words("decline"),), back=State.OFFERS),
}  # fmt: skip
