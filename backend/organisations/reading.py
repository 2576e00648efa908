"""Bodies, mandates, desks and people as people read them; each list takes a constant number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.kernel.database import Base
from backend.kernel.pages import decode_cursor, encode_cursor
from backend.kernel.problems import Invalid, NotFound
from backend.kernel.sealed import Keyring, seals_of
from backend.organisations.actions.credentials import held
from backend.organisations.models import Credential, Desk, Mandate, Organisation, Person, RoleAssignment
from backend.organisations.rules.bodies import is_stale
from backend.organisations.rules.people import credential_level_at

Filters = Mapping[str, Any]
Page = dict[str, Any]
# Names are sealed one by one; so many are opened in one step of a search.
SEARCHED_AT_ONCE = 500


def list_organisations(session: Session, filters: Filters, *, now: datetime) -> Page:
    """A page of bodies by name."""
    query = select(Organisation).where(*equal(filters, kind=Organisation.kind, status=Organisation.status))
    if words := filters.get("q"):
        named = (Organisation.name, cast(Organisation.names, Text))
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in named)))
    page = page_of(session, query, (Organisation.name, Organisation.id), filters)
    return page | {"items": [say_organisation(row, now) for row in page["items"]]}


def say_organisation(organisation: Organisation, now: datetime) -> dict[str, Any]:
    """A body with what time makes of its profile."""
    return columns_of(organisation) | {"is_stale": is_stale(organisation.assured_on, now)}


def list_mandates(session: Session, filters: Filters) -> Page:
    """A page of mandates."""
    wanted = equal(
        filters,
        organisation=Mandate.org_id,
        area=Mandate.area_id,
        category=Mandate.category,
        route=Mandate.route,
        role=Mandate.role,
        state=Mandate.state,
    )
    return page_of(session, select(Mandate).where(*wanted), (Mandate.id,), filters)


def list_desks(session: Session, filters: Filters) -> Page:
    """A page of desks: the open ones, or with ``closed`` those that were closed."""
    return page_of(session, open_desks(filters), (Desk.id,), filters)


def open_desks(filters: Filters) -> Select[Desk]:
    """The open desks that fit; with ``closed`` the others."""
    wanted = equal(filters, organisation=Desk.org_id, area=Desk.area_id, kind=Desk.kind, desk=Desk.id)
    is_closed = Desk.closed_at.is_not(None) if filters.get("closed") else Desk.closed_at.is_(None)
    query = select(Desk).where(is_closed, *wanted)
    if words := filters.get("q"):
        named = (Desk.name, cast(Desk.names, Text))
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in named)))
    return query


def list_people(session: Session, ring: Keyring | None, filters: Filters, *, now: datetime) -> Page:
    """A page of people with their roles; names and addresses only with ``ring``, the keys to open them."""
    query = select(Person)
    if not filters.get("left"):
        query = query.where(Person.left_at.is_(None))
    held_roles = equal(filters, organisation=RoleAssignment.org_id, role=RoleAssignment.role)
    if held_roles:
        query = query.where(Person.id.in_(select(RoleAssignment.person_id).where(*held_roles, _holds(now))))
    if words := filters.get("q"):
        return _people_named(session, ring, query, words.casefold(), filters, now=now)
    page = page_of(session, query, (Person.id,), filters)
    return page | {"items": say_people(session, ring, page["items"], now=now)}


def _people_named(
    session: Session, ring: Keyring | None, query: Select[Any], words: str, filters: Filters, *, now: datetime
) -> Page:
    """A page of those whose name or address holds ``words``: names are sealed, so they are opened to be looked at."""
    found: list[Person] = []
    at = {"cursor": filters.get("cursor"), "limit": SEARCHED_AT_ONCE}
    while len(found) <= filters["limit"]:
        page = page_of(session, query, (Person.id,), at)
        opened = open_people(session, ring, page["items"])
        found += [
            one for one in page["items"] if any(words in (said or "").casefold() for said in opened[one.id].values())
        ]
        at["cursor"] = page["next_cursor"]
        if not at["cursor"]:
            break
    shown = found[: filters["limit"]]
    next_cursor = encode_cursor([shown[-1].id]) if len(found) > len(shown) else None
    return {"items": say_people(session, ring, shown, now=now), "next_cursor": next_cursor}


def person_detail(session: Session, ring: Keyring | None, person_id: UUID, *, now: datetime) -> dict[str, Any]:
    """A person with roles and credentials. Raises NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound()
    return say_people(session, ring, [person], now=now)[0] | {
        "credentials": credentials_of(session, person_id, now=now)
    }


def say_people(
    session: Session, ring: Keyring | None, people: Sequence[Person], *, now: datetime
) -> list[dict[str, Any]]:
    """People with their present roles, opened where ``ring`` is given."""
    ids = [person.id for person in people]
    roles: dict[UUID, list[RoleAssignment]] = {person_id: [] for person_id in ids}
    query = select(RoleAssignment).where(RoleAssignment.person_id.in_(ids), _holds(now))
    for role in session.scalars(query.order_by(RoleAssignment.since, RoleAssignment.id)):
        roles[role.person_id].append(role)
    opened = open_people(session, ring, people)
    return [columns_of(person) | opened[person.id] | {"roles": roles[person.id]} for person in people]


def open_people(session: Session, ring: Keyring | None, people: Iterable[Person]) -> dict[UUID, dict[str, str | None]]:
    """Name and addresses by person, in one statement; None without ``ring`` and where the key was erased."""
    people = list(people)
    seals = seals_of(session, ring, [person.id for person in people]) if ring else {}

    def opened(person: Person, name: str) -> str | None:
        seal = seals.get(person.id)
        return seal.open(name, getattr(person, name)) if seal else None

    return {person.id: {name: opened(person, name) for name in ("name", "email", "phone")} for person in people}


def credentials_of(session: Session, person_id: UUID, *, now: datetime) -> list[dict[str, Any]]:
    """A person's credentials with what each proves now."""
    query = select(Credential).where(Credential.person_id == person_id).order_by(Credential.type)
    return [columns_of(row) | {"proves": credential_level_at(held(row), now)} for row in session.scalars(query)]


def columns_of(row: Base) -> dict[str, Any]:
    """The columns of a row by name."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def _holds(now: datetime) -> ColumnElement[bool]:
    return or_(RoleAssignment.until.is_(None), RoleAssignment.until > now)


def equal(filters: Filters, **columns: InstrumentedAttribute[Any]) -> list[ColumnElement[bool]]:
    """What the given ones of some filters ask of their columns."""
    return [column == filters[name] for name, column in columns.items() if name in filters]


def page_of(
    session: Session,
    query: Select[Any],
    keys: tuple[InstrumentedAttribute[Any], ...],
    filters: Filters,
) -> Page:
    """A page of rows in the order of ``keys``. Raises Invalid for a cursor of another list."""
    limit = filters["limit"]
    if after := decode_cursor(filters.get("cursor"), len(keys)):
        query = query.where(tuple_(*keys) > tuple(_key(raw, key) for raw, key in zip(after, keys, strict=True)))
    rows = list(session.scalars(query.order_by(*keys).limit(limit + 1)))
    page = rows[:limit]
    last = [getattr(page[-1], key.key) for key in keys] if len(rows) > limit else None
    return {"items": page, "next_cursor": encode_cursor(last) if last else None}


def _key(raw: Any, key: InstrumentedAttribute[Any]) -> Any:
    try:
        found = key.type.python_type(raw) if isinstance(raw, str) and "\x00" not in raw else None
    except ValueError:
        found = None
    if found is None:
        raise Invalid({"cursor": ["not a cursor of this list"]})
    return found
