"""Rules that a city changes: layers, their rules by version, and the decision kept with each incident."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base
from backend.organisations.models import one_of
from backend.policy.changes import State

LOCKS = ("floor", "ceiling", "default", "local")
RULE_STATES = ("draft", "approved", "active", "retired")
CHANGE_KINDS = ("edit", "import", "roll_back")
SIMULATION_STATES = ("waiting", "running", "done", "cancelled", "failed")


class PolicyLayer(Base):
    """The rules of one area; the layer without an area holds what a deployer adds for everywhere."""

    __tablename__ = "policy_layer"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class PolicyRule(Base):
    """One version of a rule in a layer. ``body`` is the rule as it stands in a rule file."""

    __tablename__ = "policy_rule"
    __table_args__ = (
        UniqueConstraint("layer_id", "code", "version"),
        one_of("lock", LOCKS),
        one_of("state", RULE_STATES),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    layer_id: Mapped[int] = mapped_column(ForeignKey("policy_layer.id"), index=True)
    code: Mapped[str]
    version: Mapped[int]
    lock: Mapped[str]
    state: Mapped[str]
    body: Mapped[dict[str, Any]]
    owner: Mapped[str]
    approver: Mapped[str | None]
    effective_from: Mapped[datetime | None]
    effective_to: Mapped[datetime | None]
    created_at: Mapped[datetime]


class StoredDecision(Base):
    """An automatic decision with its inputs, rules and result (INV-14). Inputs are codes, never words of people."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_intake", "at", "id", postgresql_where=text("kind = 'intake'")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    inputs: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    trace: Mapped[list[Any]] = mapped_column(JSONB)
    policy_version: Mapped[str]


class PolicyChange(Base):
    """A change of one layer's rules, from draft to history (``changes.py``). Its words are its revisions.

    ``snapshot`` is the whole layer once the change holds: ``{name, rules: {code: body}}``. ``before_id`` is the change
    whose place it took, ``restores_id`` the one that a roll-back restores. One change of a layer holds at a time.
    """

    __tablename__ = "policy_change"
    __table_args__ = (
        one_of("kind", CHANGE_KINDS),
        one_of("state", tuple(State)),
        CheckConstraint("(state = 'scheduled') <= (due_at IS NOT NULL)", name="due"),
        Index("ix_policy_change_newest", "created_at", "id"),
        Index("ix_policy_change_due", "due_at", postgresql_where=text("state = 'scheduled'")),
        Index(
            "uq_policy_change_effective", text("coalesce(area_id, 0)"), unique=True,
            postgresql_where=text("state = 'effective'"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    kind: Mapped[str]
    state: Mapped[str]
    title: Mapped[str]
    why: Mapped[str]
    revision: Mapped[int]
    author: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    due_at: Mapped[datetime | None]
    effective_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    restores_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy_change.id"))
    before_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy_change.id"))
    snapshot: Mapped[dict[str, Any] | None]


class PolicyRevision(Base):
    """What a change said at one time; never edited, the next save is the next number.

    ``edits`` are rule bodies by code, null where a rule is taken away; ``base`` are the versions of those rules in the
    layer that the author saw, 0 for none.
    """

    __tablename__ = "policy_revision"

    change_id: Mapped[UUID] = mapped_column(ForeignKey("policy_change.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    edits: Mapped[dict[str, Any]]
    base: Mapped[dict[str, Any]]
    saved_by: Mapped[str]
    saved_at: Mapped[datetime]


class PolicyStep(Base):
    """Who did what with a change, when and why; appended only."""

    __tablename__ = "policy_step"
    __table_args__ = (one_of("to_state", tuple(State)),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    change_id: Mapped[UUID] = mapped_column(ForeignKey("policy_change.id"), index=True)
    at: Mapped[datetime]
    act: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    revision: Mapped[int]
    by: Mapped[str]
    why: Mapped[str]


class PolicySimulation(Base):
    """A layer tried on past incidents or on a file of facts, in the background.

    It sees what its asker saw (``sees_*``). ``position`` is where it goes on when its worker dies; ``seen_at`` when one
    last worked on it. ``holds_at`` is the time for which the rules are tried.
    """

    __tablename__ = "policy_simulation"
    __table_args__ = (
        one_of("source", ("past", "file")),
        one_of("state", SIMULATION_STATES),
        Index("ix_policy_simulation_newest", "asked_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy_change.id"), index=True)
    revision: Mapped[int | None]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    name: Mapped[str]
    bodies: Mapped[dict[str, Any]]
    source: Mapped[str]
    since: Mapped[datetime | None]
    holds_at: Mapped[datetime]
    country: Mapped[str]
    state: Mapped[str]
    asked_by: Mapped[str]
    sees_areas: Mapped[list[int]]
    sees_organisations: Mapped[list[UUID]]
    sees_compartments: Mapped[list[str]]
    asked_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    stop_asked: Mapped[bool]
    total: Mapped[int]
    done: Mapped[int]
    changed: Mapped[int]
    unreadable: Mapped[int]
    counts: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    position: Mapped[dict[str, Any] | None]


class PolicySimulationCase(Base):
    """One row of a file of facts: codes only, checked before it was kept."""

    __tablename__ = "policy_simulation_case"

    simulation_id: Mapped[UUID] = mapped_column(ForeignKey("policy_simulation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]]
    area_id: Mapped[int | None]


class PolicySimulationResult(Base):
    """A case that the layer would have handled otherwise. ``number``: the incident's, or the row of the file."""

    __tablename__ = "policy_simulation_result"

    simulation_id: Mapped[UUID] = mapped_column(ForeignKey("policy_simulation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[datetime | None]
    changed: Mapped[list[str]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    rules: Mapped[list[Any]] = mapped_column(JSONB)
