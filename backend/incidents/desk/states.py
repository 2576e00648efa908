"""The small machines beside an incident, each as one table: tasks (C23) and disputes between bodies (C05, states.md 9.2)."""

from enum import StrEnum


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "todo"
    DOING = "doing"
    BLOCKED = "blocked"
    DONE = "done"
    CANCELLED = "cancelled"


class TaskMove(StrEnum):
    """What is done to a task."""

    BEGIN = "begin"
    BLOCK = "block"
    FINISH = "finish"
    CANCEL = "cancel"
    REOPEN = "reopen"


T = TaskState
TASK_MOVES: dict[TaskMove, dict[TaskState, TaskState]] = {
    TaskMove.BEGIN: {T.OPEN: T.DOING, T.BLOCKED: T.DOING},
    TaskMove.BLOCK: {T.OPEN: T.BLOCKED, T.DOING: T.BLOCKED},
    TaskMove.FINISH: {T.OPEN: T.DONE, T.DOING: T.DONE, T.BLOCKED: T.DONE},
    TaskMove.CANCEL: {T.OPEN: T.CANCELLED, T.DOING: T.CANCELLED, T.BLOCKED: T.CANCELLED},
    TaskMove.REOPEN: {T.DONE: T.OPEN, T.CANCELLED: T.OPEN},
}
TASK_OVER = frozenset({T.DONE, T.CANCELLED})


class DisputeState(StrEnum):
    """Which step of the ladder between bodies is running."""

    OPEN = "open"
    TALKING = "talking"
    THREE_WAY = "three_way"
    WHISTLED = "whistled"
    DECIDED = "decided"
    APPEALED = "appealed"
    CLOSED = "closed"


class DisputeMove(StrEnum):
    """What is done in a dispute."""

    TALK = "talk"
    THREE_WAY = "three-way"
    WHISTLE = "whistle"
    DECIDE = "decide"
    APPEAL = "appeal"
    SETTLE = "settle"


D = DisputeState
# Each step may be skipped upwards, never downwards: who must decide at once is not held up by a form. Whoever decided
# is appealed against, and an appeal is decided anew. Bodies that agree end it at any time.
DISPUTE_MOVES: dict[DisputeMove, dict[DisputeState, DisputeState]] = {
    DisputeMove.TALK: {D.OPEN: D.TALKING},
    DisputeMove.THREE_WAY: {D.OPEN: D.THREE_WAY, D.TALKING: D.THREE_WAY},
    DisputeMove.WHISTLE: {D.OPEN: D.WHISTLED, D.TALKING: D.WHISTLED, D.THREE_WAY: D.WHISTLED},
    DisputeMove.DECIDE: {
        D.OPEN: D.DECIDED,
        D.TALKING: D.DECIDED,
        D.THREE_WAY: D.DECIDED,
        D.WHISTLED: D.DECIDED,
        D.APPEALED: D.DECIDED,
    },
    DisputeMove.APPEAL: {D.DECIDED: D.APPEALED},
    DisputeMove.SETTLE: dict.fromkeys(frozenset(D) - {D.CLOSED}, D.CLOSED),
}
# While one of these runs the incident is disputed, and cannot be closed.
DISPUTED = frozenset({D.OPEN, D.TALKING, D.THREE_WAY, D.WHISTLED, D.APPEALED})


def next_task_state(state: TaskState, move: TaskMove) -> TaskState | None:
    """The state that ``move`` leads to, or None when it is forbidden there."""
    return TASK_MOVES[move].get(state)


def next_dispute_state(state: DisputeState, move: DisputeMove) -> DisputeState | None:
    """The state that ``move`` leads to, or None when it is forbidden there."""
    return DISPUTE_MOVES[move].get(state)


def task_moves(state: TaskState) -> tuple[TaskMove, ...]:
    """What may be done to a task in ``state``."""
    return tuple(move for move, moves in TASK_MOVES.items() if state in moves)


def dispute_moves(state: DisputeState) -> tuple[DisputeMove, ...]:
    """What may be done in a dispute in ``state``."""
    return tuple(move for move, moves in DISPUTE_MOVES.items() if state in moves)
