"""Rules that a city changes: layers, their rules by version, and the decision kept with each incident."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base
from backend.organisations.models import one_of

LOCKS = ("floor", "ceiling", "default", "local")
RULE_STATES = ("draft", "approved", "active", "retired")


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

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    inputs: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    trace: Mapped[list[Any]] = mapped_column(JSONB)
    policy_version: Mapped[str]
