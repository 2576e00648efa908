"""Agreeing, sharing, refusing to share, and what ends by itself."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of, locked
from backend.incidents.telling import tell_desks, tell_reporters
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record, record_alone
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring, RecordKey, Seal
from backend.kernel.sweeps import one_by_one
from backend.organisations.directory import DIRECTORY
from backend.policy.catalogue import default_catalogue
from backend.sharing import rules
from backend.sharing.models import Agreement, Share
from backend.sharing.refusals import (
    AgreementState,
    NoPart,
    NoSuchAgreement,
    NoSuchShare,
    NotTheOtherBody,
    OwnShare,
    ShareBarred,
    Unfit,
)
from backend.sharing.rules import AGREEMENT_LASTS_MOST, FIELDS, REVIEW_WITHIN, Agreed, Basis, Step, Terms

LASTS = timedelta(days=30)  # unless whoever shares says otherwise


def agreed_of(one: Agreement) -> Agreed:
    """An agreement as the rules ask about it."""
    return Agreed(
        Terms(one.state), one.valid_from, one.valid_to, one.from_org_id, one.to_org_id, frozenset(one.fields),
        frozenset(one.categories),
    )  # fmt: skip


def propose(session: Session, said: Mapping[str, Any], *, by: UUID, orgs: Collection[UUID], now: datetime) -> Agreement:
    """Propose an agreement for one's own body, in either direction. Raises Unfit, NoPart."""
    parties = (said["from_organisation_id"], said["to_organisation_id"])
    mine = next((org for org in parties if org in orgs), None)
    if mine is None:
        raise NoPart()
    begin, end = said.get("valid_from") or now, said["valid_to"]
    is_fit = (
        len(set(parties)) == 2 and set(parties) <= DIRECTORY.get(session).active and set(said["fields"]) <= set(FIELDS)
        and set(said["categories"]) <= default_catalogue().categories.keys()
        and max(begin, now) < end <= begin + AGREEMENT_LASTS_MOST
    )  # fmt: skip
    if not is_fit:
        raise Unfit()
    made = Agreement(
        id=new_id(), from_org_id=parties[0], to_org_id=parties[1], purpose=said["purpose"],
        legal_basis=said["legal_basis"], fields=sorted(set(said["fields"])), categories=sorted(set(said["categories"])),
        valid_from=begin, valid_to=end, state=Terms.PROPOSED, proposed_by=by, proposed_at=now, proposed_by_org_id=mine,
    )  # fmt: skip
    session.add(made)
    _agreement_fact(session, made, "AgreementProposed", now=now)
    _tell_parties(session, made, "agreement_proposed", now=now)
    return made


def move_agreement(
    session: Session, agreement_id: UUID, step: Step, *, by: UUID, orgs: Collection[UUID], now: datetime
) -> Agreement:
    """Accept for the other body, or end for either. Raises NoSuchAgreement, NotTheOtherBody, AgreementState."""
    found = session.get(Agreement, agreement_id, with_for_update=True, populate_existing=True)
    if found is None or not {found.from_org_id, found.to_org_id} & set(orgs):
        raise NoSuchAgreement()
    other = found.to_org_id if found.proposed_by_org_id == found.from_org_id else found.from_org_id
    if step is Step.ACCEPT and (other not in orgs or found.proposed_by == by):
        raise NotTheOtherBody()
    _step(session, found, Step.EXPIRE if found.valid_to <= now else step, now=now)
    if found.state == Terms.IN_FORCE:
        found.accepted_by, found.accepted_at = by, now
    return found


def _step(session: Session, found: Agreement, step: Step, *, now: datetime) -> None:
    then = rules.after(Terms(found.state), step)
    if then is None:
        raise AgreementState(state=found.state)
    found.state = then
    if then in {Terms.ENDED, Terms.EXPIRED}:
        found.ended_at = now
    _agreement_fact(session, found, "AgreementMoved", now=now, to=then.value)
    _tell_parties(session, found, "agreement_accepted" if then is Terms.IN_FORCE else "agreement_over", now=now)


def _agreement_fact(session: Session, one: Agreement, fact: str, *, now: datetime, **more: Any) -> None:
    session.flush()
    said = {"agreement_id": one.id, "from_org_id": one.from_org_id, "to_org_id": one.to_org_id, **more}
    record_alone(session, f"agreement:{one.id}", [Fact(fact, said)], now=now)


def _tell_parties(session: Session, one: Agreement, template: str, *, now: datetime) -> None:
    directory = DIRECTORY.get(session)
    desks = [
        desk for org in (one.from_org_id, one.to_org_id) if (desk := directory.by_organisation.get(org, (None,))[0])
    ]
    announce(session, [Notice(template, None, desk_id=desk.id) for desk in desks], now=now)


def decide(
    session: Session, incident_id: UUID, said: Mapping[str, Any], *, by: UUID, orgs: Collection[UUID], ring: Keyring,
    now: datetime,
) -> Share:  # fmt: skip
    """Share facts of an incident with a body, or decide not to; either is recorded.

    Raises NoSuchIncident, NoPart, ShareBarred, Unfit.
    """
    incident = locked(session, incident_id)
    if incident.owner_org_id not in orgs:
        raise NoPart()
    directory, to_org = DIRECTORY.get(session), said["to_organisation_id"]
    if to_org not in directory.active or to_org == incident.owner_org_id:
        raise Unfit()
    agreement = session.get(Agreement, said["agreement_id"]) if said.get("agreement_id") else None
    basis, is_shared = Basis(said["basis"]), said["decision"] == "shared"
    until = said.get("until") or now + LASTS
    if agreement and basis is Basis.AGREEMENT:
        until = min(until, agreement.valid_to)
    asked = rules.Share(
        basis, incident.owner_org_id, to_org, frozenset(said["fields"]), incident.category,
        is_walled=incident.compartment != "incident", to_police=directory.organisations[to_org].kind == "police",
        reason=said.get("reason") or "", until=until,
    )  # fmt: skip
    if is_shared and (why := rules.bar(asked, agreed_of(agreement) if agreement else None, now=now)):
        raise ShareBarred(why)
    return _written(session, incident, asked, agreement, said, by=by, ring=ring, now=now)


def _written(
    session: Session, incident: Incident, asked: rules.Share, agreement: Agreement | None, said: Mapping[str, Any], *,
    by: UUID, ring: Keyring, now: datetime,
) -> Share:  # fmt: skip
    share_id, is_shared = new_id(), said["decision"] == "shared"
    seal = Seal.fresh(share_id)
    session.add(RecordKey(**seal.row(ring, now)))
    tell_at = min(said.get("tell_at") or now, now + rules.NOT_TOLD_MOST)
    made = Share(
        id=share_id, incident_id=incident.id, from_org_id=incident.owner_org_id, to_org_id=said["to_organisation_id"],
        fields=sorted(asked.fields), basis=asked.basis, agreement_id=agreement.id if agreement else None,
        reason=seal.close("reason", asked.reason or None), decision=said["decision"], decided_by=by, at=now,
        until=asked.until, tell_at=tell_at,
        review_due_at=now + REVIEW_WITHIN if is_shared and rules.needs_review(asked.basis) else None,
    )  # fmt: skip
    session.add(made)
    session.flush()
    fact = {"share_id": share_id, "to_org_id": made.to_org_id, "fields": made.fields, "basis": made.basis}
    record(
        session, incident_stream(incident.id), [Fact("FactsShared" if is_shared else "SharingRefused", fact)], now=now
    )
    if is_shared:
        desk = DIRECTORY.get(session).desk_of(made.to_org_id, chain_of(incident))
        tell_desks(session, incident, "facts_shared", [desk.id if desk else None], now=now)
    _tell_residents(session, made, incident, now=now)
    return made


def _tell_residents(session: Session, one: Share, incident: Incident, *, now: datetime) -> None:
    if one.decision == "shared" and one.told_at is None and one.tell_at <= now:
        one.told_at = now
        tell_reporters(session, incident, "reporter_shared", now=now)


def end_share(session: Session, share_id: UUID, *, orgs: Collection[UUID], now: datetime) -> Share:
    """Stop sharing at once. Raises NoSuchShare, NoPart."""
    found = _share(session, share_id)
    if found.from_org_id not in orgs:
        raise NoPart()
    if found.ended_at is None:
        found.ended_at = now
        fact = Fact("SharingEnded", {"share_id": found.id, "to_org_id": found.to_org_id})
        record(session, incident_stream(found.incident_id), [fact], now=now)
    return found


def review_share(session: Session, share_id: UUID, *, by: UUID, now: datetime) -> Share:
    """Another person has looked at a share on a vital interest. Raises NoSuchShare, OwnShare."""
    found = _share(session, share_id)
    if found.decided_by == by or found.reviewed_at or found.review_due_at is None:
        raise OwnShare()
    found.reviewed_by, found.reviewed_at = by, now
    record(session, incident_stream(found.incident_id), [Fact("SharingReviewed", {"share_id": found.id})], now=now)
    return found


def _share(session: Session, share_id: UUID) -> Share:
    incident_id = session.scalar(select(Share.incident_id).where(Share.id == share_id))
    if incident_id is None:
        raise NoSuchShare()
    locked(session, incident_id)
    return session.get_one(Share, share_id, with_for_update=True, populate_existing=True)


def settle(session: Session, *, now: datetime) -> int:
    """Note agreements whose time is over, tell residents whose telling was put off, remind of reviews that are late."""
    over = select(Agreement).where(Agreement.state.in_((Terms.PROPOSED, Terms.IN_FORCE)), Agreement.valid_to <= now)
    untold = select(Share.id).where(Share.told_at.is_(None), Share.tell_at <= now, Share.decision == "shared")
    late = select(Share.id).where(Share.reviewed_at.is_(None), Share.review_due_at <= now)

    def end(one: Agreement) -> None:
        _step(session, one, Step.EXPIRE, now=now)

    def tell(share_id: UUID) -> None:
        found = _share(session, share_id)
        _tell_residents(session, found, session.get_one(Incident, found.incident_id), now=now)

    def remind(share_id: UUID) -> None:
        found = _share(session, share_id)
        incident = session.get_one(Incident, found.incident_id)
        last = DIRECTORY.get(session).last_desks_over(chain_of(incident))[0]
        tell_desks(session, incident, "share_unreviewed", [last.id], now=now)
        found.review_due_at = now + REVIEW_WITHIN

    done = 0
    for query, act in ((over.with_for_update(skip_locked=True), end), (untold, tell), (late, remind)):
        due: list[Any] = list(session.scalars(query.limit(100)))
        done += one_by_one(session, due, act, what="sharing", put_off=lambda _: None)
    return done
