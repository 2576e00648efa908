"""The table of the conversation, checked from the table itself: what every state owes to whoever stands in it."""

import pytest

from bot.conversation.model import On, State
from bot.conversation.table import ALWAYS, OUTCOMES, TABLE, step
from bot.effects import Effect
from bot.handlers import CARRIED
from bot.inputs import Kind
from bot.wording import LANGUAGES, menu_of, say
from tests.bot.talking import ANSWERS, WORLD, conversation, every_row, fits, outcome, said

STATES = list(State)
PEOPLE_SAY = [
    said(Kind.TEXT, "xyzzy"), said(Kind.BUTTON, "a:button:of:old"), said(Kind.COMMAND, "nosuch"), said(Kind.PHOTO, "id"),
    said(Kind.VOICE, "id"), said(Kind.LOCATION), said(Kind.LIVE), said(Kind.OTHER), said(Kind.OTHER, "edited"),
]  # fmt: skip


def name_of(row: tuple[State, On]) -> str:
    return f"{row[0]}-{row[1].kind}-{row[1].value}"


def test_every_state_has_a_row_and_every_state_is_reached_from_the_start() -> None:
    assert set(TABLE) == set(State)
    reached, looked_at = {State.HOME}, set[State]()
    while fresh := reached - looked_at:
        state = fresh.pop()
        looked_at.add(state)
        # Rows that may end anywhere prove nothing of a way there.
        rows = [row for row in (*TABLE[state].on, *ALWAYS) if len(row.to) < len(STATES)]
        reached |= {target for row in rows for target in row.to}
    # These two are asked for by the answer to an offer, which comes in any state.
    turned = {
        step(conversation(State.HOME), said(Kind.BUTTON, f"offer:1:{act}"), WORLD)[0] for act in ("accept", "decline")
    }
    assert all(turn.effects for turn in turned)
    assert reached | {State.READ_BACK, State.REASON} == set(State)


@pytest.mark.parametrize("state", [state for state in STATES if state is not State.HOME])
def test_every_state_is_left_by_back_cancel_and_start_over(state: State) -> None:
    backs = {state}
    talk = conversation(state)
    for _ in range(len(STATES)):
        talk = step(talk, said(Kind.BUTTON, "nav:back"), WORLD)[0].conversation
        backs.add(talk.state)
    assert State.HOME in backs
    for way in ("nav:cancel", "nav:over"):
        turn, says = step(conversation(state), said(Kind.BUTTON, way), WORLD)
        assert turn.conversation.state is State.HOME
        assert turn.conversation.draft is None
        assert says[-1].text


def test_every_row_ends_where_it_says_and_answers() -> None:
    wrong = []
    for state, on in every_row():
        turn, says = step(conversation(state), fits(on), WORLD)
        allowed = {*on.to, state} if turn.effects else set(on.to)
        if turn.conversation.state not in allowed:
            wrong.append((name_of((state, on)), f"ends in {turn.conversation.state}"))
        if not (turn.effects or says or not turn.asks):
            wrong.append((name_of((state, on)), "answers nothing"))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_whatever_is_said_is_answered_by_a_call_or_by_help_with_the_way_on(state: State, language: str) -> None:
    for one in PEOPLE_SAY:
        turn, says = step(conversation(state, language), one, WORLD)
        if turn.effects or (one.kind is Kind.LIVE and not turn.asks):
            continue
        after = turn.conversation
        assert len(says) == 1
        assert TABLE[after.state].prompt(after, WORLD).text in says[0].text
        assert (
            says[0].menu
            or [button.data for button in says[0].buttons[-1]] == ["nav:back", "nav:cancel", "nav:over"]
            or after.alarm
        )
        assert all(len(button.data.encode()) <= 64 for row in says[0].buttons for button in row)


def calls_of_the_table() -> list[tuple[State, On, Effect]]:
    found = []
    for state, row in every_row():
        turn, _ = step(conversation(state), fits(row), WORLD)
        found += [(turn.conversation.state, row, effect) for effect in turn.effects]
    return found


def test_every_outcome_of_every_call_is_understood_where_it_comes() -> None:
    missing = []
    for state, row, effect in calls_of_the_table():
        for name in (*effect.outcomes, "failed"):
            if not any(one.takes(outcome(name)) for one in (*TABLE[state].on, *OUTCOMES)):
                missing.append((state.value, row.value, type(effect).__name__, name))
    assert sorted(set(missing)) == []


def test_every_call_is_carried_out_and_every_outcome_has_an_example() -> None:
    kinds = {type(effect) for _, _, effect in calls_of_the_table()}
    assert kinds == set(CARRIED)
    assert {name for kind in kinds for name in kind.outcomes} | {"failed"} == set(ANSWERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_is_said_in_both_languages(language: str) -> None:
    for state, name in {
        (state, name) for state, _, effect in calls_of_the_table() for name in (*effect.outcomes, "failed")
    }:
        turn, says = step(conversation(state, language), outcome(name), WORLD)
        assert says or turn.effects or not turn.asks


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_on_a_button_are_a_press(language: str) -> None:
    for state in STATES:
        talk = conversation(state, language)
        for row in TABLE[state].prompt(talk, WORLD).buttons:
            for button in row:
                pressed, typed = said(Kind.BUTTON, button.data), said(Kind.TEXT, f" {button.label.upper()} ")
                assert step(talk, typed, WORLD) == step(talk, pressed, WORLD)


def test_the_keyboard_of_the_start_holds_sos_and_the_place_in_its_first_row() -> None:
    for language in LANGUAGES:
        assert [data for _, data in menu_of(language)[0]] == ["menu:sos", "menu:place"]
    assert say("en", "menu.sos") != say("zh", "menu.sos")
