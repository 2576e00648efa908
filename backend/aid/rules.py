"""Pure rules of mutual aid: what may stand on the board, who may answer, and how two sides move their match (R19).

Nothing here knows a database, a clock or a framework.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from backend.aid.states import UNDER_WAY, Act, State, next_state

# How long a listing stands on the board, by its direction.
STANDS_FOR = {"request": timedelta(days=14), "offer": timedelta(days=30)}
OPEN_ANSWERS_MOST = 5
LISTINGS_A_DAY_MOST = 10
MESSAGES_MOST = 200
# An answer or a suggestion to which nobody said yes ends: whoever waits for it is free again.
PENDING_FOR = timedelta(days=3)
# Without a word between the two for so long both are asked how it goes, later where it is a regular thing; and so long
# after the question a person asks them.
QUIET_FOR = {"often": timedelta(days=30), None: timedelta(days=7)}
ANSWER_FOR = timedelta(days=7)
# What comes back to the board after somebody dropped out stands for a week at least.
BACK_FOR = timedelta(days=7)
# G3 and above is work of those who are trained for it; neighbours find each other over G4 and G5 alone.
SELF_MATCH_GRADE = 4


class Side(StrEnum):
    """The two sides of a match: who asked for help, and who offered it."""

    REQUEST = "request"
    OFFER = "offer"

    @property
    def other(self) -> "Side":
        """The other side."""
        return Side.OFFER if self is Side.REQUEST else Side.REQUEST


BOTH = frozenset(Side)
SIDE_OF_KIND = {"aid_request": Side.REQUEST, "aid_offer": Side.OFFER}


class Said(StrEnum):
    """What one side says of its match; each is a call of the public contract."""

    ACCEPT = "accept"
    DECLINE = "decline"
    DONE = "done"
    FAILED = "failed"
    WORRY = "worry"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Barred:
    """Why something is refused: a code of ours and its words."""

    code: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A match: its state, which sides said yes, which say that it is done, which let the other see how to reach them,
    and which said how it went.
    """

    state: State = State.TENTATIVE
    accepted: frozenset[Side] = frozenset()
    done: frozenset[Side] = frozenset()
    shares: frozenset[Side] = frozenset()
    rated: frozenset[Side] = frozenset()


@dataclass(frozen=True, slots=True)
class Moved:
    """The act that was done, and where the match stands after it."""

    act: Act
    standing: Standing


def moved(standing: Standing, said: Said, side: Side) -> Moved | Barred:
    """What follows when ``side`` says ``said``: the table of states and its guards."""
    act = _act_of(standing, said, side)
    return act if isinstance(act, Barred) else by_act(standing, act, side)


def by_act(standing: Standing, act: Act, side: Side | None = None) -> Moved | Barred:
    """Apply the table alone. ``side`` is whose act it is, where it is somebody's."""
    target = next_state(standing.state, act)
    if target is None:
        return Barred("not-in-this-state", "That is not possible at this stage.", "目前阶段不能这样做。")
    after = replace(standing, state=target)
    if side and act is Act.ACCEPT:
        after = replace(after, accepted=standing.accepted | {side})
    if side and act in {Act.CONFIRM, Act.FINISH}:
        after = replace(after, done=standing.done | {side})
    return Moved(act, after)


def _act_of(standing: Standing, said: Said, side: Side) -> Act | Barred:
    if said is Said.ACCEPT and side in standing.accepted:
        return Barred("accepted-already", "You have said yes already.", "您已经同意了。")
    if said is Said.DECLINE and side in standing.accepted:
        return Barred("accepted-already", "You have said yes; you can cancel.", "您已经同意；可以取消。")
    if said is Said.CANCEL and side not in standing.accepted:
        return Barred("not-accepted", "You have not said yes; you can decline.", "您尚未同意；可以婉拒。")
    if said is Said.DONE:
        if side in standing.done:
            return Barred("done-already", "You have said already that it is done.", "您已确认完成。")
        return Act.FINISH if side.other in standing.done else Act.CONFIRM
    return {
        Said.ACCEPT: Act.ACCEPT, Said.DECLINE: Act.DECLINE, Said.FAILED: Act.FAIL, Said.WORRY: Act.WORRY,
        Said.CANCEL: Act.CANCEL,
    }[said]  # fmt: skip


class Decision(StrEnum):
    """What a coordinator decides about a match that a worry has stopped."""

    RESUME = "resume"
    END = "end"


# Where a match goes on that stood there before the worry. What was over by then is not begun anew.
_GOES_ON = {
    State.ACCEPTED_BY_ONE: Act.RETURN, State.ACCEPTED: Act.RESUME, State.IN_PROGRESS: Act.RESUME, State.DONE: Act.CLEAR,
}  # fmt: skip


def decided(standing: Standing, decision: Decision, *, before: State | None) -> Moved | Barred:
    """What follows when a coordinator decides. ``before``: where the match stood when the worry came, None if unknown."""
    act = Act.END if decision is Decision.END or before is None else _GOES_ON.get(before)
    if act is None or (before is None and decision is Decision.RESUME):
        return Barred(
            "over", "It was over before the worry came, so it can only be ended.", "提出担心之前已经结束，只能结束。"
        )
    return by_act(standing, act)


def allowed(standing: Standing, side: Side) -> tuple[str, ...]:
    """What ``side`` may say now: a word of ``Said``, ``messages``, ``share`` or ``unshare`` its contact, ``rating``."""
    found = [said.value for said in Said if isinstance(moved(standing, said, side), Moved)]
    if may_write(standing):
        found += ["messages", "unshare" if side in standing.shares else "share"]
    return (*found, "rating") if may_rate(standing, side) else tuple(found)


def shows_words(standing: Standing) -> bool:
    """Whether each side may read what the other wrote: only after both have said yes (R19)."""
    return standing.accepted == BOTH


def may_write(standing: Standing) -> bool:
    """Whether the two may write to each other."""
    return shows_words(standing) and standing.state in UNDER_WAY


def shows_place(standing: Standing) -> bool:
    """Whether one side may see where the other is: after both have said yes, and only while it goes on (R19)."""
    return shows_words(standing) and standing.state in UNDER_WAY


def shows_contact(standing: Standing) -> bool:
    """Whether each sees how to reach the other: only while it goes on, and only where both let the other see it."""
    return shows_place(standing) and standing.shares == BOTH


def may_rate(standing: Standing, side: Side) -> bool:
    """Whether ``side`` may say how it went: once, after it is done."""
    return standing.state is State.DONE and side not in standing.rated


@dataclass(frozen=True, slots=True)
class Fitness:
    """What of a report decides whether neighbours may find each other over it by themselves.

    ``self_match``: R19 of the place says so of its category and markers. ``is_sorted``: its category was chosen, or
    told from its words with confidence. ``in_danger``: danger was reported. ``is_fragile``: a marker of a child or of
    vulnerability is set.
    """

    kind: str
    category: str | None
    is_sorted: bool
    self_match: bool
    grade: int
    in_danger: bool = False
    is_fragile: bool = False
    safe_mode: bool = False
    private: bool = False
    duty: bool = False
    has_place: bool = True
    is_over: bool = False


def unfit(report: Fitness) -> str | None:
    """Why a report may not match itself, as a code with words in ``texts/aid.yaml``; None when it may (R19, INV-12)."""
    if report.kind not in SIDE_OF_KIND:
        return "not_aid"
    if report.is_over:
        return "over"
    # First what is about a person: a reason must not tell more than that a person looks after it.
    if report.in_danger or report.is_fragile or report.safe_mode or report.private or report.duty:
        return "with_a_person"
    if report.grade < SELF_MATCH_GRADE:
        return "with_a_person"
    if not report.category or not report.is_sorted:
        return "not_sorted"
    return None if report.self_match else "needs_matcher"


def kept_off(report: Fitness, *, listed_today: int) -> str | None:
    """Why a report does not go on the board; None when it does. ``listed_today``: listings of its source in a day."""
    if reason := unfit(report):
        return reason
    if not report.has_place:
        return "no_place"
    return "too_many" if listed_today >= LISTINGS_A_DAY_MOST else None
