"""Changing rules: a layer is imported as a file, checked against the layers above and below, and versioned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kernel.journal import Fact, record
from backend.kernel.problems import Refusal
from backend.kernel.versions import bump
from backend.policy.drafts import Draft, findings_of, read_draft
from backend.policy.history import layer_now, lock_policy, note_import
from backend.policy.layers import Finding
from backend.policy.models import PolicyLayer, PolicyRule
from backend.policy.rules import Layer, Rule


class PolicyRefused(Refusal):
    """A layer loosens a floor, contradicts another, or has a mistake; ``findings`` names each."""

    code, status = "policy-refused", 422
    title = {"en": "These rules cannot be taken", "zh": "无法采用这些规则"}
    advice = {"en": "Correct what is named. Nothing was changed.", "zh": "请更正所列问题。未作任何更改。"}

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            {"en": findings[0].en, "zh": findings[0].zh},
            findings=[finding.as_dict() for finding in findings],
        )


@dataclass(frozen=True, slots=True)
class PolicyImport:
    """What an import changed."""

    layer: str
    added: int
    changed: int
    unchanged: int
    retired: int


def import_policy(session: Session, *, document: str, by: str, now: datetime) -> PolicyImport:
    """Take a layer of rules from YAML (``layer: {area, name}``, ``rules: {id: body}``): all of it or nothing.

    ``area`` is an area's id in its source, or empty for everywhere. Rules that are unchanged keep their version,
    changed ones get the next, those gone from the file are retired. Raises PolicyInvalid, PolicyRefused, NoSuchArea.
    """
    return import_draft(session, read_draft(session, document), by=by, now=now)


def import_draft(session: Session, draft: Draft, *, by: str, now: datetime) -> PolicyImport:
    """Take a layer that was read, at once. Raises PolicyRefused."""
    lock_policy(session)
    outcome = apply_draft(session, draft, by=by, now=now)
    if outcome.added or outcome.changed or outcome.retired:
        name, bodies, _ = layer_now(session, draft.layer.area_id)
        note_import(session, draft.layer.area_id, {"name": name, "rules": bodies}, by=by, now=now)
    return outcome


def apply_draft(session: Session, draft: Draft, *, by: str, now: datetime, approver: str | None = None) -> PolicyImport:
    """Make a layer what a draft says; the caller holds ``lock_policy``. Raises PolicyRefused."""
    fresh, bodies = draft.layer, draft.bodies
    demand_clean(findings_of(session, fresh))
    layer = _layer_row(session, fresh, now=now)
    outcome = _write(session, layer, fresh, bodies, by=by, approver=approver, now=now)
    bump(session, "policy")
    payload = {"added": outcome.added, "changed": outcome.changed, "retired": outcome.retired}
    record(session, f"policy:{layer.id}", [Fact("PolicyImported", payload)], now=now)
    return outcome


def demand_clean(findings: list[Finding]) -> None:
    """Raise PolicyRefused when something was found that keeps rules from holding."""
    blocking = [finding for finding in findings if finding.blocking]
    if blocking:
        raise PolicyRefused(blocking)


def _layer_row(session: Session, fresh: Layer, *, now: datetime) -> PolicyLayer:
    query = select(PolicyLayer).where(PolicyLayer.area_id.is_not_distinct_from(fresh.area_id))
    layer = session.scalars(query).one_or_none()
    if layer is None:
        layer = PolicyLayer(area_id=fresh.area_id, name=fresh.name, created_at=now)
        session.add(layer)
    layer.name = fresh.name
    session.flush()
    return layer


def _write(
    session: Session,
    layer: PolicyLayer,
    fresh: Layer,
    bodies: Mapping[str, Any],
    *,
    by: str,
    approver: str | None,
    now: datetime,
) -> PolicyImport:
    query = select(PolicyRule).where(PolicyRule.layer_id == layer.id, PolicyRule.state == "active")
    held = {rule.code: rule for rule in session.scalars(query.order_by(PolicyRule.version))}
    rules = {rule.id: rule for rule in fresh.rules}
    added = changed = 0
    for code, body in bodies.items():
        old = held.pop(code, None)
        if old is not None and old.body == body:
            continue
        added, changed = added + (old is None), changed + (old is not None)
        if old is not None:
            _succeed(old, rules[code], now=now)
        row = _rule_row(session, layer.id, rules[code], body, by=by, now=now)
        row.approver = approver
        session.add(row)
    for gone in held.values():
        gone.state, gone.effective_to = "retired", now
    session.flush()
    return PolicyImport(layer.name, added, changed, len(bodies) - added - changed, len(held))


def _succeed(old: PolicyRule, new: Rule, *, now: datetime) -> None:
    """The old version holds until the new one begins, and stays visible afterwards."""
    if new.effective_from and new.effective_from > now:
        old.effective_to = new.effective_from
    else:
        old.state, old.effective_to = "retired", now


def _rule_row(
    session: Session, layer_id: int, rule: Rule, body: dict[str, Any], *, by: str, now: datetime
) -> PolicyRule:
    last = session.scalar(
        select(func.max(PolicyRule.version)).where(PolicyRule.layer_id == layer_id, PolicyRule.code == rule.id)
    )
    return PolicyRule(
        layer_id=layer_id, code=rule.id, version=(last or 0) + 1, lock=rule.lock.value, state="active", body=body,
        owner=by, effective_from=rule.effective_from, effective_to=rule.effective_to, created_at=now,
    )  # fmt: skip
