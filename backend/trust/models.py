"""Accounts of staff and responders, and their sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base


class Account(Base):
    """How a person signs in."""

    __tablename__ = "account"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SignedIn(Base):
    """A session: the hash of its 256-bit token, until when it lasts, when it was ended, and a hash of where it began.

    ``chat_link_id``: the linked chat that it began in; it holds only as long as that link does.
    """

    __tablename__ = "signed_in"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    # No foreign key: the link's row goes when the link ends, and the session stays on record.
    chat_link_id: Mapped[UUID | None]
