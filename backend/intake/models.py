"""Photos, voice notes, diversions and the resident's own codes. Reports themselves belong to incidents."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base


class Photo(Base):
    """A photo, re-encoded without metadata and sealed in a file named by its id; ``message_id``: it came with that."""

    __tablename__ = "photo"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("report.id"), index=True)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("thread_message.id"), index=True)
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int]
    uploaded_at: Mapped[datetime]


class VoiceNote(Base):
    """Words that were spoken, sealed in a file named by its id. Nobody writes them down but people who listen."""

    __tablename__ = "voice_note"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("report.id"), index=True)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("thread_message.id"), index=True)
    size_bytes: Mapped[int]
    uploaded_at: Mapped[datetime]


class Diversion(Base):
    """The emergency number that was shown, and who attends (C10, R01)."""

    __tablename__ = "diversion"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    number: Mapped[str]
    shown_at: Mapped[datetime]
    tapped: Mapped[str]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None]
    external_ref: Mapped[bytes | None] = mapped_column(LargeBinary)


class SafeCode(Base):
    """The resident's own codes for ending an alarm: the true one, and the one that ends it on the screen only."""

    __tablename__ = "safe_code"

    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"), primary_key=True)
    cancel_hash: Mapped[bytes] = mapped_column(LargeBinary)
    duress_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
