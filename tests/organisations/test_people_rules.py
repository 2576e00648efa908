"""Rules of people: credentials, roles, the wall around police (C34, R18, INV-6)."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from backend.organisations.models import CREDENTIAL_STATES
from backend.organisations.rules.people import (
    CREDENTIAL_MOVES,
    HeldCredential,
    breaks_police_wall,
    credential_level_at,
    is_competent,
    may_give_role,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWN, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    "state, valid_for, level",
    [
        ("active", timedelta(days=1), "qualified"),
        ("active", timedelta(microseconds=1), "qualified"),
        ("active", timedelta(), None),
        ("active", timedelta(days=-1), None),
        ("suspended", timedelta(days=1), None),
        ("revoked", timedelta(days=1), None),
        ("expired", timedelta(days=1), None),
    ],
)
def test_a_credential_proves_something_only_while_it_holds(state: str, valid_for: timedelta, level: str | None) -> None:
    assert credential_level_at(HeldCredential("qualified", state, NOW + valid_for), NOW) == level


@pytest.mark.parametrize(
    "level, beside, competent",
    [
        ("qualified", [], True),
        ("trainee", [], False),
        ("trainee", ["trainee", None], False),
        ("trainee", ["qualified"], True),
        ("candidate", [], False),
        ("candidate", ["qualified"], True),
        (None, ["qualified"], False),
    ],
)
def test_a_trainee_works_only_beside_somebody_qualified(
    level: str | None, beside: list[str | None], competent: bool
) -> None:
    assert is_competent(level, beside) is competent


@pytest.mark.parametrize(
    "giver, role, body, allowed",
    [
        ("administrator", "administrator", OTHER, True),
        ("supervisor", "volunteer", OWN, True),
        ("supervisor", "volunteer", OTHER, False),
        ("supervisor", "supervisor", OWN, False),
        ("supervisor", "administrator", OWN, False),
        ("supervisor", "duty_officer", OWN, False),
        ("supervisor", "auditor", OWN, False),
        ("coordinator", "volunteer", OWN, False),
    ],
)
def test_nobody_gives_a_role_above_their_own(giver: str, role: str, body: UUID, allowed: bool) -> None:
    assert may_give_role(frozenset({giver}), [OWN], role=role, organisation_id=body) is allowed


@pytest.mark.parametrize(
    "role, kind, others, broken",
    [
        ("police", "police", [], False),
        ("police", "government", [], True),
        ("supervisor", "police", ["police"], False),
        ("supervisor", "police", ["civic"], True),
        ("volunteer", "civic", ["police"], True),
        ("volunteer", "civic", ["health"], False),
    ],
)
def test_police_and_other_bodies_do_not_mix(role: str, kind: str, others: list[str], broken: bool) -> None:
    assert breaks_police_wall(role, kind, others) is broken


OUTCOMES = {
    ("active", "suspend"): "suspended",
    ("active", "revoke"): "revoked",
    ("suspended", "restore"): "active",
    ("suspended", "revoke"): "revoked",
    ("revoked", "restore"): "active",
}


@pytest.mark.parametrize("state, act", list(product(CREDENTIAL_STATES, ("suspend", "revoke", "restore"))))
def test_a_credential_moves_only_as_its_state_allows(state: str, act: str) -> None:
    assert CREDENTIAL_MOVES.get((state, act)) == OUTCOMES.get((state, act))
