"""Reading changes of rules: lists, one with its words, its history and what it changes, and a layer beside a document."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy import ColumnElement, literal, select, tuple_
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.areas.models import Area
from backend.kernel.pages import decode_cursor, encode_cursor, moment
from backend.kernel.problems import NotFound
from backend.policy.cache import EVERYWHERE, POLICY
from backend.policy.catalogue import default_catalogue
from backend.policy.changes import OPEN, State, acts_from
from backend.policy.changing import moved_rules
from backend.policy.comparing import compare
from backend.policy.drafts import Draft
from backend.policy.history import edited, layer_now, revision_of
from backend.policy.layers import Effective, effective_values
from backend.policy.models import PolicyChange, PolicyRevision, PolicyStep

PLAIN = (
    "id", "area_id", "kind", "state", "title", "why", "revision", "author", "created_at", "changed_at", "approved_by",
    "due_at", "effective_at", "ended_at", "restores_id", "before_id",
)  # fmt: skip
STEP = ("at", "act", "from_state", "to_state", "revision", "by", "why")


def list_changes(session: Session, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A page of changes, newest first; ``area`` 0 is everywhere, ``open`` those that may still come to hold."""
    query = select(PolicyChange).where(*_filters(asked))
    if after := decode_cursor(asked.get("cursor"), 2, (moment, UUID)):
        at, last = after
        query = query.where(tuple_(PolicyChange.created_at, PolicyChange.id) < tuple_(literal(at), literal(last)))
    ordered = query.order_by(PolicyChange.created_at.desc(), PolicyChange.id.desc()).limit(asked["limit"] + 1)
    rows = list(session.scalars(ordered))
    page = rows[: asked["limit"]]
    more = encode_cursor([page[-1].created_at.isoformat(), page[-1].id]) if len(rows) > len(page) else None
    return {"items": [say_change(one) for one in page], "next_cursor": more}


def _filters(asked: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = []
    if "area" in asked:
        found.append(PolicyChange.area_id.is_not_distinct_from(asked["area"] or None))
    if states := asked.get("state"):
        found.append(PolicyChange.state.in_(states))
    if asked.get("open"):
        found.append(PolicyChange.state.in_([state.value for state in OPEN]))
    return found


def say_change(change: PolicyChange) -> dict[str, Any]:
    """A change as lists show it, with what can happen to it."""
    found = {name: getattr(change, name) for name in PLAIN}
    return found | {"allowed": [act.value for act in acts_from(State(change.state))]}


def found_change(session: Session, change_id: UUID) -> PolicyChange:
    """A change by its id. Raises NotFound."""
    change = session.get(PolicyChange, change_id)
    if change is None:
        raise NotFound()
    return change


def change_detail(session: Session, change: PolicyChange) -> dict[str, Any]:
    """A change with its words, what they change, and every step that was taken."""
    revision = revision_of(session, change)
    steps = select(PolicyStep).where(PolicyStep.change_id == change.id).order_by(PolicyStep.id)
    is_open = State(change.state) in OPEN
    before, after = _sides(session, change, revision)
    return say_change(change) | {
        "name": revision.name, "edits": revision.edits,
        "moved_on": moved_rules(session, change) if is_open else [],
        "diff": compare(before, after, values_above(session, change.area_id)),
        "document": document_of(session, change.area_id, revision.name, after),
        "steps": [{name: getattr(step, name) for name in STEP} for step in session.scalars(steps)],
    }  # fmt: skip


def _sides(session: Session, change: PolicyChange, revision: PolicyRevision) -> tuple[Mapping[str, Any], Mapping[str, Any]]:  # fmt: skip
    """The layer before and after: for a change that held what it really was, for an open one what it is today."""
    if change.snapshot is not None:
        former = session.get(PolicyChange, change.before_id) if change.before_id else None
        return (former.snapshot or {}).get("rules", {}) if former else {}, change.snapshot["rules"]
    _, bodies, _ = layer_now(session, change.area_id)
    return bodies, edited(bodies, revision.edits)


def values_above(session: Session, area_id: int | None) -> dict[str, Effective]:
    """The values that hold above a layer, by name."""
    book, index = POLICY.get(session), AREAS.get(session)
    chain = (EVERYWHERE, *(index.chain(area_id) if area_id else ()))
    above = [book.layers[area] for area in chain if area in book.layers and area != (area_id or EVERYWHERE)]
    return effective_values([default_catalogue().product, *above])


def document_of(session: Session, area_id: int | None, name: str, bodies: Mapping[str, Any]) -> str:
    """The YAML document that makes such a layer."""
    source_id = session.scalar(select(Area.source_id).where(Area.id == area_id)) if area_id else ""
    whole = {"layer": {"area": source_id, "name": name}, "rules": dict(bodies)}
    return str(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=100))


def compare_draft(session: Session, draft: Draft) -> list[dict[str, Any]]:
    """What a document would change in the layer that it names, rule by rule."""
    area_id = draft.layer.area_id
    _, bodies, _ = layer_now(session, area_id)
    return compare(bodies, draft.bodies, values_above(session, area_id))
