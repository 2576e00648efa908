"""Lists as rows of a spreadsheet. Who took which list is written to the journal, without a name in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kernel.journal import Fact, record_alone
from backend.kernel.pages import PAGE_SIZE_MOST
from backend.kernel.schemas import in_json
from backend.kernel.sealed import Keyring
from backend.organisations.credential_lists import list_credentials
from backend.organisations.models import Organisation
from backend.organisations.reading import list_mandates, list_organisations, list_people

Cells = Sequence[object]
Filters = Mapping[str, Any]
PEOPLE = ("name", "email", "phone", "language", "roles", "bodies", "left_at", "id")
CREDENTIALS = ("name", "type", "level", "state", "proves", "valid_to", "days_left", "bodies", "issued_by", "person_id")
ORGANISATIONS = (
    "name", "kind", "status", "purpose", "neutrality", "resource_modes", "methods", "assured_on", "is_stale", "id",
)  # fmt: skip
MANDATES = (
    "organisation", "deputy", "area_id", "category", "route", "phase", "role", "state", "basis", "valid_from",
    "valid_to", "id",
)  # fmt: skip


def people_rows(session: Session, ring: Keyring | None, filters: Filters, *, now: datetime) -> Iterator[Cells]:
    """Everybody who fits, with roles and bodies; names only with ``ring``."""
    bodies = _bodies(session)
    for one in _all(lambda asked: list_people(session, ring, asked, now=now), filters):
        roles = sorted({role.role for role in one["roles"]})
        own = sorted({bodies[role.org_id] for role in one["roles"]})
        yield _cells(PEOPLE, one | {"roles": roles, "bodies": own})


def credential_rows(session: Session, ring: Keyring | None, filters: Filters, *, now: datetime) -> Iterator[Cells]:
    """Every credential that fits, the first to end first."""
    bodies = _bodies(session)
    for one in _all(lambda asked: list_credentials(session, ring, asked, now=now), filters):
        yield _cells(CREDENTIALS, one | {"bodies": [bodies[body] for body in one["organisation_ids"]]})


def organisation_rows(session: Session, filters: Filters, *, now: datetime) -> Iterator[Cells]:
    """Every body that fits."""
    for one in _all(lambda asked: list_organisations(session, asked, now=now), filters):
        yield _cells(ORGANISATIONS, one)


def mandate_rows(session: Session, filters: Filters) -> Iterator[Cells]:
    """Every mandate that fits, with the names of its bodies."""
    bodies = _bodies(session)
    for one in _all(lambda asked: list_mandates(session, asked), filters):
        deputy = bodies[one.deputy_org_id] if one.deputy_org_id else None
        columns = {name: getattr(one, name, None) for name in MANDATES}
        yield _cells(MANDATES, columns | {"organisation": bodies[one.org_id], "deputy": deputy})


def note_export(session: Session, listed: str, rows: int, *, by: UUID, now: datetime) -> None:
    """Write that ``by`` took a list of so many rows out of the house."""
    record_alone(session, f"exports:{by}", [Fact("ListExported", {"list": listed, "rows": rows})], now=now)


def _all(read: Callable[[Filters], Mapping[str, Any]], filters: Filters) -> Iterator[Any]:
    cursor: str | None = None
    while True:
        page = read({**filters, "limit": PAGE_SIZE_MOST, "cursor": cursor})
        yield from page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return


def _bodies(session: Session) -> dict[UUID, str]:
    return {row.id: row.name for row in session.execute(select(Organisation.id, Organisation.name))}


def _cells(columns: Sequence[str], row: Mapping[str, Any]) -> Cells:
    return [_cell(row[name]) for name in columns]


def _cell(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else in_json(value)
