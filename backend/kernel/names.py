"""What people are called, for those who may know it: names are sealed, each under its person's key."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.sealed import Keyring, Unreadable, seals_of

# Every room above names people, and the table of people lies above this one: its two columns are read by name.
_NAMES = text("SELECT id, name FROM person WHERE id = ANY(:ids) AND name IS NOT NULL")


def names_of(session: Session, ring: Keyring | None, person_ids: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """The names of people in two statements; whoever was erased, or never had one, is not among them.

    Empty without ``ring``: whoever may not read people has no keys to open them.
    """
    wanted = list(set(person_ids) - {None})
    if ring is None or not wanted:
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
