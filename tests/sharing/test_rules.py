"""What may be shared: each ground, each bar, and that everything ends by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.sharing.rules import (
    BEHIND_THE_WALL,
    FIELDS,
    MOVES,
    Agreed,
    Basis,
    Share,
    Step,
    Terms,
    after,
    bar,
    fields_now,
)

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
AGREED = Agreed(
    Terms.IN_FORCE, NOW - timedelta(days=1), NOW + timedelta(days=1), "care", "police", frozenset({"exists", "state"}),
    frozenset({"CN12"}),
)  # fmt: skip
SHARE = Share(
    Basis.AGREEMENT, "care", "police", frozenset({"exists"}), "CN12", is_walled=False, to_police=True, reason="",
    until=NOW + timedelta(hours=1),
)  # fmt: skip
LEGAL = replace(SHARE, basis=Basis.LEGAL_DUTY, reason="Section 47", fields=frozenset({"place"}))


@pytest.mark.parametrize(
    "share, agreed, why",
    [
        (SHARE, AGREED, None),
        (SHARE, None, "no-agreement"),
        (SHARE, replace(AGREED, to_org="health"), "no-agreement"),
        (SHARE, replace(AGREED, state=Terms.PROPOSED), "agreement-not-in-force"),
        (SHARE, replace(AGREED, valid_to=NOW), "agreement-not-in-force"),
        (SHARE, replace(AGREED, valid_from=NOW + timedelta(seconds=1)), "agreement-not-in-force"),
        (replace(SHARE, category="CN01"), AGREED, "not-of-this-category"),
        (replace(SHARE, category="CN01"), replace(AGREED, categories=frozenset()), None),
        (replace(SHARE, fields=frozenset({"place"})), AGREED, "more-than-agreed"),
        (replace(SHARE, fields=frozenset()), AGREED, "no-such-field"),
        (replace(SHARE, fields=frozenset({"notes"})), AGREED, "no-such-field"),
        (replace(SHARE, until=NOW), AGREED, "no-end"),
        (replace(SHARE, until=NOW + timedelta(days=91)), AGREED, "no-end"),
        (LEGAL, None, None),
        (replace(LEGAL, reason="  "), None, "reason-missing"),
        (replace(LEGAL, is_walled=True), None, "behind-the-wall"),
        (replace(LEGAL, is_walled=True, to_police=False), None, None),
        (replace(LEGAL, is_walled=True, fields=BEHIND_THE_WALL), None, None),
    ],
)
def test_what_may_be_shared_on_which_ground(share: Share, agreed: Agreed | None, why: str | None) -> None:
    assert bar(share, agreed, now=NOW) == why


@given(st.sets(st.sampled_from(FIELDS), min_size=1), st.sampled_from(list(Basis)), st.text(max_size=5))
def test_nothing_of_care_and_aid_but_that_it_is_there_ever_reaches_police(
    fields: set[str], basis: Basis, reason: str
) -> None:
    agreed = replace(AGREED, fields=frozenset(FIELDS), categories=frozenset())
    share = replace(SHARE, fields=frozenset(fields), basis=basis, reason=reason, is_walled=True)
    assert bar(share, agreed, now=NOW) is not None or fields <= BEHIND_THE_WALL


@pytest.mark.parametrize(
    "agreed, after_s, seen",
    [
        (AGREED, 0, {"exists"}),
        (AGREED, 3600, set()),
        (replace(AGREED, state=Terms.ENDED), 0, set()),
        (replace(AGREED, valid_to=NOW + timedelta(seconds=9)), 9, set()),
        (replace(AGREED, fields=frozenset({"state"})), 0, set()),
        (None, 0, set()),
    ],
)
def test_what_is_read_ends_with_the_share_and_with_the_agreement(
    agreed: Agreed | None, after_s: int, seen: set[str]
) -> None:
    now = NOW + timedelta(seconds=after_s)
    assert fields_now({"exists"}, agreed, basis=Basis.AGREEMENT, until=SHARE.until, now=now) == seen


@pytest.mark.parametrize("state, step", list(product(Terms, Step)))
def test_every_pair_of_an_agreement(state: Terms, step: Step) -> None:
    assert after(state, step) == MOVES.get((state, step))
    assert state in {Terms.PROPOSED, Terms.IN_FORCE} or after(state, step) is None
