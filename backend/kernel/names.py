"""What people are called, for those who may know it: names are sealed, each under its person's key."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.sealed import Keyring, Unreadable, seals_of

_NAMES = text("SELECT id, name FROM person WHERE id = ANY(:ids) AND name IS NOT NULL")


def names_of(session: Session, ring: Keyring, person_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The names of people in two statements; whoever was erased, or never had one, is not among them."""
    wanted = list(set(person_ids))
    if not wanted:
        return {}
    rows = session.execute(_NAMES, {"ids": wanted}).all()
    seals = seals_of(session, ring, [row.id for row in rows])
    found = {}
    for row in rows:
        try:
            found[row.id] = str(seals[row.id].open("name", row.name))
        except (KeyError, Unreadable):
            continue
    return found
