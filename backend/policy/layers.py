"""Effective values through the layers of a place, and the check of a layer against floors above (INV-9)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.policy.rules import Layer, Lock, Rule, Setting, Tighter, Value, Words, is_looser, loosen, tighten


@dataclass(frozen=True, slots=True)
class Link:
    """One layer's word on a value. ``held`` is false where a floor or ceiling above kept it from standing."""

    rule: str
    version: int
    layer: str
    level: str
    area_id: int | None
    depth: int
    lock: Lock
    value: Value
    held: bool

    def as_dict(self) -> dict[str, Any]:
        """The link as JSON."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {
            "rule": self.rule, "version": self.version, "layer": self.layer, "level": self.level,
            "area_id": self.area_id, "depth": self.depth, "lock": self.lock.value, "value": value,
            "held": self.held,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effective:
    """The value that holds at a place, and the chain of layers that produced it, widest first."""

    name: str
    value: Value
    unit: str
    tighter: Tighter
    label: Words
    chain: tuple[Link, ...]

    @property
    def standing(self) -> Link:
        """The link whose word stands: the deepest one that was not held back."""
        return next(link for link in reversed(self.chain) if link.held)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, or worth knowing, with a rule. A blocking one keeps a layer from being activated."""

    kind: str
    blocking: bool
    rules: tuple[str, ...]
    layer: str
    en: str
    zh: str
    because: str = ""
    details: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON."""
        details = dict(self.details or {})
        place = {name: details[name] for name in ("clause", "position") if name in details}
        return {
            "kind": self.kind, "blocking": self.blocking, "severity": "blocks" if self.blocking else "warns",
            "rules": list(self.rules), "layer": self.layer, "place": {"rule": (*self.rules, "")[0].split(" ")[0]} | place,
            "message": {"en": self.en, "zh": self.zh}, "because": self.because,
            "details": details,
        }  # fmt: skip


def ordered(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Layers from the widest place to the smallest."""
    return tuple(sorted(layers, key=lambda layer: layer.depth))


def effective_values(layers: Sequence[Layer], at: datetime | None = None) -> dict[str, Effective]:
    """Every value that holds at the place these layers lead to, by ``rule.name`` such as ``R14.start``.

    Args:
        layers: the product's layer and those of the areas that cover the place, in any order.
        at: aware time; rules count only while they are in force.
    """
    said: dict[str, list[tuple[Layer, Rule, Setting]]] = {}
    for layer in ordered(layers):
        for rule in layer.in_force(at):
            for setting in rule.settings:
                said.setdefault(f"{rule.id}.{setting.name}", []).append((layer, rule, setting))
    return {name: _effective(name, entries) for name, entries in said.items()}


def _effective(name: str, said: Sequence[tuple[Layer, Rule, Setting]]) -> Effective:
    first = said[0][2]
    tighter = first.tighter or Tighter.NONE
    value, bounds = first.value, _Bounds(tighter)
    chain: list[Link] = []
    for layer, rule, setting in said:
        if chain and not is_fit(setting.value, first.value, first.unit):
            # It stands nowhere: what is made of it would break. ``check_layer`` refuses it before it is taken.
            chain.append(_link(layer, rule, setting, held=False))
            continue
        if setting.lock is Lock.FLOOR:
            bounds.add_floor(setting.value)
        allowed = bounds.allow(setting.value)
        held = _is_same(allowed, setting.value, tighter)
        # What a bound stops leaves the value above standing, itself within the bounds.
        value = setting.value if held else bounds.allow(value)
        chain.append(_link(layer, rule, setting, held))
        if held and setting.lock is Lock.CEILING:
            bounds.ceilings.append(value)
    return Effective(name, value, first.unit, tighter, first.label, tuple(chain))


def _is_same(value: Value, other: Value, tighter: Tighter) -> bool:
    """Whether two values are one; a set that a bound took an entry from and gave it back has another order."""
    if tighter in {Tighter.SUPERSET, Tighter.SUBSET} and isinstance(value, tuple) and isinstance(other, tuple):
        return frozenset(value) == frozenset(other)
    return value == other


def _link(layer: Layer, rule: Rule, setting: Setting, held: bool) -> Link:
    where = (layer.name, layer.level, layer.area_id, layer.depth)
    return Link(rule.id, rule.version, *where, setting.lock, setting.value, held)


class _Bounds:
    """The floors and ceilings met on the way down."""

    def __init__(self, tighter: Tighter) -> None:
        self.tighter = tighter
        self.floors: list[Value] = []
        self.ceilings: list[Value] = []

    def add_floor(self, value: Value) -> None:
        """A floor holds even against a ceiling above it; without a direction only the topmost one can."""
        if self.tighter is not Tighter.NONE or not self.floors:
            self.floors.append(value)

    def allow(self, value: Value) -> Value:
        """The nearest value within all bounds; floors are put last, so that they win over ceilings."""
        for ceiling in self.ceilings:
            value = loosen(value, ceiling, self.tighter)
        for floor in self.floors:
            value = tighten(value, floor, self.tighter)
        return value


def check_layer(new: Layer, above: Sequence[Layer], at: datetime | None = None) -> list[Finding]:
    """What keeps ``new`` from standing under the layers above: the floor, its level and both values.

    An empty list means that the layer may be activated as far as floors go.
    """
    known = effective_values(above, at)
    rules_above = {rule.id: (layer, rule) for layer in ordered(above) for rule in layer.in_force(at)}
    findings = []
    for rule in new.in_force(at):
        for setting in rule.settings:
            findings += _check_setting(new, rule, setting, known)
        if rule.clauses and rule.id in rules_above:
            findings += _check_replacement(new, rule, *rules_above[rule.id])
    return findings


def _check_setting(new: Layer, rule: Rule, setting: Setting, known: Mapping[str, Effective]) -> list[Finding]:
    name = f"{rule.id}.{setting.name}"
    held = known.get(name)
    if held is None:
        if setting.tighter is not None:
            is_ours = new.depth == 0 or _is_possible(setting.value, setting.unit)
            return [] if is_ours else [_out_of_range(name, new)]
        return [_finding("unknown_value", name, new, f"there is no value {name} above", f"上级没有 {name} 这个值")]
    if not _same_shape(setting.value, held.value):
        return [_finding("wrong_type", name, new, f"{name} has another type above", f"{name} 与上级类型不同")]
    if not is_fit(setting.value, held.value, held.unit):
        return [_out_of_range(name, new)]
    if setting.tighter not in {None, held.tighter}:
        return [_finding("wrong_direction", name, new, f"{name} gets stricter another way", f"{name} 的收紧方向不同")]
    return [
        _loosened(new, setting, held, link, ceiling=link.lock is Lock.CEILING)
        for link in held.chain
        if _is_beyond(setting.value, link, held.tighter)
    ]


def _out_of_range(name: str, new: Layer) -> Finding:
    return _finding("out_of_range", name, new, f"{name} cannot be that", f"{name} 不能取此值")


def _is_beyond(value: Value, link: Link, tighter: Tighter) -> bool:
    if not link.held:
        return False
    if link.lock is Lock.FLOOR:
        return is_looser(value, link.value, tighter)
    return link.lock is Lock.CEILING and loosen(value, link.value, tighter) != value


def _loosened(new: Layer, setting: Setting, held: Effective, link: Link, *, ceiling: bool) -> Finding:
    kind, en, zh = ("passes_ceiling", "ceiling", "上限") if ceiling else ("loosens_floor", "floor", "底线")
    level = f" ({link.level})" if link.level else ""
    wanted, bound = (show(value, held.unit) for value in (setting.value, link.value))
    wanted_zh, bound_zh = (show(value, held.unit, "zh") for value in (setting.value, link.value))
    return Finding(
        kind,
        blocking=True,
        rules=(link.rule,),
        layer=new.name,
        en=f"{held.name}: {wanted} is refused; the {en} of {link.layer}{level} is {bound}",
        zh=f"{held.name}：不接受 {wanted_zh}；{link.layer}{level}的{zh}为 {bound_zh}",
        because=link.rule,
        details=link.as_dict() | {"name": held.name, "wanted": setting.value},
    )


def _check_replacement(new: Layer, rule: Rule, layer: Layer, held: Rule) -> list[Finding]:
    if held.lock is not Lock.FLOOR or not held.clauses:
        return []
    en = f"{rule.id} is a floor of {layer.name}; {new.name} may tighten its values, not replace it"
    zh = f"{rule.id} 是{layer.name}的底线；{new.name}可收紧其数值，但不能替换"
    return [_finding("replaces_floor", rule.id, new, en, zh)]


def _finding(kind: str, rule: str, layer: Layer, en: str, zh: str) -> Finding:
    return Finding(kind, blocking=True, rules=(rule,), layer=layer.name, en=en, zh=zh, because=rule.partition(".")[0])


# What a value may be, by its unit: at least and at most. Counts of anything else are 0 to a million.
_RANGES: Mapping[str, tuple[float, float]] = {
    "grade": (1, 5), "hour": (0, 23), "weekday": (1, 7), "percent": (0, 100), "clocks": (0, 100),
    "s": (1, 10 * 366 * 86_400),
}  # fmt: skip
_COUNTS = (0, 1_000_000)
_TIME = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")


def is_fit(value: Value, above: Value, unit: str) -> bool:
    """Whether a value is of the kind that stands above, and within what its unit can be."""
    return _same_shape(value, above) and (value == above or _is_possible(value, unit))


def _is_possible(value: Value, unit: str) -> bool:
    if isinstance(value, tuple):
        return (bool(value) or not unit) and all(_is_possible(item, unit) for item in value)
    if unit == "time":
        return isinstance(value, str) and _TIME.fullmatch(value) is not None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    least, most = _RANGES.get(unit, _COUNTS)
    return least <= value <= most


def _same_shape(value: Value, other: Value) -> bool:
    if isinstance(value, tuple) and isinstance(other, tuple):
        return not other or all(_same_shape(item, other[0]) for item in value)
    if isinstance(other, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(other)


_TIMES = ((86400, "d", "天"), (3600, "h", "小时"), (60, "min", "分钟"), (1, "s", "秒"))


_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
_SINGULAR = {"people": "person"}
_UNITS_ZH = {
    "people": "人", "m": "米", "hour": "时", "days": "天", "times": "次", "reports": "次", "months": "个月",
    "minutes": "分钟", "working_days": "个工作日", "percent": "%", "weeks": "周", "grade": "级",
    "alerts": "次",
}  # fmt: skip


def show(value: Value, unit: str, language: str = "en") -> str:
    """A value as people read it: ``432000`` seconds as ``5 d``."""
    if isinstance(value, tuple):
        return ", ".join(show(item, unit, language) for item in value)
    if isinstance(value, bool):
        return {"en": ("no", "yes"), "zh": ("否", "是")}[language][value]
    if unit == "weekday" and isinstance(value, int) and _is_possible(value, unit):
        return _WEEKDAYS[language][value - 1]
    if unit == "time":
        return str(value)
    if unit == "s" and isinstance(value, int) and value:
        size, en, zh = next(entry for entry in _TIMES if value % entry[0] == 0)
        return f"{value // size} {en if language == 'en' else zh}"
    if language == "zh":
        return f"{value} {_UNITS_ZH.get(unit, unit)}".strip()
    return f"{value} {_SINGULAR.get(unit, unit.removesuffix('s')) if value == 1 else unit}".strip()
