"""Changing rules with a second person: drafts, their revisions, approval, the day on which they hold, the way back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.etags import demand_match
from backend.kernel.ids import new_id
from backend.kernel.problems import Refusal
from backend.kernel.sweeps import one_by_one
from backend.policy.actions import PolicyRefused, apply_draft, demand_clean
from backend.policy.changes import Act, State
from backend.policy.drafts import FILE, Draft, findings_of, layer_of
from backend.policy.files import Entry
from backend.policy.history import (
    ChangeRefused,
    begin,
    edited,
    edits_between,
    layer_now,
    lock_policy,
    locked_change,
    move,
    revision_of,
    take_place,
)
from backend.policy.layers import Finding
from backend.policy.models import PolicyChange, PolicyRevision
from backend.policy.uploads import as_upload

AHEAD_MOST = timedelta(days=366)
SYSTEM = "system"
# Due changes that one turn of the sweep takes, and when it comes back to one that broke.
TAKEN, AGAIN = 20, timedelta(minutes=1)


class OwnChange(Refusal):
    """Whoever wrote a change of rules, or a part of it, does not approve it: a second person does (C07)."""

    code, status = "own-change", 403
    title = {"en": "You wrote this change of rules yourself", "zh": "此规则变更由您本人编写"}
    advice = {"en": "Ask somebody else who may approve rules.", "zh": "请由另一位有权批准规则的人审批。"}


class RulesMovedOn(Refusal):
    """A rule that the change touches was changed meanwhile; ``rules`` names each."""

    code, status = "rules-moved-on", 409
    title = {"en": "These rules were changed by another change meanwhile", "zh": "这些规则已被其他变更修改"}
    advice = {
        "en": "Look at the comparison, then save the draft again upon the rules of today.",
        "zh": "请查看对比，然后以现行规则为基础重新保存草稿。",
    }


class NothingChanged(Refusal):
    """The change would leave every rule as it is."""

    code, status = "nothing-changed", 422
    title = {"en": "This changes nothing", "zh": "没有任何更改"}
    advice = {"en": "Change a rule first.", "zh": "请先修改规则。"}


@dataclass(frozen=True, slots=True)
class Words:
    """What a change says: the layer's name, rule bodies by code (None: taken away), its title and its reason."""

    name: str
    edits: Mapping[str, Any]
    title: str
    why: str = ""


def begin_change(
    session: Session, area_id: int | None, words: Words, *, by: str, now: datetime, kind: str = "edit",
    restores: UUID | None = None,
) -> PolicyChange:  # fmt: skip
    """Begin a draft upon the rules of the layer as they are. Raises PolicyInvalid, NothingChanged."""
    name, bodies, versions = layer_now(session, area_id)
    edits = _checked(session, area_id, words, bodies)
    change = PolicyChange(
        id=new_id(), area_id=area_id, kind=kind, state=State.DRAFT.value, title=words.title, why=words.why, revision=1,
        author=by, created_at=now, changed_at=now, restores_id=restores,
    )  # fmt: skip
    revision = PolicyRevision(
        change_id=change.id, number=1, name=words.name or name or words.title, edits=edits,
        base={code: versions.get(code, 0) for code in edits}, saved_by=by, saved_at=now,
    )  # fmt: skip
    return begin(session, change, revision, by=by, now=now)


def begin_import(session: Session, draft: Draft, title: str, why: str, *, by: str, now: datetime) -> PolicyChange:
    """Begin a draft that makes a layer what a document says. Raises NothingChanged."""
    _, bodies, _ = layer_now(session, draft.layer.area_id)
    words = Words(draft.layer.name, edits_between(bodies, draft.bodies), title, why)
    return begin_change(session, draft.layer.area_id, words, by=by, now=now, kind="import")


def save_change(
    session: Session, change_id: UUID, words: Mapping[str, Any], *, by: str, if_match: str | None, now: datetime
) -> PolicyChange:
    """Save a draft anew as its next revision; what is left out stays. Raises Conflict, ChangeRefused, PolicyInvalid.

    ``rebase``: the rules of today are what it builds upon; else those that it knew stay so.
    """
    change = locked_change(session, change_id)
    demand_match(change, if_match)
    former = revision_of(session, change)
    _, bodies, versions = layer_now(session, change.area_id)
    said = Words(
        words.get("name", former.name), words.get("edits", former.edits), words.get("title", change.title),
        words.get("why", change.why),
    )  # fmt: skip
    edits = _checked(session, change.area_id, said, bodies)
    known = {} if words.get("rebase") else former.base
    change.title, change.why, change.revision = said.title, said.why, change.revision + 1
    session.add(
        PolicyRevision(
            change_id=change.id, number=change.revision, name=said.name, edits=edits,
            base={code: known.get(code, versions.get(code, 0)) for code in edits}, saved_by=by, saved_at=now,
        )
    )  # fmt: skip
    move(session, change, Act.SAVE, by=by, now=now)
    return change


def _checked(session: Session, area_id: int | None, words: Words, bodies: Mapping[str, Any]) -> dict[str, Any]:
    """The edits as JSON holds them, without those that change nothing. Raises PolicyInvalid, NothingChanged."""
    edits = as_upload(FILE, words.edits)
    edits = {code: body for code, body in edits.items() if body != bodies.get(code)}
    if not edits:
        raise NothingChanged()
    draft_of(session, area_id, words.name, edited(bodies, edits))
    return edits


def draft_of(session: Session, area_id: int | None, name: str, bodies: Mapping[str, Any]) -> Draft:
    """The layer that rule bodies make at a place. Raises PolicyInvalid."""
    depth = 1 + (len(AREAS.get(session).chain(area_id)) if area_id else 0)
    rules = Entry(FILE, "", bodies)
    return Draft(layer_of(rules, name=name, area_id=area_id, depth=depth), bodies)


def draft_as_changed(session: Session, change: PolicyChange) -> Draft:
    """The whole layer as it would be if the change held now. Raises PolicyInvalid."""
    revision = revision_of(session, change)
    _, bodies, _ = layer_now(session, change.area_id)
    return draft_of(session, change.area_id, revision.name, edited(bodies, revision.edits))


def lint_change(session: Session, change_id: UUID, *, by: str, now: datetime) -> tuple[PolicyChange, list[Finding]]:
    """Look for what is wrong with a draft; one without a blocking finding may be proposed."""
    change = locked_change(session, change_id)
    findings = findings_of(session, draft_as_changed(session, change).layer, rotas_at=now)
    if change.state == State.DRAFT and not any(finding.blocking for finding in findings):
        move(session, change, Act.LINT, by=by, now=now)
    return change, findings


def propose(session: Session, change_id: UUID, *, by: str, why: str, if_match: str | None, now: datetime) -> PolicyChange:  # fmt: skip
    """Put a draft before a second person. Raises PolicyRefused, RulesMovedOn, ChangeRefused, Conflict."""
    change = locked_change(session, change_id)
    demand_match(change, if_match)
    _demand_ready(session, change, rotas_at=now)
    move(session, change, Act.PROPOSE, by=by, why=why, now=now)
    return change


def _demand_ready(session: Session, change: PolicyChange, *, rotas_at: datetime | None) -> Draft:
    """The layer as changed. Raises RulesMovedOn and PolicyRefused, whose findings include the rules' own examples."""
    demand_not_moved(session, change)
    draft = draft_as_changed(session, change)
    demand_clean(findings_of(session, draft.layer, rotas_at=rotas_at))
    return draft


def moved_rules(session: Session, change: PolicyChange) -> list[str]:
    """The rules of a change that another one changed since its author looked."""
    _, _, versions = layer_now(session, change.area_id)
    base = revision_of(session, change).base
    return sorted(code for code, version in base.items() if versions.get(code, 0) != version)


def demand_not_moved(session: Session, change: PolicyChange) -> None:
    """Raise RulesMovedOn when the change builds upon rules that are not those of today."""
    if moved := moved_rules(session, change):
        raise RulesMovedOn(rules=moved)


def approve(
    session: Session, change_id: UUID, *, by: str, why: str, at: datetime | None, if_match: str | None, now: datetime
) -> PolicyChange:
    """Approve what another person proposed; it holds now, or by itself from ``at``.

    Raises OwnChange, PolicyRefused, RulesMovedOn, ChangeRefused, Conflict.
    """
    lock_policy(session)
    change = locked_change(session, change_id)
    demand_match(change, if_match)
    if by in _writers(session, change):
        raise OwnChange()
    draft = _demand_ready(session, change, rotas_at=now)
    move(session, change, Act.APPROVE, by=by, why=why, now=now)
    change.approved_by = by
    if at is not None and at > now:
        change.due_at = min(at, now + AHEAD_MOST)
        move(session, change, Act.SCHEDULE, by=by, now=now)
    else:
        _hold(session, change, draft, by=by, now=now)
    return change


def _writers(session: Session, change: PolicyChange) -> set[str]:
    query = select(PolicyRevision.saved_by).where(PolicyRevision.change_id == change.id)
    return {change.author, *session.scalars(query)}


def _hold(session: Session, change: PolicyChange, draft: Draft, *, by: str, now: datetime) -> None:
    apply_draft(session, draft, by=change.author, approver=change.approved_by, now=now)
    take_place(session, change, {"name": draft.layer.name, "rules": dict(draft.bodies)}, by=by, now=now)


def send_back(session: Session, change_id: UUID, *, by: str, why: str, now: datetime) -> PolicyChange:
    """Give a proposed change back to its author, with the reason. Raises ChangeRefused."""
    change = locked_change(session, change_id)
    move(session, change, Act.SEND_BACK, by=by, why=why, now=now)
    return change


def withdraw(session: Session, change_id: UUID, *, by: str, why: str, now: datetime) -> PolicyChange:
    """End a change that does not hold yet. Raises ChangeRefused."""
    change = locked_change(session, change_id)
    move(session, change, Act.WITHDRAW, by=by, why=why, now=now)
    change.ended_at = now
    return change


def roll_back(
    session: Session, change_id: UUID, *, to: UUID | None, title: str, by: str, why: str, now: datetime
) -> PolicyChange:
    """Begin a change that restores the layer as it was before the one that holds, or as it was under ``to``.

    Like any other it needs a second person. Raises ChangeRefused, NothingChanged, NotFound.
    """
    change = locked_change(session, change_id)
    wanted_id = to or change.before_id
    earlier = locked_change(session, wanted_id) if wanted_id else None
    is_of_layer = earlier is None or (earlier.area_id == change.area_id and earlier.snapshot is not None)
    if change.state != State.EFFECTIVE or not is_of_layer:
        raise ChangeRefused(state=change.state, allowed=[])
    name, bodies, _ = layer_now(session, change.area_id)
    snapshot = earlier.snapshot if earlier else None
    rules: Mapping[str, Any] = snapshot["rules"] if snapshot else {}
    words = Words(str(snapshot["name"]) if snapshot else name, edits_between(bodies, rules), title, why)
    restores = earlier.id if earlier else None
    return begin_change(session, change.area_id, words, by=by, now=now, kind="roll_back", restores=restores)


def hold_due(session: Session, change: PolicyChange, *, now: datetime) -> None:
    """Let a change hold whose day has come; one that no longer may goes back to its author, with the reason."""
    try:
        with session.begin_nested():
            # A gap in a rota is the roster's alarm; it does not undo what two people decided.
            draft = _demand_ready(session, change, rotas_at=None)
            _hold(session, change, draft, by=SYSTEM, now=now)
    except (PolicyRefused, RulesMovedOn) as refused:
        change.due_at = None
        move(session, change, Act.BLOCK, by=SYSTEM, why=str(refused), now=now)


def hold_due_changes(session: Session, now: datetime) -> int:
    """Let every change hold whose day has come, the earliest first; how many there were."""
    due = select(PolicyChange).where(PolicyChange.state == State.SCHEDULED, PolicyChange.due_at <= now)
    if session.scalar(select(due.exists())):
        # The lock of all rules comes before that of a row, as with an approval, so that the two never wait in a ring.
        lock_policy(session)
    rows = session.scalars(due.order_by(PolicyChange.due_at).limit(TAKEN).with_for_update(skip_locked=True)).all()

    def put_off(change: PolicyChange) -> None:
        change.due_at = now + AGAIN

    return one_by_one(session, rows, lambda one: hold_due(session, one, now=now), what="policy", put_off=put_off)
