"""What the ids and codes around an incident are called, so that a screen need not ask for each of them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.languages import texts
from backend.kernel.names import names_of
from backend.kernel.sealed import Keyring
from backend.organisations.directory import DIRECTORY
from backend.policy.catalogue import default_catalogue

PARTS = ("ownership", "offers", "deliveries", "handovers", "tasks", "disputes", "notes", "messages", "triages")
# What a decision asks for beside its route: codes whose words are in the catalogue.
ASKED = ("reviews", "needs", "forbids", "offers")
PEOPLE = ("person_id", "to_person_id", "written_by", "made_by", "moved_by", "proposed_by", "opened_by", "decided_by",
          "answered_by")  # fmt: skip


def names(session: Session, found: Mapping[str, Any], *, with_people: bool, ring: Keyring) -> dict[str, Any]:
    """What the ids and codes around an incident are called. Names of people are for those who may read people."""
    directory, areas = DIRECTORY.get(session), AREAS.get(session)
    orgs = set(_ids(found, "org_id", "to_org_id", "with_org_id")) | {found["owner"]["organisation_id"]}
    orgs |= {UUID(one["org_id"]) for dispute in found["disputes"] for one in dispute["called"]}
    desks = set(_ids(found, "desk_id", "to_desk_id")) | {found["owner"]["desk_id"]}
    held = {area: areas.area(area) for area in found["place"]["area_ids"]}
    return {
        "people": _people(session, found, ring=ring) if with_people else {},
        "organisations": {
            str(one): dict(directory.organisations[one].names) for one in orgs if one in directory.organisations
        },
        "desks": {str(one): dict(directory.desks[one].names) for one in desks if one in directory.desks},
        "areas": [{"id": area, "name": one.name, "names": dict(one.names)} for area, one in held.items() if one],
        **_codes(found),
    }


def _codes(found: Mapping[str, Any]) -> dict[str, Any]:
    """The words of routes, rungs, the rules that were tried, what they ask for, and what happened."""
    book, known = default_catalogue(), texts()
    tried = {step["rule"] for decision in found["decisions"] for step in decision["trace"]}
    happened = {event["type"] for event in found["timeline"]}
    asked = {code for one in found["decisions"] for part in ASKED for code in one["result"].get(part, ())}
    told = {one["template"] for part in ("messages", "deliveries") for one in found.get(part, ())} - {None}
    return {
        "routes": {code: dict(route.label) for code, route in book.routes.items()},
        "rungs": {str(int(rung.number)): dict(rung.label) for rung in book.rungs},
        "results": {code: dict(words) for code, words in book.results.items()},
        "words": {code: dict(book.words[code]) for code in asked if code in book.words},
        "rules": {rule.id: dict(rule.title) for rule in book.product.rules if rule.id in tried},
        "notices": {
            name: {part: dict(known[f"notice.{name}.{part}"]) for part in ("subject", "body")}
            for name in told
            if f"notice.{name}.body" in known
        },
        "events": {
            name: dict(words)
            for name in happened
            if (words := known.get(f"page.event.{name}") or known.get(f"event.{name}"))
        },
    }


def _ids(found: Mapping[str, Any], *fields: str) -> Iterable[UUID]:
    for part in PARTS:
        for one in found.get(part, ()):
            yield from (one[field] for field in fields if one.get(field))


def _people(session: Session, found: Mapping[str, Any], *, ring: Keyring) -> dict[str, str]:
    wanted = {*_ids(found, *PEOPLE), found["owner"]["person_id"], *_actors(found["timeline"])} - {None}
    return {str(person): name for person, name in names_of(session, ring, wanted).items()}


def _actors(timeline: Iterable[Mapping[str, Any]]) -> Iterable[UUID]:
    for event in timeline:
        kind, _, raw = event["actor"].partition(":")
        if kind == "person":
            yield UUID(raw)
