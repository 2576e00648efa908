"""Pure rules of incidents: the ladder, clocks, who may close, what keeps an incident open.

Nothing here knows a database, a clock or a framework; ``now`` is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import chain, pairwise
from math import ceil

from backend.incidents.states import TERMINAL, Act, State, allowed_acts, next_state
from backend.organisations.hours import DAY_AND_NIGHT, ServiceHours
from backend.policy.clocks import Ladder

REOPEN_WITHIN = timedelta(days=90)
# Clocks of ours that are not promises to a person.
WITHOUT_LADDER = frozenset({"wake", "loop_back"})
SUPERVISED_GRADES = frozenset({1, 2})
# Clocks of the others run day and night, whatever hours a place keeps (INV-16).
PLANNED_GRADES = frozenset({4, 5})


class Rung(IntEnum):
    """Who is added at each step of the ladder (capabilities.md C13)."""

    REMIND_OWNER = 1
    DEPUTY = 2
    ORGANISATION_DESK = 3
    CATEGORY_LEAD = 4
    BUCK_STOPS = 5
    NEXT_JURISDICTION = 6


def next_rung_at(rungs_s: Sequence[int], *, started_at: datetime, rungs_fired: int) -> datetime | None:
    """When the rung after ``rungs_fired`` is climbed; None when the ladder is at its end."""
    return started_at + timedelta(seconds=rungs_s[rungs_fired]) if rungs_fired < len(rungs_s) else None


def rungs_due(rungs_s: Sequence[int], *, started_at: datetime, rungs_fired: int, now: datetime) -> tuple[Rung, ...]:
    """The rungs whose time has come and that were not climbed, lowest first."""
    elapsed_s = (now - started_at).total_seconds()
    return tuple(Rung(at + 1) for at, offset in enumerate(rungs_s) if at >= rungs_fired and offset <= elapsed_s)


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """A clock to be started.

    ``rungs_s`` are real seconds after the start, also where only service hours count: whoever looks at a clock later
    (the sweep, the queue, a resident) compares moments and need know no hours, and a promise that was made stays as
    it was made when a place changes its hours.
    """

    kind: str
    due_at: datetime
    rungs_s: tuple[int, ...]
    next_rung_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How clocks run: the grade, the place's ladder and service hours, and moments that kinds are not to pass."""

    grade: int
    ladder: Ladder = field(default_factory=Ladder)
    hours: ServiceHours = DAY_AND_NIGHT
    not_after: Mapping[str, datetime] = field(default_factory=dict)

    def hours_of(self, kind: str) -> ServiceHours:
        """The hours that count for a clock: service hours for promises of G4 and G5 alone (INV-16)."""
        return self.hours if self.grade in PLANNED_GRADES and kind not in WITHOUT_LADDER else DAY_AND_NIGHT

    def steps(self, kind: str, length_s: float, *, since: datetime) -> tuple[timedelta, ...]:
        """The time to be counted until a clock is due, then until each of its rungs.

        A wake-up and a loop-back check have one rung, at their time: they are no promise to a person.
        """
        hours = self.hours_of(kind)
        length = hours.length(length_s)
        if kind in self.not_after:
            length = min(length, hours.between(since, self.not_after[kind]))
        if kind in WITHOUT_LADDER:
            return length, length
        offsets = self.ladder.offsets_s(kind, self.grade, length.total_seconds())
        return length, *(timedelta(seconds=offset) for offset in offsets)


def plan_clocks(clocks_s: Mapping[str, float], pace: Pace, *, now: datetime) -> tuple[ClockPlan, ...]:
    """The clocks that start together with an incident or its re-grading; lengths in seconds by kind."""
    by_hours: dict[ServiceHours, dict[str, tuple[timedelta, ...]]] = {}
    for kind, length_s in clocks_s.items():
        by_hours.setdefault(pace.hours_of(kind), {})[kind] = pace.steps(kind, length_s, since=now)
    plans = []
    for hours, steps in by_hours.items():
        # All at once: the days ahead are walked through once and not for each rung.
        reached = hours.moments(now, chain.from_iterable(steps.values()))
        plans += [_plan(kind, [reached[step] for step in steps[kind]], pace, now) for kind in steps]
    return tuple(plans)


def _plan(kind: str, moments: Sequence[datetime], pace: Pace, since: datetime) -> ClockPlan:
    due_at, *rungs = moments
    rungs_s = tuple(ceil((at - since).total_seconds()) for at in rungs)
    first = next_rung_at(rungs_s, started_at=since, rungs_fired=0)
    most = max(pace.not_after.get(kind, due_at), since)
    return ClockPlan(kind, min(due_at, most), rungs_s, first)


@dataclass(frozen=True, slots=True)
class Run:
    """A clock's times: when it started, when it is due, and its rungs in real seconds after the start."""

    started_at: datetime
    due_at: datetime
    rungs_s: tuple[int, ...]


def resumed(run: Run, hours: ServiceHours, *, paused_at: datetime, now: datetime) -> Run:
    """The times of a clock that stood still from ``paused_at`` to ``now``: what was left of each is left again."""
    stood = max(now - paused_at, timedelta())
    since, again = run.started_at + stood, paused_at + stood
    ahead = [at for at in (run.due_at, *_rung_moments(run)) if at > paused_at]
    left = {at: hours.between(paused_at, at) for at in ahead}
    reached = hours.moments(again, left.values())

    def moved(at: datetime) -> datetime:
        return reached[left[at]] if at in left else at + stood

    return Run(since, moved(run.due_at), tuple(ceil((moved(at) - since).total_seconds()) for at in _rung_moments(run)))


def _rung_moments(run: Run) -> list[datetime]:
    return [run.started_at + timedelta(seconds=offset) for offset in run.rungs_s]


# Classes of promises by their length in seconds: those that grades name (policy/defaults/grades.yaml) and some between
# and beyond. Within a class the order by the share that is used is the order by the time when it is due, whatever time
# it is now: an index can hold that.
PACES_S = (
    120, 300, 600, 1800, 3600, 14_400, 28_800, 43_200, 86_400, 172_800, 259_200, 604_800, 864_000, 1_209_600, 2_592_000,
)  # fmt: skip
PACES = tuple(range(len(PACES_S)))
# Where one class ends and the next begins: halfway, as ratios go.
PACE_BOUNDS_S = tuple(round((shorter * longer) ** 0.5) for shorter, longer in pairwise(PACES_S))


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
    open_parts: int = 0
    complained_about: bool = False
    closed_at: datetime | None = None
    prior_state: State | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The state that an act leads to."""

    state: State


@dataclass(frozen=True, slots=True)
class Barred:
    """Why an act is refused: a code of ours, its words, what is allowed instead, and figures that the words name."""

    code: str
    en: str
    zh: str
    allowed: tuple[Act, ...] = ()
    params: Mapping[str, int | str] = field(default_factory=dict)


def move(standing: Standing, act: Act, *, supervisor: bool = False, now: datetime | None = None) -> Moved | Barred:
    """Apply the transition table and its guards (states.md 9.1). ``supervisor``: the actor has that role."""
    target = next_state(standing.state, act, prior=standing.prior_state)
    if target is None:
        return Barred(
            "not-in-this-state",
            f"An incident that is {standing.state.value} cannot be moved by “{act.value}”.",
            f"处于“{standing.state.value}”状态的事件不能执行“{act.value}”。",
            allowed_acts(standing.state),
            {"state": standing.state.value, "act": act.value},
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
    if act is Act.CLOSE and standing.open_parts:
        yield Barred(
            "parts-open",
            f"{standing.open_parts} part(s) of it are still open. Close them, or take them out.",
            f"尚有{standing.open_parts}个组成部分未结束。请先结案，或将其移出。",
            params={"count": standing.open_parts},
        )
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
            params={"count": standing.open_goals},
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


def wake_limit(max_waiting_s: float, *, now: datetime) -> datetime | None:
    """Latest wake-up time where waiting may last ``max_waiting_s`` (states.md 9.1); None where it is not allowed (G1)."""
    return now + timedelta(seconds=max_waiting_s) if max_waiting_s > 0 else None


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
