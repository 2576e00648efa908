"""Organisations, their mandates and desks; people, roles, credentials and shifts."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base

KINDS = (
    "government", "police", "health", "other_service", "civic", "social_work",
    "residents_committee", "enterprise", "school", "informal_group",
)  # fmt: skip
NEUTRALITIES = ("neutral", "conditional", "interested")
RESOURCE_MODES = ("public_budget", "own_funds", "donations", "earmarked", "in_kind")
METHODS = ("administrative", "enforcement", "professional_care", "mediation", "material", "personnel", "information")
ORGANISATION_STATES = ("invited", "active", "suspended", "left")
MANDATE_ROLES = ("lead", "support", "consult", "inform", "advise")
MANDATE_STATES = ("proposed", "accepted", "suspended", "ended")
PHASES = ("warn", "respond", "recover")
DESK_KINDS = ("duty", "organisation", "buck_stops")
ROLES = (
    "volunteer", "responder", "mediator", "social_worker", "police", "triage", "coordinator",
    "supervisor", "duty_officer", "administrator", "auditor",
)  # fmt: skip
WAYS = ("telegram", "email", "sms")  # by which people can be called
DESK_WAYS = ("telegram", "email", "service")  # and desks as such: by their group, their address, their service
CREDENTIAL_LEVELS = ("trainee", "candidate", "qualified")
CREDENTIAL_STATES = ("active", "suspended", "expired", "revoked")


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """A check that a column holds one of the field's words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Organisation(Base):
    """A body that takes part, with its four-property profile (C01): purpose, neutrality, resources, methods.

    ``ways``, ``quiet_from`` to ``quiet_to`` and ``language`` say how its desks' own addresses are told (Person says how
    people are); None: by every way, at any hour, in the first language of the settings.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("neutrality", NEUTRALITIES),
        one_of("status", ORGANISATION_STATES),
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    names: Mapped[dict[str, str]]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    purpose: Mapped[str]
    neutrality: Mapped[str]
    neutrality_note: Mapped[str] = mapped_column(server_default="")
    resource_modes: Mapped[list[str]]
    methods: Mapped[list[str]]
    status: Mapped[str]
    assured_on: Mapped[datetime | None]
    assured_by: Mapped[str | None]
    created_at: Mapped[datetime]
    ways: Mapped[list[str] | None]
    quiet_from: Mapped[time | None]
    quiet_to: Mapped[time | None]
    language: Mapped[str | None]


class Mandate(Base):
    """What a body may and must do for a route, a category, an area and a phase (C02).

    ``category`` None means every category that the rules send along ``route``; ``area_id`` None means everywhere.
    """

    __tablename__ = "mandate"
    __table_args__ = (one_of("role", MANDATE_ROLES), one_of("phase", PHASES), one_of("state", MANDATE_STATES))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    deputy_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    category: Mapped[str | None]
    route: Mapped[str]
    phase: Mapped[str]
    role: Mapped[str]
    rights: Mapped[list[str]]
    obligations: Mapped[list[str]]
    capacity: Mapped[dict[str, Any]]
    basis: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    state: Mapped[str]
    accepted_by: Mapped[str | None]
    accepted_at: Mapped[datetime | None]


class Desk(Base):
    """A place that answers: a duty desk of an area, the desk of a body, or the last desk, where the buck stops.

    ``area_id`` None covers everywhere. ``always_staffed`` says that somebody answers at every hour without a rota
    of ours (an external control room). ``confirms_swaps``: turns change hands only when somebody who leads it agrees.
    """

    __tablename__ = "desk"
    __table_args__ = (
        one_of("kind", DESK_KINDS),
        Index(
            "uq_desk_buck_stops_area",
            text("coalesce(area_id, 0)"),
            unique=True,
            postgresql_where=text("kind = 'buck_stops' AND closed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    names: Mapped[dict[str, str]]
    always_staffed: Mapped[bool]
    email: Mapped[str | None]
    email_bounced_at: Mapped[datetime | None]
    confirms_swaps: Mapped[bool] = mapped_column(server_default=text("false"))
    closed_at: Mapped[datetime | None]


class Person(Base):
    """A member of staff, a responder or a volunteer. Name and addresses are sealed under the person's own key.

    ``ways``: the channels by which to be told, the first that works alone; None: by each that there is. ``quiet_from``
    to ``quiet_to``, local: what is not urgent waits, unless it comes to a desk at which the person is on duty.
    ``email_bounced_at``: letters came back, so that none is sent until the address is entered anew.
    """

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    email: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    language: Mapped[str]
    timezone: Mapped[str | None]
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    ways: Mapped[list[str] | None]
    quiet_from: Mapped[time | None]
    quiet_to: Mapped[time | None]
    email_bounced_at: Mapped[datetime | None]


class RoleAssignment(Base):
    """A role that a person has in a body, everywhere or in one area."""

    __tablename__ = "role_assignment"
    __table_args__ = (one_of("role", ROLES),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    role: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Credential(Base):
    """A proven competence with an end date (C34). Expiry is a matter of ``valid_to``, not of a job having run."""

    __tablename__ = "credential"
    __table_args__ = (
        one_of("level", CREDENTIAL_LEVELS),
        one_of("state", CREDENTIAL_STATES),
        UniqueConstraint("person_id", "type"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    type: Mapped[str]
    level: Mapped[str]
    issued_by: Mapped[str]
    valid_to: Mapped[datetime]
    state: Mapped[str]


class Shift(Base):
    """A person's time at a desk. ``rank`` 0 answers first, 1 is the deputy."""

    __tablename__ = "shift"
    __table_args__ = (
        ExcludeConstraint(
            ("desk_id", "="), ("rank", "="), ("during", "&&"), name="ex_shift_one_person_a_rank",
            where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_shift_desk_during", "desk_id", "during", postgresql_using="gist"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    desk_id: Mapped[UUID] = mapped_column(ForeignKey("desk.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    rank: Mapped[int]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE())
    handover_note: Mapped[bytes | None] = mapped_column(LargeBinary)
    handed_over_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Responder(Base):
    """How a volunteer or responder can be called: where (coarse cells), when, how often (C17).

    Cells are H3 indexes of the home or the last shared position; exact coordinates exist only while on duty.
    """

    __tablename__ = "responder"
    __table_args__ = (
        *(
            Index(
                f"ix_responder_cell_{resolution}",
                f"cell_{resolution}",
                "lat",
                "lon",
                postgresql_include=["person_id", "skills", "nights", "on_duty_until", "org_id"],
                postgresql_where=text("available"),
            )
            for resolution in (8, 6, 4)
        ),
        # Rings of cells find the near ones of a common skill; this finds the few of a rare one.
        Index("ix_responder_skills", "skills", postgresql_using="gin", postgresql_where=text("available")),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    available: Mapped[bool]
    lat: Mapped[float]
    lon: Mapped[float]
    cell_8: Mapped[int]
    cell_6: Mapped[int]
    cell_4: Mapped[int]
    skills: Mapped[list[str]]
    nights: Mapped[bool]
    daily_cap: Mapped[int]
    weekly_cap: Mapped[int]
    on_duty_until: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class Conflict(Base):
    """A declared interest that bars a person or body from matters of another body or area (C04)."""

    __tablename__ = "conflict_of_interest"
    __table_args__ = (CheckConstraint("person_id IS NOT NULL OR org_id IS NOT NULL", name="who"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    incident_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(Text)
    declared_at: Mapped[datetime]


class ChatCode(Base):
    """A code by which a chat is linked, once and within minutes: to the person who made it, or to a desk."""

    __tablename__ = "chat_code"
    __table_args__ = (CheckConstraint("num_nonnulls(person_id, desk_id) = 1", name="whose"),)

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id"), index=True)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ChatLink(Base):
    """The Telegram chat of a person, or the group of a desk.

    The chat's id is sealed under the link's own key, for sending, and known again by a keyed hash. Both go with the
    link. ``free_at``: when a group may be written to again (dispatch/groups.py).
    """

    __tablename__ = "chat_link"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person_id, desk_id) = 1", name="whose"),
        Index("uq_chat_link_chat_person", "chat_hash", unique=True, postgresql_where=text("person_id IS NOT NULL")),
        Index("ix_chat_link_chat", "chat_hash"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), unique=True)
    desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id"), unique=True)
    chat_hash: Mapped[bytes] = mapped_column(LargeBinary)
    chat: Mapped[bytes] = mapped_column(LargeBinary)
    linked_at: Mapped[datetime]
    free_at: Mapped[datetime]


class DeskService(Base):
    """A service by which a desk is told beside the others (dispatch/channels/apprise.py).

    Its address holds the secrets of the service, so it is sealed; ``kind`` is the service's name, which is shown.
    """

    __tablename__ = "desk_service"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    desk_id: Mapped[UUID] = mapped_column(ForeignKey("desk.id"), unique=True)
    kind: Mapped[str]
    url: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
