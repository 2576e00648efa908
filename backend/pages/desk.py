"""What the staff's pages say of incidents: codes turned into words, ids into labels, times into local ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.dispatch.models import OPEN_OFFER_STATES, Offer
from backend.incidents.models import Incident
from backend.kernel import names
from backend.kernel.languages import UnknownText, pick
from backend.kernel.sealed import Keyring
from backend.organisations.directory import DIRECTORY, Directory
from backend.organisations.models import RoleAssignment
from backend.pages.places import PLACES, Places
from backend.pages.wording import Clock, say_clock, say_span, words
from backend.policy.catalogue import Catalogue, default_catalogue
from backend.settings import Settings
from backend.trust.access import Me

URGENT = 1


def zone_of(session: Session, area_id: int | None, default: str = "") -> str:
    """The time zone of a place."""
    area = AREAS.get(session).area(area_id) if area_id else None
    return (area and area.timezone) or default


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, in which language, when, and what is needed to say things to them."""

    session: Session
    me: Me
    ring: Keyring
    settings: Settings
    language: str
    now: datetime

    @property
    def directory(self) -> Directory:
        """Bodies and desks."""
        return DIRECTORY.get(self.session)

    @property
    def places(self) -> Places:
        """Areas by name."""
        return PLACES.get(self.session)

    @property
    def book(self) -> Catalogue:
        """Categories, grades, routes."""
        return default_catalogue()

    def say(self, key: str, **params: object) -> str:
        """A text of the pages."""
        return words(key, self.language, **params)

    def say_if_known(self, group: str, name: str) -> str:
        """A text of a group, or the group's own for what it does not know: a new fact must not hide the others."""
        try:
            return self.say(f"{group}.{name}")
        except UnknownText:
            return self.say(f"{group}.other", type=name)

    def pick(self, wording: Mapping[str, str]) -> str:
        """One of the languages in which a text is at hand."""
        return pick(wording, self.language)

    def area(self, area_id: int | None) -> str:
        """The name of an area; where there is none, that the place is outside all of them."""
        found = self.places.names.get(area_id) if area_id else None
        return self.pick(found) if found else self.say("place.outside")

    def category(self, code: str | None) -> str:
        """The name of a category."""
        found = self.book.categories.get(code or "")
        return self.pick(found.label) if found else self.say("unsorted")

    def grade(self, grade: int) -> str:
        """The name of a grade, such as "G2 Urgent"."""
        return f"G{grade} {self.pick(self.book.grades[f'G{grade}'].label)}"

    def route(self, code: str) -> str:
        """The name of a route."""
        found = self.book.routes.get(code)
        return self.pick(found.label) if found else code

    def owner(self, org_id: UUID | None, desk_id: UUID | None) -> str:
        """The name of a desk, or of a body."""
        known = org_id in self.directory.organisations
        return self.pick(self.directory.label(org_id, desk_id)) if org_id and known else self.say("somebody")

    def clock(self, due_at: datetime | None) -> Clock | None:
        """How a promise stands."""
        return say_clock(due_at, now=self.now, language=self.language) if due_at else None

    def age(self, at: datetime) -> str:
        """How long ago something was."""
        return say_span((self.now - at).total_seconds(), self.language)


def listed_row(item: Mapping[str, Any], to: Reader) -> dict[str, Any]:
    """An incident in the list. ``item`` is what ``incidents.reading.listed`` gives."""
    owner = item["owner"]
    return {
        "id": item["id"], "number": item["number"], "grade": item["grade"], "grade_words": to.grade(item["grade"]),
        "category": to.category(item["category"]), "kind": to.say(f"kind.{item['kind']}"),
        "status": to.say(f"status.{item['status']}"), "area": to.area(item["area_id"]),
        "owner": to.pick(owner["label"]), "age": to.age(item["opened_at"]), "clock": to.clock(item["due_at"]),
        "due_at": item["due_at"], "zone": zone_of(to.session, item["area_id"], to.settings.timezone),
        "unseen": item["acknowledged_at"] is None and item["closed_at"] is None,
        "unanswered": item["diverted"] and not item["diversion_answered"], "reports": item["report_count"],
        "urgent": item["grade"] == URGENT, "sos": item["kind"] == "distress",
    }  # fmt: skip


def asked_of(to: Reader, *, limit: int = 10) -> list[dict[str, Any]]:
    """What the reader is asked to take on and has not answered, the soonest first."""
    mine = (Offer.person_id == to.me.person_id) | (
        Offer.person_id.is_(None) & Offer.org_id.in_(list(to.me.organisation_ids))
    )
    rows = to.session.execute(
        select(Offer.due_at, Offer.part, Incident.id, Incident.number, Incident.grade, Incident.category)
        .join(Incident, Incident.id == Offer.incident_id)
        .where(mine, Offer.state.in_(OPEN_OFFER_STATES), Offer.due_at > to.now)
        .order_by(Offer.due_at)
        .limit(limit)
    )
    return [
        {
            "id": row.id, "number": row.number, "grade": row.grade, "grade_words": to.grade(row.grade),
            "category": to.category(row.category), "part": to.say(f"part.{row.part}"), "clock": to.clock(row.due_at),
        }
        for row in rows
    ]  # fmt: skip


def names_of(to: Reader, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of colleagues; nothing for those who may not read people."""
    return dict(names.names_of(to.session, to.ring if to.me.may("people.read") else None, ids))


def colleagues(to: Reader) -> dict[UUID, str]:
    """People of the reader's own bodies, who can stand as second person when a G1 is lowered (R05)."""
    ids = to.session.scalars(
        select(RoleAssignment.person_id).where(RoleAssignment.org_id.in_(list(to.me.organisation_ids)))
    )
    return names_of(to, set(ids) - {to.me.person_id})
