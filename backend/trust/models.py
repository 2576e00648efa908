"""Accounts of staff and responders: what they sign in with, sign-ins that have begun, and their sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, false, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base
from backend.kernel.ids import new_id


class Account(Base):
    """How a person signs in. ``password_is_given``: somebody else chose the password, so the person has to replace it."""

    __tablename__ = "account"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    password_is_given: Mapped[bool] = mapped_column(default=False, server_default=false())


class Passkey(Base):
    """A passkey (WebAuthn). Its name is the person's own word for it, sealed under their key.

    ``sign_count``: how often the authenticator says that it has signed; 0 for one that does not count.
    """

    __tablename__ = "passkey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    transports: Mapped[list[str]]
    name: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class Authenticator(Base):
    """An app that shows codes by the clock (TOTP, RFC 6238). The secret is sealed under the person's key.

    It counts from ``confirmed_at`` on. ``proposed``: the secret of an app that is to take its place, once a code of it
    was shown. ``last_step``: the interval of the last code that was spent.
    """

    __tablename__ = "authenticator"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    proposed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Base):
    """A code that works once. ``handle`` is its first group, by which it is found; the whole is hashed slowly.

    ``expires_at``: until when it works; only one that an administrator hands out ends by itself.
    """

    __tablename__ = "recovery_code"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    handle: Mapped[str] = mapped_column(primary_key=True)
    code_hash: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class Subject(Base):
    """Who somebody is at their agency's own sign-in (OpenID Connect): a keyed hash of issuer and subject."""

    __tablename__ = "subject"

    subject_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    linked_at: Mapped[datetime]
    linked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class SignInStep(Base):
    """A sign-in, or the adding of a passkey, that has begun: known by the hash of its token, and over after minutes.

    ``kind`` is a word of ``rules.StepKind``; ``held`` is what its end needs (a challenge, or what an agency's answer is
    compared with), sealed. ``person_id`` is empty where only the end tells who it is.
    """

    __tablename__ = "sign_in_step"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    kind: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    held: Mapped[bytes] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SignedIn(Base):
    """A session: the hash of its 256-bit token, until when it lasts, when it was ended, and a hash of where it began.

    ``id`` names it to people. ``has_second_factor``: whether more than a password was shown. ``device`` and ``browser``
    are coarse words of ``rules``. ``chat_link_id``: the linked chat that it began in; it holds only as long as that
    link does.
    """

    __tablename__ = "signed_in"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=new_id, server_default=text("gen_random_uuid()"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    # No foreign key: the link's row goes when the link ends, and the session stays on record.
    chat_link_id: Mapped[UUID | None]
    has_second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    device: Mapped[str] = mapped_column(default="unknown", server_default="unknown")
    browser: Mapped[str] = mapped_column(default="unknown", server_default="unknown")
