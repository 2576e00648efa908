"""Pure rules of incidents: the ladder, clocks, who may close, what keeps an incident open.

Nothing here knows a database, a clock or a framework; ``now`` is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from backend.incidents.states import TERMINAL, Act, State, allowed_acts, next_state

# Ladder rungs as multiples of the clock's length, and in seconds for G1 (taxonomy.md section 8).
RUNG_MULTIPLES = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
G1_RUNGS_S = (60, 120, 180, 240, 300, 480)
# How long a resolution clock may wait at most (states.md 9.1, guard of ``waiting``).
WAITING_LIMIT = {2: timedelta(hours=4), 3: timedelta(hours=48), 4: timedelta(days=10), 5: timedelta(days=10)}
REOPEN_WITHIN = timedelta(days=90)
# Clocks of ours that are not promises to a person.
WITHOUT_LADDER = frozenset({"wake", "loop_back"})
SUPERVISED_GRADES = frozenset({1, 2})


class Rung(IntEnum):
    """Who is added at each step of the ladder (capabilities.md C13)."""

    REMIND_OWNER = 1
    DEPUTY = 2
    ORGANISATION_DESK = 3
    CATEGORY_LEAD = 4
    BUCK_STOPS = 5
    NEXT_JURISDICTION = 6


@dataclass(frozen=True, slots=True)
class Ladder:
    """When rungs are climbed at a place: multiples of a clock's length, and seconds for an acknowledge clock of G1."""

    multiples: tuple[float, ...] = RUNG_MULTIPLES
    g1_s: tuple[int, ...] = G1_RUNGS_S

    def offsets_s(self, kind: str, grade: int, length_s: float) -> tuple[int, ...]:
        """Seconds after a clock's start at which each rung is climbed."""
        if kind == "acknowledge" and grade == 1:
            return self.g1_s
        return tuple(round(length_s * multiple) for multiple in self.multiples)


DEFAULT_LADDER = Ladder()


def next_rung_at(rungs_s: Sequence[int], *, started_at: datetime, rungs_fired: int) -> datetime | None:
    """When the rung after ``rungs_fired`` is climbed; None when the ladder is at its end."""
    return started_at + timedelta(seconds=rungs_s[rungs_fired]) if rungs_fired < len(rungs_s) else None


def rungs_due(rungs_s: Sequence[int], *, started_at: datetime, rungs_fired: int, now: datetime) -> tuple[Rung, ...]:
    """The rungs whose time has come and that were not climbed, lowest first."""
    elapsed_s = (now - started_at).total_seconds()
    return tuple(Rung(at + 1) for at, offset in enumerate(rungs_s) if at >= rungs_fired and offset <= elapsed_s)


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """A clock to be started."""

    kind: str
    due_at: datetime
    rungs_s: tuple[int, ...]
    next_rung_at: datetime | None


def plan_clocks(
    clocks_s: Mapping[str, float], grade: int, *, ladder: Ladder = DEFAULT_LADDER, now: datetime
) -> tuple[ClockPlan, ...]:
    """The clocks that start together with an incident or its re-grading; lengths in seconds by kind.

    A wake-up and a loop-back check have one rung, at their time: they are no promise to a person.
    """
    plans = []
    for kind, length_s in clocks_s.items():
        own = (round(length_s),) if kind in WITHOUT_LADDER else ladder.offsets_s(kind, grade, length_s)
        first = next_rung_at(own, started_at=now, rungs_fired=0)
        plans.append(ClockPlan(kind, now + timedelta(seconds=length_s), own, first))
    return tuple(plans)


def nearest_due(due: Iterable[datetime | None]) -> datetime | None:
    """The soonest of several times; None when there is none."""
    return min((at for at in due if at), default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What of an incident the rules of moving it need to know."""

    state: State
    grade: int
    diversion_open: bool = False
    duty_open: bool = False
    disputed: bool = False
    open_goals: int = 0
    unapproved_goals: int = 0
    view_asked: int = 0
    complained_about: bool = False
    closed_at: datetime | None = None
    prior_state: State | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The state that an act leads to."""

    state: State


@dataclass(frozen=True, slots=True)
class Barred:
    """Why an act is refused: a code of ours, its words, and what is allowed instead."""

    code: str
    en: str
    zh: str
    allowed: tuple[Act, ...] = ()


def move(standing: Standing, act: Act, *, supervisor: bool = False, now: datetime | None = None) -> Moved | Barred:
    """Apply the transition table and its guards (states.md 9.1). ``supervisor``: the actor has that role."""
    target = next_state(standing.state, act, prior=standing.prior_state)
    if target is None:
        return Barred(
            "not-in-this-state",
            f"An incident that is {standing.state.value} cannot be moved by “{act.value}”.",
            f"处于“{standing.state.value}”状态的事件不能执行“{act.value}”。",
            allowed_acts(standing.state),
        )
    for barred in _guards(standing, act, supervisor=supervisor, now=now):
        return barred
    return Moved(target)


def _guards(standing: Standing, act: Act, *, supervisor: bool, now: datetime | None) -> Iterable[Barred]:
    if act is Act.TRIAGE and standing.state is State.RECEIVED and standing.diversion_open:
        yield Barred(
            "diversion-open",
            "Danger was reported: first record whether the emergency service is attending.",
            "已报告危险：请先记录应急服务是否到场。",
        )
    if act in {Act.STABILISE, Act.CLOSE, Act.WITHDRAW} and standing.duty_open:
        yield Barred("duty-open", "A legal duty is still open on this incident.", "该事件尚有法定职责未完成。")
    if act in {Act.CHECK_GOALS, Act.CLOSE}:
        yield from _closing_guards(standing, act, supervisor=supervisor)
    if act is Act.REOPEN and standing.closed_at and now and now - standing.closed_at > REOPEN_WITHIN:
        yield Barred(
            "too-late-to-reopen",
            "It was closed more than 90 days ago. Please send a new report; it will be linked.",
            "结案已超过90天。请提交新的报告，我们会将其关联。",
        )


def _closing_guards(standing: Standing, act: Act, *, supervisor: bool) -> Iterable[Barred]:
    if standing.complained_about:
        yield Barred("own-matter", "The party complained about cannot close.", "被投诉方不能结案。")
    if standing.disputed:
        yield Barred("disputed", "A dispute about this incident is open.", "该事件尚有争议未解决。")
    if standing.open_goals:
        yield Barred(
            "goals-open",
            f"{standing.open_goals} goal(s) are neither met nor settled as unmet.",
            f"有{standing.open_goals}个目标尚未达成或说明。",
        )
    if standing.unapproved_goals and not supervisor:
        yield Barred("unmet-needs-approval", "An unmet goal needs a supervisor.", "未达成的目标须由主管批准。")
    if standing.grade in SUPERVISED_GRADES and not supervisor:
        yield Barred("needs-supervisor", "G1 and G2 are closed by a supervisor.", "一级、二级事件须由主管结案。")
    if act is Act.CHECK_GOALS and standing.view_asked < 1:
        yield Barred(
            "view-not-sought",
            "Record the affected person's view, or that it was sought.",
            "请记录当事人的意见或征求意见的尝试。",
        )


def wake_limit(grade: int, *, now: datetime) -> datetime | None:
    """Latest wake-up time of a waiting incident; None where waiting is not allowed (G1)."""
    limit = WAITING_LIMIT.get(grade)
    return now + limit if limit else None


def regrade_bar(
    *, old: int, new: int, trained: bool, has_reason: bool, second_person: bool, contact_made: bool
) -> Barred | None:
    """Whether a change of grade is refused (R05): up is free; down needs training and a reason; G1 needs two people."""
    if new <= old:
        return None
    if not trained:
        return Barred("down-needs-triage", "Only a trained triager may lower the grade.", "只有受训分诊员可以降级。")
    if not has_reason:
        return Barred("down-needs-reason", "Lowering the grade needs a reason.", "降级须说明理由。")
    if old == 1 and not (second_person and contact_made):
        return Barred(
            "leaving-g1-needs-two",
            "Leaving G1 needs a second person and a contact with the person or a responder on scene.",
            "解除一级须有第二人确认，并已与当事人或现场人员取得联系。",
        )
    return None


def overlaps_or_gaps(intervals: Sequence[tuple[datetime, datetime | None]], *, since: datetime) -> bool:
    """Whether owners' intervals fail to tile time from ``since`` to now without gap or overlap (INV-1)."""
    at: datetime | None = since
    for begin, end in sorted(intervals, key=lambda interval: interval[0]):
        if at is None or begin != at:
            return True
        at = end
    return at is not None


def is_terminal(state: State) -> bool:
    """Whether an incident in ``state`` is over."""
    return state in TERMINAL
