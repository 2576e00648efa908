"""Conditions: what is refused when a rule is saved, and what happens when one breaks while it is tried."""

from typing import Any

import pytest

from backend.policy.expression import (
    MAX_LENGTH,
    ExpressionFailed,
    ExpressionRefused,
    activation,
    compile_expression,
    evaluate,
)
from backend.policy.facts import Facts, variable_types, variables

REFUSED = [
    ("a misspelt marker", "wepon", 0, "did you mean weapon?"),
    ("a misspelt name later on", 'weapon && categry == "CN01"', 10, "did you mean category?"),
    ("on the second line", "weapon &&\n  thret", 12, "did you mean threat?"),
    ("a number beside a text", 'hour_local == "x"', 11, "do not go together"),
    ("a text in a text", '"CN" in category', 5, "do not go together"),
    ("a whole number beside a fraction", "hour_local > 1.0", 11, "do not go together"),
    ("half a sentence", "weapon &&", 9, "Syntax error"),
    ("nothing", "", 0, ""),
    ("not an answer", "hour_local + 1", 0, "must be true or false"),
    ("a text as an answer", "category", 0, "must be true or false"),
    ("anything at all as an answer", "[1, 2][0]", 0, "must be true or false"),
    ("a pattern", 'category.matches("(a+)+$")', 9, "matches"),
    ("hidden types", "dyn(1) == 1", 0, "dyn"),
    ("a conversion", 'int("7") == 7', 0, "int"),
    ("a map", '{"a": 1}["a"] == 1', 0, "{"),
    ("an escape", '"a\\"b" == category', 2, "\\"),
    ("a comment", "weapon // yes", 7, "//"),
    ("a long text", f'category == "{"a" * MAX_LENGTH}"', MAX_LENGTH, "longer"),
    ("deep brackets", "(" * 40 + "true" + ")" * 40, 24, "brackets"),
    ("a loop in a loop", "[1].exists(x, [2].all(y, x == y))", 21, "nested"),
    ("many loops", " && ".join(["[1].exists(x, x == 1)"] * 5), 10, "exists/all"),
    ("a loop hidden by space", "[1].exists (x, [2].exists (y, x == y))", 26, "nested"),
]


@pytest.mark.parametrize(("source", "position", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_condition_that_cannot_be_trusted_is_refused_with_its_place(source: str, position: int, said: str) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        compile_expression(source)
    assert refused.value.position == position
    assert said in refused.value.detail["en"]
    assert refused.value.detail["zh"]


HOLDS = [
    ("weapon", True),
    ("threat", False),
    ("weapon && !threat", True),
    ('category in ["CN05", "CN06"]', True),
    ("hour_local >= 22 || hour_local < 7", True),
    ('category.startsWith("CN")', True),
    ("has_danger && !has_child", True),
    ('area_level_names.exists(level, level == "village")', True),
    ("size(area_level_names) == 2", True),
    ("repeat_30d + 1 >= 3 ? weapon : threat", True),
    ('kind == "concern" && voice != "self"', True),
    ("true", True),
    ("false", False),
]
AT_NIGHT = Facts(
    "concern",
    "CN05",
    flags=frozenset({"weapon"}),
    hour_local=23,
    area_level_names=("city", "village"),
    repeat_30d=2,
)


def values(facts: Facts = AT_NIGHT) -> Any:
    return activation(variables(facts, kind=facts.kind, category=facts.category, risk_class=""))


@pytest.mark.parametrize(("source", "answer"), HOLDS)
def test_a_condition_says_whether_it_holds(source: str, answer: bool) -> None:
    assert evaluate(compile_expression(source), values()) is answer


def test_one_activation_serves_many_conditions() -> None:
    shared = values()
    assert [evaluate(compile_expression(source), shared) for source, _ in HOLDS] == [answer for _, answer in HOLDS]


@pytest.mark.parametrize("source", ["hour_local / 0 == 1", 'area_level_names[7] == "city"', "9 / (repeat_30d - 2) > 1"])
def test_a_condition_that_breaks_is_never_taken_for_true(source: str) -> None:
    with pytest.raises(ExpressionFailed):
        evaluate(compile_expression(source), values())


def test_a_name_without_a_value_fails_and_is_not_false() -> None:
    with pytest.raises(ExpressionFailed, match="danger_now"):
        evaluate(compile_expression("danger_now"), activation({"weapon": True}))


def test_a_condition_knows_the_names_it_looks_at() -> None:
    condition = compile_expression('weapon && category == "threat" && hour_local > 3')
    assert condition.names == {"weapon", "category", "hour_local"}
    assert condition.literals == ("threat",)


def test_a_constant_condition_needs_no_values() -> None:
    assert evaluate(compile_expression("1 < 2"), activation({})) is True


def test_every_name_of_the_table_has_a_value() -> None:
    found = variables(AT_NIGHT, kind="concern", category="CN05", risk_class="")
    assert found.keys() == variable_types().keys()
    kinds = {"text": str, "bool": bool, "int": int, "texts": list}
    assert all(type(found[name]) is kinds[kind] for name, kind in variable_types().items())
