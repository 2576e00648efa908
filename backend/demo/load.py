"""Founding the demo's cities: everything through the rooms' own actions, so that checks, journal and versions hold.

A city is founded in one transaction or not at all, some days before ``now``, so that the reports of the last two days
find desks with somebody at them. A later start finds it and only plans the rotas further.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.areas.models import Area
from backend.demo.cities import CODES, Body, City, city
from backend.demo.places import neighbourhoods, somewhere
from backend.demo.rotas import horizon, turns
from backend.demo.sign_ins import SignIn, SignIns, new_password
from backend.incidents.models import Incident
from backend.kernel.database import Actor, Scope, act_as
from backend.kernel.problems import Refusal
from backend.kernel.sealed import Keyring
from backend.organisations.actions.bodies import create_organisation
from backend.organisations.actions.credentials import issue_credential
from backend.organisations.actions.desks import create_desk
from backend.organisations.actions.duty import set_duty
from backend.organisations.actions.mandates import accept_mandate, propose_mandate
from backend.organisations.actions.people import assign_role, create_person
from backend.organisations.actions.rosters import put_rota
from backend.organisations.directory import TOP_ORGANISATION_ID
from backend.organisations.models import Desk, Organisation, RoleAssignment, Shift
from backend.policy.actions import import_policy
from backend.trust.actions import create_account

DEMO = Actor("demo", Scope.SYSTEM)
HISTORY = timedelta(days=3)
PURPOSE = "Invented for the demo; no such body exists. 为演示而虚构，并无此机构。"
SIGNED = "invented agreement of the demo"
VOLUNTEERS, IN_CENTRE, PLAYING = 60, 20, 8
VOLUNTEER_BODIES = ("helpers", "kitchen")
CREDENTIALS_HOLD = timedelta(days=5 * 365)
# Of the volunteers: who holds what beside the basic credential, and who may be called at night.
SHARES = {"in_home": 0.5, "care": 0.25, "child_safeguarding": 0.2, "money": 0.1}
NIGHTS = 0.3
ADMINISTRATOR = "admin"


class NotADemo(Refusal):
    """The database holds bodies or incidents of a real place; nothing invented is put among them."""

    code, status = "not-a-demo", 409
    title = {"en": "This database holds a Linli that is not the demo.", "zh": "此数据库中的邻里并非演示。"}
    advice = {"en": "Choose another folder with --data.", "zh": "请用--data选择其他文件夹。"}


@dataclass(slots=True)
class Founding:
    """What one founding has made so far."""

    session: Session
    town: City
    ring: Keyring
    book: SignIns
    now: datetime
    dice: Random
    areas: dict[str, int]
    bodies: dict[str, UUID] = field(default_factory=dict)
    desks: dict[str, UUID] = field(default_factory=dict)


def load_demo(
    session: Session, town: City, *, ring: Keyring, book: SignIns, now: datetime, say: Callable[[str], None]
) -> bool:
    """Have a city in the database and its rotas planned for four weeks; return whether it was founded now.

    Commits its steps; ``say`` is told of each. Raises NotADemo.
    """
    act_as(session, DEMO)
    is_fresh = not _is_founded(session, town)
    if is_fresh:
        _demand_demo(session)
        _import_boundaries(session, town, say, now=now - HISTORY)
        _found(session, town, ring, book, say, now=now - HISTORY)
    planned = plan_rotas(session, town, now=now)
    session.commit()
    say(f"{town.names['en']}: " + (f"{planned} turns at desks planned" if planned else "is there as it was left"))
    return is_fresh


def _is_founded(session: Session, town: City) -> bool:
    office = select(Organisation.id).where(Organisation.name == town.body("office").names["en"])
    return session.scalar(office) is not None


def _demand_demo(session: Session) -> None:
    if any(_is_founded(session, city(code)) for code in CODES):
        return
    others = select(Organisation.id).where(Organisation.id != TOP_ORGANISATION_ID).limit(1)
    if session.scalar(others) or session.scalar(select(Incident.id).limit(1)):
        raise NotADemo()


def _import_boundaries(session: Session, town: City, say: Callable[[str], None], *, now: datetime) -> None:
    document = town.areas_file.read_bytes()
    done = import_areas(session, document=document, source=town.source, by=str(DEMO), now=now)
    session.commit()
    act_as(session, DEMO)  # with the areas as they are now
    say(f"{town.names['en']}: {done.counts['added']} areas with real boundaries")


def _found(
    session: Session, town: City, ring: Keyring, book: SignIns, say: Callable[[str], None], *, now: datetime
) -> None:
    areas = {row.source_id: row.id for row in session.scalars(select(Area).where(Area.source == town.source))}
    made = Founding(session, town, ring, book, now, Random(town.code), areas)
    names = town.person_names(made.dice)
    for body in town.bodies:
        _enter(made, body)
    for body in town.bodies:
        _sign_mandates(made, body)
    staff = sum(_employ(made, body, [next(names) for _ in range(body.people)]) for body in town.bodies)
    say(f"{town.names['en']}: {len(town.bodies)} bodies and {staff} members of staff, all invented")
    for number in range(VOLUNTEERS):
        _enrol(made, number, next(names))
    _appoint_administrator(made, next(names))
    for document in town.rules:
        text = yaml.safe_dump(dict(document), allow_unicode=True)
        import_policy(session, document=text, by=str(DEMO), now=now)
    book.save()
    session.commit()
    act_as(session, DEMO)
    say(f"{town.names['en']}: {VOLUNTEERS} volunteers, and rules of its own")


def _enter(made: Founding, body: Body) -> None:
    profile = {
        "kind": body.kind, "name": body.names["en"], "names": dict(body.names), "purpose": PURPOSE,
        "neutrality": body.neutrality, "resource_modes": list(body.resources), "methods": list(body.methods),
        "assured_on": made.now,
    }  # fmt: skip
    made.bodies[body.key] = create_organisation(made.session, profile, now=made.now).id
    described = {
        "org_id": made.bodies[body.key], "area_id": made.areas[body.area], "kind": body.desk,
        "name": body.desk_names["en"], "names": dict(body.desk_names),
        # A last desk may not be empty, and no rota is written before there are people.
        "always_staffed": body.desk == "buck_stops",
    }  # fmt: skip
    made.desks[body.key] = create_desk(made.session, described, now=made.now).id


def _sign_mandates(made: Founding, body: Body) -> None:
    for lead in body.leads:
        terms: dict[str, Any] = {
            "org_id": made.bodies[body.key], "area_id": made.areas[body.area], "route": lead.route,
            "category": lead.category, "role": lead.role, "basis": SIGNED,
            "deputy_org_id": made.bodies[lead.deputy] if lead.deputy else None,
        }  # fmt: skip
        mandate = propose_mandate(made.session, terms, now=made.now)
        accept_mandate(made.session, mandate.id, signed_by=SIGNED, now=made.now)


def _employ(made: Founding, body: Body, names: Sequence[str]) -> int:
    for number, name in enumerate(names):
        person = _person(made, name, made.town.chinese if number else round(made.town.chinese))
        for role in body.roles:
            assign_role(made.session, person, role=role, organisation_id=made.bodies[body.key], now=made.now)
        if number == 0:
            whose = body.sign_in or body.names
            _cast(made, person, body.login, f"{whose['en']} {whose['zh']}", shown=body.sign_in is not None)
    return len(names)


def _person(made: Founding, name: str, share: float) -> UUID:
    """A person; ``share`` is the chance that Chinese is their language."""
    language = "zh" if made.dice.random() < share else "en"
    described = {"name": name, "language": language, "timezone": made.town.timezone}
    return create_person(made.session, made.ring, described, now=made.now).id


def _cast(made: Founding, person: UUID, login: str, whose: str, *, shown: bool) -> None:
    """Note who somebody is in the demo. Who is shown can sign in at once; the others once they play."""
    password = new_password() if shown else ""
    made.book.keep(SignIn(login, password, person, whose, shown))
    if shown:
        create_account(made.session, person_id=person, login=login, password=password, now=made.now)


def _enrol(made: Founding, number: int, name: str) -> None:
    """A volunteer, at home in the centre or in one of the other neighbourhoods, with proven competences."""
    session, now, dice = made.session, made.now, made.dice
    person = _person(made, name, made.town.chinese if number else round(made.town.chinese))
    body = made.bodies[VOLUNTEER_BODIES[number % len(VOLUNTEER_BODIES)]]
    assign_role(session, person, role="volunteer", organisation_id=body, now=now)
    types = ["basic", *(type_ for type_, share in SHARES.items() if dice.random() < share)]
    for type_ in types:
        level = "qualified" if type_ == "basic" or dice.random() < 0.8 else "trainee"
        issue_credential(session, person, type_=type_, level=level, valid_to=now + CREDENTIALS_HOLD, now=now)
    centre = made.town.centre_areas
    others = [area for area in neighbourhoods(made.town.code) if area not in centre]
    home = somewhere(made.town.code, dice, within=centre if number < IN_CENTRE else others)
    wish = {
        "on_duty": False, "available": True, "nights": dice.random() < NIGHTS, "skills": types,
        "place": {"lat": home.lat, "lon": home.lon},
    }  # fmt: skip
    set_duty(session, person, wish, now=now)
    if number < PLAYING:
        login = f"{made.town.code}-volunteer" + (f"-{number + 1}" if number else "")
        _cast(made, person, login, "volunteer 志愿者", shown=number == 0)


def _appoint_administrator(made: Founding, name: str) -> None:
    """One administrator for all cities, of the body that answers for whatever no other does."""
    held = select(RoleAssignment.id).where(RoleAssignment.org_id == TOP_ORGANISATION_ID)
    if made.session.scalar(held.limit(1)):
        return
    person = _person(made, name, 0)
    assign_role(made.session, person, role="administrator", organisation_id=TOP_ORGANISATION_ID, now=made.now)
    _cast(made, person, ADMINISTRATOR, "administrator 管理员", shown=True)


def plan_rotas(session: Session, town: City, *, now: datetime) -> int:
    """Plan every desk of a city for the coming four weeks; return how many turns were added.

    Where the demo stood still for a while, the last days are planned too: the backlog lies in them.
    """
    end, since, added = horizon(town.timezone, now), now - HISTORY, 0
    for body in town.bodies:
        desk = session.scalars(select(Desk).where(Desk.name == body.desk_names["en"], Desk.closed_at.is_(None))).first()
        if desk is None:
            continue
        missing = turns(
            body.rota, _people_of(session, desk.org_id), zone=town.timezone, covered_to=_covered_to(session, desk.id),
            now=since, end=end,
        )  # fmt: skip
        if missing:
            put_rota(session, desk.id, missing[0].start, end, missing, zone=town.timezone, now=since)
            added += len(missing)
    return added


def _covered_to(session: Session, desk_id: UUID) -> datetime | None:
    planned = select(func.max(func.upper(Shift.during))).where(Shift.desk_id == desk_id, Shift.withdrawn_at.is_(None))
    found: datetime | None = session.scalar(planned)
    return found


def _people_of(session: Session, organisation_id: UUID) -> list[UUID]:
    staff = select(RoleAssignment.person_id).where(
        RoleAssignment.org_id == organisation_id, RoleAssignment.role != "volunteer", RoleAssignment.until.is_(None)
    )
    return sorted(set(session.scalars(staff)))
