"""A condition between its text and its sentence, checked as it is typed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.problems import Invalid
from backend.policy.cache import EVERYWHERE, POLICY
from backend.policy.catalogue import default_catalogue
from backend.policy.expression import ExpressionRefused, compile_expression
from backend.policy.layers import Effective, effective_values
from backend.policy.ruleset import fill
from backend.policy.sentences import Outside, read_sentence, write_sentence
from backend.policy.telling import say_condition


def read_condition(session: Session, when: str, *, rule: str, area_id: int | None) -> dict[str, Any]:
    """A typed condition: its sentence, its words, and what is wrong with it where something is."""
    error = _error_in(when, rule, values_at(session, area_id))
    sentence = read_sentence(when) if error is None else None
    return {
        "when": when, "tree": sentence.as_dict() if sentence else None, "expert": error is None and sentence is None,
        "words": say_condition(when), "error": error,
    }  # fmt: skip


def write_condition(session: Session, tree: Mapping[str, Any], *, rule: str, area_id: int | None) -> dict[str, Any]:
    """The condition of a sentence. Raises Invalid for a tree whose parts do not fit their fields."""
    try:
        when = write_sentence(tree)
    except Outside as error:
        raise Invalid({"tree": [f"This part cannot be said: {error}."]}) from error
    return read_condition(session, when, rule=rule, area_id=area_id)


def values_at(session: Session, area_id: int | None) -> dict[str, Effective]:
    """The values that hold at a place, for every name that a condition may mention by ``$``."""
    book, index = POLICY.get(session), AREAS.get(session)
    chain = (EVERYWHERE, *(index.chain(area_id) if area_id else ()))
    return effective_values([default_catalogue().product, *(book.layers[one] for one in chain if one in book.layers)])


def _error_in(when: str, rule: str, values: Mapping[str, Effective]) -> dict[str, Any] | None:
    try:
        compile_expression(fill(when, rule, values))
    except ExpressionRefused as refused:
        return {"message": refused.detail, "position": min(refused.position, len(when))}
    except KeyError as unknown:
        name = str(unknown).strip("'\"")
        message = {"en": f"there is no value called {name}", "zh": f"没有名为 {name} 的值"}
        return {"message": message, "position": max(when.find("$"), 0)}
    return None
