"""Credentials: issued by somebody else, good until a day, lost at once when suspended or revoked (C34)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kernel.hooks import CompetenceLost, lose_competence
from backend.kernel.ids import new_id
from backend.kernel.problems import NotFound
from backend.organisations.actions.finding import actor_of, locked, note, present_person
from backend.organisations.models import Credential, Person
from backend.organisations.refusals import CredentialOver, MoveRefused, OwnCredential
from backend.organisations.rules.people import CREDENTIAL_MOVES, HeldCredential, credential_level_at

CREDENTIAL_EVENTS = {
    "suspend": "CredentialSuspended",
    "revoke": "CredentialRevoked",
    "restore": "CredentialRestored",
}


def issue_credential(
    session: Session, person_id: UUID, *, type_: str, level: str, valid_to: datetime, now: datetime
) -> Credential:
    """Certify a person until ``valid_to``; the same type again replaces level, end and issuer.

    Raises NotFound, OwnCredential, CredentialOver; MoveRefused for one that was suspended or revoked, which
    is restored instead.
    """
    present_person(session, person_id)
    _demand_other_hand(session, person_id)
    if valid_to <= now:
        raise CredentialOver()
    credential = session.scalar(
        select(Credential).where(Credential.person_id == person_id, Credential.type == type_)
    ) or Credential(id=new_id(), person_id=person_id, type=type_, state="active")
    if credential.state in {"suspended", "revoked"}:
        raise MoveRefused(state=credential.state)
    lowered = credential.level == "qualified" and level != "qualified"
    credential.level, credential.valid_to, credential.state = level, valid_to, "active"
    credential.issued_by = str(actor_of(session))
    session.add(credential)
    session.flush()
    payload = {"credential_id": credential.id, "type": type_, "level": level, "valid_to": valid_to}
    note(session, f"person:{person_id}", "CredentialIssued", now=now, **payload)
    if lowered:
        lose_competence(session, CompetenceLost(person_id, type_), now=now)
    return credential


def move_credential(session: Session, person_id: UUID, credential_id: UUID, act: str, *, now: datetime) -> Credential:
    """Suspend, revoke or restore a credential. Tasks that need a lost one go back at once.

    Raises NotFound, OwnCredential, MoveRefused; CredentialOver for restoring one whose time is over.
    """
    locked(session, Person, person_id)
    credential = locked(session, Credential, credential_id)
    if credential.person_id != person_id:
        raise NotFound()
    _demand_other_hand(session, person_id)
    if (credential.state, act) not in CREDENTIAL_MOVES:
        raise MoveRefused(state=credential.state)
    if act == "restore" and credential.valid_to <= now:
        raise CredentialOver()
    credential.state = CREDENTIAL_MOVES[credential.state, act]
    session.flush()
    payload = {"credential_id": credential.id, "type": credential.type}
    note(session, f"person:{person_id}", CREDENTIAL_EVENTS[act], now=now, **payload)
    if credential.state != "active":
        lose_competence(session, CompetenceLost(person_id, credential.type), now=now)
    return credential


def expire_credentials(session: Session, *, now: datetime, limit: int = 200) -> int:
    """Mark what time has ended and have its tasks withdrawn; return how many were. For a sweep.

    What a credential proves never waits for this: see ``credential_level_at``.
    """
    over = (
        select(Credential)
        .where(Credential.state == "active", Credential.valid_to <= now)
        .order_by(Credential.valid_to)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = list(session.scalars(over))
    for credential in found:
        credential.state = "expired"
        locked(session, Person, credential.person_id)
        payload = {"credential_id": credential.id, "type": credential.type}
        note(session, f"person:{credential.person_id}", "CredentialExpired", now=now, **payload)
        lose_competence(session, CompetenceLost(credential.person_id, credential.type), now=now)
    return len(found)


def held(credential: Credential) -> HeldCredential:
    """A stored credential as the rules know it."""
    return HeldCredential(credential.level, credential.state, credential.valid_to)


def levels_at(session: Session, person_ids: list[UUID], *, now: datetime) -> dict[UUID, dict[str, str]]:
    """What each person's credentials prove at ``now``, by type. One statement."""
    levels: dict[UUID, dict[str, str]] = {person_id: {} for person_id in person_ids}
    for credential in session.scalars(select(Credential).where(Credential.person_id.in_(person_ids))):
        if level := credential_level_at(held(credential), now):
            levels[credential.person_id][credential.type] = level
    return levels


def _demand_other_hand(session: Session, person_id: UUID) -> None:
    if actor_of(session).person_id == person_id:
        raise OwnCredential()
