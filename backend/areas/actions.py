"""Importing areas: the whole file or nothing, without losing what was."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session, aliased

from backend.areas.changes import Change, Kind, KnownArea, fields_of, plan
from backend.areas.geojson import parse_areas
from backend.areas.models import Area, AreaImport, AreaShape
from backend.areas.problems import PreviewStale, RowProblem
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, record
from backend.kernel.versions import bump

# Imports run one after the other; any constant does as long as nothing else locks it.
IMPORT_LOCK = 7_146_002
_WITH_NEW_SHAPE = {Kind.ADDED, Kind.RESHAPED, Kind.RESTORED}
_WITHOUT_OLD_SHAPE = {Kind.RESHAPED, Kind.RETIRED}
_WITH_OTHER_FIELDS = {Kind.CHANGED, Kind.RESHAPED, Kind.RESTORED}

_END_SHAPES = text("UPDATE area_shape SET valid_to = :now WHERE area_id = ANY(:ids) AND valid_to IS NULL")


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import changed, or would. ``id`` is None when nothing was written: a dry run, or no change."""

    id: UUID | None
    source: str
    digest: str
    counts: dict[str, int]
    changes: Sequence[Change]
    repaired: Sequence[RowProblem]


def import_areas(
    session: Session,
    *,
    document: bytes | str,
    source: str,
    by: str,
    now: datetime,
    repair: bool = False,
    dry_run: bool = False,
    preview: str | None = None,
) -> ImportOutcome:
    """Make the areas of ``source`` what the GeoJSON ``document`` says.

    Areas keep their identity by the file's ids. A changed polygon is a new shape from ``now`` on and the old
    one stays with its time; an area that the file leaves out is retired, never deleted. The same file again
    changes nothing. ``preview``: the digest of the preview that was looked at. Raises AreaImportRefused, naming every
    problem of the file, and PreviewStale when the file or the areas are not those of the preview, before anything is
    written.
    """
    parsed = parse_areas(document, repair=repair)
    if not dry_run:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})
    known = known_areas(session, source)
    raw = document.encode("utf-8", "surrogatepass") if isinstance(document, str) else document
    if preview is not None and preview != preview_digest(known, raw, source=source, repair=repair):
        raise PreviewStale()
    changes = plan(known, parsed.areas)
    counts = counts_of(changes, total=len(parsed.areas))
    import_id = None if dry_run or not changes else new_id()
    outcome = ImportOutcome(import_id, source, hashlib.sha256(raw).hexdigest(), counts, changes, parsed.repaired)
    if import_id:
        origin = {"attribution": parsed.attribution, "licence": parsed.licence}
        _write_import(session, outcome, origin | {"repaired": [one.id for one in parsed.repaired]}, by=by, now=now)
        ids = {one.source_id: one.id for one in known}
        _write_areas(session, source, changes, ids)
        _write_shapes(session, changes, ids, import_id=import_id, now=now)
        _retire(session, changes, now=now)
        _announce(session, outcome, ids, now=now)
    return outcome


def known_areas(session: Session, source: str) -> list[KnownArea]:
    """All areas of a source, retired ones too, with the digest of the present shape."""
    parent = aliased(Area)
    rows = session.execute(
        select(Area, parent.source_id, func.sha256(AreaShape.geometry))
        .outerjoin(parent, parent.id == Area.parent_id)
        .outerjoin(AreaShape, (AreaShape.area_id == Area.id) & AreaShape.valid_to.is_(None))
        .where(Area.source == source)
        .order_by(Area.id)
    )
    names = (
        "level",
        "division",
        "division_order",
        "name",
        "names",
        "country",
        "timezone",
        "density",
        "properties",
    )
    return [
        KnownArea(
            area.id,
            area.source_id,
            {name: getattr(area, name) for name in names},
            parent_source_id,
            shape_digest,
            area.retired_at is not None,
        )
        for area, parent_source_id, shape_digest in rows
    ]


def preview_digest(known: Iterable[KnownArea], document: bytes, *, source: str, repair: bool) -> str:
    """What a preview stands for: this file, read so, over the areas as they are now."""
    made = hashlib.sha256(hashlib.sha256(document).digest())
    state = [(one.id, one.source_id, one.parent_source_id, one.is_retired, sorted(one.fields.items())) for one in known]
    shapes = [one.shape_digest for one in known]
    made.update(repr((source, repair, state, shapes)).encode())
    return made.hexdigest()


def counts_of(changes: Iterable[Change], *, total: int) -> dict[str, int]:
    """How many areas change how; ``total`` is the number of areas in the file."""
    found = Counter(change.kind for change in changes)
    counts = {kind.value: found[kind] for kind in Kind}
    return counts | {"unchanged": total - sum(found.values()) + found[Kind.RETIRED]}


def _write_import(session: Session, outcome: ImportOutcome, origin: dict[str, Any], *, by: str, now: datetime) -> None:
    session.execute(
        insert(AreaImport).values(
            id=outcome.id,
            source=outcome.source,
            digest=outcome.digest,
            imported_at=now,
            imported_by=by,
            counts=outcome.counts | origin,
        )
    )


def _write_areas(session: Session, source: str, changes: Sequence[Change], ids: dict[str, int]) -> None:
    """Insert and update rows, level by level so that parents come first; fills ``ids`` with the new ones."""
    for _, group in groupby((c for c in changes if c.area), key=lambda change: change.level):
        level = list(group)
        if added := [_row(change, ids) for change in level if change.kind is Kind.ADDED]:
            rows = [row | {"source": source} for row in added]
            made = insert(Area).returning(Area.source_id, Area.id, sort_by_parameter_order=True)
            ids.update((row.source_id, row.id) for row in session.execute(made, rows))
        if altered := [_row(change, ids) for change in level if change.kind in _WITH_OTHER_FIELDS]:
            session.execute(update(Area), [row | {"retired_at": None} for row in altered])


def _row(change: Change, ids: dict[str, int]) -> dict[str, Any]:
    assert change.area
    parent = change.area.parent_id
    row = fields_of(change.area) | {
        "source_id": change.source_id,
        "parent_id": ids[parent] if parent else None,
    }
    return row | ({"id": change.id} if change.id else {})


def _write_shapes(
    session: Session, changes: Sequence[Change], ids: dict[str, int], *, import_id: UUID, now: datetime
) -> None:
    ended = [change.id for change in changes if change.kind in _WITHOUT_OLD_SHAPE]
    session.execute(_END_SHAPES, {"ids": ended, "now": now})
    fresh = [
        {
            "area_id": ids[c.source_id],
            "import_id": import_id,
            "geometry": c.area.geometry.wkb,
            "valid_from": now,
        }
        for c in changes
        if c.area and c.kind in _WITH_NEW_SHAPE
    ]
    if fresh:
        session.execute(insert(AreaShape), fresh)


def _retire(session: Session, changes: Sequence[Change], *, now: datetime) -> None:
    gone = [{"id": change.id, "retired_at": now} for change in changes if change.kind is Kind.RETIRED]
    if gone:
        session.execute(update(Area), gone)


def _announce(session: Session, outcome: ImportOutcome, ids: dict[str, int], *, now: datetime) -> None:
    """Tell every cache and the journal."""
    bump(session, "areas")
    imported = {
        "import_id": outcome.id,
        "source": outcome.source,
        "digest": outcome.digest,
        "counts": outcome.counts,
    }
    facts = [Fact("AreasImported", imported)]
    facts += [
        Fact("AreaRetired", {"area_id": ids[change.source_id], "import_id": outcome.id})
        for change in outcome.changes
        if change.kind is Kind.RETIRED
    ]
    record(session, f"areas:{outcome.source}", facts, now=now)
