"""What the database knows of requests and offers, as the facts that rules compare. The one place that knows the columns.

A coordinator's own view decides which of them are read (row security). How often a helper was asked and who is kept
apart is counted over all, or somebody could be asked by every area once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from backend.aid.board import LOOKING, doubted
from backend.aid.matching.facts import AT_ONCE_MOST, Offered, Safeguard, Wanted, Window
from backend.aid.matching.history import DAY, WEEK, asked_of, helper_of, knew_by, met_by, proved_of
from backend.aid.matching.rules import in_order
from backend.aid.models import AidListing, AidMatch
from backend.aid.rules import Side
from backend.aid.safety import IN_PAIRS, PAIR
from backend.aid.states import HELD
from backend.aid.windows import occurrences
from backend.dispatch.rules import R15
from backend.incidents.models import Incident, Report
from backend.kernel.database import seeing_all
from backend.policy.catalogue import default_catalogue

# How far ahead hours are compared: what lies further is arranged nearer the time.
AHEAD = timedelta(days=28)
# What the words of the page mean in hours.
DAYS_AHEAD: Mapping[str, timedelta] = {"soon": 2 * DAY, "week": WEEK, "often": AHEAD, "any": AHEAD}
# A body that offers what it has is no neighbour who tires; what it can give is counted by amounts.
BODY_CAP, BODY_AT_ONCE = 1_000, 50
# Care relief is for a child unless somebody says otherwise, as where volunteers are asked (dispatch/volunteers.py).
ALSO_CHILD = frozenset({"AID06"})


@dataclass(frozen=True, slots=True)
class Known:
    """A listing as it stands: the row with all that coordinators see, and what rules compare."""

    row: Any
    fact: Wanted | Offered

    @property
    def id(self) -> UUID:
        """The listing's id."""
        found: UUID = self.row.id
        return found


LISTED = (
    AidListing.id, AidListing.report_id, AidListing.direction, AidListing.category, AidListing.on_board, AidListing.kept_off,
    AidListing.days, AidListing.windows, AidListing.amount, AidListing.unit, AidListing.people, AidListing.language,
    AidListing.languages, AidListing.accessibility, AidListing.conditions, AidListing.risk, AidListing.resource,
    AidListing.for_another, AidListing.for_source, AidListing.organisation_id, AidListing.person_id,
    AidListing.waiting_since, AidListing.expires_at, Report.source, Incident.id.label("incident_id"), Incident.number,
    Incident.grade, Incident.lat, Incident.lon, Incident.area_id, Incident.area_ids, Incident.category.label("need_now"),
)  # fmt: skip


def held() -> ColumnElement[bool]:
    """Whether a person has to look first: danger, a duty, a safe way to be reached, a dispute, a worry about somebody."""
    return or_(
        Incident.safe_mode,
        Incident.duty_open,
        Incident.diverted,
        Incident.disputed,
        Incident.grade <= 2,
        doubted().exists(),
    )


def is_open(*, now: datetime) -> list[ColumnElement[bool]]:
    """The conditions under which a listing is matched at all, on the board or off it."""
    agreed = select(func.count()).select_from(AidMatch)
    agreed = agreed.where(AidMatch.request_report_id == Report.id, AidMatch.state.in_(HELD))
    # Where two have to come together a request is open until both have agreed (R17).
    enough = case((AidListing.risk.in_(IN_PAIRS), PAIR), else_=1)
    return [
        AidListing.ended_at.is_(None), AidListing.expires_at > now, Report.withdrawn_at.is_(None),
        Incident.state.in_(LOOKING), Incident.compartment == "aid", Incident.exercise_id.is_(None),
        or_(AidListing.direction == Side.OFFER, agreed.correlate(Report).scalar_subquery() < enough),
    ]  # fmt: skip


def open_listings(*more: ColumnElement[Any], now: datetime) -> Select[*tuple[Any, ...]]:
    """The statement that reads what coordinators match. ``more``: further columns."""
    return (
        select(*LISTED, held().label("held"), *more)
        .join(Report, Report.id == AidListing.report_id)
        .join(Incident, Incident.id == Report.incident_id)
        .where(*is_open(now=now))
    )


def known(session: Session, rows: Sequence[Any], *, now: datetime) -> list[Known]:
    """The facts of rows of ``open_listings``, in their order."""
    hours = _Hours(now)
    offers = [row for row in rows if row.direction == Side.OFFER]
    asked, proved = _before(session, offers, now=now) if offers else ({}, {})
    return [
        Known(row, _offered(row, hours, asked, proved) if row.direction == Side.OFFER else _wanted(row, hours))
        for row in rows
    ]


def _before(
    session: Session, offers: Sequence[Any], *, now: datetime
) -> tuple[Mapping[Any, Counter[str]], Mapping[UUID, frozenset[str]]]:
    with seeing_all(session):
        asked = asked_of(session, offers, now=now)
        return asked, proved_of(session, [row.person_id for row in offers if row.person_id], now=now)


class _Hours:
    """Windows by what they say, each worked out once: hundreds say the same."""

    def __init__(self, now: datetime) -> None:
        self._now, self._until = now, now + AHEAD
        self._found: dict[str, tuple[Window, ...]] = {}

    def of(self, row: Any) -> tuple[Window, ...] | None:
        """The hours of a listing from now on; None where it says nothing."""
        if not row.windows:
            return (Window(self._now, self._now + DAYS_AHEAD[row.days]),) if row.days else None
        said = repr(row.windows)
        if said not in self._found:
            spans = occurrences(row.windows, since=self._now, until=self._until)
            self._found[said] = in_order([Window(*span) for span in spans], now=self._now, until=self._until)
        return self._found[said]


def _wanted(row: Any, hours: _Hours) -> Wanted:
    return Wanted(
        row.id, row.need_now or "", row.waiting_since, row.lat, row.lon, windows=hours.of(row), **_said(row),
        # Whoever needs something for taking part says so; nothing said is nothing needed.
        accessibility=frozenset(row.accessibility or ()), safeguards=safeguards(row), held=bool(row.held),
    )  # fmt: skip


def _offered(
    row: Any, hours: _Hours, asked: Mapping[Any, Counter[str]], proved: Mapping[UUID, frozenset[str]]
) -> Offered:
    helper = helper_of(row)
    times = asked.get(helper, Counter())
    is_body = row.organisation_id is not None
    room = min(R15.cap_day - times["day"], R15.cap_week - times["week"])
    return Offered(
        row.id, row.need_now or "", row.lat, row.lon, windows=hours.of(row), **_said(row),
        accessibility=None if row.accessibility is None else frozenset(row.accessibility),
        credentials=proved.get(row.person_id, frozenset()) if row.person_id else None,
        load=times["week"], cap=BODY_CAP if is_body else times["week"] + max(0, room),
        at_once=BODY_AT_ONCE if is_body else AT_ONCE_MOST, held=bool(row.held), helper=helper,
    )  # fmt: skip


def _said(row: Any) -> dict[str, Any]:
    languages = tuple(base(one) for one in row.languages) if row.languages else None
    amount = float(row.amount) if row.amount is not None else None
    return {"amount": amount, "unit": row.unit, "languages": languages, "writes": base(row.language)}


def base(tag: str) -> str:
    """The language of a tag such as zh-Hant-TW."""
    return tag.partition("-")[0].lower()


def safeguards(row: Any) -> frozenset[Safeguard]:
    """Why a trained matcher is needed: the risk that was told at first and that of the category as it is now (R19)."""
    category = default_catalogue().categories.get(row.need_now or "")
    told = {row.risk, category.risk_class if category else None}
    found = {one for one in Safeguard if one.value in told}
    return frozenset(found | ({Safeguard.CHILD} if row.need_now in ALSO_CHILD else set()))


def apart(session: Session, wanted: Sequence[Known], offered: Sequence[Known]) -> list[Wanted]:
    """The requests with the offers that each is kept apart from, and with those of people who helped before.

    Kept apart: the same two met already, both are of one address, the help is for whoever offers it, or a worry stood
    between their people once.
    """
    with seeing_all(session):
        met = met_by(session, [one.row for one in wanted], [one.row for one in offered])
        knew = knew_by(session, [one.row for one in wanted], [one.row for one in offered])
    by_source: dict[bytes, list[Known]] = defaultdict(list)
    for one in offered:
        if one.row.source:
            by_source[bytes(one.row.source)].append(one)
    found = []
    for one in wanted:
        fact = one.fact
        assert isinstance(fact, Wanted)
        own = {bytes(source) for source in (one.row.source, one.row.for_source) if source}
        asked = bytes(one.row.source) if one.row.source else None
        excluded = met[one.row.report_id] | _of(by_source, own | knew.worried.get(asked, set()))
        helped = _of(by_source, knew.helped.get(asked, set()))
        found.append(replace(fact, excluded=frozenset(excluded), helped_by=frozenset(helped)))
    return found


def _of(by_source: Mapping[bytes, Iterable[Known]], sources: Iterable[bytes]) -> set[UUID]:
    return {one.id for source in sources for one in by_source.get(source, ())}
