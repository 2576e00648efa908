"""Looking at a file before it is imported: what it would add, change and close, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.areas.actions import counts_of, known_areas, preview_digest
from backend.areas.borders import outside_of, overlaps_of
from backend.areas.changes import Change, plan
from backend.areas.geojson import ParsedArea, survey_areas
from backend.areas.problems import PROBLEMS_SHOWN
from backend.areas.sketch import Outline, sketch_of

CHANGES_SHOWN = 1000
BORDERS_SHOWN = 200
UNCHANGED = "unchanged"


def preview_areas(session: Session, *, document: bytes, source: str, repair: bool = False) -> dict[str, Any]:
    """What importing ``document`` would do to the areas of ``source``. Nothing is written.

    Rows with problems are left out of what would change: nothing of such a file can be imported. Raises
    AreaImportRefused for a file that cannot be read at all.
    """
    survey = survey_areas(document, repair=repair)
    areas, known = survey.sound.areas, known_areas(session, source)
    # An area whose row is broken is not one that the file leaves out.
    changes = [one for one in plan(known, areas) if one.area or one.source_id not in survey.broken_ids]
    overlaps, outside = overlaps_of(areas), outside_of(areas)
    return {
        "digest": preview_digest(known, document, source=source, repair=repair),
        "source": source,
        "can_import": bool(changes) and not survey.problems,
        "counts": counts_of(changes, total=len(areas)) | {"invalid": len({one.row for one in survey.problems})},
        "changes": changes[:CHANGES_SHOWN],
        "repaired": survey.sound.repaired,
        "problems": [one.as_dict() for one in survey.problems[:PROBLEMS_SHOWN]],
        "problem_count": len(survey.problems),
        "overlaps": overlaps[:BORDERS_SHOWN],
        "overlap_count": len(overlaps),
        "outside": outside[:BORDERS_SHOWN],
        "outside_count": len(outside),
        "sketch": sketch_of(_outlines(areas, changes)),
    }


def _outlines(areas: Sequence[ParsedArea], changes: Sequence[Change]) -> list[Outline]:
    kinds: Mapping[str, str] = {one.source_id: one.kind.value for one in changes}
    return [
        Outline(area.geometry, area.id, area.name, area.names, kinds.get(area.id, UNCHANGED)) for area in areas
    ]  # fmt: skip
