"""The one gateway out: notices become deliveries here, and nowhere else.

Planning is a pure step from what is known to rows, so that the intake path adds them to its own single statement.
What a worker must ask before it sends (hours, consent, safe contact) is asked again in ``parcels.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from backend.dispatch.channels import switched_on
from backend.dispatch.models import Delivery, Provider, Webhook
from backend.dispatch.rules import (
    DEPUTY_TOO,
    IN_APP_ONLY,
    OWN_THREAD,
    PLANNING,
    R15,
    TO_VOLUNTEERS,
    Audience,
    Envelope,
    Verdict,
    chosen_ways,
    judge,
    redacted,
)
from backend.incidents.models import ThreadMessage
from backend.incidents.ownership import chain_in
from backend.kernel.database import Base, insert_all, seeing_all
from backend.kernel.ids import new_id
from backend.kernel.jobs import job_rows
from backend.kernel.outbox import Notice
from backend.kernel.versions import Cached
from backend.organisations.directory import DIRECTORY, DeskEntry, Directory, OnDuty, who_is_on_duty
from backend.organisations.hours import Hours, hours_of
from backend.policy.cache import quiet_hours_at
from backend.policy.clocks import shipped_quiet_hours
from backend.settings import Settings

SEND = "send_delivery"
# By each of the first two that is switched on and has an address, unless somebody chose otherwise: where one fails, the
# others were sent anyhow.
LOUD = ("telegram", "email", "sms", "service")
Rows = dict[Table, list[dict[str, Any]]]
# The answer itself stands in the thread; only the way to tell of it is planned here.
ALREADY_IN_THREAD = OWN_THREAD - {"reporter_received"}


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """What the checks need of an incident.

    ``participants`` are the people of its exercise, ``quiet`` the quiet hours of its place (R14).
    """

    grade: int | None = None
    exercise: bool = False
    zone: str | None = None
    participants: frozenset[UUID] = frozenset()
    quiet: Hours = field(default_factory=shipped_quiet_hours)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What the checks need of a person. Alerts are those of the last day and week."""

    language: str = "en"
    has_email: bool = False
    has_chat: bool = False
    has_left: bool = False
    zone: str | None = None
    audience: Audience = Audience.STAFF
    nights: bool = False
    alerts_day: int = 0
    alerts_week: int = 0
    cap_day: int = R15.cap_day
    cap_week: int = R15.cap_week
    has_phone: bool = False
    ways: Sequence[str] | None = None
    own_quiet: Hours | None = None

    @property
    def reachable(self) -> tuple[str, ...]:
        """The loud channels for which there is an address."""
        has = {"telegram": self.has_chat, "email": self.has_email, "sms": self.has_phone}
        return tuple(channel for channel in LOUD if has.get(channel))


@dataclass(frozen=True, slots=True)
class ReporterFacts:
    """What planning needs of a reporter: the language of their thread, whether they left any contact, by which ways, and a phone
    to push to.

    ``ways`` is None for a report that was sent before these were noted.
    """

    language: str = "en"
    has_contact: bool = False
    ways: Sequence[str] | None = None
    has_push: bool = False

    def has_left(self, channel: str) -> bool:
        """Whether to send by ``channel``. A contact by which nothing can be sent fails as an e-mail: a desk is told."""
        if channel == "push":
            return self.has_push
        if channel == "telegram":
            return self.has_contact and self.ways is not None and "telegram" in self.ways
        return self.has_contact and (self.ways is None or "email" in self.ways or "telegram" not in self.ways)


@dataclass(frozen=True, slots=True)
class Known:
    """All that planning may need about those who are told. Incidents and addressees of the notices must be in it."""

    incidents: Mapping[UUID, IncidentFacts] = field(default_factory=dict)
    on_duty: Mapping[UUID, Sequence[OnDuty]] = field(default_factory=dict)
    people: Mapping[UUID, PersonFacts] = field(default_factory=dict)
    reporters: Mapping[UUID, ReporterFacts] = field(default_factory=dict)
    webhooks: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)
    down: Mapping[str, datetime] = field(default_factory=dict)


def plan_deliveries(
    notices: Sequence[Notice],
    *,
    on_duty: Mapping[UUID, Sequence[OnDuty]],
    directory: Directory,
    settings: Settings,
    now: datetime,
    incidents: Mapping[UUID, IncidentFacts],
    webhooks: Mapping[UUID, Sequence[UUID]] | None = None,
    people: Mapping[UUID, PersonFacts] | None = None,
    reporters: Mapping[UUID, ReporterFacts] | None = None,
    down: Mapping[str, datetime] | None = None,
) -> Rows:
    """The rows that tell ``notices``: deliveries, messages in threads, and the jobs that send; for ``insert_all``.

    No SQL: whoever calls knows the people on duty; ``WEBHOOKS.get(session)`` and ``DOWN.get(session)`` are in memory. An incident, a person
    or a report that is missing among what is known raises KeyError: a mistake of the caller.
    """
    known = Known(incidents, on_duty, people or {}, reporters or {}, webhooks or {}, down or {})
    plan = _Plan(known, directory, settings, now)
    for notice in notices:
        plan.add(notice)
    return plan.rows()


class _Plan:
    """Rows in the making."""

    def __init__(self, known: Known, directory: Directory, settings: Settings, now: datetime) -> None:
        self._known, self._directory, self._settings, self._now = known, directory, settings, now
        self._on = switched_on(settings)
        self._deliveries: list[dict[str, Any]] = []
        self._thread: list[dict[str, Any]] = []

    def rows(self) -> Rows:
        """What was planned, by table."""
        waiting = [row for row in self._deliveries if row["state"] == "waiting"]
        table, jobs = job_rows([(SEND, row["id"], row["lane"], None) for row in waiting])
        return {_table(Delivery): self._deliveries, _table(ThreadMessage): self._thread, table: jobs}

    def add(self, notice: Notice) -> None:
        """Plan one notice."""
        if notice.desk_id:
            self._to_desk(notice, notice.desk_id)
        elif notice.person_id:
            self._to_person(notice, notice.person_id, self._known.people[notice.person_id])
        elif notice.report_id:
            self._to_reporter(notice, notice.report_id)
        else:
            raise ValueError(f"{notice.template} has no address")

    def _to_desk(self, notice: Notice, desk_id: UUID) -> None:
        there = self._known.on_duty.get(desk_id, ())
        rank = 1 if notice.template in DEPUTY_TOO else min((one.rank for one in there), default=0)
        for one in there:
            if one.rank <= rank:
                # Whoever is on duty is told at any hour, so their own quiet hours are not asked for.
                told = PersonFacts(
                    language=one.language, has_email=one.has_email, has_chat=one.has_chat, has_phone=one.has_phone,
                    ways=one.ways,
                )  # fmt: skip
                self._to_person(notice, one.person_id, told, desk_id=desk_id)
        told_before = len(self._deliveries)
        desk = self._directory.desks.get(desk_id)
        if desk and notice.template not in IN_APP_ONLY:
            self._to_desk_itself(notice, desk)
        has_system = desk is not None and notice.template not in IN_APP_ONLY
        for webhook_id in self._known.webhooks.get(desk.org_id, ()) if desk and has_system else ():
            self._row(notice, "webhook", desk_id=desk_id, webhook_id=webhook_id)
        if not there and len(self._deliveries) == told_before:
            # Nobody can be told here, and the row says so; the ladder climbs on.
            self._row(notice, "in_app", desk_id=desk_id, verdict=Verdict("not_sent", "nobody-on-duty", self._now))

    def _to_desk_itself(self, notice: Notice, desk: DeskEntry) -> None:
        """By the desk's group, its address and its service, as its body chose."""
        has = {"telegram": desk.has_group, "email": bool(desk.email), "service": desk.has_service}
        reachable = [channel for channel in LOUD if has.get(channel) and channel in self._on]
        down = [way for way in reachable if way in self._known.down or f"{way}:{desk.id}" in self._known.down]
        body, incident = self._directory.organisations.get(desk.org_id), self._incident(notice)
        ways, quiet = (body.ways, body.quiet) if body else (None, None)
        told = {"desk_id": desk.id} | ({"language": body.language} if body and body.language else {})
        for channel in chosen_ways(ways, reachable=reachable, down=down, is_sos=notice.lane == "sos"):
            envelope = Envelope(
                notice.template, channel, Audience.STAFF, lane=notice.lane, grade=incident.grade,
                zone=incident.zone or self._settings.timezone, own_quiet=quiet,
            )  # fmt: skip
            self._row(notice, channel, verdict=judge(envelope, PLANNING, now=self._now), **told)

    def _to_person(self, notice: Notice, person_id: UUID, facts: PersonFacts, desk_id: UUID | None = None) -> None:
        incident = self._incident(notice)
        zone = facts.zone or incident.zone or self._settings.timezone
        for channel in self._channels(notice, facts):
            envelope = Envelope(
                notice.template, channel, facts.audience, lane=notice.lane, grade=incident.grade, zone=zone,
                quiet=incident.quiet, own_quiet=facts.own_quiet, exercise=incident.exercise,
                participant=person_id in incident.participants,
                nights=facts.nights, alerts_day=facts.alerts_day, alerts_week=facts.alerts_week,
                cap_day=facts.cap_day, cap_week=facts.cap_week,
            )  # fmt: skip
            verdict = judge(envelope, PLANNING, now=self._now)
            if facts.has_left:
                verdict = Verdict("not_sent", "left", self._now)
            told = {"person_id": person_id, "desk_id": desk_id, "language": facts.language}
            self._row(notice, channel, verdict=verdict, **told)

    def _to_reporter(self, notice: Notice, report_id: UUID) -> None:
        reporter = self._known.reporters[report_id]
        if notice.template not in ALREADY_IN_THREAD:
            self._thread.append(
                {
                    "id": new_id(), "report_id": report_id, "incident_id": notice.incident_id,
                    "direction": "to_reporter", "at": self._now, "template": notice.template,
                    "params": dict(notice.params),
                }
            )  # fmt: skip
        for channel in ("telegram", "email", "push"):
            if channel == "telegram" and notice.template == "reporter_received":
                continue  # whoever left a chat reported there, and read the answer there at once
            if channel in self._on and reporter.has_left(channel):
                # Contact and safe contact are sealed; the worker opens them and decides the moment before it sends.
                self._row(notice, channel, report_id=report_id, language=reporter.language)

    def _channels(self, notice: Notice, facts: PersonFacts) -> tuple[str, ...]:
        if notice.template in IN_APP_ONLY:
            return ("in_app",)
        reachable = [channel for channel in facts.reachable if channel in self._on]
        is_sos = notice.lane == "sos"
        return ("in_app", *chosen_ways(facts.ways, reachable=reachable, down=self._known.down, is_sos=is_sos))

    def _incident(self, notice: Notice) -> IncidentFacts:
        return self._known.incidents[notice.incident_id] if notice.incident_id else IncidentFacts()

    def _row(self, notice: Notice, channel: str, *, verdict: Verdict | None = None, **told: Any) -> None:
        verdict = verdict or Verdict("waiting", None, self._now)
        if self._incident(notice).exercise and not told.get("person_id"):
            verdict = Verdict("not_sent", "exercise", self._now)
        if channel == "in_app" and verdict.state == "waiting":
            verdict = Verdict("handed_over", "inbox", self._now)
        told = {"language": self._settings.languages[0]} | told
        self._deliveries.append(delivery_row(notice, channel, verdict, now=self._now, **told))


def delivery_row(
    notice: Notice, channel: str, verdict: Verdict, *, language: str, now: datetime, person_id: UUID | None = None,
    desk_id: UUID | None = None, report_id: UUID | None = None, webhook_id: UUID | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One delivery as a row; all rows name the same columns."""
    return {
        "id": new_id(), "incident_id": notice.incident_id, "report_id": report_id, "offer_id": notice.offer_id,
        "person_id": person_id, "desk_id": desk_id, "webhook_id": webhook_id, "channel": channel,
        "lane": notice.lane, "template": notice.template, "params": redacted(notice.params), "language": language,
        "state": verdict.state, "outcome": verdict.outcome, "created_at": now, "due_at": verdict.due_at,
        "fence": 0, "attempts": 0, "handed_over_at": now if verdict.state == "handed_over" else None,
    }  # fmt: skip


def person_ways(session: Session, person_id: UUID, *, on: frozenset[str]) -> PersonFacts | None:
    """By what somebody can be reached and in which order they chose; None where they left or never were."""
    row = session.execute(_WAYS, {"id": person_id}).one_or_none()
    if row is None:
        return None
    return PersonFacts(
        row.language, row.has_email and "email" in on, row.has_chat and "telegram" in on,
        has_phone=row.has_phone and "sms" in on, ways=row.ways,
    )  # fmt: skip


_WAYS = text(
    "SELECT p.language, p.email IS NOT NULL AND p.email_bounced_at IS NULL AS has_email, p.phone IS NOT NULL AS has_phone,"
    " EXISTS (SELECT FROM chat_link c WHERE c.person_id = p.id) AS has_chat, p.ways FROM person p"
    " WHERE p.id = :id AND p.left_at IS NULL"
)


def delivery_table() -> Table:
    """The table of deliveries, by which planned rows are found."""
    return _table(Delivery)


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def load_webhooks(session: Session) -> dict[UUID, tuple[UUID, ...]]:
    """Where each body wants to be told. Use ``WEBHOOKS.get(session)``, which keeps it by version."""
    found: dict[UUID, tuple[UUID, ...]] = {}
    query = select(Webhook.org_id, Webhook.id).where(Webhook.ended_at.is_(None)).order_by(Webhook.created_at)
    for org_id, webhook_id in session.execute(query):
        found[org_id] = (*found.get(org_id, ()), webhook_id)
    return found


def load_down(session: Session) -> dict[str, datetime]:
    """The providers that are down, with the time of the next probe. Use ``DOWN.get(session)``."""
    query = select(Provider).where(Provider.state != "working")
    return {row.name: row.probe_at or row.since for row in session.scalars(query)}


DOWN = Cached("providers", load=load_down)

# Whoever adds or ends a webhook bumps the version of "webhooks" in the same transaction.
WEBHOOKS = Cached("webhooks", load=load_webhooks)


class DispatchGateway:
    """The gateway that rooms below reach by ``kernel.outbox.announce``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def take(self, session: Session, notices: Sequence[Notice], *, now: datetime) -> None:
        """Write the deliveries of ``notices`` in the present transaction."""
        session.flush()  # rows that the deliveries point at
        with seeing_all(session):
            known = gather(session, notices, now=now)
            rows = plan_deliveries(
                notices, on_duty=known.on_duty, directory=DIRECTORY.get(session), settings=self._settings, now=now,
                incidents=known.incidents, webhooks=known.webhooks, people=known.people, reporters=known.reporters,
                down=known.down,
            )  # fmt: skip
            insert_all(session, rows)


def gather(session: Session, notices: Sequence[Notice], *, now: datetime) -> Known:
    """Read what planning needs about those who are told: at most one statement for each kind of addressee."""
    volunteers = frozenset(one.person_id for one in notices if one.person_id and one.template in TO_VOLUNTEERS)
    offers = [one.offer_id for one in notices if one.offer_id]
    return Known(
        incidents_of(session, [one.incident_id for one in notices if one.incident_id], now=now),
        who_is_on_duty(session, [one.desk_id for one in notices if one.desk_id], now=now),
        people_of(
            session, [one.person_id for one in notices if one.person_id], without=offers, asked=volunteers, now=now
        ),
        _reporters_of(session, [one.report_id for one in notices if one.report_id]),
        WEBHOOKS.get(session),
        DOWN.get(session),
    )


_INCIDENTS = text(
    "SELECT i.id, i.grade, i.exercise_id IS NOT NULL AS exercise, a.timezone AS zone, i.area_id, i.area_ids"
    " FROM incident i LEFT JOIN area a ON a.id = i.area_id WHERE i.id = ANY(:ids)"
)


def incidents_of(session: Session, ids: Sequence[UUID], *, now: datetime) -> dict[UUID, IncidentFacts]:
    """What the checks need of some incidents. One statement; the rules of their places are in memory."""
    rows = session.execute(_INCIDENTS, {"ids": list(ids)}) if ids else ()
    return {
        row.id: IncidentFacts(
            row.grade, row.exercise, row.zone,
            quiet=quiet_hours_at(session, chain_in(row.area_ids, row.area_id), now=now),
        )
        for row in rows
    }  # fmt: skip


_PEOPLE = text(
    "SELECT p.id, p.language, p.email IS NOT NULL AND p.email_bounced_at IS NULL AS has_email,"
    " p.phone IS NOT NULL AS has_phone, p.ways, p.quiet_from, p.quiet_to,"
    " EXISTS (SELECT FROM chat_link c WHERE c.person_id = p.id) AS has_chat,"
    " p.left_at IS NOT NULL AS has_left, p.timezone AS zone,"
    " EXISTS (SELECT FROM role_assignment x WHERE x.person_id = p.id AND x.role = 'volunteer'"
    " AND (x.until IS NULL OR x.until > :now)) AND NOT EXISTS (SELECT FROM role_assignment x WHERE x.person_id = p.id"
    " AND x.role <> 'volunteer' AND (x.until IS NULL OR x.until > :now)) AS only_volunteer,"
    " coalesce(r.nights, false) AS nights, least(r.daily_cap, :cap_day) AS cap_day,"
    " least(r.weekly_cap, :cap_week) AS cap_week, alerts.day, alerts.week"
    " FROM person p LEFT JOIN responder r ON r.person_id = p.id"
    " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE o.offered_at > :day) AS day, count(*) AS week FROM offer o"
    " WHERE o.person_id = p.id AND o.part = 'volunteer' AND o.offered_at > :week AND o.id <> ALL(:without)) alerts"
    " WHERE p.id = ANY(:ids)"
)


def people_of(
    session: Session, ids: Sequence[UUID], *, without: Sequence[UUID] = (), asked: frozenset[UUID] = frozenset(),
    now: datetime,
) -> dict[UUID, PersonFacts]:  # fmt: skip
    """What the checks need of some people. One statement.

    Alerts are counted without the offers ``without``, which are the ones being told of. ``asked`` are told as
    volunteers, whatever else they are; anyone who is nothing but a volunteer always is.
    """
    if not ids:
        return {}
    params = {
        "ids": list(ids), "without": list(without), "now": now, "day": now - timedelta(days=1),
        "week": now - timedelta(days=7), "cap_day": R15.cap_day, "cap_week": R15.cap_week,
    }  # fmt: skip
    return {
        row.id: PersonFacts(
            row.language, row.has_email, row.has_chat, row.has_left, row.zone,
            Audience.VOLUNTEER if row.only_volunteer or row.id in asked else Audience.STAFF,
            row.nights, row.day, row.week, row.cap_day, row.cap_week, row.has_phone, row.ways,
            hours_of(row.quiet_from, row.quiet_to),
        )
        for row in session.execute(_PEOPLE, params)
    }  # fmt: skip


_REPORTERS = text(
    "SELECT id, language, contact IS NOT NULL AS has_contact, reach, push IS NOT NULL AS has_push"
    " FROM report WHERE id = ANY(:ids)"
)


def _reporters_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, ReporterFacts]:
    rows = session.execute(_REPORTERS, {"ids": list(ids)}) if ids else ()
    return {row.id: ReporterFacts(row.language, row.has_contact, row.reach, row.has_push) for row in rows}
