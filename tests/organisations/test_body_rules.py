"""Rules of bodies and mandates (C01, C02)."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from backend.organisations.models import MANDATE_STATES, ORGANISATION_STATES
from backend.organisations.rules.bodies import (
    MANDATE_MOVES,
    ORGANISATION_MOVES,
    Profile,
    command_rights,
    empty_promise,
    is_stale,
    lead_bar,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "body, task, barred_by",
    [
        (("enterprise", "enforcement"), ("lead", "O:amb", "DS01"), "kind"),
        (("enterprise", "professional_care"), ("lead", "CH", "DS06"), "kind"),
        (("enterprise", "material"), ("lead", "O:util", None), "kind"),
        (("enterprise", "material"), ("lead", "O:util", "CN03"), None),
        (("enterprise", "material"), ("support", "O:amb", "DS01"), None),
        (("enterprise", "enforcement"), ("lead", "P", "DS03"), "kind"),
        (("government", "enforcement"), ("lead", "P", "DS03"), "kind"),
        (("civic", "personnel"), ("support", "P", "CN06"), "kind"),
        (("civic", "personnel"), ("inform", "P", "CN06"), None),
        (("police", "enforcement"), ("lead", "P", "DS03"), None),
        (("police", "enforcement"), ("lead", "CH", "DS06"), "methods"),
        (("civic", "personnel"), ("lead", "SW", "DS04"), "methods"),
        (("civic", "personnel"), ("support", "SW", "DS04"), None),
        (("social_work", "professional_care"), ("lead", "SW", "DS04"), None),
        (("health", "professional_care"), ("lead", "CH", None), None),
        (("informal_group", "personnel"), ("lead", "V", "AID01"), None),
        (("informal_group", "personnel"), ("lead", "V", None), None),
        (("informal_group", "personnel"), ("lead", "V", "DS12"), "kind"),
        (("informal_group", "personnel"), ("lead", "NC", "CN12"), "kind"),
        (("informal_group", "personnel"), ("support", "NC", "CN12"), None),
        (("government", "administrative"), ("lead", "DESK", "DS03"), None),
    ],
)
def test_a_property_of_the_body_bars_it_from_leading(
    body: tuple[str, str], task: tuple[str, str, str | None], barred_by: str | None
) -> None:
    (kind, method), (role, route, category) = body, task
    bar = lead_bar(Profile("Dafeng", kind, frozenset({method})), role=role, route=route, category=category)
    assert (bar.property if bar else None) == barred_by
    if bar:
        assert "Dafeng" in bar.en
        assert "Dafeng" in bar.zh


@pytest.mark.parametrize(
    "obligations, capacity, figure",
    [
        ([], {}, None),
        ([], {"people": 0.0}, "people"),
        (["attend within the hour"], {}, "people"),
        (["attend within the hour"], {"people": 0.0}, "people"),
        (["attend within the hour"], {"people": 2.0, "hours": 0.0}, "hours"),
        (["attend within the hour"], {"people": 2.0, "target_min": 60.0}, None),
    ],
)
def test_a_promise_without_capacity_is_empty(
    obligations: list[str], capacity: dict[str, float], figure: str | None
) -> None:
    assert empty_promise(obligations, capacity) == figure


@pytest.mark.parametrize(
    "role, rights, refused",
    [
        ("advise", ["be heard", "Command"], ("Command",)),
        ("inform", ["decide"], ("decide",)),
        ("consult", ["be asked"], ()),
        ("support", ["direct"], ()),
        ("lead", ["command", "close"], ()),
    ],
)
def test_advisers_have_no_right_to_command(role: str, rights: list[str], refused: tuple[str, ...]) -> None:
    assert command_rights(role, rights) == refused


@pytest.mark.parametrize(
    "assured_on, stale",
    [
        (None, True),
        (NOW - timedelta(days=395), True),
        (NOW - timedelta(days=365), False),
        (NOW - timedelta(days=365, seconds=1), True),
        (NOW, False),
    ],
)
def test_a_profile_is_stale_after_twelve_months(assured_on: datetime | None, stale: bool) -> None:
    assert is_stale(assured_on, NOW) is stale


STANDINGS = {
    ("invited", "active"), ("invited", "left"), ("active", "suspended"), ("active", "left"),
    ("suspended", "active"), ("suspended", "left"), ("left", "invited"),
}  # fmt: skip


@pytest.mark.parametrize("before, after", list(product(ORGANISATION_STATES, repeat=2)))
def test_a_body_moves_only_between_standings_that_follow(before: str, after: str) -> None:
    assert ((before, after) in ORGANISATION_MOVES) is ((before, after) in STANDINGS)


OUTCOMES = {
    ("proposed", "accept"): "accepted",
    ("suspended", "accept"): "accepted",
    ("accepted", "suspend"): "suspended",
    ("proposed", "end"): "ended",
    ("accepted", "end"): "ended",
    ("suspended", "end"): "ended",
}


@pytest.mark.parametrize("state, act", list(product(MANDATE_STATES, ("accept", "suspend", "end"))))
def test_a_mandate_moves_only_as_its_state_allows(state: str, act: str) -> None:
    assert MANDATE_MOVES.get((state, act)) == OUTCOMES.get((state, act))
