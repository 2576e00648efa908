"""Rules that lead to nobody at some hour are caught, and only those."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.policy.layers import Finding
from backend.policy.staffing import Need, Rota, check_needs, needs_of, say_hours
from tests.policy.building import BOOK, CITY, NOW, layer, rule

UTC_ZONE = "UTC"
MIDNIGHT = NOW.replace(hour=0)


def shifts(*hours: tuple[int, int], days: int = 7) -> Rota:
    """The same turns on each day, from and to hours in UTC; past midnight when they end before they start."""

    def turn(day: int, start: int, end: int) -> tuple[datetime, datetime]:
        begin = MIDNIGHT + timedelta(days=day, hours=start)
        return begin, begin + timedelta(hours=(end - start) % 24 or 24)

    return Rota(True, False, tuple(turn(day, *one) for day in range(-1, days) for one in hours))


def found(rota: Rota, when: str = "true", *, zone: str = UTC_ZONE, **more: Any) -> list[Finding]:
    """The findings of a rule that leads to mediators."""
    made = layer(CITY, L1=rule("M", when=when, **({"categories": ["DS05"]} | more)))
    needs: list[Need] = list(needs_of(made, [BOOK.product], BOOK))
    return check_needs(needs, lambda _: rota, made, BOOK, zone=zone, now=NOW)


def test_a_night_without_anybody_keeps_a_rule_from_being_taken() -> None:
    one = found(shifts((6, 22)))
    assert [(finding.kind, finding.blocking) for finding in one] == [("nobody_on_duty", True)]
    assert one[0].details is not None
    assert one[0].details["hours"] == [0, 1, 2, 3, 4, 5, 22, 23]
    assert "22:00-06:00" in one[0].en
    assert "22:00-06:00" in one[0].zh


@pytest.mark.parametrize(
    "rota, when, more",
    [
        (shifts((0, 12), (12, 0)), "true", {}),
        (shifts((22, 6), (6, 22)), "true", {}),
        (shifts((6, 22)), "hour_local >= 6 && hour_local < 22", {}),
        (shifts((6, 22)), "hour_local in [7, 8]", {}),
        (shifts((8, 18)), "true", {"categories": ["CN01"]}),
        (Rota(True, True, ()), "true", {}),
    ],
    ids=["day and night", "past midnight", "the rule is for the day", "the rule names hours",
         "planned matters count service hours", "always staffed"],
)  # fmt: skip
def test_a_rule_that_always_reaches_somebody_passes(rota: Rota, when: str, more: dict[str, Any]) -> None:
    assert found(rota, when, **more) == []


def test_a_planned_matter_that_a_rule_makes_urgent_counts_every_hour() -> None:
    then = {"lead": "M", "grade_at_least": "G2"}
    assert [one.kind for one in found(shifts((8, 18)), categories=["CN01"], then=then)] == ["nobody_on_duty"]


def test_hours_are_those_of_the_place() -> None:
    # 06:00 to 22:00 UTC are 14:00 to 06:00 in Shanghai.
    one = found(shifts((6, 22)), zone="Asia/Shanghai")[0]
    assert one.details is not None
    assert one.details["hours"] == list(range(6, 14))


def test_without_a_rota_or_a_body_it_is_said_and_nothing_is_stopped() -> None:
    cases = [found(Rota(True, False, ())), found(Rota(False, False, ()))]
    assert [[(one.kind, one.blocking) for one in case] for case in cases] == [
        [("no_rota", False)],
        [("nobody_leads", False)],
    ]


@pytest.mark.parametrize("lead", ["V", "P", "DESK"])
def test_routes_without_a_rota_are_not_asked_for_one(lead: str) -> None:
    made = layer(CITY, L1=rule(lead, categories=["DS05"]))
    assert list(needs_of(made, [BOOK.product], BOOK)) == []


def test_a_rota_that_is_planned_for_a_few_days_is_looked_at_as_far_as_it_goes() -> None:
    assert found(shifts((0, 0), days=3)) == []


@pytest.mark.parametrize(
    "hours, said",
    [([3], "03:00-04:00"), ([0, 1, 22, 23], "22:00-02:00"), ([1, 2, 7], "01:00-03:00, 07:00-08:00"),
     (list(range(24)), "00:00-24:00")],
)  # fmt: skip
def test_hours_are_said_as_spans(hours: list[int], said: str) -> None:
    assert say_hours(hours) == said
