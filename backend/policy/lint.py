"""Looking for rules that cannot stand: floors loosened, force widened, leads that contradict, people named.

A blocking finding keeps a layer from being activated and names the rules that collide (scenarios.md A7).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from backend.policy.catalogue import Catalogue, default_catalogue
from backend.policy.effects import PROTECTIVE
from backend.policy.examples import check_examples
from backend.policy.expression import Expression, ExpressionRefused, compile_expression
from backend.policy.layers import Effective, Finding, check_layer, effective_values, ordered
from backend.policy.rules import BY_NAME, Clause, Layer, Lock, Rule, specificity_of
from backend.policy.ruleset import compile_ruleset, fill
from backend.policy.worlds import MAX_WORLDS, VOCABULARY, Tried, count_worlds, try_conditions

POLICE = "P"
# A world costs about 30 µs: a layer written to be slow takes some seconds and no more.
WORLDS_BUDGET = 100_000
WORLDS_LEAST = 16
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LEVELS = (
    "country", "province", "county", "prefecture", "city", "district", "town", "township", "street",
    "village", "community", "neighbourhood", "cell", "beat", "precinct", "state", "municipality",
)  # fmt: skip
# C07: a rule never looks at these. No condition can ask for them by name; a text may still try to.
_TRAITS = re.compile(
    r"\b(race|ethnic|national|foreign|migrant|immigrant|religio|muslim|christian|jew|gender|female|male\b|woman|"
    r"women|man\b|men\b|gay|lesbian|transgender|disab|black|white|asian)"
    r"|民族|种族|国籍|外国|外地|移民|宗教|穆斯林|基督|性别|女性|男性|同性恋|残疾|黑人|白人",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A clause with what it covers: its compiled condition and the categories it may meet."""

    layer: Layer
    rule: Rule
    clause: Clause
    condition: Expression
    categories: frozenset[str]

    @property
    def name(self) -> str:
        """How findings call it."""
        return f"{self.rule.id} ({self.layer.name})"

    def specificity(self, code: str, kind: str, parent: str) -> int:
        """How specifically its rule names a category."""
        return specificity_of(self.rule.categories, code, kind, parent) or 0


def lint(
    layers: Sequence[Layer],
    *,
    catalogue: Catalogue | None = None,
    known_names: Iterable[str] = (),
    at: datetime | None = None,
) -> list[Finding]:
    """All findings about the layers of one place, the product's own among them or not, in any order.

    Args:
        known_names: names of areas and levels that conditions may mention; the layers' own are known.
        at: aware time at which the rules are in force.
    """
    book = catalogue or default_catalogue()
    chain = ordered(layers)
    if book.product not in chain:
        chain = (book.product, *chain)
    values = effective_values(chain, at)
    findings = [one for number, layer in enumerate(chain) for one in check_layer(layer, chain[:number], at)]
    held = list(_clauses(chain, values, book, at, findings))
    names = frozenset((*known_names, *_LEVELS, *(layer.name for layer in chain)))
    # The product's own rules are looked at when they stand alone; the tests do that.
    fresh = [one for one in held if one.layer.depth or len(chain) == 1]
    most = _most([((one.condition,), one.categories) for one in fresh])
    for one in fresh:
        findings += _conditions(one, book, names, most)
        findings += _force(one, book)
    findings += _collisions(held, fresh, book)
    findings += check_examples(compile_ruleset(book, chain[1:], at=at), _local(chain, at))
    return findings


def _local(chain: Sequence[Layer], at: datetime | None) -> Iterator[Rule]:
    for layer in chain[1:]:
        yield from layer.in_force(at)


def _clauses(
    chain: Sequence[Layer],
    values: dict[str, Effective],
    book: Catalogue,
    at: datetime | None,
    findings: list[Finding],
) -> Iterator[_Held]:
    """Every clause whose condition can be read; the others become findings."""
    for layer in chain:
        for rule in layer.in_force(at):
            findings += _unknown_categories(layer, rule, book)
            covered = _covered(rule, book)
            for clause in rule.clauses:
                try:
                    condition = compile_expression(fill(clause.when, rule.id, values))
                except ExpressionRefused as error:
                    findings.append(_unreadable(layer, rule, clause, error.detail, error.position))
                except KeyError as error:
                    detail = {"en": f"there is no value called {error}", "zh": f"没有名为 {error} 的值"}
                    findings.append(_unreadable(layer, rule, clause, detail, clause.when.find("$")))
                else:
                    yield _Held(layer, rule, clause, condition, covered)


def _unreadable(layer: Layer, rule: Rule, clause: Clause, detail: dict[str, str], position: int) -> Finding:
    where = {"clause": clause.id, "position": position}
    en, zh = f"{rule.id}.{clause.id}: {detail['en']}", f"{rule.id}.{clause.id}：{detail['zh']}"
    return Finding("condition", True, (rule.id,), layer.name, en, zh, details=where)


def _unknown_categories(layer: Layer, rule: Rule, book: Catalogue) -> list[Finding]:
    kinds = {f"kind:{kind}" for kind in VOCABULARY["kind"]} | {"uncategorised"}
    unknown = [code for code in rule.categories if code not in book.categories and code not in kinds]
    return [
        Finding(
            "unknown_category", True, (rule.id,), layer.name,
            f"{rule.id}: there is no category {code}", f"{rule.id}：没有类别 {code}",
        )
        for code in unknown
    ]  # fmt: skip


def _covered(rule: Rule, book: Catalogue) -> frozenset[str]:
    every = [(code, one.kind, one.parent) for code, one in book.categories.items()]
    every += [("", kind, "") for kind in book.uncategorised]
    return frozenset(
        code for code, kind, parent in every if specificity_of(rule.categories, code, kind, parent) is not None
    )


def _most(cases: Sequence[tuple[Sequence[Expression], frozenset[str]]]) -> int:
    """In how many worlds each of the cases is tried, so that all of them together stay within the budget."""
    wanted = sum(count_worlds(conditions, sorted(categories)) for conditions, categories in cases)
    return MAX_WORLDS if wanted <= WORLDS_BUDGET else max(WORLDS_LEAST, WORLDS_BUDGET // len(cases))


def _conditions(one: _Held, book: Catalogue, names: frozenset[str], most: int) -> list[Finding]:
    """What a single condition says that it must not, or cannot, say."""
    found = []
    for text in one.condition.literals:
        if _is_known(text, one.condition, book, names):
            continue
        if _TRAITS.search(text):
            en, zh = f"looks at a protected trait: {text}", f"涉及受保护特征：{text}"
            found.append(_single("protected_trait", one, en, zh))
            continue
        en = f"{text!r} is no code that rules know; a rule never names a person or an address"
        found.append(_single("names_a_person", one, en, f"{text!r} 不是规则可用的代码；规则不得指名个人或地址"))
    if "language" in one.condition.names and not one.clause.then.keys() <= PROTECTIVE:
        en, zh = "language may only add help and protection", "语言只能用于增加帮助和保护"
        found.append(_single("protected_trait", one, en, zh))
    tried = try_conditions([one.condition], sorted(one.categories), most=most)
    if tried.never(0) or not one.categories:
        found.append(_single("unreachable", one, "can never apply", "永远不会适用", blocking=False))
    return found


def _is_known(text: str, condition: Expression, book: Catalogue, names: frozenset[str]) -> bool:
    if text in book.categories or text in names or any(text in known for known in VOCABULARY.values()):
        return True
    return "language" in condition.names and _LANGUAGE.fullmatch(text) is not None


def _force(one: _Held, book: Catalogue) -> list[Finding]:
    """Police named by a rule where the taxonomy does not name them first (C12, INV-4)."""
    then = one.clause.then
    if POLICE in (*then.get("parallel", ()), *then.get("fallback", ())):
        en, zh = "police never join or follow by a rule; R06 decides", "警察不得由规则加入或接替；由 R06 决定"
        return [_single("widens_force", one, en, zh, because="R06")]
    if then.get("lead") != POLICE:
        return []
    wider = sorted(code for code in one.categories if not _is_police_led(code, book))
    if not wider:
        return []
    named = ", ".join(code or "-" for code in wider[:5])
    en = f"sends {named} to police; only R06 and a named person may"
    return [_single("widens_force", one, en, f"将 {named} 交给警察；只能由 R06 和具名人员决定", because="R06")]


def _is_police_led(code: str, book: Catalogue) -> bool:
    category = book.categories.get(code)
    return category is not None and POLICE in (category.lead, *(change.lead for change in category.changes))


def _collisions(held: Sequence[_Held], fresh: Sequence[_Held], book: Catalogue) -> list[Finding]:
    """Pairs of clauses that want different leads for the same report."""
    leading = [one for one in held if "lead" in one.clause.then]
    pairs = [
        (one, other, both)
        for one, other in combinations(leading, 2)
        if other in fresh and (both := one.categories & other.categories)
    ]
    most = _most([((one.condition, other.condition), both) for one, other, both in pairs])
    found = [_not_all_tried(fresh[0])] if most < MAX_WORLDS else []
    for one, other, both in pairs:
        tried = try_conditions([one.condition, other.condition], sorted(both), most=most)
        if tried.together():
            found += _pair(one, other, both, tried, book)
    return found


def _not_all_tried(one: _Held) -> Finding:
    en = "these conditions are too many, or too wide, to be tried together in every case: a contradiction may be missed"
    zh = "条件过多或过宽，无法逐一试算：可能遗漏矛盾"
    return Finding("not_all_tried", False, (), one.layer.name, en, zh)


def _pair(one: _Held, other: _Held, both: frozenset[str], tried: Tried, book: Catalogue) -> list[Finding]:
    """One pair whose conditions can hold together; ``other`` is of the same layer or of a smaller place."""
    upper, lower = str(one.clause.then["lead"]), str(other.clause.then["lead"])
    if upper != lower and _is_contradiction(one, other, both, book):
        return [_contradiction(one, other, sorted(both), because="R06" if POLICE in {upper, lower} else one.rule.id)]
    only_lead = one.clause.then.keys() == {"lead"}
    if one.layer.depth < other.layer.depth and only_lead and tried.implies(0, 1) and one.categories <= other.categories:
        en, zh = (
            f"never decides here: {other.name} always comes first",
            f"在此不起作用：{other.name} 总是优先",
        )
        return [_single("shadowed", one, en, zh, blocking=False)]
    return []


def _is_contradiction(one: _Held, other: _Held, both: frozenset[str], book: Catalogue) -> bool:
    """Whether precedence cannot settle a pair: equals of one layer, a floor above, or more force below."""
    routes = book.routes
    if one.layer.depth == other.layer.depth:
        return any(_specificity(one, code, book) == _specificity(other, code, book) for code in both)
    more_force = routes[other.clause.then["lead"]].force > routes[one.clause.then["lead"]].force
    return one.clause.lock is Lock.FLOOR or more_force


def _specificity(one: _Held, code: str, book: Catalogue) -> int:
    category = book.categories.get(code)
    return one.specificity(code, category.kind, category.parent) if category else BY_NAME


def _contradiction(one: _Held, other: _Held, both: Sequence[str], because: str) -> Finding:
    upper, lower = one.clause.then["lead"], other.clause.then["lead"]
    named = ", ".join(both[:5])
    return Finding(
        "contradiction",
        blocking=True,
        rules=(one.name, other.name),
        layer=other.layer.name,
        en=f"{named}: {one.name} leads to {upper}, {other.name} to {lower}; see {because}",
        zh=f"{named}：{one.name} 指向 {upper}，{other.name} 指向 {lower}；见 {because}",
        because=because,
        details={"categories": list(both), "leads": [upper, lower]},
    )


def _single(kind: str, one: _Held, en: str, zh: str, *, blocking: bool = True, because: str = "") -> Finding:
    name = f"{one.rule.id}.{one.clause.id}"
    return Finding(
        kind, blocking, (one.name,), one.layer.name, f"{name}: {en}", f"{name}：{zh}", because,
        {"clause": one.clause.id},
    )  # fmt: skip
