"""The matrix of one place: its categories, itself and the areas right below it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.areas.models import Area
from backend.kernel.languages import LANGUAGES, say
from backend.kernel.problems import NotFound
from backend.organisations.directory import DIRECTORY, Directory, MandateEntry
from backend.organisations.models import MANDATE_ROLES
from backend.policy.cache import lead_route
from backend.policy.catalogue import default_catalogue
from backend.policy.matrix.rules import Holder, Verdict, verdict_of, words_of

# A table of more columns than these is read area by area.
AREAS_SHOWN = 12


def matrix_of(session: Session, area_id: int | None, *, phase: str, now: datetime) -> dict[str, Any]:
    """The matrix of an area and of the first areas below it; None is everywhere. Raises NotFound."""
    directory, index = DIRECTORY.get(session), AREAS.get(session)
    if area_id is not None and index.area(area_id) is None:
        raise NotFound()
    places, more = _places(session, area_id)
    columns = [(place, tuple(index.chain(place["id"])) if place["id"] is not None else ()) for place in places]
    by_route = _by_route(directory)
    rows = [
        _row(by_route.get(lead_route(code), replace(directory, mandates=())), code, columns, phase=phase, now=now)
        for code in default_catalogue().categories
    ]
    counted = [cell["verdict"] for row in rows for cell in row["cells"]]
    return {
        "phase": phase,
        "areas": places,
        "more_areas": more,
        "rows": rows,
        "gaps": counted.count(Verdict.GAP.value),
        "overlaps": counted.count(Verdict.OVERLAP.value),
        "without_deputy": counted.count(Verdict.NO_DEPUTY.value),
    }


def _by_route(directory: Directory) -> dict[str, Directory]:
    """The directory once for each route with its mandates alone, so that no cell looks through all of them."""
    routes = {entry.route for entry in directory.mandates}
    return {
        route: replace(directory, mandates=tuple(one for one in directory.mandates if one.route == route))
        for route in routes
    }


def _places(session: Session, area_id: int | None) -> tuple[list[dict[str, Any]], int]:
    """The columns, and how many areas below were left out."""
    index = AREAS.get(session)
    own = index.area(area_id) if area_id is not None else None
    below = select(Area).where(Area.parent_id.is_not_distinct_from(area_id), Area.retired_at.is_(None))
    found = session.scalars(below.order_by(Area.level, Area.name, Area.id)).all()
    everywhere = {language: say("matrix.everywhere", language) for language in LANGUAGES}
    first: dict[str, Any] = {"id": None, "name": everywhere["en"], "names": everywhere}
    if own:
        first = {"id": own.id, "name": own.name, "names": own.names}
    shown = [{"id": area.id, "name": area.name, "names": area.names} for area in found[:AREAS_SHOWN]]
    return [first, *shown], max(0, len(found) - AREAS_SHOWN)


def _row(
    directory: Directory, code: str, columns: Sequence[tuple[Mapping[str, Any], tuple[int, ...]]], *, phase: str,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    category, route = default_catalogue().categories[code], lead_route(code)
    cells = []
    for place, chain in columns:
        holders = [
            _holder(directory, entry, place["id"], chain)
            for role in MANDATE_ROLES
            for entry in directory.mandates_for(
                route=route, category=code, chain=chain, now=now, role=role, phase=phase
            )
        ]
        verdict = verdict_of(holders, route=route)
        area = place["names"] or {"en": place["name"]}
        words = words_of(verdict, holders, category=category.label, area=area)
        cells.append({"area_id": place["id"], "holders": holders, "verdict": verdict.value, "text": words})
    return {"category": code, "label": category.label, "kind": category.kind, "route": route, "cells": cells}


def _holder(directory: Directory, entry: MandateEntry, area_id: int | None, chain: Sequence[int]) -> Holder:
    deputy = directory.organisations.get(entry.deputy_org_id) if entry.deputy_org_id else None
    return Holder(
        entry.id,
        entry.org_id,
        directory.organisations[entry.org_id].names,
        entry.role,
        entry.area_id,
        entry.category,
        deputy is not None and deputy.status == "active",
        directory.desk_of(entry.org_id, chain) is not None,
        entry.area_id == area_id,
    )
