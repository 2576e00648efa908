"""Rules as they stand in a file, a form or the database: parsed into dataclasses and written back."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from backend.policy.effects import EFFECTS, LETTERS
from backend.policy.facts import GRADES
from backend.policy.files import Entry, entries_of, read_defaults, read_yaml, words_of
from backend.policy.rules import NO_WORDS, Basis, Clause, Layer, Lock, Rule, RuleTest, Setting, Tighter, Value

_RULE_FIELDS = (
    "version", "lock", "basis", "title", "explanation", "driven_by", "room", "categories", "clauses", "when",
    "because", "then", "values", "tests", "also_enforced_by", "effective_from", "effective_to",
)  # fmt: skip
_LOCKS = tuple(lock.value for lock in Lock)


def rules_from_yaml(file: str, source: str) -> tuple[Rule, ...]:
    """The rules of a rule file. Raises PolicyInvalid that names file, rule and field."""
    return tuple(rule_from(entry) for entry in entries_of(file, read_yaml(file, source)).values())


def layer_from(
    name: str, rules: Mapping[str, Mapping[str, Any]], *, area_id: int | None, depth: int, level: str = ""
) -> Layer:
    """A layer from rule bodies by id, as a file or the database holds them. Raises PolicyInvalid."""
    entries = (Entry(name, code, body) for code, body in rules.items())
    return Layer(area_id, depth, name, tuple(rule_from(entry) for entry in entries), level)


def rule_from(entry: Entry) -> Rule:
    """One rule. Conditions are checked for their shape only; ``expression.py`` checks what they say."""
    entry.only(*_RULE_FIELDS)
    lock = Lock(entry.choice("lock", _LOCKS, Lock.LOCAL.value))
    clauses = _clauses(entry, lock)
    basis = Basis(entry.choice("basis", tuple(basis.value for basis in Basis), ""))
    if lock is Lock.FLOOR and clauses and basis is Basis.NONE:
        raise entry.wrong("basis", "a floor says whether law, safety or rights are its reason", "底线须说明依据")
    driven_by = entry.texts("driven_by") or (("ReportReceived",) if clauses else ())
    return Rule(
        id=entry.rule,
        version=entry.whole("version", 1),
        lock=lock,
        basis=basis,
        title=_optional_words(entry, "title"),
        explanation=_optional_words(entry, "explanation"),
        driven_by=driven_by,
        room=entry.text("room", ""),
        categories=entry.texts("categories"),
        clauses=clauses,
        settings=_settings(entry, lock),
        tests=tuple(_test(item, driven_by) for item in entry.each("tests")),
        also_enforced_by=_optional_words(entry, "also_enforced_by"),
        effective_from=_moment(entry, "effective_from"),
        effective_to=_moment(entry, "effective_to"),
    )


def rule_as_dict(rule: Rule) -> dict[str, Any]:
    """The body of a rule as JSON; ``rule_from`` reads it back to the same rule."""
    body: dict[str, Any] = {"version": rule.version, "lock": rule.lock.value}
    for name in ("title", "explanation", "also_enforced_by"):
        if getattr(rule, name) != NO_WORDS:
            body[name] = dict(getattr(rule, name))
    for name in ("basis", "room"):
        if getattr(rule, name):
            body[name] = str(getattr(rule, name))
    for name in ("driven_by", "categories"):
        if getattr(rule, name):
            body[name] = list(getattr(rule, name))
    for name in ("effective_from", "effective_to"):
        if at := getattr(rule, name):
            body[name] = at.isoformat()
    body["clauses"] = [_clause_as_dict(clause) for clause in rule.clauses]
    body["values"] = {setting.name: _setting_as_dict(setting) for setting in rule.settings}
    body["tests"] = [_test_as_dict(test) for test in rule.tests]
    return {name: value for name, value in body.items() if value not in ([], {})}


def _clauses(entry: Entry, lock: Lock) -> tuple[Clause, ...]:
    if "when" in entry.data:
        return (_clause(entry, "only", lock),)
    found = []
    for item in entry.each("clauses"):
        item.only("id", "lock", "when", "because", "then")
        found.append(_clause(item, item.text("id"), Lock(item.choice("lock", _LOCKS, lock.value))))
    return tuple(found)


def _clause(entry: Entry, clause_id: str, lock: Lock) -> Clause:
    then = {name: _effect(entry, name, value) for name, value in entry.inside("then").data.items()}
    if not then:
        raise entry.wrong("then", "has no effect", "没有任何效果")
    return Clause(clause_id, entry.text("when").strip(), words_of(entry, "because"), then, lock)


def _effect(entry: Entry, name: str, value: Any) -> Any:
    """One checked effect. ``{value: team}`` stands for a setting of the same rule at the place."""
    effect = EFFECTS.get(name)
    if effect is None:
        raise entry.wrong(f"then.{name}", "is no effect", "没有这种效果")
    if effect.owner and effect.owner != entry.rule:
        raise entry.wrong(f"then.{name}", f"only {effect.owner} may do this", f"只有 {effect.owner} 可以这样做")
    if effect.takes == "number" and isinstance(value, Mapping):
        return {"value": str(value.get("value", ""))}
    checked = _checked(effect.takes, value)
    if checked is None:
        raise entry.wrong(f"then.{name}", f"{value!r} cannot be used; needs {effect.takes}", f"{value!r} 无法使用")
    return checked


def _checked(takes: str, value: Any) -> Any:
    """The value when it is one that an effect takes, else None."""
    if takes == "number":
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
    if takes in {"true", "false"}:
        return value if value is (takes == "true") else None
    known = _vocabulary()[takes.removesuffix("s") if takes != "grade" else takes]
    if takes in {"route", "word", "grade"}:
        return value if value in known else None
    is_list = isinstance(value, list | tuple) and bool(value) and all(item in known for item in value)
    return tuple(value) if is_list else None


@lru_cache(maxsize=1)
def _vocabulary() -> Mapping[str, frozenset[str]]:
    return {
        "route": frozenset(read_defaults("words.yaml", "routes")),
        "word": frozenset(read_defaults("words.yaml", "words")),
        "service": frozenset(read_defaults("words.yaml", "services")),
        "letter": frozenset(LETTERS),
        "grade": frozenset(GRADES),
    }


def _settings(entry: Entry, lock: Lock) -> tuple[Setting, ...]:
    found = []
    for name, given in entry.inside("values").data.items():
        body = given if isinstance(given, Mapping) else {"value": given}
        item = Entry(entry.file, entry.rule, body, f"values.{name}")
        item.only("value", "unit", "tighter", "lock", "label")
        tighter = item.choice("tighter", tuple(way.value for way in Tighter)) if "tighter" in body else None
        found.append(
            Setting(
                name=str(name),
                value=_value(item),
                lock=Lock(item.choice("lock", _LOCKS, lock.value)),
                tighter=Tighter(tighter) if tighter else None,
                unit=item.text("unit", ""),
                label=_optional_words(item, "label"),
            )
        )
    return tuple(found)


def _value(item: Entry) -> Value:
    value = item.data.get("value")
    if isinstance(value, list | tuple) and all(isinstance(part, bool | int | float | str) for part in value):
        return tuple(value)
    if isinstance(value, bool | int | float | str):
        return value
    raise item.wrong(
        "value", "must be a number, a text, true or false, or a list of those", "须为数字、文本、真假或其列表"
    )


def _test(item: Entry, driven_by: tuple[str, ...]) -> RuleTest:
    item.only("name", "event", "facts", "moment", "expect")
    event = item.text("event", driven_by[0] if driven_by else "")
    return RuleTest(
        item.text("name"),
        event,
        item.inside("facts").data,
        item.inside("moment").data,
        item.inside("expect").data,
    )


def _optional_words(entry: Entry, field: str) -> Mapping[str, str]:
    return words_of(entry, field) if field in entry.data else NO_WORDS


def _moment(entry: Entry, field: str) -> datetime | None:
    value = entry.data.get(field)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise entry.wrong(field, "is not a time", "不是有效时间") from error
    if at is not None and (not isinstance(at, datetime) or at.tzinfo is None):
        raise entry.wrong(field, "must be a time with its zone", "须为带时区的时间")
    return at


def _clause_as_dict(clause: Clause) -> dict[str, Any]:
    then = {name: list(value) if isinstance(value, tuple) else value for name, value in clause.then.items()}
    return {
        "id": clause.id, "lock": clause.lock.value, "when": clause.when, "because": dict(clause.because),
        "then": then,
    }  # fmt: skip


def _setting_as_dict(setting: Setting) -> dict[str, Any]:
    value = list(setting.value) if isinstance(setting.value, tuple) else setting.value
    body: dict[str, Any] = {"value": value, "lock": setting.lock.value}
    if setting.tighter:
        body["tighter"] = setting.tighter.value
    if setting.unit:
        body["unit"] = setting.unit
    return body | ({"label": dict(setting.label)} if setting.label != NO_WORDS else {})


def _test_as_dict(test: RuleTest) -> dict[str, Any]:
    body = {
        "name": test.name,
        "event": test.event,
        "facts": test.facts,
        "moment": test.moment,
        "expect": test.expect,
    }
    return {name: value for name, value in body.items() if value not in ("", {})}
