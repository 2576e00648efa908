"""Pure rules of the way out: who may be told what, when and how often, and when a send is tried again.

Nothing here knows a database, a clock or a network; ``now`` is given.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.organisations.hours import Hours
from backend.policy.clocks import shipped_quiet_hours


class Audience(StrEnum):
    """In what part somebody is told; quiet hours and caps depend on it."""

    STAFF = "staff"
    VOLUNTEER = "volunteer"
    RESIDENT = "resident"


# Asking a volunteer to come: what the caps of R15 count and what R14 lets through only to those who opted in.
ALERTS = frozenset({"offer_volunteer"})
# Told to volunteers as volunteers, whatever else they are.
TO_VOLUNTEERS = ALERTS | {"offer_covered"}
# Answers in a resident's own thread, which R14 lets through at night.
OWN_THREAD = frozenset({"reporter_received", "reporter_answer", "reporter_aid_message"})
# Rungs that add people: the deputy at the desk is told beside the first answerer (C13).
DEPUTY_TOO = frozenset(
    {"rung_deputy", "rung_organisation_desk", "rung_category_lead", "rung_buck_stops", "rung_next_jurisdiction"}
    | {"sos_not_told"}
)
# An SOS that reached nobody: told loudly, once for a while, and never about itself.
SOS_NOT_TOLD = "sos_not_told"
# Whether a channel works, asked by the press of a button: it goes by that one alone, and its failure alarms nobody.
CHANNEL_TEST = "channel_test"
# Told in the application alone: when e-mail fails, e-mails about it would fail as well.
IN_APP_ONLY = frozenset({"delivery_failed"})
# Offers that lapsed or were answered meanwhile are no longer worth a message.
ABOUT_OPEN_OFFERS = frozenset({"offer_made", "offer_volunteer"})
# After a failure the next of these that is switched on and has an address; in_app is always told beside them.
FALL_OVER = ("push", "telegram", "email", "sms")
URGENT_GRADE = 2
# How Telegram answers for a chat that is closed to us: blocked, kicked out, never begun, gone.
CLOSED_CHAT = frozenset({"403", "chat-not-found"})


def next_time(at: time, zone: str, *, now: datetime) -> datetime:
    """The first moment after ``now`` at which clocks in ``zone`` show ``at``; in UTC."""
    local = now.astimezone(ZoneInfo(zone))
    found = datetime.combine(local.date(), at, local.tzinfo)
    if found <= local:
        found = datetime.combine(local.date() + timedelta(days=1), at, local.tzinfo)
    return found.astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Contact:
    """How a resident said they can be reached. Without ``consents`` they cannot (INV-15)."""

    email: str | None = None
    consents: bool = False
    telegram: str | None = None


@dataclass(frozen=True, slots=True)
class SafeContact:
    """The one channel and the hours that a resident marked safe (C20). ``channel`` None: not at all."""

    channel: str | None = None
    hours: Hours | None = None
    code_word: str | None = None


def contact_of(raw: Mapping[str, Any] | None) -> Contact:
    """Read ``{email?, telegram?, consent?: bool}``; whatever else is there is not for this room."""
    raw = raw or {}
    email, telegram = (
        said if isinstance(said := raw.get(way), str) and said else None for way in ("email", "telegram")
    )
    return Contact(email, raw.get("consent") is True, telegram)


def safe_contact_of(raw: Mapping[str, Any] | None) -> SafeContact | None:
    """Read ``{channel?, hours?: {from, to}, code_word?}``; what cannot be read closes the channel."""
    if raw is None:
        return None
    word = raw.get("code_word")
    code_word = word if isinstance(word, str) and word else None
    try:
        hours = _hours_of(raw.get("hours"))
    except (KeyError, TypeError, ValueError):
        return SafeContact(code_word=code_word)
    channel = raw.get("channel")
    return SafeContact(channel if isinstance(channel, str) else None, hours, code_word)


def _hours_of(raw: Any) -> Hours | None:
    return Hours(time.fromisoformat(raw["from"]), time.fromisoformat(raw["to"])) if raw else None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What of a message the checks need to know; its words are not among it.

    ``quiet`` are the place's quiet hours, ``own_quiet`` those that whoever is told chose.
    """

    template: str
    channel: str
    audience: Audience
    lane: str = "deliveries"
    grade: int | None = None
    zone: str = "UTC"
    quiet: Hours = field(default_factory=shipped_quiet_hours)
    own_quiet: Hours | None = None
    exercise: bool = False
    participant: bool = False
    nights: bool = False
    alerts_day: int = 0
    alerts_week: int = 0
    cap_day: int = 3
    cap_week: int = 6
    contact: Contact | None = None
    safe: SafeContact | None = None
    safe_mode: bool = False

    @property
    def is_urgent(self) -> bool:
        """Whether a life may depend on it: the lane of SOS, or G1 and G2."""
        return self.lane == "sos" or (self.grade is not None and self.grade <= URGENT_GRADE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks decided: ``waiting`` may go now, ``held`` goes at ``due_at``, ``not_sent`` never goes."""

    state: str
    outcome: str | None
    due_at: datetime


Check = Callable[[Envelope, datetime], Verdict | None]


def _refused(outcome: str, now: datetime) -> Verdict:
    return Verdict("not_sent", outcome, now)


def exercise_wall(envelope: Envelope, now: datetime) -> Verdict | None:
    """Exercise records reach participants only (INV-3, R28)."""
    if envelope.exercise and not envelope.participant:
        return _refused("exercise", now)
    return None


def safe_contact(envelope: Envelope, now: datetime) -> Verdict | None:
    """A resident in danger is reached by the channel and in the hours they marked safe, or not at all (INV-8)."""
    safe = envelope.safe
    if envelope.audience is not Audience.RESIDENT or not (safe or envelope.safe_mode):
        return None
    # A push says that there is news inside the page, and nothing else: it is a part of that way.
    way = "in_app" if envelope.channel == "push" else envelope.channel
    if safe is None or safe.channel != way:
        return _refused("safe-contact", now)
    if safe.hours and not safe.hours.covers(now.astimezone(ZoneInfo(envelope.zone)).time()):
        return Verdict("held", "safe-hours", next_time(safe.hours.start, envelope.zone, now=now))
    return None


def quiet_hours(envelope: Envelope, now: datetime) -> Verdict | None:
    """In the quiet hours of the place volunteers get urgent matters if they opted in, residents urgent ones and answers (R14).

    The inbox makes no noise, so only an alert waits there too. A resident's own safe hours win over quiet ones.
    """
    quiet = envelope.quiet
    if envelope.audience is Audience.STAFF or not quiet.covers(now.astimezone(ZoneInfo(envelope.zone)).time()):
        return None
    if envelope.audience is Audience.VOLUNTEER:
        silent = envelope.channel == "in_app" and envelope.template not in ALERTS
        passes = silent or (envelope.is_urgent and envelope.nights)
    else:
        chosen = envelope.safe is not None and envelope.safe.hours is not None
        passes = chosen or envelope.is_urgent or envelope.template in OWN_THREAD or envelope.channel == "in_app"
    return None if passes else Verdict("held", "quiet-hours", next_time(quiet.end, envelope.zone, now=now))


def own_hours(envelope: Envelope, now: datetime) -> Verdict | None:
    """In the hours that people and bodies chose for themselves only what is urgent calls them; the inbox is silent."""
    own = envelope.own_quiet
    if own is None or envelope.channel == "in_app" or envelope.is_urgent or envelope.template == CHANNEL_TEST:
        return None
    if not own.covers(now.astimezone(ZoneInfo(envelope.zone)).time()):
        return None
    return Verdict("held", "own-quiet-hours", next_time(own.end, envelope.zone, now=now))


def consent(envelope: Envelope, now: datetime) -> Verdict | None:
    """A resident is written to only where they said so; their thread is theirs to open (INV-15)."""
    if envelope.audience is not Audience.RESIDENT or envelope.channel == "in_app":
        return None
    return None if envelope.contact and envelope.contact.consents else _refused("no-consent", now)


def caps(envelope: Envelope, now: datetime) -> Verdict | None:
    """A volunteer is alerted at most so often a day and a week (R15)."""
    if envelope.audience is not Audience.VOLUNTEER or envelope.template not in ALERTS:
        return None
    if envelope.alerts_day >= envelope.cap_day or envelope.alerts_week >= envelope.cap_week:
        return _refused("cap", now)
    return None


# What is checked before a message leaves. Caps count alerts that were decided on, so they are checked once, then.
SENDING: tuple[Check, ...] = (exercise_wall, safe_contact, quiet_hours, own_hours, consent)
PLANNING: tuple[Check, ...] = (*SENDING, caps)


def judge(envelope: Envelope, checks: Sequence[Check], *, now: datetime) -> Verdict:
    """Apply ``checks``: the first refusal wins, else the latest holding, else it may go now."""
    found = [verdict for check in checks if (verdict := check(envelope, now))]
    refused = next((verdict for verdict in found if verdict.state == "not_sent"), None)
    held = max(found, key=lambda verdict: verdict.due_at, default=None)
    return refused or held or Verdict("waiting", None, now)


def redacted(params: Mapping[str, Any]) -> dict[str, Any]:
    """What of a notice's parameters may leave the house: numbers, ids and times; never a word or a code.

    ``clock`` is kept as the one code that tells nothing of the matter.
    """
    return {name: value for name, value in params.items() if name == "clock" or _is_neutral(value)}


def _is_neutral(value: object) -> bool:
    if isinstance(value, int | UUID | datetime) or value is None:
        return True
    return isinstance(value, str) and (_parses(UUID, value) or _parses(datetime.fromisoformat, value))


def _parses(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


def chosen_ways(
    ways: Sequence[str] | None, *, reachable: Sequence[str], down: Collection[str] = (), is_sos: bool = False
) -> tuple[str, ...]:
    """The loud channels by which somebody is told at once, of those that are ``reachable``, in their order.

    ``ways`` None: by each; a list: by the first of it that is not ``down``; an SOS by each, whatever was chosen. A text
    message, which costs money, takes the place of channels that are missing or down, or was chosen.
    """
    free = tuple(way for way in reachable if way != "sms")
    if is_sos or ways is None:
        works = any(way not in down for way in free)
        return free if works or "sms" not in reachable else (*free, "sms")
    wanted = [way for way in ways if way in reachable]
    return tuple(([way for way in wanted if way not in down] or wanted)[:1])


def next_channel(
    failed: str, *, tried: Collection[str], reachable: Collection[str], ways: Sequence[str] | None = None,
    down: Collection[str] = (),
) -> str | None:  # fmt: skip
    """The channel to go on to when ``failed`` did; None when nothing is left that was not tried.

    In the order of FALL_OVER, or in that of ``ways`` and then the rest; one that is ``down`` comes last.
    """
    after: Sequence[str] = FALL_OVER[FALL_OVER.index(failed) + 1 :] if failed in FALL_OVER else ()
    if ways is not None and failed in FALL_OVER:
        after = [*ways, *(channel for channel in FALL_OVER if channel not in ways)]
    left = [channel for channel in after if channel in reachable and channel not in tried and channel != failed]
    return min(left, key=lambda channel: channel in down, default=None)


class Result(StrEnum):
    """What a channel's code table makes of an answer."""

    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    RETRY = "retry"
    NEVER = "never"
    LATER = "later"  # it was not tried, because the channel may not be asked so often


# Waits before each further try, in seconds; after five tries a delivery has failed. An SOS falls over to the next
# channel within 60 s (design.md section 9), also where each try hangs for 8 s (channels SEND_WITHIN_S).
WAITS_S: Mapping[str, tuple[int, ...]] = {"sos": (1, 2, 4, 8)}
SOS_WITHIN_S = 60  # a channel that wants to be asked later than that is of no use to one
WAITS_OTHERS_S = (1, 30, 120, 600)
# What waits for a provider that is down is given up after so long.
DOWN_WITHIN_S = 4 * 3600
# An SOS that nobody has seen by then goes by the next channel as well, so that it is there within the minute.
SOS_UNSEEN_S = 30


def most_tries(lane: str) -> int:
    """How often a delivery of ``lane`` is tried in all."""
    return 1 + len(WAITS_S.get(lane, WAITS_OTHERS_S))


@dataclass(frozen=True, slots=True)
class Settled:
    """The state of a delivery after a try."""

    state: str
    outcome: str
    due_at: datetime


def settle(
    result: Result, code: str, *, lane: str, attempts: int, now: datetime, after_s: float | None = None
) -> Settled:
    """The state that follows from the ``attempts``-th try; ``after_s``: the channel wants no other before."""
    if result in {Result.HANDED_OVER, Result.DELIVERED}:
        return Settled(result.value, code, now)
    if lane == "sos" and (after_s or 0) > SOS_WITHIN_S:
        return Settled("failed", code, now)
    if result is Result.LATER:
        return Settled("waiting", code, now + timedelta(seconds=after_s or 0))
    if result is Result.NEVER or attempts >= most_tries(lane):
        return Settled("failed", code, now)
    waits = WAITS_S.get(lane, WAITS_OTHERS_S)
    return Settled("waiting", code, now + timedelta(seconds=max(waits[attempts - 1], after_s or 0)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A volunteer who may be asked. ``distance_m`` is for ranking only."""

    person_id: UUID
    org_id: UUID
    distance_m: float
    alerts_week: int = 0
    language: str = "en"


@dataclass(frozen=True, slots=True)
class WaveSettings:
    """How volunteers are asked; the defaults are those of R15. ``radius_m`` comes from the area's density."""

    radius_m: float = 500.0
    sizes: tuple[int, ...] = (3, 5, 8)
    most: int = 20
    cap_day: int = 3
    cap_week: int = 6
    wait_urgent_s: tuple[int, ...] = (60, 90)
    wait_other_s: tuple[int, ...] = (600, 1200)

    def size(self, wave_no: int) -> int:
        """How many are asked in wave ``wave_no``, the first being 1; further waves are like the last."""
        return self.sizes[min(wave_no, len(self.sizes)) - 1]

    def wait_s(self, wave_no: int, *, urgent: bool) -> int:
        """Seconds to wait for answers to wave ``wave_no`` before the next."""
        waits = self.wait_urgent_s if urgent else self.wait_other_s
        return waits[min(wave_no, len(waits)) - 1]


R15 = WaveSettings()
RADIUS_M: Mapping[str, float] = {"urban": 500.0, "suburban": 1000.0, "rural": 3000.0}  # rules.md R15
EQUALLY_NEAR = 5  # distances in the same fifth of the radius are alike: 100 m in a city, 600 m in the country


def choose_wave(
    candidates: Sequence[Candidate], wave_no: int, settings: WaveSettings, seed: str, *, alerted: int = 0
) -> tuple[Candidate, ...]:
    """Who is asked in wave ``wave_no`` (from 1), of people who were not asked before; empty ends the waves.

    The nearest first; among the equally near those with fewer alerts this week, and among these in an order that
    ``seed`` (the incident) decides, so that it alternates between incidents and can be reproduced (C17).
    ``alerted`` is how many were asked for this incident in former waves.
    """

    def turn(one: Candidate) -> tuple[int, int, bytes]:
        band = int(one.distance_m * EQUALLY_NEAR // settings.radius_m)
        return band, one.alerts_week, sha256(f"{seed}:{one.person_id}".encode()).digest()

    near = [one for one in candidates if one.distance_m <= settings.radius_m]
    size = max(0, min(settings.size(wave_no), settings.most - alerted))
    return tuple(sorted(near, key=turn)[:size])
