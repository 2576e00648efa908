"""The small machines beside an incident: every pair of state and move, and what may be taken back."""

from datetime import timedelta
from itertools import product

import pytest

from backend.incidents.desk.states import (
    DISPUTED,
    TASK_OVER,
    DisputeMove,
    DisputeState,
    TaskMove,
    TaskState,
    dispute_moves,
    next_dispute_state,
    next_task_state,
    task_moves,
)
from backend.incidents.desk.undoing import undo_bar

# Written out by hand, not derived from the tables under test.
TASKS = {
    ("todo", "begin"): "doing",
    ("todo", "block"): "blocked",
    ("todo", "finish"): "done",
    ("todo", "cancel"): "cancelled",
    ("doing", "block"): "blocked",
    ("doing", "finish"): "done",
    ("doing", "cancel"): "cancelled",
    ("blocked", "begin"): "doing",
    ("blocked", "finish"): "done",
    ("blocked", "cancel"): "cancelled",
    ("done", "reopen"): "todo",
    ("cancelled", "reopen"): "todo",
}
DISPUTES = {
    ("open", "talk"): "talking",
    ("open", "three-way"): "three_way",
    ("open", "whistle"): "whistled",
    ("open", "decide"): "decided",
    ("talking", "three-way"): "three_way",
    ("talking", "whistle"): "whistled",
    ("talking", "decide"): "decided",
    ("three_way", "whistle"): "whistled",
    ("three_way", "decide"): "decided",
    ("whistled", "decide"): "decided",
    ("decided", "appeal"): "appealed",
    ("appealed", "decide"): "decided",
} | {(state, "settle"): "closed" for state in ("open", "talking", "three_way", "whistled", "decided", "appealed")}


@pytest.mark.parametrize("state, move", list(product(TaskState, TaskMove)))
def test_every_pair_of_a_task(state: TaskState, move: TaskMove) -> None:
    assert next_task_state(state, move) == TASKS.get((state.value, move.value))
    assert (move in task_moves(state)) == ((state.value, move.value) in TASKS)


@pytest.mark.parametrize("state, move", list(product(DisputeState, DisputeMove)))
def test_every_pair_of_a_dispute(state: DisputeState, move: DisputeMove) -> None:
    assert next_dispute_state(state, move) == DISPUTES.get((state.value, move.value))
    assert (move in dispute_moves(state)) == ((state.value, move.value) in DISPUTES)


def test_a_decision_ends_the_dispute_until_somebody_appeals() -> None:
    assert set(DisputeState) - DISPUTED == {DisputeState.DECIDED, DisputeState.CLOSED}
    assert {TaskState.DONE, TaskState.CANCELLED} == TASK_OVER


NOW, LATE = timedelta(seconds=59), timedelta(seconds=61)


@pytest.mark.parametrize(
    "types, age, is_own, was_told, was_read, code",
    [
        (["IncidentAcknowledged"], NOW, True, False, True, None),
        (["IncidentRegraded", "NoteWritten", "IncidentAcknowledged"], NOW, True, False, False, None),
        (["NoteWritten"], NOW, True, False, False, None),
        (["NoteWritten"], NOW, True, False, True, "read-already"),
        (["IncidentRegraded"], NOW, True, True, False, "told-already"),
        (["IncidentRegraded"], LATE, True, False, False, "too-late-to-undo"),
        (["IncidentRegraded"], NOW, False, False, False, "nothing-to-undo"),
        (["IncidentClosed"], NOW, True, False, False, "nothing-to-undo"),
        (["WorkStarted", "IncidentAcknowledged"], NOW, True, False, False, "nothing-to-undo"),
        (["NoteTakenBack"], NOW, True, False, False, "nothing-to-undo"),
        ([], NOW, True, False, False, "nothing-to-undo"),
    ],
)
def test_what_may_be_taken_back(
    types: list[str], age: timedelta, is_own: bool, was_told: bool, was_read: bool, code: str | None
) -> None:
    barred = undo_bar(types, age=age, is_own=is_own, was_told=was_told, was_read=was_read)
    assert (barred.code if barred else None) == code
