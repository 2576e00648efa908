"""A layer of rules that somebody drafted: read strictly, set among the layers of its place, looked at before it counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.areas.models import Area
from backend.kernel.problems import Refusal
from backend.policy.cache import EVERYWHERE, POLICY, PolicyBook, country_of, load_policy
from backend.policy.catalogue import default_catalogue
from backend.policy.coverage import duty_findings
from backend.policy.files import Entry
from backend.policy.layers import Finding, check_layer
from backend.policy.lint import lint
from backend.policy.rulefile import layer_from
from backend.policy.rules import Layer, Setting, Tighter
from backend.policy.simulation import Past, Rules, Simulation, replay
from backend.policy.uploads import read_upload

FILE = "rules"
# Every pair of clauses that choose a lead is tried together; the product itself has 28 rules.
RULES_MOST = 100
CLAUSES_MOST = 200
PAST_MOST = 2000
_ORDERED = {Tighter.LOWER, Tighter.HIGHER}
_TRUTHS = {Tighter.TRUE, Tighter.FALSE}
_SETS = {Tighter.SUPERSET, Tighter.SUBSET}


class NoSuchArea(Refusal):
    """The layer names an area that was not imported, or that several sources name alike."""

    code, status = "no-such-area", 422
    title = {"en": "The layer names an area that is not known", "zh": "该规则层所指的区域不存在"}
    advice = {"en": "Import the areas first, then the rules.", "zh": "请先导入区域，再导入规则。"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A layer as somebody wrote it; ``bodies`` are its rules as they stand in the document."""

    layer: Layer
    bodies: Mapping[str, Any]


def read_draft(session: Session, document: str) -> Draft:
    """A layer from YAML (``layer: {area, name}``, ``rules: {id: body}``). Raises PolicyInvalid, NoSuchArea.

    ``area`` is an area's id in its source, or empty for everywhere.
    """
    whole = Entry(FILE, "", read_upload(FILE, document))
    whole.only("layer", "rules")
    head, rules = whole.inside("layer"), whole.inside("rules")
    head.only("area", "name")
    name, area_id = head.text("name", "Everywhere"), _area_of(session, head)
    if "rules" not in whole.data:
        # Taken as a layer without rules, any other file would retire every rule of the layer.
        raise whole.wrong("rules", "is missing: this is no layer of rules", "缺失：此文件不是规则层")
    depth = 1 + (len(AREAS.get(session).chain(area_id)) if area_id else 0)
    return Draft(layer_of(rules, name=name, area_id=area_id, depth=depth), rules.data)


def layer_of(rules: Entry, *, name: str, area_id: int | None, depth: int) -> Layer:
    """The layer of rule bodies by id, within what can be looked at in time. Raises PolicyInvalid."""
    if len(rules.data) > RULES_MOST:
        raise rules.wrong("", f"has more than {RULES_MOST} rules", f"超过{RULES_MOST}条规则")
    for code in rules.data:
        rules.inside(code)
    layer = layer_from(name, rules.data, area_id=area_id, depth=depth)
    if sum(len(rule.clauses) for rule in layer.rules) > CLAUSES_MOST:
        raise rules.wrong("", f"has more than {CLAUSES_MOST} clauses", f"超过{CLAUSES_MOST}个条款")
    _check_settings(layer)
    return layer


def _area_of(session: Session, head: Entry) -> int | None:
    source_id = str(head.data.get("area") or "")
    if not source_id:
        return None
    query = select(Area.id).where(Area.source_id == source_id, Area.retired_at.is_(None))
    found = session.scalars(query).all()
    if len(found) != 1:
        raise NoSuchArea(area=source_id)
    return found[0]


def _check_settings(layer: Layer) -> None:
    """A value that does not fit its direction would break a comparison later, far from whoever wrote it."""
    for rule in layer.rules:
        for setting in rule.settings:
            if not _fits(setting):
                entry = Entry(FILE, rule.id, {})
                raise entry.wrong(f"values.{setting.name}", f"does not get {setting.tighter}", "收紧方向与数值类型不符")


def _fits(setting: Setting) -> bool:
    value, way = setting.value, setting.tighter
    if way in _ORDERED:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if way in _TRUTHS:
        return isinstance(value, bool)
    return way not in _SETS or isinstance(value, tuple)


def findings_of(session: Session, layer: Layer, *, rotas_at: datetime | None = None) -> list[Finding]:
    """What is wrong with a layer at its place: floors above bind it, its own floors bind those below (INV-9).

    ``rotas_at``: rotas of the week from then are looked at as well, for rules that lead to nobody at some hour.
    """
    book, index = load_policy(session), AREAS.get(session)
    own = layer.area_id or EVERYWHERE
    chain = (EVERYWHERE, *(index.chain(layer.area_id) if layer.area_id else ()))
    above = [default_catalogue().product]
    above += [book.layers[area] for area in chain if area in book.layers and area != own]
    findings = lint([*above, layer])
    for area, below in book.layers.items():
        if area != own and (own == EVERYWHERE or own in index.chain(area)[:-1]):
            findings += check_layer(below, [*above, layer])
    if rotas_at is not None:
        findings += duty_findings(session, layer, above, now=rotas_at)
    return findings


def with_draft(book: PolicyBook, layer: Layer) -> PolicyBook:
    """All layers of the deployment as they would be with this one in its place."""
    dates = {at for rule in layer.rules for at in (rule.effective_from, rule.effective_to) if at}
    moments = tuple(sorted({*book.moments, *dates}))
    return PolicyBook({**book.layers, layer.area_id or EVERYWHERE: layer}, moments)


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulation, how many incidents were left out of it, and what is wrong with the draft itself."""

    simulation: Simulation
    left_out: int
    findings: list[Finding]


# The incident's room lies above this one, so its two columns are read by name.
_PAST = text(
    "SELECT d.incident_id, i.number, d.at, i.area_id, d.inputs FROM decision d JOIN incident i ON i.id = d.incident_id"
    " WHERE d.kind = 'intake' AND d.at >= :since ORDER BY d.at DESC LIMIT :most"
)
_HOW_MANY = text("SELECT count(*) FROM decision WHERE kind = 'intake' AND at >= :since")


def simulate(session: Session, document: str, *, days: int, country: str, now: datetime) -> Simulated:
    """Decide again the last ``days`` days of reports that the reader may see, at most 2,000, newest first.

    A draft that holds from a later day is tried as on that day. Writes nothing. Raises PolicyInvalid, NoSuchArea.
    """
    draft = read_draft(session, document)
    since = now - timedelta(days=days)
    past = _past(session, since)
    at = max([now, *(rule.effective_from for rule in draft.layer.rules if rule.effective_from)])
    books = POLICY.get(session), with_draft(POLICY.get(session), draft.layer)
    before, after = (_rules(session, book, country=country, at=at) for book in books)
    held = session.scalar(_HOW_MANY, {"since": since}) or 0
    return Simulated(replay(past, before, after, at=at), held - len(past), findings_of(session, draft.layer))


def _past(session: Session, since: datetime) -> list[Past]:
    index = AREAS.get(session)
    rows = session.execute(_PAST, {"since": since, "most": PAST_MOST})
    return [
        Past(row.incident_id, row.number, row.at, index.chain(row.area_id) if row.area_id else (), row.inputs)
        for row in rows
    ]


def _rules(session: Session, book: PolicyBook, *, country: str, at: datetime) -> Rules:
    index = AREAS.get(session)
    return lambda chain: book.ruleset(chain, country=country_of(index, chain, country), now=at)
