"""INV-9: whatever two authors change in whatever order, no value is ever looser than a floor above it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.problems import Refusal
from backend.policy.cache import EVERYWHERE, load_policy
from backend.policy.catalogue import default_catalogue
from backend.policy.changing import (
    Words,
    approve,
    begin_change,
    hold_due_changes,
    lint_change,
    propose,
    roll_back,
    withdraw,
)
from backend.policy.history import standing
from backend.policy.layers import effective_values
from backend.policy.rules import Lock, is_looser
from tests.conftest import NOW
from tests.support.application import application, with_baishi
from tests.support.baishi import Baishi

PLACES = ("qinghe", "baishi", "liuyuan", "nanmen")
VALUES = {
    "G1.acknowledge_s": st.sampled_from([60, 120, 300]), "G2.contact_s": st.sampled_from([600, 1800, 3600]),
    "R14.start": st.sampled_from([20, 22, 23]), "R15.cap_day": st.sampled_from([1, 3, 6]),
    "R07.team": st.sampled_from([1, 2, 3]), "CN01.private": st.booleans(),
}  # fmt: skip
ACTS = ("now", "tomorrow", "withdraw", "roll_back", "wait")


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(VALUES)))
    value: dict[str, Any] = {"value": draw(VALUES[name])}
    if lock := draw(st.sampled_from([None, "floor", "default", "ceiling"])):
        value["lock"] = lock
    return {
        "place": draw(st.sampled_from(PLACES)), "author": draw(st.sampled_from(["one", "two"])), "name": name,
        "value": value, "act": draw(st.sampled_from(ACTS)),
    }  # fmt: skip


@pytest.fixture(scope="module")
def world(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Baishi]]:
    folder: Path = tmp_path_factory.mktemp("floors")
    with application(postgres, folder, NOW) as app:
        yield app, with_baishi(app, NOW)


def take(session: Session, world: Baishi, step: dict[str, Any], *, now: Any) -> None:
    """One author's edit and what becomes of it; whatever is refused changes nothing."""
    area, author = world.areas[step["place"]], step["author"]
    other = "two" if author == "one" else "one"
    rule, _, setting = step["name"].partition(".")
    if step["act"] == "roll_back":
        held = standing(session, area)
        if held is None:
            return
        change = roll_back(session, held.id, to=None, title="back", by=author, why="x", now=now)
    else:
        edits = {rule: {"values": {setting: step["value"]}}}
        change = begin_change(session, area, Words("Layer", edits, "x"), by=author, now=now)
    lint_change(session, change.id, by=author, now=now)
    propose(session, change.id, by=author, why="", if_match=None, now=now)
    if step["act"] == "withdraw":
        withdraw(session, change.id, by=author, why="", now=now)
        return
    at = now + timedelta(days=1) if step["act"] == "tomorrow" else None
    approve(session, change.id, by=other, why="", at=at, if_match=None, now=now)


def demand_floors(session: Session) -> None:
    """At every place each value is as strict as every floor that any layer above it sets."""
    book, index = load_policy(session), AREAS.get(session)
    for area in book.layers:
        chain = (EVERYWHERE, *index.chain(area)) if area else (EVERYWHERE,)
        layers = [default_catalogue().product, *(book.layers[one] for one in chain if one in book.layers)]
        for held in effective_values(layers).values():
            floors = [link for link in held.chain if link.lock is Lock.FLOOR and link.held]
            assert not [link for link in floors if is_looser(held.value, link.value, held.tighter)]
            # What was taken was looked at: nothing that stands had to be held back.
            assert all(link.held for link in held.chain if link.depth)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(steps(), min_size=3, max_size=8))
def test_no_order_of_edits_loosens_a_floor(world: tuple[Flask, Baishi], edits: list[dict[str, Any]]) -> None:
    app, baishi = world
    with app.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        now = NOW
        for step in edits:
            now += timedelta(days=2) if step["act"] == "wait" else timedelta(hours=1)
            hold_due_changes(session, now)
            try:
                with session.begin_nested():
                    take(session, baishi, step, now=now)
            except Refusal:
                pass
            demand_floors(session)
        hold_due_changes(session, now + timedelta(days=2))
        demand_floors(session)
        session.rollback()
