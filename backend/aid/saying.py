"""What is told of what a listing says: in the open, to the other side once both have said yes, to its own resident."""

from collections.abc import Mapping
from typing import Any

from backend.aid import windows
from backend.aid.models import AidListing
from backend.aid.rules import Side

# Of a request these two are about the person who asks. Of an offer they are what is offered.
PERSONAL = ("people", "accessibility")
CODES = ("unit", "people", "languages", "accessibility", "conditions", "resource")
COLUMNS = (
    AidListing.direction, AidListing.days, AidListing.windows, AidListing.amount, AidListing.unit, AidListing.people,
    AidListing.languages, AidListing.accessibility, AidListing.conditions, AidListing.resource,
)  # fmt: skip


def when_of(listing: Any) -> dict[str, Any] | None:
    """About when, in a word and in hours; None where it says neither."""
    found: dict[str, Any] = {}
    if listing.days:
        found["days"] = listing.days
    if listing.windows:
        found["windows"] = windows.shown(listing.windows)
    return found or None


def said_by(listing: Any) -> dict[str, Any]:
    """All that it says in codes; what it does not say is not there."""
    codes: Mapping[str, Any] = {name: getattr(listing, name) for name in CODES}
    found = {name: value for name, value in codes.items() if value not in (None, [])}
    return found if listing.amount is None else {"amount": float(listing.amount)} | found


def in_the_open(listing: Any) -> dict[str, Any]:
    """What everybody may see: of a request nothing about the person who asks."""
    hidden = PERSONAL if listing.direction == Side.REQUEST else ()
    return {name: value for name, value in said_by(listing).items() if name not in hidden}
