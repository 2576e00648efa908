"""Reading simulations: how far they are, and page by page what would be otherwise; as a table for other programs too."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select, tuple_
from sqlalchemy.orm import Session

from backend.kernel.pages import decode_cursor, encode_cursor, moment, number
from backend.kernel.problems import NotFound
from backend.policy.models import PolicySimulation, PolicySimulationResult

PLAIN = (
    "id", "change_id", "revision", "area_id", "name", "source", "since", "holds_at", "state", "asked_by", "asked_at",
    "ended_at", "stop_asked", "total", "done", "changed", "unreadable", "counts", "summary",
)  # fmt: skip
RESULT = ("seq", "incident_id", "number", "at", "changed", "before", "after", "rules")
HEAD = ("number", "at", "changed", "part", "before", "after", "rules")
PAGE = 500


def say_simulation(row: PolicySimulation) -> dict[str, Any]:
    """A simulation as clients see it."""
    return {name: getattr(row, name) for name in PLAIN}


def found_simulation(session: Session, simulation_id: UUID) -> PolicySimulation:
    """A simulation by its id. Raises NotFound."""
    row = session.get(PolicySimulation, simulation_id)
    if row is None:
        raise NotFound()
    return row


def list_simulations(session: Session, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A page of simulations, newest first, of one change where it is named."""
    query = select(PolicySimulation)
    if "change" in asked:
        query = query.where(PolicySimulation.change_id == asked["change"])
    if after := decode_cursor(asked.get("cursor"), 2, (moment, UUID)):
        at, last = after
        query = query.where(tuple_(PolicySimulation.asked_at, PolicySimulation.id) < tuple_(literal(at), literal(last)))
    ordered = query.order_by(PolicySimulation.asked_at.desc(), PolicySimulation.id.desc())
    rows = list(session.scalars(ordered.limit(asked["limit"] + 1)))
    page = rows[: asked["limit"]]
    more = encode_cursor([page[-1].asked_at.isoformat(), page[-1].id]) if len(rows) > len(page) else None
    return {"items": [say_simulation(one) for one in page], "next_cursor": more}


def list_results(session: Session, simulation_id: UUID, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A page of what would be otherwise, in the order in which it was tried; of incidents only those one may see."""
    query = select(PolicySimulationResult).where(PolicySimulationResult.simulation_id == simulation_id)
    if "changed" in asked:
        query = query.where(PolicySimulationResult.changed.contains([asked["changed"]]))
    if after := decode_cursor(asked.get("cursor"), 1, (number,)):
        query = query.where(PolicySimulationResult.seq > after[0])
    rows = list(session.scalars(query.order_by(PolicySimulationResult.seq).limit(asked["limit"] + 1)))
    page = rows[: asked["limit"]]
    more = encode_cursor([page[-1].seq]) if len(rows) > len(page) else None
    return {"items": [{name: getattr(one, name) for name in RESULT} for one in page], "next_cursor": more}


def results_as_csv(session: Session, simulation_id: UUID) -> Iterator[str]:
    """Every result as CSV, one line for each part that differs; read page by page."""
    yield _line(HEAD)
    cursor: str | None = None
    while True:
        page = list_results(session, simulation_id, {"limit": PAGE, "cursor": cursor})
        for one in page["items"]:
            yield from _lines_of(one)
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _lines_of(one: Mapping[str, Any]) -> Iterator[str]:
    rules = " ".join(dict.fromkeys(step["rule"] for step in one["rules"]))
    at = one["at"].isoformat() if one["at"] else ""
    for part in one["changed"]:
        values = (_cell(one[side].get(part)) for side in ("before", "after"))
        yield _line((one["number"], at, " ".join(one["changed"]), part, *values, rules))


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_cell(inner)}" for name, inner in value.items())
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)


def _line(cells: tuple[Any, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
