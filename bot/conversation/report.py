"""Telling a report, and asking for or offering help: what, where, in which words, and then sending it."""

from dataclasses import replace

from bot.conversation.asking import place_prompt, ready_prompt, topic_prompt, topics_prompt, words_prompt
from bot.conversation.draft import body_of, drafted
from bot.conversation.model import (
    Act,
    Conversation,
    Draft,
    On,
    State,
    Step,
    Turn,
    going,
    plain,
)
from bot.effects import Effect, KeepPhoto, KeepVoice, SendReport
from bot.inputs import Kind, Said
from bot.world import World

FLOW = (State.TOPIC, State.PLACE, State.WORDS)
FLOW_TO = (*FLOW, State.READY)


def onward(conversation: Conversation, draft: Draft, *done: State, lines: tuple[str, ...] = ()) -> Turn:
    """To the first thing that was not asked yet, else to sending."""
    settled = tuple(dict.fromkeys((*draft.settled, *done)))
    following = next((state for state in FLOW if state not in settled), State.READY)
    return Turn(conversation.at(following, draft=replace(draft, settled=settled)), lines)


def begin(kind: str) -> On:
    """Begin a report of this kind."""

    def act(conversation: Conversation, said: Said, _world: World) -> Turn:
        return Turn(conversation.at(State.TOPIC, draft=Draft(said.key, kind)))

    return On(Kind.BUTTON, act, (State.TOPIC,), value=kind)


def choose(conversation: Conversation, said: Said, world: World) -> Turn:
    """A topic was pressed."""
    found = world.category(said.value.partition(":")[2])
    draft = replace(drafted(conversation, said), category=found.code if found else None)
    return onward(conversation, draft, State.TOPIC)


def danger(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Somebody is in danger: the number first (the prompt begins with it from now on)."""
    return Turn(conversation.at(State.TOPIC, draft=replace(drafted(conversation, said), danger=True)))


def words(conversation: Conversation, said: Said, world: World) -> Turn:
    """Words are taken wherever they come; what is too long is said to be cut."""
    draft = drafted(conversation, said)
    joined = "\n".join(filter(None, (draft.text, said.value)))
    cut = (conversation.say("words.cut", most=world.text_most),) if len(joined) > world.text_most else ()
    lines = (conversation.say("words.kept"), *cut)
    return onward(conversation, replace(draft, text=joined[: world.text_most]), State.WORDS, lines=lines)


def place(conversation: Conversation, said: Said, _world: World) -> Turn:
    """A position; of help between neighbours only a rough one is kept."""
    draft = drafted(conversation, said)
    spot = said.spot.rounded() if said.spot and draft.kind.startswith("aid_") else said.spot
    line = conversation.say("place.kept_rough" if draft.kind.startswith("aid_") else "place.kept")
    return onward(conversation, replace(draft, spot=spot), State.PLACE, lines=(line,))


def follow(conversation: Conversation, said: Said) -> Turn:
    """A live place that moves on: the draft at hand follows it, and nothing is answered, or it would bury the chat."""
    draft = conversation.draft
    if not (draft and draft.spot and said.spot) or conversation.state not in (*FLOW, State.READY):
        return Turn(conversation, asks=False)
    spot = said.spot.rounded() if draft.kind.startswith("aid_") else said.spot
    return Turn(replace(conversation, draft=replace(draft, spot=spot)), asks=False)


def landmark(conversation: Conversation, said: Said, _world: World) -> Turn:
    """A place in words."""
    draft = replace(drafted(conversation, said), landmark=said.value[:500])
    return onward(conversation, draft, State.PLACE, lines=(conversation.say("place.noted"),))


def skip(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Leave this out."""
    return onward(conversation, drafted(conversation, said), conversation.state)


def keep(conversation: Conversation, said: Said, world: World) -> Turn:
    """A photo or a voice note: first to the API, which names it."""
    draft = drafted(conversation, said)
    held = draft.photos if said.kind is Kind.PHOTO else draft.voices
    if len(held) >= world.photos_most:
        return Turn(conversation, (conversation.say("photo.many", most=world.photos_most),))
    kept: Effect = KeepPhoto(said.value, said.words) if said.kind is Kind.PHOTO else KeepVoice(said.value, said.words)
    return Turn(replace(conversation, draft=draft), effects=(kept,))


def kept(conversation: Conversation, said: Said, world: World) -> Turn:
    """The API has kept it."""
    draft = drafted(conversation, said)
    held = (said.data["id"],)
    is_photo = said.value == "photo_kept"
    draft = replace(draft, photos=draft.photos + held) if is_photo else replace(draft, voices=draft.voices + held)
    if caption := str(said.data.get("caption") or ""):
        draft = replace(draft, text="\n".join(filter(None, (draft.text, caption)))[: world.text_most])
    line = conversation.say("photo.kept", count=len(draft.photos)) if is_photo else conversation.say("voice.kept")
    # A voice may say what and where; a photo alone says neither.
    done = (State.WORDS, *({conversation.state} & {State.PLACE})) if not is_photo else (State.WORDS,) * bool(caption)
    return onward(conversation, draft, *done, lines=(line,))


def send(*, news: bool) -> On:
    """Send it; ``news``: and be written to in this chat."""

    def act(conversation: Conversation, said: Said, world: World) -> Turn:
        draft = conversation.draft
        if draft is None:
            return Turn(conversation.at(State.HOME), (conversation.say("ready.gone"),))
        if not draft.says_something:
            settled = tuple(state for state in draft.settled if state is not State.WORDS)
            lines = (conversation.say("ready.empty"),)
            return Turn(conversation.at(State.WORDS, draft=replace(draft, settled=settled)), lines)
        effect = SendReport(body_of(conversation, draft, world, safe=news), news)
        return Turn(conversation, effects=(effect,))

    return On(Kind.BUTTON, act, (State.READY, State.WORDS), value="send:news" if news else "send:only")


def sent(conversation: Conversation, said: Said, _world: World) -> Turn:
    """The API has it: the number first where somebody may be in danger, then who owns it and by when."""
    data = said.data
    lines = [
        conversation.say("sent.received"),
        conversation.say("sent.owner", owner=data["owner"], span=data["span"]),
        conversation.say("sent.receipt", receipt=data["receipt"]),
        conversation.say("sent.news" if data["news"] else "sent.no_news"),
    ]
    if data.get("number"):
        lines.insert(0, conversation.say("sent.danger", number=data["number"], advice=data["advice"]))
    held = conversation.holding(data["receipt"])
    return Turn(held.at(State.HOME, draft=None), tuple(lines))


def refused(conversation: Conversation, said: Said, _world: World) -> Turn:
    """The API did not take it: it stays as it is and can be changed. What was taken under its id gets another one."""
    draft = conversation.draft
    if draft and said.data["code"] == "client-id-reused":
        draft = replace(draft, id=said.key)
    return Turn(replace(conversation, draft=draft), (said.data["words"], conversation.say("ready.still_here")))


def board(conversation: Conversation, said: Said, _world: World) -> Turn:
    """Show it to neighbours, or not: nothing is shown unless that was chosen."""
    draft = drafted(conversation, said)
    return Turn(conversation.at(State.READY, draft=replace(draft, on_board=said.value == "board:on")))


def change(state: State, name: str) -> On:
    """Say it anew."""

    def act(conversation: Conversation, said: Said, _world: World) -> Turn:
        draft = drafted(conversation, said)
        settled = tuple(one for one in draft.settled if one is not state)
        return Turn(conversation.at(state, draft=replace(draft, settled=settled)))

    return On(Kind.BUTTON, act, (state,), value=name)


TAKEN = (
    On(Kind.LOCATION, place, FLOW_TO),
    On(Kind.LIVE, place, FLOW_TO),
    On(Kind.PHOTO, keep, FLOW_TO),
    On(Kind.VOICE, keep, FLOW_TO),
    On(Kind.OUTCOME, kept, FLOW_TO, value="photo_kept"),
    On(Kind.OUTCOME, kept, FLOW_TO, value="voice_kept"),
)
SKIP = On(Kind.BUTTON, skip, FLOW_TO, value="skip")
WRITTEN = On(Kind.TEXT, words, FLOW_TO)
CHOSEN = On(Kind.BUTTON, choose, FLOW_TO, value="topic:")
DANGER = On(Kind.BUTTON, danger, (State.TOPIC,), value="danger")


def skip_topic(conversation: Conversation, said: Said, _world: World) -> Turn:
    """It fits no topic."""
    return onward(conversation, drafted(conversation, said), State.TOPIC)


def begun(kind: str, act: Act) -> Act:
    """What is said out of the blue begins a report of this kind."""

    def begins(conversation: Conversation, said: Said, world: World) -> Turn:
        return act(conversation.at(State.TOPIC, draft=Draft(said.key, kind)), said, world)

    return begins


def beginning(kind: str) -> tuple[On, ...]:
    """Words, a photo, a voice note or a position begin a report of this kind."""
    acts = {Kind.TEXT: words, Kind.PHOTO: keep, Kind.VOICE: keep, Kind.LOCATION: place, Kind.LIVE: place}
    return tuple(On(said, begun(kind, act), FLOW_TO) for said, act in acts.items())


NO_TOPIC = On(Kind.BUTTON, skip_topic, FLOW_TO, value="skip")
STEPS = {
    State.AID: Step(plain("aid.ask", "aid_request", "aid_offer"), (begin("aid_request"), begin("aid_offer"), *beginning("aid_request"))),
    State.TOPIC: Step(
        topic_prompt,
        (CHOSEN, DANGER, NO_TOPIC, On(Kind.BUTTON, going(State.TOPICS), (State.TOPICS,), "topics"), WRITTEN, *TAKEN),
    ),
    State.TOPICS: Step(topics_prompt, (CHOSEN, DANGER, NO_TOPIC, WRITTEN, *TAKEN), back=State.TOPIC),
    State.PLACE: Step(place_prompt, (On(Kind.TEXT, landmark, FLOW_TO), SKIP, *TAKEN), back=State.TOPIC),
    State.WORDS: Step(words_prompt, (WRITTEN, SKIP, *TAKEN), back=State.PLACE),
    State.READY: Step(
        ready_prompt,
        (
            On(Kind.BUTTON, board, (State.READY,), value="board:on"), On(Kind.BUTTON, board, (State.READY,), value="board:off"),
            send(news=True), send(news=False), change(State.TOPIC, "change:topic"), change(State.PLACE, "change:place"),
            WRITTEN, *TAKEN,
            On(Kind.OUTCOME, sent, (State.HOME,), value="report_sent"),
            On(Kind.OUTCOME, refused, (State.READY,), value="refused"),
        ),
        back=State.WORDS,
    ),
}  # fmt: skip
