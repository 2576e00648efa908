"""The rotas behind a route: which desks answer for it at a layer's place or below, and their turns of a week."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.organisations.directory import DIRECTORY, Directory, MandateEntry
from backend.organisations.models import Shift
from backend.policy.cache import zone_of
from backend.policy.catalogue import default_catalogue
from backend.policy.layers import Finding
from backend.policy.rules import Layer
from backend.policy.staffing import WEEK, Need, Rota, check_needs, needs_of


def duty_findings(session: Session, layer: Layer, above: list[Layer], *, now: datetime) -> list[Finding]:
    """What rotas say against a layer: rules that lead to where nobody is at some hour."""
    book, chain = default_catalogue(), _chain(session, layer)
    needs = list(needs_of(layer, above, book))
    zone = zone_of(session, chain)
    return check_needs(needs, _rotas(session, chain, now=now), layer, book, zone=zone, now=now)


def _chain(session: Session, layer: Layer) -> tuple[int, ...]:
    return AREAS.get(session).chain(layer.area_id) if layer.area_id else ()


def _rotas(session: Session, chain: tuple[int, ...], *, now: datetime) -> Callable[[Need], Rota]:
    """For a need the rota that answers it, each set of desks read once."""
    directory, held = DIRECTORY.get(session), dict[frozenset[UUID], Rota]()

    def rota_of(need: Need) -> Rota:
        desks = _desks(session, directory, need, chain, now)
        if desks not in held:
            held[desks] = Rota(
                bool(desks),
                any(directory.desks[desk].always_staffed for desk in desks),
                _turns(session, desks, now),
            )
        return held[desks]

    return rota_of


def _desks(
    session: Session, directory: Directory, need: Need, chain: tuple[int, ...], now: datetime
) -> frozenset[UUID]:
    """The desks of every body that has the route's mandate over the place or a part of it; its deputies' as well."""
    index, own = AREAS.get(session), chain[-1] if chain else None

    def is_near(area_id: int | None) -> bool:
        return area_id is None or own is None or area_id in chain or own in index.chain(area_id)

    def fits(one: MandateEntry) -> bool:
        is_asked = one.route == need.route and one.role == "lead" and one.category in (None, *need.categories)
        return is_asked and one.holds(now) and is_near(one.area_id)

    bodies = {org for one in directory.mandates if fits(one) for org in (one.org_id, one.deputy_org_id) if org}
    return frozenset(
        desk.id
        for org in bodies & directory.active
        for desk in directory.by_organisation.get(org, ())
        if is_near(desk.area_id)
    )


def _turns(session: Session, desks: frozenset[UUID], now: datetime) -> tuple[tuple[datetime, datetime], ...]:
    during = Shift.during.overlaps(Range(now, now + WEEK))
    query = select(Shift.during).where(Shift.desk_id.in_(desks), Shift.withdrawn_at.is_(None), during)
    return tuple((one.lower, one.upper) for one in session.scalars(query) if one.lower and one.upper)
