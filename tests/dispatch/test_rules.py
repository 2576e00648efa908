"""The checks of the way out, as tables: exercise wall, safe contact, quiet hours, consent, caps; tries; waves."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.dispatch.channels import SEND_WITHIN_S
from backend.dispatch.rules import (
    FALL_OVER,
    PLANNING,
    R15,
    RADIUS_M,
    SENDING,
    Audience,
    Candidate,
    Contact,
    Envelope,
    Result,
    SafeContact,
    WaveSettings,
    choose_wave,
    chosen_ways,
    contact_of,
    judge,
    most_tries,
    next_channel,
    next_time,
    redacted,
    safe_contact_of,
    settle,
)
from backend.organisations.hours import Hours

TAIPEI = "Asia/Taipei"  # UTC+8
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # 23:30 in Taipei
MORNING = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)  # 07:00 the next day in Taipei
STAFF = Envelope("report_received_desk", "email", Audience.STAFF, zone=TAIPEI)
VOLUNTEER = replace(STAFF, template="offer_volunteer", audience=Audience.VOLUNTEER)
RESIDENT = replace(
    STAFF, template="reporter_triaged", audience=Audience.RESIDENT, contact=Contact("a@example.org", True)
)
SAFE = SafeContact("email")


def verdict(envelope: Envelope, now: datetime = NOON, checks: Any = PLANNING, **changed: Any) -> tuple[str, str | None]:
    found = judge(replace(envelope, **changed), checks, now=now)
    return found.state, found.outcome


@pytest.mark.parametrize(
    "envelope, changed, expected",
    [
        (STAFF, {}, ("waiting", None)),
        (STAFF, {"exercise": True}, ("not_sent", "exercise")),
        (STAFF, {"exercise": True, "participant": True}, ("waiting", None)),
        (STAFF, {"exercise": True, "channel": "in_app"}, ("not_sent", "exercise")),
        (STAFF, {"exercise": True, "lane": "sos", "grade": 1}, ("not_sent", "exercise")),
        (RESIDENT, {"exercise": True}, ("not_sent", "exercise")),
    ],
)
def test_the_exercise_wall_lets_participants_through_and_nobody_else(
    envelope: Envelope, changed: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    assert verdict(envelope, **changed) == expected


@pytest.mark.parametrize(
    "changed, at, expected",
    [
        ({}, NIGHT, ("held", "quiet-hours")),
        ({"nights": True}, NIGHT, ("held", "quiet-hours")),
        ({"lane": "sos"}, NIGHT, ("held", "quiet-hours")),
        ({"lane": "sos", "nights": True}, NIGHT, ("waiting", None)),
        ({"grade": 2, "nights": True}, NIGHT, ("waiting", None)),
        ({"grade": 3, "nights": True}, NIGHT, ("held", "quiet-hours")),
        ({"channel": "in_app"}, NIGHT, ("held", "quiet-hours")),
        ({"channel": "in_app", "template": "offer_covered"}, NIGHT, ("waiting", None)),
        ({"template": "offer_covered"}, NIGHT, ("held", "quiet-hours")),
        ({}, NOON, ("waiting", None)),
        ({}, MORNING, ("waiting", None)),
        ({}, MORNING - timedelta(seconds=1), ("held", "quiet-hours")),
    ],
)
def test_at_night_a_volunteer_gets_urgent_alerts_only_if_they_opted_in(
    changed: dict[str, Any], at: datetime, expected: tuple[str, str | None]
) -> None:
    assert verdict(VOLUNTEER, at, **changed) == expected


@pytest.mark.parametrize(
    "wall, quiet, held_until",
    [
        ("21:30", Hours(time(21), time(6)), "06:00"),
        ("20:59", Hours(time(21), time(6)), None),
        ("06:30", Hours(time(21), time(6)), None),
        ("22:30", Hours(time(23), time(8)), None),
        ("07:30", Hours(time(23), time(8)), "08:00"),
        ("02:00", Hours(time(1), time(5)), "05:00"),
        ("22:30", Hours(time(0), time(0)), None),
    ],
)
@pytest.mark.parametrize("envelope", [VOLUNTEER, RESIDENT])
@pytest.mark.parametrize("checks", [PLANNING, SENDING])
def test_the_quiet_hours_are_those_of_the_place(
    envelope: Envelope, wall: str, quiet: Hours, held_until: str | None, checks: Any
) -> None:
    now = datetime.fromisoformat(f"2026-03-02 {wall}").replace(tzinfo=ZoneInfo(TAIPEI))
    found = judge(replace(envelope, quiet=quiet), checks, now=now)
    until = found.due_at.astimezone(ZoneInfo(TAIPEI)).strftime("%H:%M") if found.state == "held" else None
    assert until == held_until


@pytest.mark.parametrize(
    "changed, expected",
    [
        ({}, ("held", "quiet-hours")),
        ({"template": "reporter_answer"}, ("waiting", None)),
        ({"template": "reporter_received"}, ("waiting", None)),
        ({"lane": "sos"}, ("waiting", None)),
        ({"grade": 1}, ("waiting", None)),
        ({"grade": 3}, ("held", "quiet-hours")),
        ({"safe": SafeContact("email", Hours(NIGHT.time(), NIGHT.time()))}, ("held", "safe-hours")),
    ],
)
def test_at_night_a_resident_gets_life_safety_and_answers(
    changed: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    assert verdict(RESIDENT, NIGHT, **changed) == expected


def test_staff_on_duty_are_told_at_any_hour() -> None:
    assert verdict(STAFF, NIGHT) == ("waiting", None)


def test_what_is_held_goes_when_the_quiet_hours_of_the_place_end() -> None:
    assert judge(VOLUNTEER, PLANNING, now=NIGHT).due_at == MORNING


@pytest.mark.parametrize(
    "changed, at, expected",
    [
        ({"safe_mode": True}, NOON, ("not_sent", "safe-contact")),
        ({"safe_mode": True, "lane": "sos"}, NOON, ("not_sent", "safe-contact")),
        ({"safe": SafeContact()}, NOON, ("not_sent", "safe-contact")),
        ({"safe": SafeContact("sms")}, NOON, ("not_sent", "safe-contact")),
        ({"safe": SAFE, "safe_mode": True}, NOON, ("waiting", None)),
        ({"safe": safe_contact_of({"channel": "email", "hours": {"from": "11:00", "to": "13:00"}})}, NOON,
         ("waiting", None)),
        ({"safe": safe_contact_of({"channel": "email", "hours": {"from": "13:00", "to": "14:00"}})}, NOON,
         ("held", "safe-hours")),
        ({"safe": safe_contact_of({"channel": "email", "hours": {"from": "23:00", "to": "01:00"}})}, NIGHT,
         ("waiting", None)),
        ({"safe": safe_contact_of({"channel": "email", "hours": {"from": "at dusk"}})}, NOON,
         ("not_sent", "safe-contact")),
        ({"safe": SafeContact("telegram")}, NOON, ("not_sent", "safe-contact")),
        ({"safe": SafeContact("telegram"), "channel": "telegram"}, NOON, ("waiting", None)),
        ({"safe": SAFE, "channel": "telegram"}, NOON, ("not_sent", "safe-contact")),
        ({"contact": Contact(None, False, "4711"), "channel": "telegram"}, NOON, ("not_sent", "no-consent")),
        ({"contact": Contact("a@example.org", False)}, NOON, ("not_sent", "no-consent")),
        ({"contact": Contact("a@example.org", False), "channel": "in_app"}, NOON, ("waiting", None)),
        ({"contact": None}, NOON, ("not_sent", "no-consent")),
        ({"contact": Contact("a@example.org", False)}, NIGHT, ("not_sent", "no-consent")),
    ],
)  # fmt: skip
def test_a_resident_is_reached_only_by_the_way_and_in_the_hours_they_marked_safe(
    changed: dict[str, Any], at: datetime, expected: tuple[str, str | None]
) -> None:
    assert verdict(RESIDENT, at, SENDING, **changed) == expected


def test_safe_hours_that_have_not_come_are_waited_for_in_local_time() -> None:
    safe = safe_contact_of({"channel": "email", "hours": {"from": "13:00", "to": "14:00"}, "code_word": "plum"})
    held = judge(replace(RESIDENT, safe=safe), SENDING, now=NOON)
    assert held.due_at == NOON + timedelta(hours=1)
    assert safe is not None
    assert safe.code_word == "plum"


@pytest.mark.parametrize(
    "raw, expected",
    [
        (None, Contact()),
        ({"email": "a@example.org"}, Contact("a@example.org", False)),
        ({"email": "a@example.org", "consent": True}, Contact("a@example.org", True)),
        ({"email": "a@example.org", "consent": "yes"}, Contact("a@example.org", False)),
        ({"email": "", "phone": "1", "consent": True}, Contact(None, True)),
        ({"telegram": "4711", "consent": True}, Contact(None, True, "4711")),
        ({"telegram": 4711, "email": "a@example.org"}, Contact("a@example.org", False)),
    ],
)
def test_consent_is_a_plain_yes_or_it_is_a_no(raw: dict[str, Any] | None, expected: Contact) -> None:
    assert contact_of(raw) == expected


@pytest.mark.parametrize(
    "changed, expected",
    [
        ({"alerts_day": 2, "alerts_week": 5}, "waiting"),
        ({"alerts_day": 3, "alerts_week": 3}, "not_sent"),
        ({"alerts_day": 0, "alerts_week": 6}, "not_sent"),
        ({"alerts_day": 1, "alerts_week": 1, "cap_day": 1}, "not_sent"),
        ({"alerts_day": 9, "alerts_week": 9, "lane": "sos", "nights": True}, "not_sent"),
        ({"alerts_day": 9, "alerts_week": 9, "template": "offer_covered"}, "waiting"),
        ({"alerts_day": 9, "alerts_week": 9, "audience": Audience.STAFF}, "waiting"),
    ],
)
def test_a_volunteer_is_alerted_three_times_a_day_and_six_a_week_at_most(
    changed: dict[str, Any], expected: str
) -> None:
    assert verdict(VOLUNTEER, **changed)[0] == expected


def test_caps_are_not_counted_again_when_an_alert_is_sent() -> None:
    assert verdict(VOLUNTEER, checks=SENDING, alerts_day=3)[0] == "waiting"


@given(hour=st.integers(0, 23), minute=st.integers(0, 59), zone=st.sampled_from(["UTC", TAIPEI, "America/Los_Angeles"]))
def test_what_is_held_comes_due_later_and_is_then_let_through(hour: int, minute: int, zone: str) -> None:
    now = datetime(2026, 3, 8, hour, minute, tzinfo=UTC)  # clocks change in Los Angeles on this day
    envelope = replace(RESIDENT, zone=zone)
    found = judge(envelope, SENDING, now=now)
    if found.state == "held":
        assert now < found.due_at <= now + timedelta(hours=25)
        assert judge(envelope, SENDING, now=found.due_at).state == "waiting"


def test_the_next_time_is_tomorrow_when_it_is_past_or_now() -> None:
    seven = MORNING.time().replace(hour=7)
    assert next_time(seven, TAIPEI, now=MORNING) == MORNING + timedelta(days=1)


PARAMS: dict[str, Any] = {
    "number": 41, "grade": 2, "due_at": "2026-03-02T09:00:00+00:00", "incident": str(uuid4()), "at": NOON,
    "clock": "acknowledge",
}  # fmt: skip


def test_numbers_ids_and_times_stay_and_words_and_codes_do_not() -> None:
    leaking = {"category": "DS04", "place": "Mill Lane 3", "name": "Lin", "said": "help", "skills": ["first_aid"]}
    assert redacted(PARAMS | leaking) == PARAMS


@given(st.from_regex(r"[A-Za-z一-龥 ]{1,31}", fullmatch=True))
def test_no_word_of_anybody_leaves_as_a_parameter(said: str) -> None:
    assert redacted({"said": said, "list": [said], "more": {"said": said}}) == {}


@pytest.mark.parametrize(
    "result, lane, attempts, state, wait_s",
    [
        (Result.HANDED_OVER, "deliveries", 1, "handed_over", 0),
        (Result.DELIVERED, "deliveries", 3, "delivered", 0),
        (Result.NEVER, "deliveries", 1, "failed", 0),
        (Result.RETRY, "deliveries", 1, "waiting", 1),
        (Result.RETRY, "deliveries", 2, "waiting", 30),
        (Result.RETRY, "offers", 3, "waiting", 120),
        (Result.RETRY, "bulk", 4, "waiting", 600),
        (Result.RETRY, "deliveries", 5, "failed", 0),
        (Result.RETRY, "sos", 1, "waiting", 1),
        (Result.RETRY, "sos", 2, "waiting", 2),
        (Result.RETRY, "sos", 4, "waiting", 8),
        (Result.RETRY, "sos", 5, "failed", 0),
    ],
)
def test_a_try_leads_to_a_state_and_a_time(result: Result, lane: str, attempts: int, state: str, wait_s: float) -> None:
    settled = settle(result, "x", lane=lane, attempts=attempts, now=NOON)
    assert (settled.state, settled.due_at - NOON) == (state, timedelta(seconds=wait_s))


@pytest.mark.parametrize(
    "result, lane, after_s, state, wait_s",
    [
        (Result.RETRY, "deliveries", 7, "waiting", 7),
        (Result.RETRY, "deliveries", 0.5, "waiting", 1),
        (Result.RETRY, "deliveries", 3600, "waiting", 3600),
        (Result.RETRY, "sos", 60, "waiting", 60),
        (Result.RETRY, "sos", 61, "failed", 0),
        (Result.LATER, "deliveries", 0.5, "waiting", 0.5),
        (Result.LATER, "sos", 30, "waiting", 30),
        (Result.LATER, "sos", 90, "failed", 0),
    ],
)
def test_a_channel_that_names_a_time_is_not_asked_before_and_an_sos_waits_no_longer_than_a_minute(
    result: Result, lane: str, after_s: float, state: str, wait_s: float
) -> None:
    settled = settle(result, "x", lane=lane, attempts=1, now=NOON, after_s=after_s)
    assert (settled.state, settled.due_at - NOON) == (state, timedelta(seconds=wait_s))


def test_an_sos_that_cannot_be_sent_goes_on_within_a_minute() -> None:
    waits = [settle(Result.RETRY, "x", lane="sos", attempts=n, now=NOON).due_at - NOON for n in range(1, 5)]
    assert most_tries("sos") == 5
    assert sum(waits, timedelta()) + 5 * timedelta(seconds=SEND_WITHIN_S) < timedelta(seconds=60)


@pytest.mark.parametrize(
    "failed, tried, reachable, expected",
    [
        ("push", (), {"email", "telegram"}, "telegram"),
        ("push", (), {"email"}, "email"),
        ("push", ("email",), {"email"}, None),
        ("email", (), {"push", "email"}, None),
        ("webhook", (), set(FALL_OVER), None),
        ("in_app", (), set(FALL_OVER), None),
    ],
)
def test_after_a_failure_the_next_channel_that_was_not_tried_is_taken(
    failed: str, tried: tuple[str, ...], reachable: set[str], expected: str | None
) -> None:
    assert next_channel(failed, tried=tried, reachable=reachable) == expected


def people(*distances_m: float, week: int = 0) -> list[Candidate]:
    return [Candidate(UUID(int=at), UUID(int=99), distance, week) for at, distance in enumerate(distances_m, 1)]


@pytest.mark.parametrize(
    "count, wave_no, alerted, expected",
    [(30, 1, 0, 3), (30, 2, 3, 5), (30, 3, 8, 8), (30, 4, 16, 4), (30, 5, 20, 0), (2, 1, 0, 2), (0, 1, 0, 0)],
)
def test_waves_are_of_three_five_and_eight_and_end_at_twenty(
    count: int, wave_no: int, alerted: int, expected: int
) -> None:
    assert len(choose_wave(people(*[10.0] * count), wave_no, R15, "seed", alerted=alerted)) == expected


@pytest.mark.parametrize("density, inside", [("urban", 1), ("suburban", 2), ("rural", 3)])
def test_the_radius_follows_the_density_of_the_place(density: str, inside: int) -> None:
    settings = WaveSettings(radius_m=RADIUS_M[density])
    assert len(choose_wave(people(400, 900, 2900, 3100), 1, settings, "seed")) == inside


def test_the_nearer_are_asked_before_the_farther() -> None:
    chosen = choose_wave(people(450, 20, 350, 250, 120), 1, R15, "seed")
    assert [one.distance_m for one in chosen] == [20, 120, 250]


def test_among_the_equally_near_those_with_fewer_alerts_come_first() -> None:
    asked_often, rested = people(10, 20, 30, week=4), people(90, 80, 70, week=0)
    rested = [replace(one, person_id=UUID(int=50 + at)) for at, one in enumerate(rested)]
    assert set(choose_wave([*asked_often, *rested], 1, R15, "seed")) == set(rested)


def test_the_same_seed_asks_the_same_people_and_other_seeds_alternate() -> None:
    alike = people(*[50.0] * 12)
    again = [choose_wave(list(reversed(alike)), 1, R15, "one incident") for _ in range(2)]
    assert again[0] == again[1] == choose_wave(alike, 1, R15, "one incident")
    asked = {one.person_id for seed in range(40) for one in choose_wave(alike, 1, R15, str(seed))}
    assert asked == {one.person_id for one in alike}


@pytest.mark.parametrize(
    "wave_no, urgent, expected", [(1, True, 60), (2, True, 90), (3, True, 90), (1, False, 600), (2, False, 1200)]
)
def test_urgent_waves_wait_a_minute_and_others_ten(wave_no: int, urgent: bool, expected: int) -> None:
    assert R15.wait_s(wave_no, urgent=urgent) == expected


@pytest.mark.parametrize(
    "ways, reachable, down, is_sos, expected",
    [
        (None, ("telegram", "email", "sms"), (), False, ("telegram", "email")),
        (None, ("sms",), (), False, ("sms",)),
        (None, ("telegram", "email", "sms"), ("telegram",), False, ("telegram", "email")),
        (None, ("telegram", "email", "sms"), ("telegram", "email"), False, ("telegram", "email", "sms")),
        (("email", "telegram"), ("telegram", "email"), (), False, ("email",)),
        (("email", "telegram"), ("telegram", "email"), ("email",), False, ("telegram",)),
        (("email",), ("telegram", "email"), ("email",), False, ("email",)),
        (("sms", "email"), ("email", "sms"), (), False, ("sms",)),
        ((), ("telegram", "email"), (), False, ()),
        ((), ("telegram", "email"), (), True, ("telegram", "email")),
        (("email",), ("email", "sms"), ("email",), True, ("email", "sms")),
    ],
)
def test_people_are_told_as_they_chose_and_of_an_sos_by_every_way(
    ways: tuple[str, ...] | None, reachable: tuple[str, ...], down: tuple[str, ...], is_sos: bool, expected: object
) -> None:
    assert chosen_ways(ways, reachable=reachable, down=down, is_sos=is_sos) == expected


@pytest.mark.parametrize(
    "ways, down, expected",
    [
        (("email", "telegram"), (), "telegram"),
        (("email", "sms"), (), "sms"),
        (("email", "telegram", "sms"), ("telegram",), "sms"),
        (("email",), (), "telegram"),
    ],
)
def test_a_failure_goes_on_in_the_order_that_somebody_chose(
    ways: tuple[str, ...], down: tuple[str, ...], expected: str
) -> None:
    reachable = {"telegram", "email", "sms"}
    assert next_channel("email", tried=("email",), reachable=reachable, ways=ways, down=down) == expected


@pytest.mark.parametrize(
    "changed, state",
    [
        ({}, "held"), ({"lane": "sos"}, "waiting"), ({"grade": 2}, "waiting"), ({"channel": "in_app"}, "waiting"),
        ({"template": "channel_test"}, "waiting"), ({"own_quiet": None}, "waiting"),
    ],
)  # fmt: skip
def test_in_hours_that_somebody_chose_only_what_is_urgent_calls(changed: dict[str, Any], state: str) -> None:
    chosen: dict[str, Any] = {
        "template": "help_done",
        "channel": "email",
        "audience": Audience.STAFF,
        "grade": 3,
        "zone": "UTC",
    }
    chosen |= {"own_quiet": Hours(time(3), time(5))} | changed
    assert judge(Envelope(**chosen), SENDING, now=NOON).state == state
