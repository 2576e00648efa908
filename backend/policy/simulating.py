"""Simulations as rows: asked for, run in the background chunk by chunk, stopped when asked, gone on with when a worker dies.

Each chunk is a transaction of its own that sees what the asker sees, and ends with how far it came: memory stays flat
however many incidents there were, and nothing is decided twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.areas.models import Area
from backend.kernel.database import SYSTEM, Actor, Scope, act_as, db, insert_all
from backend.kernel.ids import new_id
from backend.kernel.jobs import TASKS, defer_rows
from backend.kernel.logs import log, where_it_broke
from backend.kernel.problems import NotFound
from backend.kernel.sweeps import STOPPING
from backend.policy.cache import POLICY, country_of
from backend.policy.cases import FiledCase
from backend.policy.changes import Act, State
from backend.policy.changing import draft_as_changed, draft_of
from backend.policy.drafts import Draft, with_draft
from backend.policy.history import locked_change, move
from backend.policy.models import PolicyChange, PolicySimulation, PolicySimulationCase, PolicySimulationResult
from backend.policy.simulation import SUMMARY, Past, Replay, Rules

TASK = "policy_simulation"
CHUNK = 500
# A simulation that nobody has worked on for so long lost its worker.
LOST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to try: the layer, on the past since a day or on the cases of a file, and for which change it is asked."""

    draft: Draft
    since: datetime | None = None
    cases: Sequence[FiledCase] = ()
    change: PolicyChange | None = None


def ask(session: Session, asked: Asked, *, actor: Actor, country: str, now: datetime) -> PolicySimulation:
    """Write a simulation down and have it run. Raises NotFound for an area that a case names and that is not there."""
    layer = asked.draft.layer
    row = PolicySimulation(
        id=new_id(), change_id=asked.change.id if asked.change else None,
        revision=asked.change.revision if asked.change else None, area_id=layer.area_id, name=layer.name,
        bodies=dict(asked.draft.bodies), source="file" if asked.cases else "past", since=asked.since,
        holds_at=max([now, *(rule.effective_from for rule in layer.rules if rule.effective_from)]), country=country,
        state="waiting", asked_by=str(actor), sees_areas=list(actor.area_ids),
        sees_organisations=list(actor.organisation_ids), sees_compartments=list(actor.compartments), asked_at=now,
        seen_at=now, stop_asked=False, total=0, done=0, changed=0, unreadable=0, counts={},
        summary=dict.fromkeys(SUMMARY, 0),
    )  # fmt: skip
    session.add(row)
    session.flush()
    row.total = _keep_cases(session, row, asked.cases) if asked.cases else _count_past(session, row)
    defer_rows(session, [(TASK, row.id, "bulk", None)])
    return row


def of_change(session: Session, change_id: UUID) -> tuple[PolicyChange, Draft]:
    """A change, locked, and the layer as it would be. Raises NotFound, PolicyInvalid."""
    change = locked_change(session, change_id)
    return change, draft_as_changed(session, change)


def stop(session: Session, simulation_id: UUID, *, now: datetime) -> PolicySimulation:
    """Ask a simulation to end; one that waits ends at once. Raises NotFound."""
    row = _locked(session, simulation_id)
    row.stop_asked = True
    if row.state == "waiting":
        row.state, row.ended_at = "cancelled", now
    return row


def _locked(session: Session, simulation_id: UUID) -> PolicySimulation:
    query = select(PolicySimulation).where(PolicySimulation.id == simulation_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _keep_cases(session: Session, row: PolicySimulation, cases: Sequence[FiledCase]) -> int:
    named = {case.area for case in cases if case.area}
    query = select(Area.source_id, Area.id).where(Area.source_id.in_(named), Area.retired_at.is_(None))
    areas = {one.source_id: one.id for one in session.execute(query)}
    if unknown := named - areas.keys():
        name = min(unknown)
        raise NotFound({"en": f"There is no area {name}.", "zh": f"没有区域 {name}。"})
    rows = [
        {"simulation_id": row.id, "seq": case.line, "facts": case.facts, "area_id": areas.get(case.area, row.area_id)}
        for case in cases
    ]
    for at in range(0, len(rows), CHUNK):
        insert_all(session, {_table(PolicySimulationCase): rows[at : at + CHUNK]})
    return len(rows)


def _table(model: type[Any]) -> Table:
    table: Table = model.__table__
    return table


# The incident's room lies above this one, so its columns are read by name.
_COUNT = text(
    "SELECT count(*) FROM decision d JOIN incident i ON i.id = d.incident_id WHERE d.kind = 'intake' AND d.at >= :since"
)
_PAST = text(
    "SELECT d.id, d.incident_id, i.number, d.at, i.area_id, d.inputs FROM decision d"
    " JOIN incident i ON i.id = d.incident_id WHERE d.kind = 'intake' AND d.at >= :since AND (d.at, d.id) < (:at, :id)"
    " ORDER BY d.at DESC, d.id DESC LIMIT :most"
)
_FIRST = {"at": "9999-12-31T00:00:00+00:00", "id": str(UUID(int=2**128 - 1))}


def _count_past(session: Session, row: PolicySimulation) -> int:
    return int(session.scalar(_COUNT, {"since": row.since}) or 0)


def run_simulation(app: Flask, simulation_id: UUID) -> None:
    """Run a simulation to its end; one that breaks says so and is not tried again."""
    try:
        run = _Run(app, simulation_id)
        while not STOPPING.is_set() and run.chunk():
            pass
    except Exception as error:  # noqa: BLE001 - whatever it is, the asker must see that it ended
        db.session.rollback()
        log.error("simulation failed", error=type(error).__name__, where=where_it_broke(error))
        _end(app, simulation_id, "failed")


def _end(app: Flask, simulation_id: UUID, state: str) -> None:
    session = db.session()
    act_as(session, SYSTEM)
    row = _locked(session, simulation_id)
    row.state, row.ended_at = state, app.extensions["linli"].clock.now()
    session.commit()


class _Run:
    """One run of a simulation in this process. Rules are compiled once for all of its chunks."""

    def __init__(self, app: Flask, simulation_id: UUID) -> None:
        self._app, self._id = app, simulation_id
        self._replay: Replay | None = None

    def chunk(self) -> bool:
        """Decide the next cases; False when there are no more, or when it was to stop."""
        session = db.session()
        act_as(session, SYSTEM)
        row = _locked(session, self._id)
        now: datetime = self._app.extensions["linli"].clock.now()
        if row.state not in {"waiting", "running"}:
            session.commit()
            return False
        if row.stop_asked:
            row.state, row.ended_at = "cancelled", now
            session.commit()
            return False
        act_as(session, _asker(row))
        if self._replay is None:
            self._replay = _replay_of(session, row)
        cases = list(_cases(session, row))
        results = self._decide(self._replay, row, [case for _, case in cases])
        if results:
            insert_all(session, {_table(PolicySimulationResult): results})
        row.state, row.seen_at, row.position = "running", now, cases[-1][0] if cases else row.position
        is_over = len(cases) < CHUNK
        if is_over:
            self._finish(session, row, now)
        session.commit()
        db.session.remove()
        return not is_over

    def _decide(self, replay: Replay, row: PolicySimulation, cases: Sequence[Past]) -> list[dict[str, Any]]:
        """The result rows of cases that differ; how many there were is counted on the simulation."""
        unreadable, counts, summary = replay.unreadable, dict(replay.counts), dict(replay.summary)
        found = []
        for number, case in enumerate(cases, row.done + 1):
            if difference := replay.one(case):
                shown = difference.as_dict()
                found.append({name: shown[name] for name in ("changed", "before", "after", "rules")} | {
                    "simulation_id": row.id, "seq": number, "incident_id": case.incident_id, "number": case.number,
                    "at": case.at,
                })  # fmt: skip
        row.done += len(cases)
        row.changed += len(found)
        row.unreadable += replay.unreadable - unreadable
        row.counts = _added(row.counts, replay.counts, counts)
        row.summary = _added(row.summary, replay.summary, summary)
        return found

    def _finish(self, session: Session, row: PolicySimulation, now: datetime) -> None:
        row.state, row.ended_at, row.total = "done", now, row.done
        session.flush()
        if row.change_id is not None:
            change = locked_change(session, row.change_id)
            # Only what it says now was tried; another revision, or a draft that was not linted, stays as it is.
            if change.revision == row.revision and change.state in {State.LINTED, State.SIMULATED}:
                move(session, change, Act.SIMULATE, by=row.asked_by, now=now)


def _added(held: Mapping[str, int], counted: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {name: held.get(name, 0) + counted.get(name, 0) - before.get(name, 0) for name in {**held, **counted}}


def _asker(row: PolicySimulation) -> Actor:
    """Whoever asked, as far as they saw when they asked."""
    kind, _, person = row.asked_by.partition(":")
    return Actor(
        row.asked_by, Scope.STAFF, UUID(person) if kind == "person" else None, tuple(row.sees_organisations), tuple(row.sees_areas),
        tuple(row.sees_compartments),
    )  # fmt: skip


def _replay_of(session: Session, row: PolicySimulation) -> Replay:
    book = POLICY.get(session)
    layer = draft_of(session, row.area_id, row.name, row.bodies).layer
    index, books = AREAS.get(session), (book, with_draft(book, layer))

    def side(one: int) -> Rules:
        return lambda chain: books[one].ruleset(chain, country=country_of(index, chain, row.country), now=row.holds_at)

    return Replay(side(0), side(1), at=row.holds_at)


def _cases(session: Session, row: PolicySimulation) -> Iterator[tuple[dict[str, Any], Past]]:
    """The next cases with the position behind each of them."""
    index = AREAS.get(session)

    def chain(area_id: int | None) -> tuple[int, ...]:
        return index.chain(area_id) if area_id else ()

    if row.source == "file":
        query = select(PolicySimulationCase).where(
            PolicySimulationCase.simulation_id == row.id, PolicySimulationCase.seq > (row.position or {}).get("seq", 0)
        )
        for case in session.scalars(query.order_by(PolicySimulationCase.seq).limit(CHUNK)):
            yield {"seq": case.seq}, Past(None, case.seq, None, chain(case.area_id), case.facts)
        return
    asked = {"since": row.since, "most": CHUNK, **(row.position or _FIRST)}
    for one in session.execute(_PAST, asked):
        position = {"at": one.at.isoformat(), "id": str(one.id)}
        yield position, Past(one.incident_id, one.number, one.at, chain(one.area_id), one.inputs)


def resume_lost(session: Session, now: datetime) -> int:
    """Give simulations whose worker died, or whose job was lost, to another one; how many there were."""
    lost = select(PolicySimulation).where(
        PolicySimulation.state.in_(("waiting", "running")), PolicySimulation.seen_at < now - LOST
    )
    rows = session.scalars(lost.limit(20).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.seen_at = now
    defer_rows(session, [(TASK, row.id, "bulk", None) for row in rows])
    return len(rows)


def wire_simulations() -> None:
    """Enter the work into the worker's table; called by the application's wiring."""
    TASKS[TASK] = run_simulation
