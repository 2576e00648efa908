"""Reading many incidents: the queue by pages in its three orders, and those of one glance, in a constant number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Row, Select, and_, cast, exists, func, literal, or_, select, true, tuple_
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, IncidentClock, Link, Report
from backend.incidents.rules import PACES, PACES_S
from backend.incidents.states import TERMINAL
from backend.kernel.pages import PAGE_SIZE, Reader, decode_cursor, encode_cursor, moment, not_ours, number
from backend.organisations.directory import DIRECTORY

LISTED = (
    Incident.id, Incident.number, Incident.state, Incident.phase, Incident.grade, Incident.category, Incident.kind,
    Incident.compartment, Incident.area_id, Incident.opened_at, Incident.acknowledged_at, Incident.closed_at,
    Incident.due_at, Incident.due_since, Incident.owner_org_id, Incident.owner_desk_id, Incident.owner_person_id,
    Incident.diverted, Incident.diversion_answered, Incident.major, Incident.major_level, Incident.disputed, Incident.report_count,
    Incident.version,
)  # fmt: skip
# The grade that is never behind a page or a filter.
ALARM_GRADE = 1
ALARMS_MOST = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue is narrowed to. ``words`` are blind tokens of what was searched for; all must occur.

    ``owners``: bodies of which one answers; ``late_at``: only what is overdue at that moment; ``ids``: only these, also
    when they are closed.
    """

    statuses: tuple[str, ...] = ()
    grades: tuple[int, ...] = ()
    area_id: int | None = None
    categories: tuple[str, ...] = ()
    owners: tuple[UUID, ...] = ()
    person_id: UUID | None = None
    without_person: bool = False
    late_at: datetime | None = None
    disputed: bool = False
    major: bool = False
    has_parts: bool = False
    no_part: bool = False
    language: str | None = None
    ids: tuple[UUID, ...] = ()
    words: tuple[int, ...] = ()
    number: int | None = None


def queue(
    session: Session,
    filters: Filters,
    *,
    sort: str = "urgency",
    cursor: str | None,
    limit: int = PAGE_SIZE,
    now: datetime,
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of incidents and the next page's cursor.

    ``sort``: "urgency" is by grade, then by the soonest promise; "newest" by when it was opened; "risk" by the share of
    its time that the soonest promise has used, the most first, and what is not promised anything last.
    """
    if sort == "risk":
        rows, following = _by_risk(session, filters, cursor, limit, now)
    else:
        rows, following = _by_keys(session, filters, cursor, limit, newest=sort == "newest")
    return [listed(session, row) for row in rows], following


def _by_keys(
    session: Session, filters: Filters, cursor: str | None, limit: int, *, newest: bool
) -> tuple[Sequence[Row[Any]], str | None]:
    keys: tuple[Any, ...] = (
        (Incident.opened_at, Incident.id) if newest else (Incident.grade, Incident.due_at, Incident.id)
    )
    readers: tuple[Reader, ...] = (moment, UUID) if newest else (number, moment, UUID)
    query = _behind(narrowed(select(*LISTED), filters), decode_cursor(cursor, len(keys), readers), newest=newest)
    order = [key.desc() for key in keys] if newest else [keys[0], keys[1].asc().nulls_last(), keys[2]]
    rows = session.execute(query.order_by(*order).limit(limit + 1)).all()
    following = encode_cursor([getattr(rows[limit - 1], key.key) for key in keys]) if len(rows) > limit else None
    return rows[:limit], following


def _behind(query: Select[Any], after: list[Any] | None, *, newest: bool) -> Select[Any]:
    if after is None:
        return query
    if newest:
        return query.where(tuple_(Incident.opened_at, Incident.id) < tuple(after))
    grade, due, which = after
    if due is None:
        rest = and_(Incident.due_at.is_(None), Incident.id > which)
    else:
        rest = or_(Incident.due_at > due, and_(Incident.due_at == due, Incident.id > which), Incident.due_at.is_(None))
    return query.where(Incident.grade >= grade, or_(Incident.grade > grade, rest))


def _by_risk(
    session: Session, filters: Filters, cursor: str | None, limit: int, now: datetime
) -> tuple[Sequence[Row[Any]], str | None]:
    """The first of each class of promises by an index, and of those the first of all.

    Pages are those of the moment of the first one, which the cursor carries, so that they do not shift with time.
    """
    after = decode_cursor(cursor, 4, (moment, _class, moment, UUID))
    as_of = after[0] if after else now
    if as_of is None or (after and (after[1] is None) != (after[2] is None)):
        raise not_ours()
    rows: list[Row[Any]] = []
    if after is None or after[1] is not None:
        rows += session.execute(_promised(filters, after, as_of, limit + 1)).all()
    if len(rows) <= limit:
        rows += session.execute(_unpromised(filters, after, limit + 1 - len(rows))).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_cursor([as_of, last.pace, last.due_at, last.id])


def _class(part: Any) -> int | None:
    if part is not None and part not in PACES:
        raise ValueError("no class of promises")
    return None if part is None else number(part)


def _promised(filters: Filters, after: list[Any] | None, as_of: datetime, limit: int) -> Select[Any]:
    left_s = (after[2] - as_of).total_seconds() / PACES_S[after[1]] if after else None
    # By the index alone it is found to the second; which comes behind exactly, the comparison below says.
    bounds = None if left_s is None else [_moment_near(as_of, left_s * length_s - 1) for length_s in PACES_S]
    names = ["pace", "length_s"] if bounds is None else ["pace", "length_s", "bound"]
    columns: list[Any] = [list(PACES), list(map(float, PACES_S))]
    classes = func.unnest(*columns, *([bounds] if bounds else [])).table_valued(*names, name="class").render_derived()
    left = cast(func.extract("epoch", Incident.due_at - as_of), Float) / cast(classes.c.length_s, Float)
    query = narrowed(select(*LISTED, Incident.pace, left.label("left_of_it")), filters)
    query = query.where(Incident.pace == classes.c.pace, Incident.due_at.is_not(None))
    if after:
        length = literal(float(PACES_S[after[1]]), Float)
        reached = cast(func.extract("epoch", literal(after[2]) - as_of), Float) / length
        query = query.where(
            Incident.due_at >= classes.c.bound,
            tuple_(left, Incident.pace, Incident.due_at, Incident.id) > tuple_(reached, *after[1:]),
        )
    of_class = query.order_by(Incident.due_at, Incident.id).limit(limit).correlate(classes).lateral("of_class")
    order = (of_class.c.left_of_it, of_class.c.pace, of_class.c.due_at, of_class.c.id)
    return select(of_class).select_from(classes).join(of_class, true()).order_by(*order).limit(limit)


def _moment_near(as_of: datetime, seconds: float) -> datetime:
    """A moment so many seconds later, or as near as a calendar comes."""
    try:
        return as_of + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=as_of.tzinfo) if seconds > 0 else datetime.min.replace(tzinfo=as_of.tzinfo)


def _unpromised(filters: Filters, after: list[Any] | None, limit: int) -> Select[Any]:
    query = narrowed(select(*LISTED, Incident.pace), filters)
    query = query.where(Incident.pace.is_(None), Incident.due_at.is_(None))
    if after and after[1] is None:
        query = query.where(Incident.id > after[3])
    return query.order_by(Incident.id).limit(limit)


def narrowed(query: Select[*tuple[Any, ...]], filters: Filters) -> Select[*tuple[Any, ...]]:
    """The query with the filters; closed incidents only where their states or they themselves are asked for."""
    if filters.statuses:
        query = query.where(Incident.state.in_(filters.statuses))
    if not filters.ids and not set(filters.statuses) & {state.value for state in TERMINAL}:
        query = query.where(Incident.closed_at.is_(None))
    if filters.grades:
        query = query.where(Incident.grade.in_(filters.grades))
    if filters.area_id is not None:
        query = query.where(Incident.area_ids.contains([filters.area_id]))
    if filters.categories:
        query = query.where(Incident.category.in_(filters.categories))
    if filters.owners:
        query = query.where(Incident.owner_org_id.in_(filters.owners))
    return _narrowed_further(query, filters)


def _narrowed_further(query: Select[*tuple[Any, ...]], filters: Filters) -> Select[*tuple[Any, ...]]:
    if filters.person_id:
        query = query.where(Incident.owner_person_id == filters.person_id)
    if filters.without_person:
        query = query.where(Incident.owner_person_id.is_(None))
    if filters.late_at:
        query = query.where(Incident.due_at < filters.late_at)
    if filters.disputed:
        query = query.where(Incident.disputed)
    if filters.major:
        query = query.where(Incident.major)
    if filters.has_parts:
        query = query.where(_linked(Link.other_id))
    if filters.no_part:
        query = query.where(~_linked(Link.incident_id))
    if filters.language:
        speaks = and_(Report.incident_id == Incident.id, Report.language == filters.language)
        query = query.where(exists().where(speaks).correlate(Incident))
    if filters.ids:
        query = query.where(Incident.id.in_(filters.ids))
    if filters.words:
        query = query.where(Incident.words.contains(list(filters.words)))
    if filters.number is not None:
        query = query.where(Incident.number == filters.number)
    return query


def _linked(end: Any) -> Any:
    """Whether an incident stands at this end of a confirmed "part of"."""
    return exists().where(end == Incident.id, Link.kind == "part_of", Link.state == "confirmed").correlate(Incident)


def alarms(session: Session) -> list[dict[str, Any]]:
    """Every open incident of the highest grade, the soonest promise first, with the clock by which it has to be seen.

    That clock's moments and how many rungs its ladder has climbed are None and 0 where it does not run.
    """
    clock = and_(
        IncidentClock.incident_id == Incident.id, IncidentClock.kind == "acknowledge", IncidentClock.state == "running"
    )
    columns: list[Any] = [*LISTED, IncidentClock.due_at.label("seen_by"), IncidentClock.next_rung_at]
    columns += [IncidentClock.rungs_fired]
    query: Select[Any] = select(*columns).outerjoin(IncidentClock, clock)
    query = query.where(Incident.grade == ALARM_GRADE, Incident.closed_at.is_(None))
    query = query.order_by(Incident.due_at.asc().nulls_last(), Incident.id).limit(ALARMS_MOST)
    return [
        listed(session, row)
        | {"acknowledge_by": row.seen_by, "next_rung_at": row.next_rung_at, "rungs_climbed": row.rungs_fired or 0}
        for row in session.execute(query)
    ]


def listed(session: Session, row: Row[Any] | Incident) -> dict[str, Any]:
    """An incident as the queue shows it: codes and labels, no words of people."""
    directory = DIRECTORY.get(session)
    return {
        "id": row.id, "number": row.number, "status": row.state, "phase": row.phase, "grade": row.grade,
        "category": row.category, "kind": row.kind, "compartment": row.compartment, "area_id": row.area_id,
        "opened_at": row.opened_at, "acknowledged_at": row.acknowledged_at, "closed_at": row.closed_at,
        "due_at": row.due_at, "due_since": row.due_since,
        "owner": {
            "organisation_id": row.owner_org_id, "desk_id": row.owner_desk_id, "person_id": row.owner_person_id,
            "label": dict(directory.label(row.owner_org_id, row.owner_desk_id)),
        },
        "diverted": row.diverted, "diversion_answered": row.diversion_answered, "major": row.major,
        "major_level": row.major_level,
        "disputed": row.disputed, "report_count": row.report_count, "version": row.version,
    }  # fmt: skip


def counts_by_grade(session: Session) -> dict[int, int]:
    """How many open incidents of each grade the reader may see."""
    rows = session.execute(
        select(Incident.grade, func.count()).where(Incident.closed_at.is_(None)).group_by(Incident.grade)
    )
    return {row[0]: row[1] for row in rows}
