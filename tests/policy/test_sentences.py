"""Conditions as sentences: what a form shows is what the rule says, and comes back without loss."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.policy.catalogue import default_catalogue
from backend.policy.expression import activation, compile_expression, evaluate
from backend.policy.facts import KINDS, Facts, variable_types, variables
from backend.policy.markers import marker_codes
from backend.policy.sentences import COMPARISONS, Outside, Sentence, read_sentence, write_sentence
from backend.policy.telling import say_condition, say_rule
from backend.policy.vocabulary import effect_labels, event_labels, field_labels, value_labels, vocabulary

NAMES = {kind: sorted(name for name, one in variable_types().items() if one == kind) for kind in COMPARISONS}
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters='"\\\n`{/', exclude_categories=["C"]), max_size=8)
NUMBERS = st.integers(0, 2**53 - 1)
REFERENCES = st.sampled_from(["cap_day", "R15.cap_day"]).map(lambda name: {"value_of": name})


@st.composite
def comparisons(draw: st.DrawFn, *, references: bool = True) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(COMPARISONS)))
    name, how = draw(st.sampled_from(NAMES[kind])), draw(st.sampled_from(COMPARISONS[kind]))
    if kind == "bool":
        return {"field": name, "is": how}
    value = TEXTS if kind in {"text", "texts"} else (NUMBERS | REFERENCES) if references else NUMBERS
    given = draw(st.lists(value, min_size=1, max_size=3) if how in {"is_one_of", "is_none_of"} else value)
    return {"field": name, "is": how, "value": given}


def trees(*, references: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    one = comparisons(references=references)
    group = st.lists(one, min_size=2, max_size=3).map(lambda parts: {"any": parts})
    return st.fixed_dictionaries({"all": st.lists(one | group, max_size=4), "unless": st.lists(one, max_size=3)})


@settings(deadline=None, max_examples=300)
@given(trees())
def test_a_sentence_comes_back_as_it_was_built(tree: dict[str, Any]) -> None:
    read = read_sentence(write_sentence(tree))
    assert read is not None
    assert read.as_dict() == tree


@settings(deadline=None, max_examples=100)
@given(trees(references=False))
def test_what_is_written_is_a_condition_that_can_be_saved(tree: dict[str, Any]) -> None:
    written = write_sentence(tree)
    if len(written) <= 2000:
        assert compile_expression(written).source == written


def holds(tree: dict[str, Any], values: dict[str, Any]) -> bool:
    """The meaning of a sentence, told a second time and without the language."""

    def one(part: dict[str, Any]) -> bool:
        held: Any = values[part["field"]]
        value: Any = part.get("value")
        said: dict[str, Any] = {
            "is_so": lambda: held, "is_not_so": lambda: not held, "is": lambda: held == value,
            "is_not": lambda: held != value, "is_one_of": lambda: held in value, "is_none_of": lambda: held not in value,
            "at_least": lambda: held >= value, "more_than": lambda: held > value, "at_most": lambda: held <= value,
            "less_than": lambda: held < value, "starts_with": lambda: held.startswith(value),
            "ends_with": lambda: held.endswith(value), "contains": lambda: value in held, "has": lambda: value in held,
            "has_not": lambda: value not in held,
        }  # fmt: skip
        return bool(said[part["is"]]())

    met = all(any(map(one, part["any"])) if "any" in part else one(part) for part in tree["all"])
    return met and not any(map(one, tree["unless"]))


FACTS = st.builds(
    Facts, kind=st.sampled_from(KINDS), category=st.sampled_from(["", "CN01", "DS04"]), hour_local=st.integers(0, 23),
    people_count=st.integers(0, 3), danger_now=st.booleans(),
    flags=st.frozensets(st.sampled_from(sorted(marker_codes())), max_size=4),
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(trees(references=False), FACTS)
def test_a_sentence_means_what_its_condition_means(tree: dict[str, Any], facts: Facts) -> None:
    written = write_sentence(tree)
    if len(written) > 2000:
        return
    values = variables(facts, kind=facts.kind, category=facts.category, risk_class="none")
    assert evaluate(compile_expression(written), activation(values)) is holds(tree, values)


@pytest.mark.parametrize(
    "when, tree",
    [
        ("true", Sentence()),
        ("danger_now", Sentence(({"field": "danger_now", "is": "is_so"},))),
        ("!danger_now", Sentence(({"field": "danger_now", "is": "is_not_so"},))),
        ("!(danger_now)", Sentence((), ({"field": "danger_now", "is": "is_so"},))),
        ("(danger_now)", Sentence(({"field": "danger_now", "is": "is_so"},))),
        (
            "weapon || fire",
            Sentence(({"any": [{"field": "weapon", "is": "is_so"}, {"field": "fire", "is": "is_so"}]},)),
        ),
        (
            "repeat_30d >= $reports",
            Sentence(({"field": "repeat_30d", "is": "at_least", "value": {"value_of": "reports"}},)),
        ),
        ("'street' in area_level_names", Sentence(({"field": "area_level_names", "is": "has", "value": "street"},))),
    ],
)
def test_a_condition_reads_as_a_sentence(when: str, tree: Sentence) -> None:
    assert read_sentence(when) == tree


@pytest.mark.parametrize(
    "when",
    ["", "weapon &&", "weapon && (fire || (gas && smoke))", "repeat_30d + 1 >= 3", "size(area_level_names) > 1",
     'to_grade > "G1"', "danger_now == true", '"a" == category', "!(weapon && fire)", "weapon ? fire : gas",
     "!!weapon", "-1 < people_count", "nobody", "1 == 1", "area_level_names.exists(one, one == 'x')", "weapon, fire",
     "category in []", "weapon || fire && gas"],
)  # fmt: skip
def test_what_a_sentence_cannot_say_stays_a_text(when: str) -> None:
    assert read_sentence(when) is None
    assert say_condition(when) == {"en": when, "zh": when}


@pytest.mark.parametrize(
    "part",
    [{}, {"field": "nobody", "is": "is"}, {"field": "weapon", "is": "at_least", "value": 1},
     {"field": "category", "is": "is", "value": 5}, {"field": "category", "is": "is", "value": 'a"b'},
     {"field": "category", "is": "is_one_of", "value": []}, {"field": "people_count", "is": "is", "value": -1},
     {"field": "people_count", "is": "is", "value": True}, {"field": "people_count", "is": "is", "value": {"value_of": "a b"}},
     {"any": [{"field": "weapon", "is": "is_so"}]}, {"any": "weapon"}, {"field": ["weapon"], "is": "is_so"},
     {"field": "weapon", "is": ["is_so"]}],
)  # fmt: skip
def test_a_part_that_does_not_fit_its_field_cannot_be_written(part: dict[str, Any]) -> None:
    with pytest.raises(Outside):
        write_sentence({"all": [part]})


def test_most_rules_that_ship_read_as_sentences_and_each_comes_back() -> None:
    clauses = [clause.when for rule in default_catalogue().product.rules for clause in rule.clauses]
    read = [(when, sentence) for when in clauses if (sentence := read_sentence(when))]
    assert len(read) / len(clauses) > 0.7
    assert all(read_sentence(write_sentence(sentence.as_dict())) == sentence for _, sentence in read)


def test_a_rule_is_told_in_both_languages() -> None:
    r20 = next(rule for rule in default_catalogue().product.rules if rule.id == "R20")
    said = say_rule(r20)
    assert said["en"][0].startswith("Always, unless “Someone is being hit or attacked” or")
    assert said["en"][0].endswith(", then leads: mediator; this is needed: both sides seen alone")
    assert said["zh"][0].endswith("，则主责：调解员；需要：双方分别面谈")


def test_every_field_value_effect_and_event_has_words_in_both_languages() -> None:
    assert field_labels().keys() >= variable_types().keys()
    driven = {event for rule in default_catalogue().product.rules for event in rule.driven_by}
    assert driven <= event_labels().keys()
    labels = [
        *field_labels().values(),
        *effect_labels().values(),
        *event_labels().values(),
        *value_labels("voice").values(),
    ]
    assert all(set(label) == {"en", "zh"} and all(label.values()) for label in labels)
    served = vocabulary()
    assert {one["name"] for one in served["fields"]} == variable_types().keys()
    assert {one["name"] for one in served["comparisons"]} == {name for names in COMPARISONS.values() for name in names}
