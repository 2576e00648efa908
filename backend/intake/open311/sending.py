"""A service request becomes a report like every other, and its answer a notice: danger first, then who has it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.intake.open311.refusals import NoSuchService
from backend.intake.open311.services import services_of
from backend.intake.receive import Received, ReusedClientId, receive
from backend.intake.schemas import NewReportSchema
from backend.intake.sighting import spot_of
from backend.kernel.idempotency import KEY_MOST, KeyReused, KeyTooLong
from backend.kernel.ids import new_id
from backend.kernel.languages import say, say_time
from backend.kernel.sealed import Keyring
from backend.policy.cache import zone_of
from backend.settings import Settings

CHANNEL = "open311"
_REPORT = NewReportSchema()


def take(
    session: Session, form: Mapping[str, Any], *, key: str | None, language: str, settings: Settings, ring: Keyring,
    now: datetime,
) -> Received:  # fmt: skip
    """Receive a service request; the caller commits.

    ``key`` is the client's Idempotency-Key: with the same one the same request is taken once. Without one two requests
    that look alike are two reports, for the answer holds a receipt, which belongs to whoever sent the first. Raises
    NoSuchService, BehaviourFirst, KeyReused, KeyTooLong.
    """
    if form["service_code"] not in services_of(session, settings, now=now):
        raise NoSuchService()
    report = _REPORT.load(report_of(form, client_id=_client_id(ring, key), language=language))
    try:
        return receive(session, report, settings=settings, ring=ring, now=now)
    except ReusedClientId as error:
        raise KeyReused() from error


def _client_id(ring: Keyring, key: str | None) -> UUID:
    if not key:
        return new_id()
    if len(key) > KEY_MOST:
        raise KeyTooLong()
    return UUID(bytes=ring.hashed(CHANNEL, key)[:16], version=4)


def report_of(form: Mapping[str, Any], *, client_id: UUID, language: str) -> dict[str, Any]:
    """The report in a form. Ids of devices and accounts are dropped: nothing here needs them."""
    said = {
        "client_id": str(client_id), "kind": "concern", "category": form["service_code"], "channel": CHANNEL,
        "language": language, "text": _text(form), "place": _place(form), "contact": _contact(form),
        "danger_now": form.get("danger_now") == "yes",
        "happened_at": form["happened_at"].isoformat() if "happened_at" in form else None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def _text(form: Mapping[str, Any]) -> str | None:
    """The sender's words. What ``media_url`` names is never fetched: the address is kept as words beside them."""
    media = f"media_url: {form['media_url']}" if "media_url" in form else None
    return "\n\n".join(part for part in (form.get("description"), media) if part) or None


def _place(form: Mapping[str, Any]) -> dict[str, Any]:
    address_id = f"address_id: {form['address_id']}" if "address_id" in form else None
    landmark = "\n".join(part for part in (form.get("address_string"), address_id) if part)
    place = {"lat": form["lat"], "lon": form["long"]} if "lat" in form else {}
    return place | ({"landmark": landmark} if landmark else {})


def _contact(form: Mapping[str, Any]) -> dict[str, Any] | None:
    """Who sent it, sealed with the report. An address alone is no consent to be written to (INV-15)."""
    name = " ".join(form[part] for part in ("first_name", "last_name") if part in form)
    found = {"name": name} if name else {}
    found |= {part: form[part] for part in ("email", "phone") if part in form}
    return {**found, "consent": form.get("contact_consent") == "yes"} if found else None


def answered(
    session: Session, received: Received, form: Mapping[str, Any], *, site: str, language: str
) -> dict[str, Any]:
    """The answer to a request. ``site`` is the address of this server. No statement."""
    told = received.body
    zone = zone_of(session, spot_of(AREAS.get(session), _place(form)).chain)
    due = say_time(datetime.fromisoformat(told["next_update_by"]), language, zone)
    sentences = [
        *_emergency(told.get("emergency"), language),
        say("open311.owned", language, owner=told["owner"]["label"], due=due),
        say("open311.receipt", language, receipt=told["receipt"], page=f"{site}{told['links']['page']}"),
    ]
    notice = (" " if language == "en" else "").join(sentences)
    return {"service_request_id": told["id"], "service_notice": notice, "account_id": None}


def _emergency(emergency: Mapping[str, Any] | None, language: str) -> list[str]:
    if emergency is None:
        return []
    return [say("open311.emergency", language, number=emergency["number"], advice=emergency["advice"])]
