"""What may be shared, with whom and on what ground (C03, INV-6). Pure.

A share rests on an agreement that is in force, on recorded consent, on a legal duty or on a vital interest that somebody
gives reasons for. It names its fields one by one and ends by itself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# From the least that can be said to the most. Words of people and what staff wrote are never shared by a list.
FIELDS = ("exists", "state", "owner", "area", "category", "grade", "opened_at", "place")
# What police may be told of a matter behind the wall: that there is one, how it stands, and whom to ask.
BEHIND_THE_WALL = frozenset({"exists", "state", "owner"})
LASTS_MOST = timedelta(days=90)
AGREEMENT_LASTS_MOST = timedelta(days=731)
REVIEW_WITHIN = timedelta(hours=24)
NOT_TOLD_MOST = timedelta(days=30)


class Basis(StrEnum):
    """On what ground something is shared."""

    AGREEMENT = "agreement"
    CONSENT = "consent"
    LEGAL_DUTY = "legal_duty"
    VITAL_INTEREST = "vital_interest"


class Terms(StrEnum):
    """The states of an agreement."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    ENDED = "ended"
    EXPIRED = "expired"


class Step(StrEnum):
    """What may happen to an agreement."""

    ACCEPT = "accept"
    END = "end"
    EXPIRE = "expire"


MOVES: Mapping[tuple[Terms, Step], Terms] = {
    (Terms.PROPOSED, Step.ACCEPT): Terms.IN_FORCE,
    (Terms.PROPOSED, Step.END): Terms.ENDED,
    (Terms.PROPOSED, Step.EXPIRE): Terms.EXPIRED,
    (Terms.IN_FORCE, Step.END): Terms.ENDED,
    (Terms.IN_FORCE, Step.EXPIRE): Terms.EXPIRED,
}


def after(state: Terms, step: Step) -> Terms | None:
    """The state that ``step`` leads to; None where it is not allowed."""
    return MOVES.get((state, step))


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement as far as a share asks about it."""

    state: Terms
    valid_from: datetime
    valid_to: datetime
    from_org: object
    to_org: object
    fields: frozenset[str]
    categories: frozenset[str]


@dataclass(frozen=True, slots=True)
class Share:
    """A share that somebody is about to decide on."""

    basis: Basis
    from_org: object
    to_org: object
    fields: frozenset[str]
    category: str | None
    is_walled: bool  # the incident lies in a compartment that police do not have
    to_police: bool
    reason: str
    until: datetime


def in_force(agreed: Agreed, now: datetime) -> bool:
    """Whether an agreement holds at this moment; its end needs no sweep (INV-15)."""
    return agreed.state is Terms.IN_FORCE and agreed.valid_from <= now < agreed.valid_to


def bar(share: Share, agreed: Agreed | None, *, now: datetime) -> str | None:
    """Why this may not be shared so, as a code; None where it may."""
    if not share.fields or share.fields - set(FIELDS):
        return "no-such-field"
    if not now < share.until <= now + LASTS_MOST:
        return "no-end"
    if share.to_police and share.is_walled and share.fields - BEHIND_THE_WALL:
        return "behind-the-wall"
    if share.basis is Basis.AGREEMENT:
        return _bar_of(share, agreed, now)
    return None if share.reason.strip() else "reason-missing"


def _bar_of(share: Share, agreed: Agreed | None, now: datetime) -> str | None:
    if agreed is None or (agreed.from_org, agreed.to_org) != (share.from_org, share.to_org):
        return "no-agreement"
    if not in_force(agreed, now):
        return "agreement-not-in-force"
    if agreed.categories and share.category not in agreed.categories:
        return "not-of-this-category"
    return "more-than-agreed" if share.fields - agreed.fields else None


def needs_review(basis: Basis) -> bool:
    """Whether another person looks at the share within a day."""
    return basis is Basis.VITAL_INTEREST


def fields_now(
    shared: Collection[str], agreed: Agreed | None, *, basis: Basis, until: datetime, now: datetime
) -> frozenset[str]:
    """What the other body may read at this moment: nothing once the share or its agreement is over."""
    if now >= until:
        return frozenset()
    if basis is Basis.AGREEMENT:
        return frozenset(shared) & agreed.fields if agreed and in_force(agreed, now) else frozenset()
    return frozenset(shared)
