"""What becomes of changes of rules, written down: each step with who, when and why; one change of a layer holds at a time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, record
from backend.kernel.problems import NotFound, Refusal
from backend.policy.changes import Act, State, acts_from, next_state
from backend.policy.models import PolicyChange, PolicyLayer, PolicyRevision, PolicyRule, PolicyStep


class ChangeRefused(Refusal):
    """A change of rules cannot do this from where it stands; ``allowed`` are the acts that it can."""

    code, status = "change-not-possible", 409
    title = {"en": "This change of rules cannot do that now", "zh": "此规则变更目前无法这样做"}
    advice = {"en": "Load it again and look at its state.", "zh": "请重新载入并查看其状态。"}


def lock_policy(session: Session) -> None:
    """Let one change of rules at a time take effect: each is checked against the layers that the one before it left."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('linli.policy'))"))


def locked_change(session: Session, change_id: UUID) -> PolicyChange:
    """A change, locked for the present transaction. Raises NotFound."""
    query = select(PolicyChange).where(PolicyChange.id == change_id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def revision_of(session: Session, change: PolicyChange) -> PolicyRevision:
    """The words of a change as they stand."""
    return session.get_one(PolicyRevision, (change.id, change.revision))


def move(session: Session, change: PolicyChange, act: Act, *, by: str, why: str = "", now: datetime) -> None:
    """Take one step of a change's life and write it down. Raises ChangeRefused where the table forbids it."""
    state = State(change.state)
    onward = next_state(state, act)
    if onward is None:
        raise ChangeRefused(state=state.value, allowed=[one.value for one in acts_from(state)])
    change.state, change.changed_at = onward.value, now
    _step(session, change, act.value, state.value, by=by, why=why, now=now)


def begin(session: Session, change: PolicyChange, revision: PolicyRevision, *, by: str, now: datetime) -> PolicyChange:
    """Enter a new change with its first words."""
    session.add(change)
    session.flush()
    session.add(revision)
    _step(session, change, "begin", None, by=by, why=change.why, now=now)
    return change


def _step(session: Session, change: PolicyChange, act: str, former: str | None, *, by: str, why: str, now: datetime) -> None:  # fmt: skip
    session.add(
        PolicyStep(
            change_id=change.id, at=now, act=act, from_state=former, to_state=change.state, revision=change.revision,
            by=by, why=why,
        )
    )  # fmt: skip
    session.flush()
    payload = {"change_id": change.id, "area_id": change.area_id, "act": act, "state": change.state}
    record(session, change_stream(change.id), [Fact("PolicyChangeMoved", payload)], now=now)


def change_stream(change_id: UUID) -> str:
    """The stream of a change of rules."""
    return f"policy_change:{change_id}"


def standing(session: Session, area_id: int | None) -> PolicyChange | None:
    """The change of a layer that holds at present."""
    query = select(PolicyChange).where(
        PolicyChange.area_id.is_not_distinct_from(area_id), PolicyChange.state == State.EFFECTIVE
    )
    return session.scalars(query.with_for_update()).one_or_none()


def take_place(
    session: Session, change: PolicyChange, snapshot: Mapping[str, Any], *, by: str, why: str = "", now: datetime
) -> None:
    """Let a change hold: the one before it is superseded, or rolled back where this one takes it back."""
    former = standing(session, change.area_id)
    if former is not None:
        is_back = change.kind == "roll_back"
        former.ended_at = now
        move(session, former, Act.ROLL_BACK if is_back else Act.SUPERSEDE, by=by, why=why, now=now)
        change.before_id = former.id
    change.snapshot, change.effective_at = dict(snapshot), now
    move(session, change, Act.TAKE_EFFECT, by=by, why=why, now=now)


def note_import(session: Session, area_id: int | None, snapshot: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Write an import of a whole layer down as a change that holds at once."""
    former = standing(session, area_id)
    held = former.snapshot["rules"] if former is not None and former.snapshot else {}
    change = PolicyChange(
        id=new_id(), area_id=area_id, kind="import", state=State.APPROVED.value, title=snapshot["name"], why="",
        revision=1, author=by, created_at=now, changed_at=now,
    )  # fmt: skip
    revision = PolicyRevision(
        change_id=change.id, number=1, name=snapshot["name"], edits=edits_between(held, snapshot["rules"]), base={},
        saved_by=by, saved_at=now,
    )  # fmt: skip
    begin(session, change, revision, by=by, now=now)
    take_place(session, change, snapshot, by=by, now=now)


def edits_between(former: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What makes one set of rule bodies of another: bodies by code, None where a rule is taken away."""
    edits: dict[str, Any] = {code: body for code, body in wanted.items() if former.get(code) != body}
    return edits | dict.fromkeys(former.keys() - wanted.keys())


def edited(former: Mapping[str, Any], edits: Mapping[str, Any]) -> dict[str, Any]:
    """Rule bodies after the edits of a change."""
    whole = {**former, **edits}
    return {code: body for code, body in whole.items() if body is not None}


def layer_now(session: Session, area_id: int | None) -> tuple[str, dict[str, Any], dict[str, int]]:
    """The name of a layer, its rule bodies and their versions by code; all empty where there is none."""
    layer = session.scalars(select(PolicyLayer).where(PolicyLayer.area_id.is_not_distinct_from(area_id))).one_or_none()
    if layer is None:
        return "", {}, {}
    query = select(PolicyRule).where(PolicyRule.layer_id == layer.id, PolicyRule.state == "active")
    # Of two versions of a rule the later one stands: it is what was taken last.
    rules = session.scalars(query.order_by(PolicyRule.version)).all()
    return layer.name, {one.code: one.body for one in rules}, {one.code: one.version for one in rules}
