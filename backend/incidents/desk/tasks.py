"""Tasks on an incident (C23): from a list of ours or in words, for a body or a person, and duties that bar closing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.incidents import acts
from backend.incidents.acts import ENGINE, By
from backend.incidents.desk.models import Task
from backend.incidents.desk.states import TASK_OVER, TaskMove, TaskState, next_task_state, task_moves
from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.rules import Barred, is_terminal
from backend.incidents.states import State
from backend.incidents.telling import tell_desks
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.problems import NotFound
from backend.kernel.sealed import Keyring
from backend.organisations.directory import DIRECTORY
from backend.organisations.models import Person

# What desks ask of each other most; whatever else there is, is said in words.
CODES = (
    "call_back",
    "visit",
    "look_again",
    "inform_body",
    "interpret",
    "secure_place",
    "bring_supplies",
    "follow_up",
    "find_helper",
    "refer_to_service",
    "offer_case_work",
    "child_duty",
    "harm_duty",
)
# Asked for by law wherever they are asked for at all (R11): they are duties whatever the box says.
DUTIES = frozenset({"child_duty", "harm_duty"})


def add(
    session: Session, incident: Incident, wanted: Mapping[str, Any], *, by: By, ring: Keyring, now: datetime
) -> Task:
    """Put a task on the incident; the body that it is for is told. Raises ActRefused, Unsuitable."""
    if is_terminal(State(incident.state)):
        raise ActRefused(Barred("over", "This incident is over.", "该事件已结束。"), state=incident.state)
    org_id, person_id = wanted.get("organisation_id"), wanted.get("person_id")
    directory = DIRECTORY.get(session)
    if org_id and org_id not in directory.active:
        raise Unsuitable({"en": "This body does not take part at present.", "zh": "该机构目前未参与。"})
    if person_id and session.get(Person, person_id) is None:
        raise Unsuitable({"en": "There is no such person.", "zh": "没有此人。"})
    task_id = new_id()
    title = acts.sealed_words(session, ring, task_id, "title", wanted.get("text"), now=now)
    code = wanted.get("code")
    task = Task(
        id=task_id, incident_id=incident.id, code=code, title=title, duty=bool(wanted["duty"]) or code in DUTIES,
        org_id=org_id, person_id=person_id, state=TaskState.OPEN, due_at=wanted.get("due_at"), made_by=by.person_id,
        made_at=now, moved_by=by.person_id, moved_at=now,
    )  # fmt: skip
    session.add(task)
    if org_id and org_id not in incident.party_org_ids:
        incident.party_org_ids = [*incident.party_org_ids, org_id]
    payload = {"task_id": task_id, "code": code, "duty": task.duty, "org_id": org_id}
    _settled(session, incident, Fact("TaskAdded", payload), by=by, now=now)
    desk = directory.desk_of(org_id, chain_of(incident)) if org_id else None
    tell_desks(session, incident, "task_added", [desk.id if desk else None], now=now)
    return task


def task_row(incident_id: UUID, code: str, *, due_at: datetime, now: datetime) -> tuple[dict[str, Any], Fact]:
    """A task of the list that no person asked for, as a row, and what the journal says of it."""
    row = {
        "id": new_id(), "incident_id": incident_id, "code": code, "duty": False, "state": TaskState.OPEN,
        "due_at": due_at, "made_at": now, "moved_at": now,
    }  # fmt: skip
    return row, Fact("TaskAdded", {"task_id": row["id"], "code": code, "duty": False, "org_id": None})


def put(session: Session, incident: Incident, code: str, *, due_at: datetime, now: datetime) -> None:
    """Put a task of the list on an incident because a clock ran out; its owner sees to it."""
    row, fact = task_row(incident.id, code, due_at=due_at, now=now)
    session.add(Task(**row))
    _settled(session, incident, fact, by=ENGINE, now=now)


def move(session: Session, incident: Incident, task_id: UUID, step: TaskMove, *, by: By, now: datetime) -> Task:
    """Begin, block, finish, cancel or reopen a task. A duty is called off by a supervisor. Raises ActRefused, NotFound."""
    task = session.get(Task, task_id, with_for_update=True)
    if task is None or task.incident_id != incident.id:
        raise NotFound({"en": "There is no such task here.", "zh": "此处没有该任务。"})
    before = TaskState(task.state)
    after = next_task_state(before, step)
    if after is None:
        raise ActRefused(
            Barred("task-not-in-this-state", "The task does not stand so that this is possible.", "任务当前状态不允许此操作。"),
            state=before, moves=[one.value for one in task_moves(before)],
        )  # fmt: skip
    if task.duty and step is TaskMove.CANCEL and not by.supervisor:
        raise ActRefused(
            Barred("duty-needs-supervisor", "Only a supervisor calls a duty off.", "法定职责只能由主管取消。"),
            state=before,
        )
    task.state, task.moved_by, task.moved_at = after, by.person_id, now
    payload = {"task_id": task.id, "code": task.code, "from": before, "to": after}
    _settled(session, incident, Fact("TaskMoved", payload), by=by, now=now)
    return task


def _settled(session: Session, incident: Incident, fact: Fact, *, by: By, now: datetime) -> None:
    """What every change of a task brings: whether a duty is open, a new version, the journal."""
    session.flush()
    incident.duty_open = bool(
        session.scalar(
            select(func.count()).select_from(Task).where(
                Task.incident_id == incident.id, Task.duty, Task.state.not_in([state.value for state in TASK_OVER])
            )
        )
    )  # fmt: skip
    incident.version += 1
    record(session, incident_stream(incident.id), [fact], now=now)
    if by.person_id:
        acts.acknowledge(session, incident, by=by, now=now)
    session.flush()
