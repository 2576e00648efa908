"""What the reader of an incident may do to it now: each act, the guard that bars it in words, and how it is undone.

The same table and guards decide as when the act is done; what an act itself brings along (evidence, a reason, a view) is
not held against it here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.incidents import acts
from backend.incidents.acts import By
from backend.incidents.desk import undoing
from backend.incidents.desk.duplicates import said
from backend.incidents.desk.naming import names
from backend.incidents.models import Incident
from backend.incidents.parts import HAS_PARTS, NO_PART, PART_ALREADY
from backend.incidents.refusals import NoSuchIncident
from backend.incidents.rules import Barred, Standing, is_terminal, move
from backend.incidents.states import Act
from backend.kernel.sealed import Keyring

PERMISSION = {
    Act.TRIAGE: "incidents.triage", Act.OFFER: "incidents.triage", Act.MERGE: "incidents.triage",
    Act.SPLIT: "incidents.triage", Act.ATTACH: "incidents.triage", Act.DETACH: "incidents.triage",
    Act.MAJOR: "incidents.major", Act.ACCEPT: "offers.answer", Act.DECLINE: "offers.answer",
}  # fmt: skip
# What clocks and reporters do is no act of a desk.
NOT_OF_DESKS = frozenset({Act.LAPSE, Act.WITHDRAW, Act.REGRADE})
OPEN_OFFERS = frozenset({"proposed", "seen"})
NOT_YOUR_ROLE = Barred("not-your-role", "Your role does not allow this.", "您的角色无权执行此操作。")
LOWEST, HIGHEST = 5, 1
# A task is called off and a dispute settled by steps of their own.
OWN_WAY_BACK = {"task": "call-off", "dispute": "settle"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: as acts know them, their bodies and what they may call."""

    by: By
    person_id: UUID
    organisation_ids: tuple[UUID, ...]
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Around:
    """What of the records around an incident decides about acts: acknowledged, hand-overs and offers that wait."""

    acknowledged: bool = False
    handover_open: bool = False
    asked_me: bool = False
    dispute_open: bool = False
    is_part: bool = False
    has_parts: bool = False


def bars(standing: Standing, around: Around, reader: Reader, *, now: datetime) -> dict[str, Barred | None]:
    """Why each act is barred for the reader, None when it is allowed; by the act's name. Pure."""
    found: dict[str, Barred | None] = {"acknowledge": _acknowledge(standing, around)}
    for act in Act:
        if act not in NOT_OF_DESKS:
            found[act.value] = _bar(standing, around, act, reader, now)
    found |= {"regrade-up": _regrade(standing, reader, up=True), "regrade-down": _regrade(standing, reader, up=False)}
    over = is_terminal(standing.state)
    found["task"] = Barred("over", "This incident is over.", "该事件已结束。") if over else None
    found["dispute"] = found["task"]
    if around.dispute_open and not over:
        found["dispute"] = Barred("dispute-open", "A dispute is open already.", "已有争议在处理。")
    without_work = NOT_YOUR_ROLE if "incidents.work" not in reader.permissions else None
    return {
        name: without_work if name not in {act.value for act in PERMISSION} and without_work else bar
        for name, bar in found.items()
    }


def _acknowledge(standing: Standing, around: Around) -> Barred | None:
    if is_terminal(standing.state):
        return Barred("over", "This incident is over.", "该事件已结束。")
    return Barred("seen-already", "A person has seen it already.", "已有人确认。") if around.acknowledged else None


def _bar(standing: Standing, around: Around, act: Act, reader: Reader, now: datetime) -> Barred | None:
    if PERMISSION.get(act, "incidents.work") not in reader.permissions:
        return NOT_YOUR_ROLE
    if act in {Act.ACCEPT, Act.DECLINE}:
        nobody = Barred("not-asked", "Nobody asks you or your body about this.", "没有向您或贵机构派单或交接。")
        return None if around.asked_me else nobody
    # What the act brings along is not missing yet; a triage answers for the danger in the same form.
    if act is Act.CHECK_GOALS:
        standing = replace(standing, open_goals=0, unapproved_goals=0, view_asked=1)
    if act is Act.TRIAGE:
        standing = replace(standing, diversion_open=False)
    outcome = move(standing, act, supervisor=reader.by.supervisor, now=now)
    if isinstance(outcome, Barred):
        return outcome
    if act is Act.ATTACH and (around.is_part or around.has_parts):
        return PART_ALREADY if around.is_part else HAS_PARTS
    if act is Act.DETACH and not around.is_part:
        return NO_PART
    if act is Act.HAND_OVER and around.handover_open:
        return Barred("handover-open", "A hand-over is waiting for its answer.", "已有交接待答复。")
    if act is Act.WAIT and standing.grade == HIGHEST:
        return Barred("g1-never-waits", "A G1 incident cannot wait.", "一级事件不能等待。")
    return None


def _regrade(standing: Standing, reader: Reader, *, up: bool) -> Barred | None:
    outcome = move(standing, Act.REGRADE, supervisor=reader.by.supervisor)
    if isinstance(outcome, Barred):
        return outcome
    if up:
        top = Barred("top-grade", "It has the highest grade already.", "已是最高等级。")
        return top if standing.grade == HIGHEST else None
    if standing.grade == LOWEST:
        return Barred("lowest-grade", "It has the lowest grade already.", "已是最低等级。")
    if not reader.by.trained:
        return Barred("down-needs-triage", "Only a trained triager may lower the grade.", "只有受训分诊员可以降级。")
    return None


def for_reader(
    session: Session, found: Mapping[str, Any], reader: Reader, *, ring: Keyring, now: datetime
) -> dict[str, Any]:
    """What one reader sees beside the incident ``found``: acts with their guards, what can be undone, names for ids."""
    incident = session.get(Incident, found["id"])
    if incident is None:
        raise NoSuchIncident()
    standing = acts.standing_of(session, incident, by=reader.by)
    barred = bars(standing, around_of(found, reader), reader, now=now)
    step = undoing.latest(session, incident.id)
    undo_bar = undoing.barred(session, incident, step, by=reader.by, now=now)
    return {
        "acts": [_act(name, bar) for name, bar in barred.items()],
        "undo": {
            "allowed": undo_bar is None, "barred": said(undo_bar), "fact": step.fact if step else None,
            "until": step.until if step else None,
        },
        "names": names(session, found, with_people="people.read" in reader.permissions, ring=ring),
    }  # fmt: skip


def _act(name: str, barred: Barred | None) -> dict[str, Any]:
    return {"act": name, "allowed": barred is None, "barred": said(barred), "undone": undone_by(name)}


def undone_by(name: str) -> dict[str, Any]:
    """How an act is undone: ``within`` seconds silently, by another ``act``, or ``never``."""
    if name in {"acknowledge", "note", "regrade-up", "regrade-down"}:
        return {"how": "within", "seconds": int(undoing.UNDO_WITHIN.total_seconds())}
    counter = undoing.COUNTER.get(Act(name)) if name in set(Act) else None
    way = OWN_WAY_BACK.get(name) or (counter.value if counter else None)
    return {"how": "act", "act": way} if way else {"how": "never"}


def around_of(found: Mapping[str, Any], reader: Reader) -> Around:
    """What of the records around an incident concerns its reader."""
    waiting = [one for one in found["handovers"] if one["state"] == "proposed"]
    asked = [
        one for one in found.get("offers", ()) if one["state"] in OPEN_OFFERS and _asks(one, "person_id", "org_id", reader)
    ] + [one for one in waiting if _asks(one, "to_person_id", "to_org_id", reader)]  # fmt: skip
    acknowledging = [one for one in found["clocks"] if one["kind"] == "acknowledge" and one["state"] == "running"]
    return Around(
        acknowledged=not acknowledging and found["acknowledged_at"] is not None,
        handover_open=bool(waiting),
        asked_me=bool(asked),
        dispute_open=any(one["state"] != "closed" for one in found["disputes"]),
        is_part=found["family"]["whole"] is not None,
        has_parts=bool(found["family"]["parts"]),
    )


def _asks(one: Mapping[str, Any], person: str, org: str, reader: Reader) -> bool:
    if one[person]:
        return bool(one[person] == reader.person_id)
    return one[org] in reader.organisation_ids
