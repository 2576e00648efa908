"""What the tests of the table say, and what the API would answer, as data."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.conversation.model import Alarm, Codes, Conversation, Draft, On, State
from bot.conversation.table import ALWAYS, TABLE
from bot.effects import Say
from bot.inputs import Kind, Said, Spot
from bot.world import Category, World

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = "3f1c2a52-7f0e-4a57-8f39-6d2f4a0c1e22"
RECEIPT = "7KQF-2M9D-X4TB-0WHR"
HERE = Spot(30.45123, 120.44987, 12.0, AT.isoformat())
WORLD = World(
    categories=(
        Category("CN01", "concern", {"en": "Something broken in the street", "zh": "路上有危险"}, private=False),
        Category("CN13", "concern", {"en": "I am worried about a child", "zh": "担心一个孩子"}, private=True),
        Category("AID01", "aid_request", {"en": "Food and meals", "zh": "食物和餐食"}, private=False),
        Category("DS01", "distress", {"en": "Someone is badly hurt", "zh": "有人重伤"}, private=False),
    ),
    numbers={"emergency": "110", "police": "110", "fire": "119", "ambulance": "120"},
    page="https://linli.example",
)
OFFER = {"id": KEY, "state": "accepted", "distance_m": 400.0, "left": "5 minutes"}
# One answer of the API for each outcome.
ANSWERS: dict[str, dict[str, Any]] = {
    "report_sent": {
        "receipt": RECEIPT, "owner": "Nanmen desk", "span": "10 minutes", "news": True, "number": "120",
        "advice": "Stay with them.",
    },
    "photo_kept": {"id": KEY, "caption": "the stairs"},
    "voice_kept": {"id": KEY, "caption": ""},
    "mine": {"items": [{"receipt": RECEIPT, "status": "Sent", "ago": "2 hours"}], "gone": []},
    "report": {"receipt": RECEIPT, "status": "seen", "words": "Seen", "allowed": ["messages", "reopen"]},
    "told": {"act": "messages"},
    "neighbours": {"matches": [KEY], "may": ["still_yes", "still_no", "off_board"], "words": "It is on the board"},
    "match": {"id": KEY, "may": ["accept", "messages", "share", "worry", "rating"], "words": "One of you has said yes"},
    "board": {"items": [{"id": KEY, "words": "less than 500 m away"}]},
    "placed": {"live": False},
    "not_placed": {"code": "location-over", "words": "Your position is no longer taken."},
    "may_write": {},
    "forgotten": {},
    "linked": {"kind": "person", "language": "zh", "label": "Gao"},
    "unlinked": {},
    "duty": {"on": True, "span": "4 hours"},
    "offers": {"items": [OFFER | {"state": "proposed"}, OFFER]},
    "answered": {"act": "accept", "spot": HERE, "offer": OFFER},
    "not_answered": {"code": "read-back-missing", "words": "Say in your own words"},
    "refused": {"code": "refused", "words": "This cannot be done now"},
    "failed": {},
}  # fmt: skip


def conversation(state: State, language: str = "en") -> Conversation:
    """A conversation that may stand there: with whatever the state speaks of."""
    draft = Draft(KEY, "distress" if state is State.SOS else "concern", text="Loose cover", spot=HERE)
    alarm = Alarm(RECEIPT, coded=state is State.SOS_CODE) if state.value.startswith("sos_") else None
    codes = Codes("1234") if state in {State.DURESS, State.CODE} else None
    has_draft = state in {State.TOPIC, State.TOPICS, State.PLACE, State.WORDS, State.READY, State.SOS}
    return Conversation(
        state, language, draft if has_draft else None, receipts=(RECEIPT,), opened=RECEIPT, alarm=alarm, codes=codes,
        offer=KEY, hours=4, allowed=("messages", "withdraw", "write_here", "neighbours"), match=KEY,
        may=("accept", "messages", "share", "worry", "rating"),
    )  # fmt: skip


def said(kind: Kind, value: str = "", **more: Any) -> Said:
    """Something said at nine in the morning."""
    spot = HERE if kind in {Kind.LOCATION, Kind.LIVE} else None
    return replace(Said(kind, value, spot=spot, key=KEY, at=AT), **more)


def outcome(name: str) -> Said:
    """What the API answered."""
    return said(Kind.OUTCOME, name, data=ANSWERS[name])


def fits(row: On) -> Said:
    """Something that this row takes."""
    ends = {
        "topic:": "CN01",
        "mine:": "0",
        "language:": "zh",
        "duty:": "4",
        "offer:": f"{KEY}:accept",
        "match:": KEY,
        "pick:": KEY,
    }
    if row.kind is Kind.OUTCOME:
        return outcome(row.value)
    value = row.value + ends.get(row.value, "") if row.value else {Kind.TEXT: "1234 words"}.get(row.kind, "file-id")
    return said(row.kind, value)


def every_row() -> Iterator[tuple[State, On]]:
    """Each state with each row that holds there."""
    for state, step in TABLE.items():
        for row in (*step.on, *ALWAYS):
            yield state, row


def labels(says: tuple[Say, ...]) -> list[str]:
    """What stands on the buttons."""
    return [button.label for one in says for row in one.buttons for button in row]
