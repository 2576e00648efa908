"""Categories: what can be wrong or needed, who leads, how soon (taxonomy.md section 7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.policy.facts import GRADES, KINDS
from backend.policy.files import Entry, Words, words_of
from backend.policy.markers import marker_codes
from backend.policy.rules import NO_WORDS, Lock, Rule, Setting, Tighter

SERVICES = ("emergency", "police", "fire", "ambulance", "self_harm", "domestic_abuse", "child")
COMPARTMENTS = ("incident", "aid", "grievance")
RISK_CLASSES = ("", "none", "doorstep", "outdoors", "in_home", "care", "child", "money")
_CATEGORY_FIELDS = (
    "kind", "label", "plain", "grade", "grade_floor", "lead", "lead_note", "parallel", "parallel_note",
    "by_r06", "fallback", "contact_s", "action_s", "attend_external", "up_if", "goal_set", "private",
    "compartment", "auto_route_allowed", "volunteers_allowed", "risk_class", "duty", "divert", "emergency",
    "may_appear_on_hotspot_map", "parent", "need_domain",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """Who can help. ``force`` orders routes: a fallback never has more of it."""

    code: str
    force: int
    label: Words


@dataclass(frozen=True, slots=True)
class Goal:
    """A closing goal from a template (taxonomy.md 7.4)."""

    key: str
    kind: str
    text: Words


@dataclass(frozen=True, slots=True)
class Helper:
    """A route that works beside the lead; with markers, only when one of them is set."""

    route: str
    only_if: frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """An "up if" row of a category: what changes when its markers are there. Targets in seconds."""

    any_of: frozenset[str]
    all_of: frozenset[str]
    because: Words
    grade: str
    becomes: str
    lead: str
    parallel: tuple[str, ...]
    fallback: tuple[str, ...]
    divert: bool
    contact_s: int | None
    action_s: int | None
    reviews: tuple[str, ...]
    offers: tuple[str, ...]

    def is_met(self, markers: frozenset[str]) -> bool:
        """Whether the markers of a report (``danger_now`` among them) bring this change about."""
        return bool(self.any_of & markers) or (bool(self.all_of) and self.all_of <= markers)


@dataclass(frozen=True, slots=True)
class Category:
    """One category of taxonomy.md section 7, or one that a place added under a parent code."""

    code: str
    kind: str
    label: Words
    plain: Words
    grade: str
    grade_floor: bool
    lead: str
    lead_note: Words
    parallel: tuple[Helper, ...]
    parallel_note: Words
    police_by_r06: bool
    fallback: tuple[str, ...]
    contact_s: int | None
    action_s: int | None
    attend_external: bool
    changes: tuple[Change, ...]
    goals: tuple[Goal, ...]
    private: bool
    compartment: str
    auto_route_allowed: bool
    volunteers_allowed: bool
    risk_class: str
    duty: bool
    divert: bool
    service: str
    helplines: tuple[str, ...]
    advice: Words
    may_appear_on_hotspot_map: bool
    parent: str


def category_rule(category: Category) -> Rule:
    """A category's grade, targets and permissions as settings, so that layers can change and floor them."""
    lock = Lock.FLOOR if category.grade_floor else Lock.DEFAULT
    settings = [Setting("grade", int(category.grade[1]), lock, Tighter.LOWER, "grade")]
    for name, seconds in (("contact_s", category.contact_s), ("action_s", category.action_s)):
        if seconds is not None:
            settings.append(Setting(name, seconds, lock, Tighter.LOWER, "s"))
    allowed = (("volunteers", category.volunteers_allowed), ("auto_route", category.auto_route_allowed))
    for name, is_allowed in allowed:
        # What the product forbids stays forbidden (R04, R16); what it allows a place may forbid.
        settings.append(Setting(name, is_allowed, Lock.DEFAULT if is_allowed else Lock.FLOOR, Tighter.FALSE))
    private_lock = Lock.FLOOR if category.private else Lock.DEFAULT
    settings.append(Setting("private", category.private, private_lock, Tighter.TRUE))
    return Rule(category.code, 1, lock, title=category.label, settings=tuple(settings))


class CategoryReader:
    """Reads categories against the routes and goals they name."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        goals: Mapping[str, Goal],
        sets: Mapping[str, tuple[Goal, ...]],
        advice: Words,
    ) -> None:
        self.routes, self.goals, self.sets, self.advice = routes, goals, sets, advice

    def read(self, entry: Entry) -> Category:
        """One category of the file."""
        entry.only(*_CATEGORY_FIELDS)
        kind = entry.choice("kind", KINDS)
        lead = entry.choice("lead", tuple(self.routes))
        aid = kind.startswith("aid")
        emergency = entry.inside("emergency")
        return Category(
            code=entry.rule,
            kind=kind,
            label=words_of(entry, "label"),
            plain=words_of(entry, "plain"),
            grade=entry.choice("grade", GRADES),
            grade_floor=entry.flag("grade_floor"),
            lead=lead,
            lead_note=words_of(entry, "lead_note") if "lead_note" in entry.data else NO_WORDS,
            parallel=self._helpers(entry),
            parallel_note=words_of(entry, "parallel_note") if "parallel_note" in entry.data else NO_WORDS,
            police_by_r06=entry.flag("by_r06"),
            fallback=self.chain(entry, lead),
            contact_s=entry.seconds("contact_s"),
            action_s=entry.seconds("action_s"),
            attend_external=entry.flag("attend_external"),
            changes=tuple(self._change(item, lead) for item in entry.each("up_if")),
            goals=self._goals(entry),
            private=entry.flag("private"),
            compartment=entry.choice("compartment", COMPARTMENTS, "aid" if aid else "incident"),
            auto_route_allowed=entry.flag("auto_route_allowed"),
            volunteers_allowed=entry.flag("volunteers_allowed"),
            risk_class=entry.choice("risk_class", RISK_CLASSES, None if aid else ""),
            duty=entry.flag("duty"),
            divert=entry.flag("divert"),
            service=emergency.choice("service", SERVICES, "emergency"),
            helplines=emergency.texts("helplines"),
            advice=words_of(emergency, "advice") if "advice" in emergency.data else self.advice,
            may_appear_on_hotspot_map=entry.flag("may_appear_on_hotspot_map"),
            parent=entry.text("parent", ""),
        )

    def read_bare(self, entry: Entry) -> Category:
        """How a report of a kind is handled while it has no category."""
        nobody = {"en": "Not yet sorted", "zh": "尚未分类"}
        full = dict(entry.data) | {"kind": entry.rule, "label": nobody, "plain": nobody, "risk_class": ""}
        read = self.read(Entry(entry.file, "", full))
        if entry.rule not in KINDS:
            raise entry.wrong("", "is no kind of report", "没有这种报告类型")
        return read

    def chain(self, entry: Entry, lead: str) -> tuple[str, ...]:
        """The fallback chain, refused when a route of it has more force than the lead (C12)."""
        found = entry.texts("fallback")
        for route in found:
            if route not in self.routes:
                raise entry.wrong("fallback", f"{route} is no route", f"没有 {route} 这一去向")
            if self.routes[route].force > min(self.routes[lead].force, self.routes["DESK"].force):
                raise entry.wrong("fallback", f"{route} widens force", f"{route} 扩大了强制程度")
        return found

    def _helpers(self, entry: Entry) -> tuple[Helper, ...]:
        found = []
        for item in entry.data.get("parallel", []):
            body = item if isinstance(item, dict) else {"route": item}
            helper = Entry(entry.file, entry.rule, body, "parallel")
            route = helper.choice("route", tuple(self.routes))
            if self.routes[route].force:
                raise helper.wrong("route", "police join by R06 only: use by_r06", "警察只能依 R06 参与：请用 by_r06")
            found.append(Helper(route, _markers(helper, "any")))
        return tuple(found)

    def _change(self, item: Entry, lead: str) -> Change:
        item.only(
            "any", "all", "because", "grade", "becomes", "lead", "parallel", "fallback", "divert",
            "contact_s", "action_s", "reviews", "offers",
        )  # fmt: skip
        return Change(
            any_of=_markers(item, "any"),
            all_of=_markers(item, "all"),
            because=words_of(item, "because"),
            grade=item.choice("grade", ("", *GRADES), ""),
            becomes=item.text("becomes", ""),
            lead=item.choice("lead", ("", *self.routes), ""),
            parallel=item.texts("parallel"),
            fallback=self.chain(item, item.text("lead", lead)),
            divert=item.flag("divert"),
            contact_s=item.seconds("contact_s"),
            action_s=item.seconds("action_s"),
            reviews=item.texts("reviews"),
            offers=item.texts("offers"),
        )

    def _goals(self, entry: Entry) -> tuple[Goal, ...]:
        return self.sets[entry.choice("goal_set", tuple(self.sets))]


def _markers(entry: Entry, field: str) -> frozenset[str]:
    found = frozenset(entry.texts(field))
    if unknown := found - marker_codes() - {"danger_now"}:
        raise entry.wrong(field, f"no such marker: {', '.join(sorted(unknown))}", "没有这样的标记")
    return found
