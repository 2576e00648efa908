"""Triage by a person: the rules say what a category and grade entail, the person decides, offers go out (C11, C12)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.dispatch.offers import Routes, offer_along_routes
from backend.incidents import acts
from backend.incidents.acts import By, Triaged
from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of
from backend.incidents.refusals import Unsuitable
from backend.incidents.states import State
from backend.kernel.ids import new_id
from backend.kernel.sealed import Keyring
from backend.policy.cache import ruleset_at
from backend.policy.clocks import clocks_of
from backend.policy.decide import decide
from backend.policy.decision import Decision
from backend.policy.facts import Facts
from backend.policy.markers import marker_codes
from backend.policy.models import StoredDecision
from backend.policy.ruleset import RuleSet


def triage(
    session: Session, incident: Incident, said: Mapping[str, Any], *, by: By, ring: Keyring, timezone: str,
    now: datetime,
) -> None:  # fmt: skip
    """Set category and grade as the person decided, keep what the rules suggested beside it, and offer along the route.

    Raises ActRefused (diversion unanswered, forbidden state, R05) and Unsuitable (unknown category or marker).
    """
    if said.get("emergency_attends"):
        acts.answer_diversion(session, incident, by=by, now=now)
    ruleset = ruleset_at(session, chain_of(incident), now=now)
    if said["category"] not in ruleset.categories:
        raise Unsuitable({"en": "This category does not exist here.", "zh": "此处没有该类别。"})
    facts = _facts(session, incident, said, timezone, now)
    decision = decide(facts, ruleset, now)
    grade = said.get("grade") or int(decision.grade[1])
    acts.triage(session, incident, _triaged(decision, ruleset, said, grade), by=by, ring=ring, now=now)
    keep_decision(session, incident, decision, kind="triage", now=now)
    _note(session, incident, said, by=by, ring=ring, now=now)
    if incident.state == State.TRIAGED:
        offer_along_routes(session, incident, Routes.of(decision.as_dict()), now=now)


def _facts(session: Session, incident: Incident, said: Mapping[str, Any], timezone: str, now: datetime) -> Facts:
    unknown = set(said["flags"]) - marker_codes()
    if unknown:
        names = ", ".join(sorted(unknown))
        raise Unsuitable({"en": f"These markers do not exist: {names}.", "zh": f"以下标记不存在：{names}。"})
    first = first_inputs(session, incident)
    nearest = AREAS.get(session).area(incident.area_id) if incident.area_id else None
    local = now.astimezone(ZoneInfo((nearest and nearest.timezone) or timezone))
    known = Facts.from_dict(first) if first else Facts(kind=incident.kind)
    return replace(
        known, category=said["category"], flags=known.flags | frozenset(said["flags"]), hour_local=local.hour,
        weekday_local=local.isoweekday(),
    )  # fmt: skip


def first_inputs(session: Session, incident: Incident) -> Mapping[str, Any] | None:
    """What was known when the report came in."""
    return session.scalars(
        select(StoredDecision.inputs)
        .where(StoredDecision.incident_id == incident.id)
        .order_by(StoredDecision.at)
        .limit(1)
    ).first()


def _triaged(decision: Decision, ruleset: RuleSet, said: Mapping[str, Any], grade: int) -> Triaged:
    category = ruleset.categories[decision.category]
    lengths = clocks_of(ruleset, category, (), f"G{grade}", decision.lead, is_offer=False)
    return Triaged(
        category=decision.category,
        grade=grade,
        compartment=decision.compartment,
        clocks_s={kind: float(seconds) for kind, seconds in lengths.items()},
        goals=[{"key": goal.key, "kind": goal.kind, "text": dict(goal.text)} for goal in decision.goals],
        rule=decision.rules_version,
        safe_mode=decision.safe_mode,
        suggested={"category": decision.category, "grade": int(decision.grade[1])},
        facts={"flags": sorted(said["flags"]), "emergency_attends": said.get("emergency_attends")},
        reason=said.get("reason"),
    )


def keep_decision(session: Session, incident: Incident, decision: Decision, *, kind: str, now: datetime) -> None:
    """Store a decision with its inputs, result and trace (INV-14)."""
    whole = decision.as_dict()
    inputs, trace = whole.pop("inputs"), whole.pop("trace")
    session.add(
        StoredDecision(
            id=new_id(), incident_id=incident.id, kind=kind, at=now, inputs=inputs, result=whole, trace=trace,
            policy_version=decision.rules_version,
        )
    )  # fmt: skip
    session.flush()


def _note(
    session: Session, incident: Incident, said: Mapping[str, Any], *, by: By, ring: Keyring, now: datetime
) -> None:
    for name in ("interim_risk", "external_ref"):
        if said.get(name):
            acts.note(session, incident, said[name], by=by, ring=ring, now=now)
