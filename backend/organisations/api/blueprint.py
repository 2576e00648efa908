"""The blueprint of the room, and what its handlers share."""

from typing import TypeVar
from uuid import UUID

from flask import current_app, request
from sqlalchemy.orm import Session

from backend.kernel.blueprint import Blueprint
from backend.kernel.database import Base
from backend.kernel.etags import etag_of
from backend.kernel.problems import NotFound
from backend.kernel.sealed import Keyring
from backend.trust.access import me

Row = TypeVar("Row")

blueprint = Blueprint(
    "organisations",
    __name__,
    url_prefix="/api/v1",
    description="Bodies and mandates, desks, people and rotas",
)


def keyring() -> Keyring:
    """The keys by which sealed fields are written."""
    found: Keyring = current_app.extensions["linli"].keyring
    return found


def reading_keys() -> Keyring | None:
    """The keys by which names are opened, for those who may read them."""
    return keyring() if me().may("people.read") else None


def zone() -> str:
    """The local time where an area names none."""
    found: str = current_app.extensions["linli"].settings.timezone
    return found


def if_match() -> str | None:
    """The tags that an edit expects."""
    return request.headers.get("If-Match")


def tagged(row: Base, shown: Row) -> tuple[Row, int, dict[str, str]]:
    """An answer with the tag of the row that it shows."""
    return shown, 200, {"ETag": etag_of(row)}


def found(session: Session, model: type[Row], row_id: UUID) -> Row:
    """A row by its id. Raises NotFound."""
    row = session.get(model, row_id)
    if row is None:
        raise NotFound()
    return row
