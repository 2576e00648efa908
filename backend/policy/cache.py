"""The rules of a place, held in memory by version: layers from the database, compiled once for each set of layers."""

import threading
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.index import AreaIndex
from backend.areas.lookup import AREAS
from backend.kernel.versions import Cached
from backend.organisations.hours import Hours
from backend.policy.catalogue import default_catalogue
from backend.policy.clocks import Terms, clocks_of, quiet_hours_in, terms_of
from backend.policy.files import Entry
from backend.policy.models import PolicyLayer, PolicyRule
from backend.policy.rulefile import rule_from
from backend.policy.rules import Layer, Rule
from backend.policy.ruleset import RuleSet, compile_ruleset

EVERYWHERE = 0


@dataclass(frozen=True)
class PolicyBook:
    """Every layer of the deployment at one version; ``moments`` are the times at which some rule begins or ends."""

    layers: Mapping[int, Layer]
    moments: tuple[datetime, ...]
    _compiled: dict[tuple[object, ...], RuleSet] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ruleset(self, chain: Sequence[int], *, country: str, now: datetime) -> RuleSet:
        """The rules for a place: its areas from the top down, and the country whose numbers are shown."""
        found = [self.layers[area] for area in (EVERYWHERE, *chain) if area in self.layers]
        # A rule set changes when a rule's date passes: the count of passed dates is part of its key.
        key = (tuple(layer.area_id for layer in found), country, bisect_right(self.moments, now))
        held = self._compiled.get(key)
        if held is None:
            with self._lock:
                held = self._compiled.setdefault(
                    key, compile_ruleset(default_catalogue(), found, country=country, at=now)
                )
        return held


def load_policy(session: Session) -> PolicyBook:
    """Read all layers. Use ``POLICY.get(session)``, which keeps them by version."""
    index = AREAS.get(session)
    layers: dict[int, Layer] = {}
    moments: set[datetime] = set()
    for layer in session.scalars(select(PolicyLayer).order_by(PolicyLayer.id)):
        rules = session.scalars(
            select(PolicyRule)
            .where(PolicyRule.layer_id == layer.id, PolicyRule.state == "active")
            .order_by(PolicyRule.code, PolicyRule.version)
        ).all()
        moments |= {at for rule in rules for at in (rule.effective_from, rule.effective_to) if at}
        depth = 1 + (len(index.chain(layer.area_id)) if layer.area_id else 0)
        layers[layer.area_id or EVERYWHERE] = Layer(
            layer.area_id, depth, layer.name, tuple(_rule(layer.name, rule) for rule in rules)
        )
    return PolicyBook(layers, tuple(sorted(moments)))


def _rule(layer: str, row: PolicyRule) -> Rule:
    """A stored version of a rule; its dates are the row's, for a successor may have ended it since."""
    found = rule_from(Entry(layer, row.code, row.body | {"version": row.version}))
    return replace(found, effective_from=row.effective_from, effective_to=row.effective_to)


POLICY = Cached("policy", "areas", load=load_policy)


@lru_cache(maxsize=1)
def lead_routes() -> Mapping[str, str]:
    """The lead route of each category that ships with the product."""
    return {code: category.lead for code, category in default_catalogue().categories.items()}


def lead_route(category: str) -> str:
    """The route whose body leads a category; the desk for one that is not known."""
    return lead_routes().get(category, "DESK")


def ruleset_at(session: Session, chain: Sequence[int], *, now: datetime, country: str = "EU") -> RuleSet:
    """The rules for a place at a time."""
    country = country_of(AREAS.get(session), chain, country)
    return POLICY.get(session).ruleset(chain, country=country, now=now)


def country_of(index: AreaIndex, chain: Sequence[int], otherwise: str) -> str:
    """The country of the smallest area of a chain that names one."""
    named = (area.country for area in map(index.area, reversed(chain)) if area and area.country)
    return next(named, otherwise)


def clocks_for(
    session: Session, category: str | None, grade: int, chain: Sequence[int], *, kind: str, now: datetime
) -> dict[str, float]:
    """The clocks of a category under a grade at a place, in seconds by kind."""
    ruleset = ruleset_at(session, chain, now=now)
    found = ruleset.category_of(category or "", kind)
    lengths = clocks_of(ruleset, found, (), f"G{grade}", found.lead, is_offer=kind == "aid_offer")
    return {kind_of: float(seconds) for kind_of, seconds in lengths.items()}


def terms_at(session: Session, grade: int, chain: Sequence[int], *, now: datetime) -> Terms:
    """On what terms clocks of a grade run at a place. From memory: no statement while the versions are the same."""
    return terms_of(ruleset_at(session, chain, now=now), f"G{grade}").at(zone_of(session, chain))


def quiet_hours_at(session: Session, chain: Sequence[int], *, now: datetime) -> Hours:
    """The quiet hours of a place (R14), from memory as well."""
    return quiet_hours_in(ruleset_at(session, chain, now=now).values)


_home: list[str] = ["UTC"]


def wire_home(zone: str) -> None:
    """Name the local time of places that name none (``LINLI_TIMEZONE``); called by the application's wiring."""
    _home[:] = [zone]


def zone_of(session: Session, chain: Sequence[int]) -> str:
    """The local time of a place: that of the smallest area of a chain which names one, else of the deployment."""
    index = AREAS.get(session)
    named = (area.timezone for area in map(index.area, reversed(chain)) if area and area.timezone)
    return next(named, _home[0])
