"""Rules of bodies and mandates (C01, C02): who may lead what, what a promise needs, what is stale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ROUTES = ("V", "TR", "M", "NC", "SW", "CH", "P", "DESK", "SELF")
ROUTE_PATTERN = rf"^({'|'.join(ROUTES)}|O:[a-z][a-z_]{{1,29}})$"
CARE_ROUTES = frozenset({"CH", "SW"})
# Roles that act on an incident; the others are asked, told or heard.
ACTING = frozenset({"lead", "support"})
# Advisers, and those who are asked or told, direct nobody (C02, safeguards).
COMMAND_RIGHTS = frozenset({"command", "direct", "dispatch", "decide", "grade", "close"})
# A profile is assured anew every twelve months (C01, check).
PROFILE_HOLDS = timedelta(days=365)

ORGANISATION_MOVES = frozenset(
    {
        ("invited", "active"),
        ("invited", "left"),
        ("active", "suspended"),
        ("active", "left"),
        ("suspended", "active"),
        ("suspended", "left"),
        ("left", "invited"),
    }
)
MANDATE_MOVES: Mapping[tuple[str, str], str] = {
    ("proposed", "accept"): "accepted",
    ("proposed", "end"): "ended",
    ("accepted", "suspend"): "suspended",
    ("accepted", "end"): "ended",
    ("suspended", "accept"): "accepted",
    ("suspended", "end"): "ended",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What the rules know of a body."""

    name: str
    kind: str
    methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class Bar:
    """A property of a body that keeps it from a task, in words."""

    property: str
    value: str
    en: str
    zh: str


def is_distress(category: str | None) -> bool:
    """Whether someone may be harmed (taxonomy.md 7.3). No category means all that the route carries."""
    return category is None or category.startswith("DS")


def lead_bar(profile: Profile, *, role: str, route: str, category: str | None) -> Bar | None:
    """The property that keeps a body from a mandate, or None.

    An enterprise never leads distress; crisis-health and social-work routes are led by professional care
    only; the police route belongs to police; an informal group leads neighbour volunteers only (C01, R16).
    """
    if route == "P" and role in ACTING and profile.kind != "police":
        return _kind_bar(profile, "only police act on route P", "只有公安机关可承担P路线")
    if role != "lead":
        return None
    what = category or f"every category of route {route}"
    if profile.kind == "enterprise" and is_distress(category):
        return _kind_bar(
            profile,
            f"an enterprise may not lead distress ({what}); a category without distress has to be named",
            f"企业不得牵头求助类事件（{category or route}），须指明非求助类别",
        )
    if profile.kind == "informal_group" and (route != "V" or (category or "").startswith("DS")):
        return _kind_bar(
            profile,
            "an informal group leads neighbour volunteers (route V) only, and supports elsewhere",
            "非正式团体只能牵头邻里志愿者（V路线），其他路线仅可协助",
        )
    if route in CARE_ROUTES and "professional_care" not in profile.methods:
        return Bar(
            "methods",
            ", ".join(sorted(profile.methods)),
            f"{profile.name} lacks the method professional_care, which leading route {route} needs",
            f"{profile.name}缺少“专业照护”方法，不能牵头{route}路线",
        )
    return None


def _kind_bar(profile: Profile, en: str, zh: str) -> Bar:
    return Bar(
        "kind",
        profile.kind,
        f"{profile.name} is of the kind {profile.kind}: {en}",
        f"{profile.name}的类型为{profile.kind}：{zh}",
    )


def empty_promise(obligations: Sequence[str], capacity: Mapping[str, float]) -> str | None:
    """The figure that makes a promise empty, or None: a promise needs people, and no figure is 0 (C02)."""
    if obligations and "people" not in capacity:
        return "people"
    return next((name for name, amount in capacity.items() if amount <= 0), None)


def command_rights(role: str, rights: Sequence[str]) -> tuple[str, ...]:
    """Those of ``rights`` that a role may not carry, because it directs nobody."""
    if role in ACTING:
        return ()
    return tuple(right for right in rights if right.strip().casefold() in COMMAND_RIGHTS)


def is_stale(assured_on: datetime | None, now: datetime) -> bool:
    """Whether a profile was assured more than twelve months ago, or never (silence is "no", INV-15)."""
    return assured_on is None or now - assured_on > PROFILE_HOLDS
