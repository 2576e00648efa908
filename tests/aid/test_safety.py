"""Who may help with what, as tables and a property: checked helpers, two in a home, no child with anybody unchecked."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.aid.safety import CREDENTIAL, Need, advice_for, barred, credentials_for, helpers_needed
from backend.policy.categories import RISK_CLASSES

RISKS = [None, *RISK_CLASSES]
NOTHING: frozenset[str] = frozenset()
CASES: list[tuple[Need, frozenset[str], bool, str | None]] = [
    (Need("doorstep", False, True), NOTHING, False, None),
    (Need("doorstep", False, True), NOTHING, True, None),
    (Need("outdoors", False, False), NOTHING, False, "with_a_person"),
    (Need("outdoors", False, False), NOTHING, True, None),
    (Need("in_home", False, False), NOTHING, True, "not_checked"),
    (Need("in_home", False, False), frozenset({"in_home"}), True, None),
    (Need("in_home", False, False), frozenset({"in_home"}), False, "with_a_person"),
    (Need("money", False, False), frozenset({"in_home"}), True, "not_checked"),
    (Need("care", False, False), frozenset({"care"}), True, None),
    (Need("care", True, False), frozenset({"care"}), True, "not_checked"),
    (Need("care", True, False), frozenset({"care", "child_safeguarding"}), True, None),
    (Need("doorstep", True, False), frozenset({"basic"}), True, "not_checked"),
]


@pytest.mark.parametrize("need, held, proposed, reason", CASES)
def test_who_may_help(need: Need, held: frozenset[str], proposed: bool, reason: str | None) -> None:
    found = barred(need, held=held, proposed=proposed)
    assert (found and found.code) == reason


@given(
    risk=st.sampled_from(RISKS), is_fit=st.booleans(), proposed=st.booleans(),
    held=st.frozensets(st.sampled_from([*CREDENTIAL.values(), "basic"])),
)  # fmt: skip
def test_no_child_is_helped_by_anybody_who_is_not_checked_for_it(
    risk: str | None, is_fit: bool, proposed: bool, held: frozenset[str]
) -> None:
    need = Need(risk, True, is_fit)
    if "child_safeguarding" not in held:
        assert barred(need, held=held, proposed=proposed) is not None
    assert helpers_needed(need) == 2


@pytest.mark.parametrize("risk, has_child", list(product(RISKS, [True, False])))
def test_what_needs_a_check_in_a_home_or_with_a_child_needs_two(risk: str | None, has_child: bool) -> None:
    need = Need(risk, has_child, is_fit=False)
    assert (helpers_needed(need) == 2) == (has_child or risk in {"in_home", "care", "child"})
    assert bool(credentials_for(need)) == (has_child or risk in CREDENTIAL)


def test_both_are_told_of_money_of_meeting_by_day_and_that_they_may_stop() -> None:
    assert advice_for("doorstep") == ("money", "meet", "stop")
    assert "pair" in advice_for("in_home")
