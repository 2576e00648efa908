"""A stored decision is told in plain words, in the reader's language."""

import json

from backend.policy.explain import explain
from backend.policy.ruleset import compile_ruleset
from tests.policy.building import BOOK, CITY, decided, layer, rule


def test_a_decision_is_told_in_english() -> None:
    city = compile_ruleset(BOOK, [layer(CITY, own_1=rule("NC", categories=["CN04"], version=2))])
    lines = explain(json.loads(json.dumps(decided("CN04", ruleset=city).as_dict())))
    assert lines[:2] == ["Noise or nuisance: G4 Planned", "Lead: neighbourhood coordinator"]
    assert "own-1 (applied): own-1: applies because it is so (Baishi City, local, version 2)" in lines
    assert any(line.startswith("R20 (outweighed): Small matters stay local, with exits") for line in lines)
    assert lines[-1] == "Ask the duty desk: a person looks at it again."


def test_a_decision_is_told_in_chinese() -> None:
    lines = explain(decided("CN05", "weapon", voice="self").as_dict(), "zh")
    assert lines[:3] == ["正在发生的暴力：G1 紧急", "主责：警察", "警察：须由具名人员核对 R06 (a), (b)"]
    assert all(any("一" <= sign <= "鿿" for sign in line) for line in lines)


def test_a_refusal_says_what_is_offered_and_who_reviews_it() -> None:
    lines = explain(decided("CN07", "appearance_only").as_dict())
    assert "answered with other help; not stored as an incident" in lines
    assert lines[-1] == "Ask the rights desk: another person reviews it."
