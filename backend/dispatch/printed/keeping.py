"""Papers are made each night, kept sealed for a day, and gone with their key."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.dispatch.models import PrintedRoster
from backend.dispatch.printed.paper import make_pdf
from backend.dispatch.printed.reading import paper_of
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, record
from backend.kernel.problems import NotFound
from backend.kernel.sealed import Keyring, RecordKey, Seal, seal_of
from backend.settings import Settings

# A little more than a day, so that last night's is still there while tonight's is made.
KEPT = timedelta(hours=26)
NIGHT_HOUR = 2  # local: when those of the early shift print it
STREAM = "printed_rosters"


def make_papers(app: Flask) -> None:
    """Once an hour: forget the old papers, and in the night make those of tonight, one in each language."""
    carried = app.extensions["linli"]
    session, now = db.session(), carried.clock.now()
    act_as(session, SYSTEM)
    forget_papers(session, now=now)
    is_time = now.astimezone(ZoneInfo(carried.settings.timezone)).hour == NIGHT_HOUR
    for language in carried.settings.languages if is_time else ():
        keep_paper(session, carried.keyring, carried.settings, language, now=now)
    session.commit()


def keep_paper(session: Session, ring: Keyring, settings: Settings, language: str, *, now: datetime) -> PrintedRoster:
    """Make one paper and keep it, sealed. Raises PaperFailed."""
    pdf = make_pdf(paper_of(session, ring, language=language, zone=settings.timezone, now=now), font=settings.font)
    seal = Seal.fresh(new_id())
    made = PrintedRoster(id=seal.record_id, language=language, made_at=now, pdf=seal.close_bytes("pdf", pdf))
    session.add_all((RecordKey(**seal.row(ring, now)), made))
    session.flush()
    return made


def papers(session: Session, *, now: datetime) -> Sequence[PrintedRoster]:
    """The papers that are kept, the newest first."""
    query = select(PrintedRoster).where(PrintedRoster.made_at > now - KEPT)
    return session.scalars(query.order_by(PrintedRoster.made_at.desc(), PrintedRoster.language)).all()


def open_paper(session: Session, ring: Keyring, paper_id: UUID, *, by: UUID, now: datetime) -> bytes:
    """The PDF of a paper; that it was read is noted. Raises NotFound."""
    found = session.get(PrintedRoster, paper_id)
    if found is None or found.made_at <= now - KEPT:
        raise NotFound()
    record(session, STREAM, [Fact("PrintedRosterRead", {"paper_id": found.id, "by": by})], now=now)
    return seal_of(session, ring, found.id).open_bytes("pdf", found.pdf)


def forget_papers(session: Session, *, now: datetime) -> int:
    """Delete papers that are older than a day, and their keys; return how many."""
    old = session.scalars(
        delete(PrintedRoster).where(PrintedRoster.made_at <= now - KEPT).returning(PrintedRoster.id)
    ).all()
    session.execute(delete(RecordKey).where(RecordKey.record_id.in_(old)))
    return len(old)
