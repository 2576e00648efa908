"""Requests and offers from a file: a street's list on paper, a day of calls. All rows are taken, or none (C47).

Each row becomes a report as if it had been sent by the page: it is graded, routed, owned and told of like any other.
The same file sent twice is taken once.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from marshmallow import ValidationError
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.aid.matching.refusals import BadRows, NotAFile
from backend.incidents.models import Report
from backend.intake.receive import receive
from backend.intake.schemas import NewReportSchema
from backend.kernel.database import seeing_all
from backend.kernel.problems import Refusal
from backend.kernel.sealed import Keyring
from backend.settings import Settings

HEAD = (
    "direction", "need", "text", "lat", "lon", "landmark", "language", "days", "amount", "unit", "people", "languages",
    "accessibility", "conditions", "on_board", "consent_by", "email", "phone",
)  # fmt: skip
NEEDED = ("direction", "need")
KIND = {"request": "aid_request", "offer": "aid_offer"}
ROWS_MOST = 500
# Rows of a file are told apart by this and by what they say.
_SPACE = UUID("6f0f6a34-3a1b-4d0c-9a1c-7d5a2b0e9c11")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('aid-import', 0))")
_YES, _NO = frozenset({"yes", "true", "1", "是"}), frozenset({"", "no", "false", "0", "否"})


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import brought: how many rows, how many of them new, and the reports' incidents (none for a try)."""

    rows: int
    fresh: int
    incidents: tuple[UUID, ...] = ()


def take(
    session: Session, document: bytes, *, dry_run: bool, settings: Settings, ring: Keyring, now: datetime
) -> Taken:
    """Take a file of requests and offers. Raises NotAFile, BadRows; then nothing is stored. The caller commits."""
    sent = read(document)
    with seeing_all(session):
        # Two who send the same file at the same moment do it one after the other.
        session.execute(_ONE_AT_A_TIME)
        known = set(
            session.scalars(select(Report.client_id).where(Report.client_id.in_([one["client_id"] for one in sent])))
        )
        new = [one for one in sent if one["client_id"] not in known]
        if dry_run:
            return Taken(len(sent), len(new))
        incidents = []
        for one in new:
            try:
                taken = receive(session, one, settings=settings, ring=ring, now=now)
            except Refusal as refusal:  # what a report may not be, a row of a file may not be
                raise BadRows({_row(sent.index(one)): {"text": [refusal.title["en"]]}}, rows=len(sent)) from refusal
            incidents.append(UUID(str(taken.body["incident"]["id"])))
        return Taken(len(sent), len(new), tuple(incidents))


def read(document: bytes) -> list[dict[str, Any]]:
    """The reports that a file describes. Raises NotAFile, BadRows naming each row and field."""
    rows = _rows(document)
    found: list[dict[str, Any]] = []
    wrong: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for at, row in enumerate(rows):
        said = sha256(repr(sorted(row.items())).encode()).hexdigest()
        # Two rows that say the same are two requests; each has an id of its own.
        seen[said] = seen.get(said, 0) + 1
        try:
            found.append(_report(row, uuid5(_SPACE, f"{said} {seen[said]}")))
        except ValidationError as error:
            wrong[_row(at)] = error.messages
    if wrong:
        raise BadRows(wrong, rows=len(rows))
    return found


def _row(at: int) -> str:
    """A row as a spreadsheet counts it: the heads are the first."""
    return f"row {at + 2}"


def _rows(document: bytes) -> list[dict[str, str]]:
    try:
        said = document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotAFile({"en": "Save it as CSV in UTF-8.", "zh": "请保存为UTF-8编码的CSV文件。"}) from error
    try:
        reader = csv.DictReader(io.StringIO(said), strict=True)
        heads = [(name or "").strip() for name in reader.fieldnames or ()]
        reader.fieldnames = heads
        rows = [row for row in reader if any((value or "") for value in row.values() if isinstance(value, str))]
    except csv.Error as error:
        raise NotAFile({"en": "Its quotation marks do not close.", "zh": "文件中的引号不完整。"}) from error
    _check_heads(heads, len(rows))
    return [{name: _plain(row.get(name)) for name in heads} for row in rows]


def _check_heads(heads: Sequence[str], rows: int) -> None:
    unknown = [name for name in heads if name not in HEAD]
    if unknown or not set(NEEDED) <= set(heads) or len(set(heads)) < len(heads):
        said = ", ".join(HEAD)
        raise NotAFile({"en": f"The heads may be: {said}.", "zh": f"表头可以是：{said}。"}, unknown=unknown)
    if not 0 < rows <= ROWS_MOST:
        raise NotAFile({"en": f"Send 1 to {ROWS_MOST} rows at once.", "zh": f"每次请提交1至{ROWS_MOST}行。"})


def _plain(value: object) -> str:
    """A cell as it was meant: an apostrophe before a formula's sign is ours or the spreadsheet's."""
    said = value.strip() if isinstance(value, str) else ""
    return said[1:] if said[:1] == "'" and said[1:2] in {"=", "+", "-", "@"} else said


def _report(row: Mapping[str, str], client_id: UUID) -> dict[str, Any]:
    """A row as a report. Raises ValidationError by the names of the columns."""
    wrong: dict[str, list[str]] = {}
    if row["direction"] not in KIND:
        wrong["direction"] = [f"Must be one of: {', '.join(KIND)}."]
    if not row["need"].startswith("AID"):
        wrong["need"] = ["Not a category code such as CN01."]
    if row.get("on_board", "").lower() not in _YES | _NO:
        wrong["on_board"] = ["Not true or false."]
    numbers = {name: _number(row[name], name, wrong) for name in ("lat", "lon", "amount", "people") if row.get(name)}
    if wrong:
        raise ValidationError(wrong)
    place: dict[str, Any] = {name: numbers[name] for name in ("lat", "lon") if name in numbers}
    place |= {"landmark": row["landmark"]} if row.get("landmark") else {}
    said: dict[str, Any] = {
        "client_id": str(client_id), "kind": KIND[row["direction"]], "category": row["need"], "channel": "operator",
        "aid": _aid(row, numbers),
    }  # fmt: skip
    said |= {"voice": "for_other"} if row.get("consent_by") else {}
    said |= {name: row[name] for name in ("text", "language") if row.get(name)} | ({"place": place} if place else {})
    contact = {name: row[name] for name in ("email", "phone") if row.get(name)}
    said |= {"contact": contact | {"consent": True}} if contact else {}
    loaded: dict[str, Any] = NewReportSchema().load(said)
    return loaded


def _aid(row: Mapping[str, str], numbers: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"on_board": row.get("on_board", "").lower() in _YES}
    found |= {"when": {"days": row["days"]}} if row.get("days") else {}
    found |= {name: numbers[name] for name in ("amount", "people") if name in numbers}
    found |= {"unit": row["unit"]} if row.get("unit") else {}
    lists = ("languages", "accessibility", "conditions")
    found |= {name: row[name].replace(";", " ").split() for name in lists if row.get(name)}
    return found | ({"for_another": {"said_by": row["consent_by"]}} if row.get("consent_by") else {})


def _number(cell: str, name: str, wrong: dict[str, list[str]]) -> float | int | None:
    try:
        return int(cell) if name == "people" else float(cell)
    except ValueError:
        wrong[name] = ["Not a valid number."]
        return None
