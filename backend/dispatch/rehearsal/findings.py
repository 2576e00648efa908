"""Where a rehearsed ladder would fail, and in which words that is said. Pure: nothing here knows a database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from backend.dispatch.rehearsal.play import Step, Told
from backend.kernel.languages import LANGUAGES, pick, say, say_time

REACHED = frozenset({"waiting", "handed_over"})
QUIET = "in_app"  # the inbox makes no noise


class Failure(StrEnum):
    """Why a step would not do what it is for."""

    NO_DESK = "no_desk"
    NOBODY_ON_DUTY = "nobody_on_duty"
    NOT_SENT = "not_sent"
    QUIET_HOURS = "quiet_hours"
    NO_ADDRESS = "no_address"
    NOBODY_NEW = "nobody_new"
    CREDENTIAL_LAPSED = "credential_lapsed"


# Nobody would hear of it in time. The others weaken a step, yet somebody is told.
BREAKS = frozenset({Failure.NO_DESK, Failure.NOBODY_ON_DUTY, Failure.NOT_SENT, Failure.QUIET_HOURS})


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A credential that proves nothing any more at the step's time."""

    person_id: UUID
    type: str
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """A failure of a step, with what its words name."""

    kind: Failure
    person_id: UUID | None = None
    at: datetime | None = None
    credential: str = ""

    @property
    def breaks(self) -> bool:
        """Whether nobody would be told in time."""
        return self.kind in BREAKS


@dataclass(frozen=True, slots=True)
class Setting:
    """What the words of a finding need: the desk's name, the local time, names of people where they may be read.

    ``is_outside``: the desk is always staffed by people whom no rota of ours names.
    """

    zone: str
    desk: Mapping[str, str] = field(default_factory=dict)
    is_outside: bool = False
    names: Mapping[UUID, str | None] = field(default_factory=dict)


def findings_of(step: Step, earlier: Iterable[Step], lapsed: Sequence[Lapsed]) -> tuple[Finding, ...]:
    """What is wrong with a step, the gravest first; ``earlier`` are the steps before it, of whatever clock."""
    first = _who_hears(step)
    found = [first] if first else []
    if first is None and _addressees(step) <= _already(step, earlier):
        found.append(Finding(Failure.NOBODY_NEW))
    people = {one.person_id for one in step.told}
    found += [
        Finding(Failure.CREDENTIAL_LAPSED, one.person_id, one.valid_to, one.type)
        for one in lapsed
        if one.person_id in people and one.valid_to <= step.at
    ]
    return tuple(found)


def _who_hears(step: Step) -> Finding | None:
    if step.desk_id is None and step.person_id is None:
        return Finding(Failure.NO_DESK)
    reached = [one for one in step.told if one.state in REACHED]
    if not reached:
        return _why_nobody(step.told)
    if all(one.channel == QUIET for one in reached):
        return Finding(Failure.NO_ADDRESS, next((one.person_id for one in reached), None))
    return None


def _why_nobody(told: Sequence[Told]) -> Finding:
    held = [one for one in told if one.state == "held"]
    if held:
        soonest = min(held, key=lambda one: one.due_at)
        return Finding(Failure.QUIET_HOURS, soonest.person_id, soonest.due_at)
    if any(one.outcome == "nobody-on-duty" for one in told):
        return Finding(Failure.NOBODY_ON_DUTY)
    return Finding(Failure.NOT_SENT, next((one.person_id for one in told), None))


def _addressees(step: Step) -> frozenset[tuple[UUID | None, UUID | None]]:
    """People, and desks that are told at an address of their own."""
    reached = (one for one in step.told if one.state in REACHED)
    return frozenset((one.person_id, None) if one.person_id else (None, one.desk_id) for one in reached)


def _already(step: Step, earlier: Iterable[Step]) -> frozenset[tuple[UUID | None, UUID | None]]:
    """Whom the same clock told before: a rung is there to add somebody. The first reminder adds nobody by design."""
    if step.rung is None or step.rung == 1:
        return frozenset()
    before = (_addressees(one) for one in earlier if one.clock in (step.clock, None))
    return frozenset().union(*before)


def words_of(finding: Finding, setting: Setting) -> dict[str, str]:
    """The finding in every language."""
    return {language: _words(finding, setting, language) for language in LANGUAGES}


def _words(finding: Finding, setting: Setting, language: str) -> str:
    name = setting.names.get(finding.person_id) if finding.person_id else None
    is_outside = setting.is_outside and finding.kind is Failure.NOBODY_ON_DUTY
    key = "outside_desk" if is_outside else finding.kind.value
    return say(
        f"rehearsal.{key}",
        language,
        desk=pick(setting.desk, language),
        person=name or say("rehearsal.somebody", language),
        time=say_time(finding.at, language, setting.zone) if finding.at else "",
        credential=finding.credential,
    )
