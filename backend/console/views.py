"""Saved views of the queue: each person's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend.console.models import SavedView
from backend.kernel.etags import demand_match, etag_of
from backend.kernel.ids import new_id
from backend.kernel.problems import NotFound, Refusal
from backend.kernel.sealed import Keyring, Seal, seal_of

VIEWS_MOST = 50


class TooManyViews(Refusal):
    """A person has as many views as anybody can tell apart."""

    code, status = "too-many-views", 409
    title = {"en": f"You have {VIEWS_MOST} views already", "zh": f"您已有{VIEWS_MOST}个视图"}
    advice = {"en": "Delete one that you no longer use.", "zh": "请先删除不再使用的视图。"}


@dataclass(frozen=True, slots=True)
class View:
    """A view as its person sees it, with its tag for ``If-Match``."""

    id: UUID
    name: str
    filters: Mapping[str, Any]
    is_default: bool
    etag: str


def views_of(session: Session, person_id: UUID, *, ring: Keyring) -> list[View]:
    """A person's views, the oldest first."""
    rows = session.scalars(
        select(SavedView).where(SavedView.person_id == person_id).order_by(SavedView.created_at, SavedView.id)
    ).all()
    if not rows:
        return []
    seal = seal_of(session, ring, person_id)
    return [_shown(row, seal) for row in rows]


def save_view(session: Session, person_id: UUID, said: Mapping[str, Any], *, ring: Keyring, now: datetime) -> View:
    """Keep a new view. Raises TooManyViews."""
    held = session.scalar(select(func.count()).where(SavedView.person_id == person_id)) or 0
    if held >= VIEWS_MOST:
        raise TooManyViews()
    seal = seal_of(session, ring, person_id)
    view = SavedView(
        id=new_id(), person_id=person_id, name=_closed(seal, said["name"]), filters=said["filters"], is_default=False,
        created_at=now,
    )  # fmt: skip
    session.add(view)
    _choose(session, view, is_default=said["is_default"])
    return _shown(view, seal)


def change_view(
    session: Session, person_id: UUID, view_id: UUID, said: Mapping[str, Any], *, if_match: str | None, ring: Keyring
) -> View:
    """Rename a view, give it other filters, or begin with it. Raises NotFound, Conflict."""
    view = _own(session, person_id, view_id, if_match)
    seal = seal_of(session, ring, person_id)
    if "name" in said:
        view.name = _closed(seal, said["name"])
    if "filters" in said:
        view.filters = said["filters"]
    if "is_default" in said:
        _choose(session, view, is_default=said["is_default"])
    session.flush()
    return _shown(view, seal)


def delete_view(session: Session, person_id: UUID, view_id: UUID, *, if_match: str | None) -> None:
    """Delete a view. Raises NotFound, Conflict."""
    session.delete(_own(session, person_id, view_id, if_match))


def _own(session: Session, person_id: UUID, view_id: UUID, if_match: str | None) -> SavedView:
    view = session.get(SavedView, view_id, with_for_update=True, populate_existing=True)
    if view is None or view.person_id != person_id:
        raise NotFound()
    demand_match(view, if_match)
    return view


def _choose(session: Session, view: SavedView, *, is_default: bool) -> None:
    if is_default:
        others = update(SavedView).where(SavedView.person_id == view.person_id, SavedView.is_default)
        session.execute(others.where(SavedView.id != view.id).values(is_default=False))
    view.is_default = is_default
    session.flush()


def _closed(seal: Seal, name: str) -> bytes:
    return seal.close_bytes("view", name.encode())


def _shown(view: SavedView, seal: Seal) -> View:
    return View(view.id, seal.open_bytes("view", view.name).decode(), view.filters, view.is_default, etag_of(view))
