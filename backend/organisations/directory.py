"""The directory: bodies, desks and mandates in memory, and who is on duty now.

Configuration changes seldom and is read with every report, so it is held in memory by version; shifts change by the
hour and are asked of the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kernel.versions import Cached
from backend.organisations.hours import Hours, hours_of
from backend.organisations.models import ChatLink, Desk, DeskService, Mandate, Organisation

Key = TypeVar("Key")
Value = TypeVar("Value")
TOP_DESK_ID = UUID("00000000-0000-4000-8000-000000000002")
TOP_ORGANISATION_ID = UUID("00000000-0000-4000-8000-000000000001")


@dataclass(frozen=True, slots=True)
class OrganisationEntry:
    """A body as routing sees it. ``ways``, ``quiet``, ``language``: how its desks' own addresses are told."""

    id: UUID
    kind: str
    names: Mapping[str, str]
    status: str
    methods: frozenset[str]
    ways: tuple[str, ...] | None = None
    quiet: Hours | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class DeskEntry:
    """A desk as routing sees it. ``has_group``: a Telegram group is linked to it; ``has_service``: a service is.

    ``email`` is None also where letters to it came back.
    """

    id: UUID
    org_id: UUID
    area_id: int | None
    kind: str
    names: Mapping[str, str]
    always_staffed: bool
    email: str | None
    has_group: bool = False
    has_service: bool = False


@dataclass(frozen=True, slots=True)
class MandateEntry:
    """An accepted mandate as routing sees it."""

    id: UUID
    org_id: UUID
    deputy_org_id: UUID | None
    area_id: int | None
    category: str | None
    route: str
    phase: str
    role: str
    valid_from: datetime
    valid_to: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether the mandate is in force; silence at its end is "no" (INV-15)."""
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A person at a desk now. ``rank`` 0 answers first, 1 is the deputy; ``has_chat``: with a linked chat."""

    desk_id: UUID
    person_id: UUID
    rank: int
    until: datetime
    language: str
    has_email: bool
    has_chat: bool = False
    has_phone: bool = False
    ways: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers: a body and a desk, with the person who is there when somebody is."""

    org_id: UUID
    desk_id: UUID | None
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Directory:
    """Bodies, desks and mandates at one version."""

    organisations: Mapping[UUID, OrganisationEntry]
    desks: Mapping[UUID, DeskEntry]
    mandates: tuple[MandateEntry, ...]
    by_area: Mapping[int | None, tuple[DeskEntry, ...]] = field(repr=False)
    by_organisation: Mapping[UUID, tuple[DeskEntry, ...]] = field(repr=False)

    def desks_over(self, chain: Sequence[int]) -> tuple[DeskEntry, ...]:
        """Duty and last desks that cover a place, from the smallest area to the top desk.

        ``chain`` is the place's areas from the top down; an empty one (outside every area) leaves the top desk.
        """
        ordered: list[int | None] = [*reversed(chain), None]
        found = [desk for area in ordered for desk in self.by_area.get(area, ())]
        return tuple(sorted((d for d in found if d.kind == "duty"), key=lambda d: ordered.index(d.area_id))) + tuple(
            sorted((d for d in found if d.kind == "buck_stops"), key=lambda d: ordered.index(d.area_id))
        )

    def desks_at(self, chain: Sequence[int]) -> tuple[DeskEntry, ...]:
        """Every desk of the place's areas and those of no area: all that may own, be offered or be told there."""
        return tuple(desk for area in (*chain, None) for desk in self.by_area.get(area, ()))

    def last_desks_over(self, chain: Sequence[int]) -> tuple[DeskEntry, ...]:
        """The desks where the buck stops for a place, nearest first; the top desk is always the last of them."""
        return tuple(desk for desk in self.desks_over(chain) if desk.kind == "buck_stops")

    def mandates_for(
        self, *, route: str, category: str | None, chain: Sequence[int], now: datetime, role: str = "lead",
        phase: str = "respond",
    ) -> tuple[MandateEntry, ...]:  # fmt: skip
        """Mandates in force for a route at a place, the most specific place and then category first."""

        def fits(entry: MandateEntry) -> bool:
            return (
                entry.route == route
                and entry.role == role
                and entry.phase == phase
                and entry.category in (None, category)
                and (entry.area_id is None or entry.area_id in chain)
                and entry.holds(now)
                and self.organisations[entry.org_id].status == "active"
            )

        def nearness(entry: MandateEntry) -> tuple[int, bool, str]:
            depth = chain.index(entry.area_id) if entry.area_id in chain else -1
            return (-depth, entry.category is None, str(entry.id))

        return tuple(sorted((entry for entry in self.mandates if fits(entry)), key=nearness))

    def desk_of(self, org_id: UUID, chain: Sequence[int]) -> DeskEntry | None:
        """The desk by which a body is reached for a place: its nearest one; None when it has none there."""
        ordered: list[int | None] = [*reversed(chain), None]
        fitting = [desk for desk in self.by_organisation.get(org_id, ()) if desk.area_id in ordered]
        return min(fitting, key=lambda desk: ordered.index(desk.area_id), default=None)

    @property
    def active(self) -> frozenset[UUID]:
        """The bodies that take part at present."""
        return frozenset(body.id for body in self.organisations.values() if body.status == "active")

    def label(self, org_id: UUID, desk_id: UUID | None) -> Mapping[str, str]:
        """What residents are told of an owner: the desk's or the body's name, never a person's."""
        desk = self.desks.get(desk_id) if desk_id else None
        return desk.names if desk else self.organisations[org_id].names


def smallest_staffed(
    desks: Sequence[DeskEntry], on_duty: Mapping[UUID, Sequence[OnDuty]], *, active: frozenset[UUID]
) -> Owner:
    """The first receiver of a report (R02): the smallest staffed desk over the place, the last desk when none is.

    ``desks`` comes from ``Directory.desks_over``; its last one is always the top desk, which owns when nobody else
    can, staffed or not: a report is never without an owner.
    """
    usable = [desk for desk in desks if desk.org_id in active]
    for desk in usable:
        if desk.always_staffed or on_duty.get(desk.id):
            there = on_duty.get(desk.id, ())
            return Owner(desk.org_id, desk.id, there[0].person_id if there else None)
    last = next((desk for desk in usable if desk.kind == "buck_stops"), None)
    return Owner(last.org_id, last.id, None) if last else Owner(TOP_ORGANISATION_ID, TOP_DESK_ID, None)


def load_directory(session: Session) -> Directory:
    """Read the directory. Use ``DIRECTORY.get(session)``, which keeps it by version."""
    organisations = {
        row.id: OrganisationEntry(
            row.id, row.kind, row.names or {"en": row.name}, row.status, frozenset(row.methods),
            None if row.ways is None else tuple(row.ways), hours_of(row.quiet_from, row.quiet_to), row.language,
        )
        for row in session.scalars(select(Organisation))
    }  # fmt: skip
    groups = set(session.scalars(select(ChatLink.desk_id).where(ChatLink.desk_id.is_not(None))))
    services = set(session.scalars(select(DeskService.desk_id)))
    desks = [
        DeskEntry(
            row.id, row.org_id, row.area_id, row.kind, row.names, row.always_staffed,
            None if row.email_bounced_at else row.email, row.id in groups, row.id in services,
        )
        for row in session.scalars(select(Desk).where(Desk.closed_at.is_(None)).order_by(Desk.id))
    ]  # fmt: skip
    mandates = tuple(
        MandateEntry(
            row.id, row.org_id, row.deputy_org_id, row.area_id, row.category, row.route, row.phase, row.role,
            row.valid_from, row.valid_to,
        )
        for row in session.scalars(select(Mandate).where(Mandate.state == "accepted"))
    )  # fmt: skip
    return Directory(
        organisations,
        {desk.id: desk for desk in desks},
        mandates,
        _grouped((desk.area_id, desk) for desk in desks),
        _grouped((desk.org_id, desk) for desk in desks),
    )


def _grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, tuple[Value, ...]]:
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


DIRECTORY = Cached("organisations", load=load_directory)

# For the desks %(desks)s at the time %(now)s; others put it into statements of their own.
ON_DUTY = (
    "SELECT s.desk_id, s.person_id, s.rank, upper(s.during) AS until, p.language,"
    " p.email IS NOT NULL AND p.email_bounced_at IS NULL AS has_email,"
    " EXISTS (SELECT FROM chat_link c WHERE c.person_id = p.id) AS has_chat, p.phone IS NOT NULL AS has_phone, p.ways"
    " FROM shift s JOIN person p ON p.id = s.person_id AND p.left_at IS NULL"
    " WHERE s.desk_id = ANY(%(desks)s) AND s.during @> %(now)s::timestamptz AND s.withdrawn_at IS NULL"
    " ORDER BY s.rank"
)


def who_is_on_duty(session: Session, desk_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, tuple[OnDuty, ...]]:
    """The people at those desks now, by desk, first answerer first. One statement."""
    wanted = list(desk_ids)
    rows = session.connection().exec_driver_sql(ON_DUTY, {"desks": wanted, "now": now}) if wanted else ()
    return by_desk(OnDuty(*row) for row in rows)


def by_desk(on_duty: Iterable[OnDuty]) -> dict[UUID, tuple[OnDuty, ...]]:
    """The people on duty by their desk, in the order that they come in."""
    return _grouped((one.desk_id, one) for one in on_duty)
