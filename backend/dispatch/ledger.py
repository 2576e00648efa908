"""The ledger of deliveries in words: for residents, for responders and for coordinators, no word beyond what a row proves.

Each says how far a message came, and where it did not come through what happens instead. Codes of channels are told in
words to those who can act on them, never to residents.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import Delivery
from backend.kernel.languages import LANGUAGES, say, texts


class Reader(StrEnum):
    """Whose words are used."""

    RESIDENT = "resident"
    RESPONDER = "responder"
    COORDINATOR = "coordinator"


class Row(Protocol):
    """What of a delivery is told."""

    channel: str
    state: str
    outcome: str | None
    attempts: int


def say_state(row: Row, reader: Reader, language: str) -> str:
    """How far the message came."""
    name = f"ledger.{reader}.{row.channel}.{row.state}"
    return say(name if name in texts() else f"ledger.{reader}.{row.state}", language)


def say_code(channel: str, code: str | None, language: str) -> str:
    """What a channel's answer means, in words; what no words are known for is named as it is."""
    code = code or ""
    for name in (f"ledger.code.{channel}.{code}", f"ledger.code.{code}", f"ledger.code.{channel}.{code[:1]}xx"):
        if code and name in texts():
            return say(name, language)
    return say("ledger.code.other", language, code=code or "–")


def say_outcome(row: Row, language: str) -> str:
    """State and reason together, as whoever pressed a test button wants to know it."""
    said = say_state(row, Reader.COORDINATOR, language)
    again = row.state == "waiting" and row.attempts > 0
    return (
        f"{said} {say_code(row.channel, row.outcome, language)}"
        if again or row.state in {"failed", "not_sent"}
        else said
    )


def instead_of(row: Row, others: Sequence[Row], *, has_incident: bool) -> str:
    """What happens instead, as a key: empty where the message came through, or is still simply on its way."""
    if row.state == "waiting" and row.attempts:
        return "again"
    if row.state == "held":
        return "later"
    if row.state == "not_sent":
        return {"nobody-on-duty": "ladder", "exercise": "exercise", "overtaken": "overtaken"}.get(
            row.outcome or "", "thread"
        )
    if row.state != "failed":
        return ""
    if any(
        one.channel not in {row.channel, "in_app", "webhook"} and one.state not in {"failed", "not_sent"}
        for one in others
    ):
        return "other_way"
    return "desk" if has_incident else "inbox"


def say_instead(key: str, reader: Reader, language: str) -> str:
    """What happens instead, in words."""
    return say(f"ledger.instead.{reader}.{key}", language) if key else ""


def told_of(rows: Iterable[Any], reader: Reader) -> dict[UUID, dict[str, str]]:
    """The words of deliveries by id, in each language: state, reason where it failed, and what happens instead."""
    rows = list(rows)
    siblings: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        siblings.setdefault(_message(row), []).append(row)
    found: dict[UUID, dict[str, str]] = {}
    for row in rows:
        instead = instead_of(row, siblings[_message(row)], has_incident=row.incident_id is not None)
        found[row.id] = {language: _sentence(row, instead, reader, language) for language in LANGUAGES}
    return found


def _message(row: Any) -> tuple[Any, ...]:
    return row.template, row.created_at, row.person_id, row.report_id, row.desk_id


def _sentence(row: Row, instead: str, reader: Reader, language: str) -> str:
    parts = [say_state(row, reader, language)]
    if reader is not Reader.RESIDENT and (row.state in {"failed", "not_sent"} or instead == "again"):
        parts.append(say_code(row.channel, row.outcome, language))
    parts.append(say_instead(instead, reader, language))
    return (" " if language == "en" else "").join(part for part in parts if part)


LISTED = (
    "id", "incident_id", "offer_id", "channel", "template", "lane", "state", "created_at", "handed_over_at",
    "delivered_at", "seen_at",
)  # fmt: skip


def deliveries_to(session: Session, person_id: UUID, *, before: Any = None, most: int) -> list[dict[str, Any]]:
    """What was sent to a person by every channel, the newest first, in a responder's words."""
    query = select(Delivery).where(Delivery.person_id == person_id)
    if before is not None:
        query = query.where(Delivery.created_at < before)
    rows = session.scalars(query.order_by(Delivery.created_at.desc(), Delivery.id).limit(most)).all()
    words = told_of(rows, Reader.RESPONDER)
    return [{name: getattr(row, name) for name in LISTED} | {"said": words[row.id]} for row in rows]


def to_reporter(session: Session, report_id: UUID) -> Mapping[str, Any] | None:
    """The latest message to a reporter that went outside their thread; None where none did."""
    query = select(Delivery).where(Delivery.report_id == report_id).order_by(Delivery.created_at.desc(), Delivery.id)
    rows = session.scalars(query.limit(3)).all()
    if not rows:
        return None
    latest = [row for row in rows if row.created_at == rows[0].created_at]
    order = ("seen", "delivered", "handed_over", "waiting", "held", "failed", "not_sent")
    best = min(latest, key=lambda row: order.index(row.state))
    return {"said": told_of([best], Reader.RESIDENT)[best.id], "at": best.handed_over_at, "state": best.state}
