"""Ready answers to residents: texts of ours in both languages, filled from codes, each in the language of its reader."""

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.incidents.models import Incident, Report
from backend.incidents.refusals import Unsuitable
from backend.kernel.languages import LANGUAGES, best_language, pick, say, say_time, texts
from backend.organisations.directory import DIRECTORY

PREFIX, TITLE = "answer.", ".title"


def keys() -> tuple[str, ...]:
    """The ready answers that there are, in the order of their file."""
    return tuple(
        key.removeprefix(PREFIX).removesuffix(TITLE)
        for key in texts()
        if key.startswith(PREFIX) and key.endswith(TITLE)
    )


def filled(session: Session, incident: Incident, key: str, language: str, *, timezone: str) -> str:
    """A ready answer about an incident, in the reader's language. Raises Unsuitable where there is none of this name."""
    if key not in keys():
        raise Unsuitable({"en": "There is no such ready answer.", "zh": "没有此回复模板。"})
    language = best_language(language)
    nearest = AREAS.get(session).area(incident.area_id) if incident.area_id else None
    zone = ZoneInfo((nearest and nearest.timezone) or timezone)
    label = DIRECTORY.get(session).label(incident.owner_org_id, incident.owner_desk_id)
    due = say_time(incident.due_at, language, zone.key) if incident.due_at else say("notice.no_time", language)
    return say(f"answer.{key}.body", language, reference=incident.number, owner=pick(label, language), due=due)


def offered(session: Session, incident: Incident, *, timezone: str) -> dict[str, Any]:
    """Every ready answer as it would read now, in each language that a reporter of this incident has chosen."""
    query = select(Report.language).where(Report.incident_id == incident.id, Report.withdrawn_at.is_(None))
    readers = Counter(best_language(language) for language in session.scalars(query))
    wanted = [language for language in LANGUAGES if readers[language]] or list(LANGUAGES[:1])
    return {
        "readers": [{"language": language, "threads": readers[language]} for language in wanted],
        "items": [
            {
                "key": key,
                "title": dict(texts()[f"{PREFIX}{key}{TITLE}"]),
                "words": {one: filled(session, incident, key, one, timezone=timezone) for one in wanted},
            }
            for key in keys()
        ],
    }
