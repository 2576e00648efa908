"""The words of a message: neutral texts of ours, with reference numbers and times, never a category, name or place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.kernel.languages import say, say_time

# Outside their thread residents read one text for everything: somebody else may see the screen (C20).
FOR_RESIDENTS = "reporter_mail"
FOR_RESIDENTS_IN_CHAT = "reporter_chat"
DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Words:
    """A subject and a body, ready to be read."""

    subject: str
    body: str


def words_of(
    template: str, params: Mapping[str, Any], language: str, *, zone: str = "UTC", link: str = "", code_word: str = ""
) -> Words:
    """The words of ``template``. Raises UnknownText for a template without texts: a mistake of ours."""
    values = {
        "reference": params.get("number") or "–",
        "due": _due(params, language, zone),
        "count": params.get("count") or 1,
        "link": link,
        "code_word": code_word,
    }
    subject = say(f"notice.{template}.subject", language, **values)
    return Words(subject, say(f"notice.{template}.body", language, **values).strip())


def _due(params: Mapping[str, Any], language: str, zone: str) -> str:
    raw = params.get("due_at") or params.get("until")
    if not raw:
        return say("notice.no_time", language)
    at = raw if isinstance(raw, datetime) else datetime.fromisoformat(raw)
    return say_time(at, language, zone)


def link_of(url: str, *, incident_id: UUID | None, offer_id: UUID | None, is_resident: bool) -> str:
    """Where to read on: an address with ids only, which tells nothing without a sign-in or a receipt."""
    if is_resident:
        return f"{url}/receipt"
    if offer_id:
        return f"{url}/console/offers/{offer_id}"
    return f"{url}/console/incidents/{incident_id}" if incident_id else f"{url}/console"
