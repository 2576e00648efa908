"""A mistake in a policy file is one clear error that names file, rule and field."""

from typing import Any

import pytest

from backend.policy.files import PolicyInvalid, read_yaml
from backend.policy.rulefile import layer_from, rule_as_dict, rules_from_yaml
from tests.policy.building import BOOK, SO, rule

MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("a misspelt field", rule() | {"whne": "true"}, "whne"),
    ("an unknown lock", rule(lock="iron"), "lock"),
    ("a floor without a reason", rule(lock="floor"), "basis"),
    ("no condition", {"clauses": [{"id": "a", "because": SO, "then": {"desk": True}}]}, "clauses[1].when"),
    ("no effect", {"when": "true", "because": SO, "then": {}}, "then"),
    ("an unknown effect", rule(then={"arrest": True}), "then.arrest"),
    ("an unknown route", rule("X"), "then.lead"),
    ("a route that is no list", rule(then={"fallback": "SW"}), "then.fallback"),
    ("an unknown word", rule(then={"needs": ["luck"]}), "then.needs"),
    ("an effect that only removes protection", rule(then={"safe_mode": False}), "then.safe_mode"),
    ("volunteers forced in", rule(then={"volunteers": True}), "then.volunteers"),
    ("a letter of R06", rule(then={"police_letters": ["a"]}), "then.police_letters"),
    ("automatic triage", rule(then={"auto_triage": True}), "then.auto_triage"),
    ("a negative team", rule(then={"team": -1}), "then.team"),
    ("one language only", {"when": "true", "because": {"en": "so"}, "then": {"desk": True}}, "because.zh"),
    ("a value of no kind", {"values": {"team": {"value": {"a": 1}}}}, "values.team.value"),
    (
        "a value with an unknown direction",
        {"values": {"team": {"value": 1, "tighter": "up"}}},
        "values.team.tighter",
    ),
    ("a time without its zone", {"effective_from": "2026-04-01T00:00:00"}, "effective_from"),
    ("no time", {"effective_to": "tomorrow"}, "effective_to"),
    ("a version that is no number", {"version": "two"}, "version"),
]


@pytest.mark.parametrize(("body", "field"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_a_mistake_names_file_rule_and_field(body: dict[str, Any], field: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        layer_from("town.yaml", {"town-1": body}, area_id=3, depth=3)
    assert refused.value.members == {"file": "town.yaml", "rule": "town-1", "field": field}
    assert refused.value.detail["en"].startswith(f"town.yaml: town-1: {field}: ")
    assert refused.value.detail["zh"].startswith("town.yaml: town-1: ")


@pytest.mark.parametrize("source", ["[1, 2]", "a: [", "just words", "!!python/object/apply:os.system ['true']"])
def test_a_file_that_is_no_table_is_refused(source: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        read_yaml("rules.yaml", source)
    assert refused.value.members["file"] == "rules.yaml"


def test_a_rule_that_is_no_table_is_refused_by_name() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        rules_from_yaml("rules.yaml", "town-1: yes please")
    assert refused.value.members["rule"] == "town-1"


@pytest.mark.parametrize("held", BOOK.product.rules, ids=[held.id for held in BOOK.product.rules])
def test_a_rule_written_out_reads_back_as_the_same_rule(held: Any) -> None:
    again = layer_from("again", {held.id: rule_as_dict(held)}, area_id=None, depth=0)
    assert again.rules == (held,)


def test_the_dates_of_a_rule_are_kept() -> None:
    body = rule(effective_from="2026-04-01T00:00:00+08:00", effective_to="2026-05-01T00:00:00+08:00")
    made = layer_from("town", {"town-1": body}, area_id=3, depth=3).rules[0]
    again = layer_from("town", {"town-1": rule_as_dict(made)}, area_id=3, depth=3).rules[0]
    assert again == made
    assert made.effective_from is not None
