"""A rehearsal as people read it, with what would fail; and its one trace, an entry in the journal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.dispatch.rehearsal.findings import Finding, Lapsed, Setting, findings_of, words_of
from backend.dispatch.rehearsal.play import Rehearsal, Step
from backend.kernel.journal import Fact, record_alone
from backend.kernel.names import names_of
from backend.kernel.sealed import Keyring
from backend.organisations.directory import DIRECTORY, Directory
from backend.organisations.models import Credential
from backend.policy.cache import zone_of
from backend.policy.catalogue import default_catalogue


def say_rehearsal(session: Session, ring: Keyring | None, rehearsal: Rehearsal) -> dict[str, Any]:
    """The rehearsal in words of both languages, in the local time of its place. Names only with ``ring``."""
    directory, zone = DIRECTORY.get(session), zone_of(session, rehearsal.chain)
    people = {one.person_id for step in rehearsal.steps for one in step.told if one.person_id}
    people |= {step.owner.person_id for step in rehearsal.steps if step.owner.person_id}
    names, lapsed = names_of(session, ring, people), _lapsed(session, people, rehearsal)
    steps = [
        _say_step(step, findings_of(step, rehearsal.steps[:at], lapsed), directory, zone, names)
        for at, step in enumerate(rehearsal.steps)
    ]
    asked = rehearsal.question
    index = AREAS.get(session)
    place = index.area(asked.area_id) if asked.area_id is not None else None
    return {
        "area": {"id": place.id, "name": place.name, "names": place.names} if place else None,
        "category": asked.category,
        "grade": asked.grade,
        "kind": asked.kind,
        "at": asked.at,
        "timezone": zone,
        "steps": steps,
        "broken": sum(any(one["breaks"] for one in step["failures"]) for step in steps),
        "weak": sum(bool(step["failures"]) and not any(one["breaks"] for one in step["failures"]) for step in steps),
    }


def note_rehearsal(session: Session, said: Mapping[str, Any], *, by: UUID, now: datetime) -> None:
    """Write that ``by`` rehearsed a ladder: place, matter, time and how many steps would fail; nobody's name."""
    area = said["area"]
    payload = {"area_id": area["id"] if area else None, "category": said["category"], "grade": said["grade"]}
    payload |= {"at": said["at"], "steps": len(said["steps"]), "broken": said["broken"], "weak": said["weak"]}
    record_alone(session, f"rehearsals:{by}", [Fact("LadderRehearsed", payload)], now=now)


def _lapsed(session: Session, people: set[UUID], rehearsal: Rehearsal) -> Sequence[Lapsed]:
    """Credentials that end before the rehearsal does, or were taken away: those prove nothing from the start."""
    end = max(step.at for step in rehearsal.steps)
    rows = session.scalars(select(Credential).where(Credential.person_id.in_(people)).order_by(Credential.type))
    begin = rehearsal.question.at
    return [
        Lapsed(row.person_id, row.type, row.valid_to if row.state == "active" else min(row.valid_to, begin))
        for row in rows
        if row.valid_to <= end or row.state != "active"
    ]


def _say_step(
    step: Step, findings: Sequence[Finding], directory: Directory, zone: str, names: Mapping[UUID, str | None]
) -> dict[str, Any]:
    desk = directory.desks.get(step.desk_id) if step.desk_id else None
    setting = Setting(zone, desk.names if desk else {}, desk is not None and desk.always_staffed, names)
    rungs = default_catalogue().rungs
    return {
        "at": step.at,
        "clock": step.clock,
        "rung": int(step.rung) if step.rung else None,
        "label": rungs[step.rung - 1].label if step.rung else None,
        "desk": {"id": desk.id, "names": desk.names} if desk else None,
        "owner": {
            "desk_id": step.owner.desk_id,
            "names": directory.label(step.owner.org_id, step.owner.desk_id),
            "person_id": step.owner.person_id,
            "person": names.get(step.owner.person_id) if step.owner.person_id else None,
        },
        "is_handed": step.is_handed,
        "reporter_told": step.reporter_told,
        "told": [
            {
                "person_id": one.person_id, "name": names.get(one.person_id) if one.person_id else None,
                "desk_id": one.desk_id, "channel": one.channel, "state": one.state, "outcome": one.outcome,
                "due_at": one.due_at,
            }
            for one in step.told
        ],
        "failures": [
            {"kind": one.kind.value, "breaks": one.breaks, "text": words_of(one, setting)} for one in findings
        ],
    }  # fmt: skip
