"""Rules of the conversation that are more than a way from state to state, as tables of cases."""

from dataclasses import replace
from typing import Any

import pytest

from bot.conversation.draft import body_of
from bot.conversation.model import Alarm, Codes, Conversation, Draft, State
from bot.conversation.sos import normal_form
from bot.conversation.table import messages, step
from bot.effects import AnswerOffer, Effect, Locate, OpenReport, SendReport, Tell
from bot.inputs import MOVED, Kind, Said, Spot
from bot.world import World, world_of
from tests.bot.talking import HERE, KEY, RECEIPT, WORLD, conversation, labels, outcome, said

TALK = Conversation()
BODY = {"client_id": KEY, "kind": "concern", "channel": "telegram", "language": "en", "danger_now": False}


def played(talk: Conversation, *inputs: Said) -> tuple[Conversation, list[Any], str]:
    """Say one after the other: where it ends, the calls of the last one, and its words."""
    effects: tuple[Effect, ...] = ()
    words = ""
    for one in inputs:
        turn, says = step(talk, one, WORLD)
        talk, effects, words = turn.conversation, turn.effects, "\n".join(say.text for say in says)
    return talk, list(effects), words


@pytest.mark.parametrize(
    ("draft", "safe", "more"),
    [
        (Draft(KEY, text="Loose cover"), False, {"text": "Loose cover"}),
        (Draft(KEY, spot=HERE), False, {"place": HERE.as_place()}),
        (Draft(KEY, landmark="By the bakery", danger=True), False, {"place": {"landmark": "By the bakery"}, "danger_now": True}),
        (Draft(KEY, voices=("v",)), False, {"text": "Voice note", "voice_ids": ["v"]}),
        (Draft(KEY, voices=("v",), spot=HERE), False, {"place": HERE.as_place(), "voice_ids": ["v"]}),
        (Draft(KEY, "aid_offer", "AID01"), False, {"kind": "aid_offer", "voice": "self", "category": "AID01", "text": "Food and meals"}),
        (Draft(KEY, category="CN13", text="x"), False, {"category": "CN13", "text": "x", "safe_contact": {"channel": "none"}}),
        (Draft(KEY, category="CN13", text="x"), True, {"category": "CN13", "text": "x", "safe_contact": {"channel": "telegram"}}),
        (Draft(KEY, category="CN01", text="x"), True, {"category": "CN01", "text": "x"}),
        (Draft(KEY, "distress", danger=True), False, {"kind": "distress", "danger_now": True}),
    ],
)  # fmt: skip
def test_a_draft_becomes_this_report(draft: Draft, safe: bool, more: dict[str, Any]) -> None:
    assert body_of(TALK, draft, WORLD, safe=safe) == BODY | more


@pytest.mark.parametrize(
    ("draft", "enough"),
    [
        (Draft(KEY), False), (Draft(KEY, category="CN01"), False), (Draft(KEY, photos=("p",)), False),
        (Draft(KEY, text="x"), True), (Draft(KEY, spot=HERE), True), (Draft(KEY, landmark="x"), True),
        (Draft(KEY, voices=("v",)), True), (Draft(KEY, "aid_request"), False), (Draft(KEY, "aid_request", "AID01"), True),
    ],
)  # fmt: skip
def test_words_a_voice_or_a_place_are_enough_and_less_is_asked_for(draft: Draft, enough: bool) -> None:
    talk, effects, words = played(TALK.at(State.READY, draft=draft), said(Kind.BUTTON, "send:only"))
    assert bool(effects) == enough
    assert enough or (talk.state is State.WORDS and "One of the two is enough" in words)


@pytest.mark.parametrize(
    ("inputs", "state"),
    [
        ([said(Kind.TEXT, "Smoke")], State.TOPIC),
        ([said(Kind.LOCATION)], State.TOPIC),
        ([said(Kind.TEXT, "Smoke"), said(Kind.BUTTON, "topic:CN01")], State.PLACE),
        ([said(Kind.LOCATION), said(Kind.BUTTON, "skip")], State.WORDS),
        ([said(Kind.TEXT, "Smoke"), said(Kind.LOCATION), said(Kind.BUTTON, "skip")], State.READY),
        ([said(Kind.TEXT, "a"), said(Kind.BUTTON, "topics"), said(Kind.BUTTON, "topic:CN13")], State.PLACE),
        ([said(Kind.BUTTON, "menu:report"), said(Kind.BUTTON, "skip"), said(Kind.VOICE, "v"), outcome("voice_kept")], State.READY),
        ([said(Kind.BUTTON, "menu:report"), said(Kind.PHOTO, "p"), outcome("photo_kept")], State.TOPIC),
    ],
)  # fmt: skip
def test_what_was_said_already_is_not_asked_again(inputs: list[Said], state: State) -> None:
    assert played(TALK, *inputs)[0].state is state


def test_back_asks_the_step_before_anew_and_keeps_what_was_said() -> None:
    talk, _, _ = played(TALK, said(Kind.TEXT, "Smoke"), said(Kind.BUTTON, "topic:CN01"), said(Kind.BUTTON, "nav:back"))
    assert talk.state is State.TOPIC
    talk, _, _ = played(talk, said(Kind.BUTTON, "topic:CN13"), said(Kind.TEXT, "At the gate"))
    assert talk.state is State.READY
    assert talk.draft
    assert (talk.draft.category, talk.draft.text, talk.draft.landmark) == ("CN13", "Smoke", "At the gate")


def test_the_same_draft_is_sent_under_the_same_id_and_a_new_one_under_another() -> None:
    ready = TALK.at(State.READY, draft=Draft(KEY, text="x"))
    sent = [played(ready, said(Kind.BUTTON, "send:news", key=key))[1] for key in ("one", "two")]
    assert sent[0] == sent[1]
    assert isinstance(sent[0][0], SendReport)
    fresh = played(TALK, said(Kind.BUTTON, "menu:report", key="another"))[0].draft
    assert fresh
    assert fresh.id == "another"


@pytest.mark.parametrize("typed", [RECEIPT, RECEIPT.lower(), " 7kqf 2m9d x4tb 0whr ", "7KQF2M9DX4TB0WHR"])
@pytest.mark.parametrize("state", [State.HOME, State.TOPIC, State.WORDS, State.MINE, State.OPEN, State.REPORT])
def test_a_receipt_that_is_typed_opens_its_report(state: State, typed: str) -> None:
    _, effects, _ = played(conversation(state), said(Kind.TEXT, typed))
    assert effects == [OpenReport(typed.strip())]


@pytest.mark.parametrize("typed", ["nobody opens the door", "sixteenlettersss", "1234", "7KQF-2M9D-X4TB"])
def test_other_words_are_no_receipt(typed: str) -> None:
    assert played(TALK, said(Kind.TEXT, typed))[0].state is State.TOPIC


def test_where_a_code_is_expected_nothing_is_taken_for_a_receipt() -> None:
    _, effects, _ = played(conversation(State.SOS_CODE), said(Kind.TEXT, RECEIPT))
    assert effects == [Tell(RECEIPT, "cancel", {"code": RECEIPT.lower()})]


@pytest.mark.parametrize(
    ("typed", "compared"),
    [(" Blue  Door ", "blue door"), ("ＢＬＵＥ door", "blue door"), ("１２３４", "1234"), ("红色 的门", "红色 的门")],
)
def test_a_code_is_compared_without_capitals_width_and_spaces(typed: str, compared: str) -> None:
    assert normal_form(typed) == compared


def test_codes_go_with_the_next_sos_and_never_into_words() -> None:
    talk = replace(TALK, codes=Codes("blue door", "red door"))
    talk, effects, words = played(talk, said(Kind.COMMAND, "sos"), said(Kind.BUTTON, "sos:go"))
    assert effects[0].body["codes"] == {"cancel": "blue door", "duress": "red door"}
    for name in ("report_sent", "refused"):
        assert "door" not in played(talk, outcome(name))[2]
    assert words == ""


def test_which_code_was_said_makes_no_difference_to_what_the_bot_does() -> None:
    talk = TALK.at(State.SOS_CODE, alarm=Alarm(RECEIPT, coded=True), codes=Codes("blue door", "red door"))
    turns = [step(talk, said(Kind.TEXT, code), WORLD) for code in ("blue door", "red door")]
    ends = [step(turn.conversation, outcome("told"), WORLD) for turn, _ in turns]
    assert turns[0][0].wipe
    first, second = (replace(turn, effects=()) for turn, _ in turns)
    assert first == second
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("alarm", "state", "value", "calls"),
    [
        (Alarm(RECEIPT, coded=False), State.HOME, "", [Locate(RECEIPT, HERE)]),
        (Alarm(RECEIPT, coded=False), State.PLACE, MOVED, [Locate(RECEIPT, HERE, live=True)]),
        (Alarm(RECEIPT, coded=False, sharing=False), State.HOME, MOVED, []),
        (None, State.HOME, MOVED, []),
        (None, State.REPORT, MOVED, []),
    ],
)  # fmt: skip
def test_a_live_place_goes_to_the_alarm_that_is_on(
    alarm: Alarm | None, state: State, value: str, calls: list[Any]
) -> None:
    talk = replace(conversation(state), alarm=alarm)
    _, effects, words = played(talk, said(Kind.LIVE, value))
    assert effects == calls
    assert words == ""


def test_help_between_neighbours_keeps_a_rough_place_alone() -> None:
    talk, _, _ = played(TALK, said(Kind.BUTTON, "menu:aid"), said(Kind.BUTTON, "aid_request"), said(Kind.LOCATION))
    assert talk.draft
    assert talk.draft.spot == Spot(30.451, 120.45, 100.0, HERE.taken_at)


def test_the_list_and_the_offers_name_no_topic_word_or_place() -> None:
    for state, name in ((State.MINE, "mine"), (State.OFFERS, "offers")):
        _, says = step(conversation(state), outcome(name), WORLD)
        assert RECEIPT not in says[0].text
        assert not any(RECEIPT in button.data for row in says[0].buttons for button in row)


@pytest.mark.parametrize(
    ("state", "offered"),
    [("proposed", ["accept", "decline", "seen"]), ("seen", ["accept", "decline"]), ("accepted", ["way", "arrived", "done"]),
     ("arrived", ["done"]), ("completed", []), ("declined", [])],
)  # fmt: skip
def test_an_offer_shows_what_can_be_said_of_it_next(state: str, offered: list[str]) -> None:
    answer = outcome("answered")
    data = {**answer.data, "act": "seen", "offer": {**answer.data["offer"], "state": state}}
    _, says = step(TALK, replace(answer, data=data), WORLD)
    assert [button.data.rpartition(":")[2] for row in says[0].buttons for button in row] == offered


@pytest.mark.parametrize(
    ("value", "effects"),
    [
        (f"offer:{KEY}:accept", [AnswerOffer(KEY, "accept")]),
        ("offer:", [AnswerOffer("", "")]),
        ("offer:x", [AnswerOffer("x", "")]),
    ],
)
def test_a_button_of_the_servers_message_is_understood_in_any_state(value: str, effects: list[Any]) -> None:
    assert played(conversation(State.WORDS), said(Kind.BUTTON, value))[1] == effects


def test_the_report_shows_no_button_for_what_cannot_be_done() -> None:
    talk = replace(conversation(State.REPORT), allowed=("messages", "reopen", "feedback"))
    _, says = step(talk, said(Kind.COMMAND, "help"), WORLD)
    assert {"Not solved", "Say how it went"} <= set(labels(says))
    assert not {"Take it back", "You may write to me here"} & set(labels(says))


@pytest.mark.parametrize(
    "what, body",
    [
        (said(Kind.BUTTON, "rate:4"), {"satisfied": 4}),
        (said(Kind.TEXT, "They came at once"), {"text": "They came at once"}),
    ],
)
def test_how_it_went_is_asked_once_after_the_end(what: Said, body: dict[str, Any]) -> None:
    talk = replace(conversation(State.REPORT), allowed=("messages", "reopen", "feedback"))
    turn, says = step(talk, said(Kind.BUTTON, "feedback"), WORLD)
    assert labels(says)[:5] == ["Very good", "Good", "So-so", "Bad", "Very bad"]
    given, effects, _ = played(turn.conversation, what)
    assert effects == [Tell(talk.opened or "", "feedback", body)]
    told, says = step(given, said(Kind.OUTCOME, "told", data={"act": "feedback"}), WORLD)
    assert "Thank you" in says[0].text
    assert "feedback" not in told.conversation.allowed


def test_the_world_is_read_from_the_configuration() -> None:
    config = {
        "country": "TW", "languages": ["en", "zh"], "limits": {"text": 10_000, "photos": 8, "photo_bytes": 1},
        "emergency": {"TW": {"emergency": "110", "police": "110", "fire": "119", "ambulance": "119", "text": None}},
        "categories": [{"code": "CN01", "kind": "concern", "plain": {"en": "Broken", "zh": "坏"}, "private": False}],
    }  # fmt: skip
    world = world_of(config)
    assert world.calls() == (("emergency", "110"), ("fire", "119"))
    assert [one.code for one in world.tiles("concern")] == ["CN01"]
    assert World().calls() == (("emergency", "112"),)
    assert messages(step(TALK, said(Kind.COMMAND, "start"), world)[0], world)[0].text.startswith(
        "In danger? Call first: 110, 119 (fire)."
    )
