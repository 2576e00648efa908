"""The services on offer, their definitions, and the document by which clients find them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from sqlalchemy.orm import Session

from backend.intake.open311.formats import CONTENT_TYPES, JSON, XML
from backend.intake.open311.refusals import NoSuchService
from backend.intake.open311.rules import is_service
from backend.intake.open311.schemas import YES_NO
from backend.kernel.database import versions_of
from backend.kernel.languages import pick, say
from backend.policy.cache import ruleset_at
from backend.policy.catalogue import default_catalogue
from backend.policy.categories import Category
from backend.policy.ruleset import RuleSet
from backend.settings import Settings

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
ENDPOINT = "/open311/v2"
# What a client may ask beside the fields that every request has; none is required.
ATTRIBUTES = {"danger_now": "singlevaluelist", "happened_at": "datetime", "contact_consent": "singlevaluelist"}


def services_of(session: Session, settings: Settings, *, now: datetime) -> dict[str, Category]:
    """The services by their code: categories as they hold everywhere in the deployment. No statement."""
    ruleset = ruleset_at(session, (), now=now, country=settings.country)
    return {code: one for code, one in ruleset.categories.items() if is_open(ruleset, one)}


def is_open(ruleset: RuleSet, category: Category) -> bool:
    """Whether a category is a service under the rules of a place."""
    return is_service(category, private=ruleset.flag(category, "private", category.private))


def discovery(session: Session, settings: Settings, *, site: str, language: str) -> dict[str, Any]:
    """Where the interface is and what it speaks. ``site`` is the address of this server."""
    changed = _changeset(session)
    endpoint = {
        "specification": SPECIFICATION, "url": f"{site}{ENDPOINT}", "changeset": changed,
        "type": "test" if settings.simulated_clock else "production",
        "formats": [CONTENT_TYPES[suffix].partition(";")[0] for suffix in (XML, JSON)],
    }  # fmt: skip
    return {
        "changeset": changed,
        "contact": say("open311.contact", language, site=site),
        "key_service": say("open311.key_service", language),
        "endpoints": [endpoint],
    }


def _changeset(session: Session) -> str:
    """What grows when services may have changed: the program's version, then the versions of its rules and areas."""
    release = ".".join(f"{int(part):04}" for part in version("linli").split(".")[:3])
    versions = versions_of(session)
    return f"{release}-{versions.get('policy', 0):08}-{versions.get('areas', 0):08}"


def service_list(services: Mapping[str, Category], language: str) -> list[dict[str, Any]]:
    """Every service as GeoReport v2 lists it. All answer with an id at once."""
    routes = default_catalogue().routes
    return [
        {
            "service_code": code, "service_name": pick(one.label, language), "description": pick(one.plain, language),
            "metadata": True, "type": "realtime", "keywords": None, "group": pick(routes[one.lead].label, language),
        }
        for code, one in services.items()
    ]  # fmt: skip


def definition(services: Collection[str], code: str, language: str) -> dict[str, Any]:
    """What may be asked beside the usual. Raises NoSuchService."""
    if code not in services:
        raise NoSuchService()
    attributes = [_attribute(at, name, kind, language) for at, (name, kind) in enumerate(ATTRIBUTES.items(), start=1)]
    return {"service_code": code, "attributes": attributes}


def _attribute(order: int, name: str, kind: str, language: str) -> dict[str, Any]:
    listed = YES_NO if kind == "singlevaluelist" else ()
    return {
        "variable": True, "code": name, "datatype": kind, "required": False, "datatype_description": None,
        "order": order, "description": say(f"open311.attribute.{name}", language),
        "values": [{"key": key, "name": say(f"open311.{key}", language)} for key in listed],
    }  # fmt: skip
