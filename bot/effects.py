"""What follows from something said: calls to the API and messages to the chat, as data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.inputs import Spot


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: what it shows, and at most 64 bytes of what it says when it is pressed."""

    label: str
    data: str


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Say:
    """A message. ``menu``: with the keyboard of the start; ``fresh``: never in place of the message that was pressed.

    ``spot``: a position under it. ``wipe``: what the person typed is taken out of the chat, for it was a code.
    """

    text: str
    buttons: Rows = ()
    menu: bool = False
    fresh: bool = False
    spot: Spot | None = None
    wipe: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """A call to the API. Its outcome comes back as ``Said(Kind.OUTCOME)`` with one of ``outcomes``, or ``failed``."""

    outcomes: ClassVar[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SendReport(Effect):
    """Send a report; ``body`` is all of it but the chat. ``news``: the person agrees to be written to here."""

    outcomes: ClassVar[tuple[str, ...]] = ("report_sent", "refused")

    body: Mapping[str, Any]
    news: bool = False


@dataclass(frozen=True, slots=True)
class KeepPhoto(Effect):
    """Pass a picture on to the API; ``caption`` comes back with it."""

    outcomes: ClassVar[tuple[str, ...]] = ("photo_kept", "refused")

    file_id: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class KeepVoice(Effect):
    """Pass a voice note on to the API."""

    outcomes: ClassVar[tuple[str, ...]] = ("voice_kept", "refused")

    file_id: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class ListReports(Effect):
    """Ask how the reports of these receipts stand."""

    outcomes: ClassVar[tuple[str, ...]] = ("mine",)

    receipts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenReport(Effect):
    """Ask about one report."""

    outcomes: ClassVar[tuple[str, ...]] = ("report", "refused")

    receipt: str


@dataclass(frozen=True, slots=True)
class Tell(Effect):
    """``POST receipt/{act}`` on one report: messages, withdraw, cancel, reopen, feedback, or what neighbours do (``aid/…``)."""

    outcomes: ClassVar[tuple[str, ...]] = ("told", "refused")

    receipt: str
    act: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OpenNeighbours(Effect):
    """Ask how a report stands with neighbours; ``match``: of one of them in particular."""

    outcomes: ClassVar[tuple[str, ...]] = ("neighbours", "match", "refused")

    receipt: str
    match: str | None = None


@dataclass(frozen=True, slots=True)
class LookAround(Effect):
    """Look on the board around a rough place for what fits a report."""

    outcomes: ClassVar[tuple[str, ...]] = ("board", "refused")

    receipt: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Locate(Effect):
    """Say where the person is now; ``live``: one of many such, which are not answered each."""

    outcomes: ClassVar[tuple[str, ...]] = ("placed", "not_placed")

    receipt: str
    spot: Spot
    live: bool = False


@dataclass(frozen=True, slots=True)
class LetWrite(Effect):
    """Say that this chat may be written to about the report."""

    outcomes: ClassVar[tuple[str, ...]] = ("may_write", "refused")

    receipt: str


@dataclass(frozen=True, slots=True)
class Forget(Effect):
    """Erase this chat from each report, end its link, and forget the conversation."""

    outcomes: ClassVar[tuple[str, ...]] = ("forgotten", "refused")

    receipts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link(Effect):
    """Redeem a one-time code for this chat."""

    outcomes: ClassVar[tuple[str, ...]] = ("linked", "refused")

    code: str


@dataclass(frozen=True, slots=True)
class Unlink(Effect):
    """End the link of this chat."""

    outcomes: ClassVar[tuple[str, ...]] = ("unlinked",)


@dataclass(frozen=True, slots=True)
class ShowDuty(Effect):
    """Ask whether the linked person is on duty."""

    outcomes: ClassVar[tuple[str, ...]] = ("duty", "refused")


@dataclass(frozen=True, slots=True)
class SetDuty(Effect):
    """Go on duty for ``hours``, 0 for off."""

    outcomes: ClassVar[tuple[str, ...]] = ("duty", "refused")

    hours: int
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class ListOffers(Effect):
    """Ask what the linked person is asked."""

    outcomes: ClassVar[tuple[str, ...]] = ("offers", "refused")


@dataclass(frozen=True, slots=True)
class AnswerOffer(Effect):
    """``POST offers/{offer}/{act}``; ``words``: a read-back, or why not."""

    outcomes: ClassVar[tuple[str, ...]] = ("answered", "not_answered")

    offer: str
    act: str
    words: str = ""
