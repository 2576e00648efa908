"""Telling a report, and asking for or offering help: what, where, in which words, and then sending it."""

from dataclasses import replace

from bot.conversation.model import (
    Act,
    Conversation,
    Draft,
    On,
    Prompt,
    State,
    Step,
    Turn,
    going,
    in_danger,
    plain,
    rows,
)
from bot.effects import Button, Effect, KeepPhoto, KeepVoice, Rows, SendReport
from bot.inputs import Kind, Said
from bot.world import Category, World

FLOW = (State.TOPIC, State.PLACE, State.WORDS)
FLOW_TO = (*FLOW, State.READY)


def drafted(conversation: Conversation, said: Said) -> Draft:
    """The draft at hand, or a new one that the present update names."""
    return conversation.draft or Draft(said.key)


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
    }
    return held | {name: value for name, value in more.items() if value}


def _safe(found: Category | None, *, safe: bool) -> dict[str, str]:
    """Where whoever is near must not learn of it, only what was said to be safe is used, else nothing (INV-8)."""
    if not found or not found.private:
        return {}
    return {"channel": "telegram" if safe else "none"}


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
    return Prompt("\n".join((*first, *held, asks)), sending + rows(conversation, "change:topic", "change:place"))


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
            send(news=True), send(news=False), change(State.TOPIC, "change:topic"), change(State.PLACE, "change:place"),
            WRITTEN, *TAKEN,
            On(Kind.OUTCOME, sent, (State.HOME,), value="report_sent"),
            On(Kind.OUTCOME, refused, (State.READY,), value="refused"),
        ),
        back=State.WORDS,
    ),
}  # fmt: skip
