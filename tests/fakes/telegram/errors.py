"""The errors of the Bot API in its own words, and how a test or a volunteer at the demo asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["bad", "unauthorized", "blocked", "conflict", "flood", "down", "slow", "cut", "cut after", "not found"]


class Refused(Exception):
    """Telegram refuses a call: HTTP status and ``error_code``, description, and what a program may read of it."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def as_dict(self) -> dict[str, Any]:
        """The body of the answer."""
        said = {"ok": False, "error_code": self.code, "description": self.description}
        return said | ({"parameters": self.parameters} if self.parameters else {})


def bad(why: str, **parameters: Any) -> Refused:
    """A 400."""
    return Refused(400, f"Bad Request: {why}", **parameters)


def forbidden(why: str) -> Refused:
    """A 403."""
    return Refused(403, f"Forbidden: {why}")


def flood(wait_s: int) -> Refused:
    """A 429."""
    return Refused(429, f"Too Many Requests: retry after {wait_s}", retry_after=wait_s)


CHAT_NOT_FOUND = "chat not found"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
BLOCKED = "bot was blocked by the user"
CANNOT_BEGIN = "bot can't initiate conversation with a user"
UNAUTHORIZED = Refused(401, "Unauthorized")
TWO_POLLERS = Refused(
    409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_IS_SET = Refused(
    409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
NO_SUCH_METHOD = Refused(404, "Not Found: method not found")
NOT_FOUND = Refused(404, "Not Found")
# What the machines before Telegram's say when those behind do not answer: no JSON.
BAD_GATEWAY = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n"
)


@dataclass(slots=True)
class Fault:
    """Something that is to go wrong.

    ``method`` and ``chat``: only there, None: everywhere. ``times``: how often, None: until it is mended. ``wait_s``:
    for how long a slow answer waits, and what a 429 names.
    """

    kind: Kind
    method: str | None = None
    chat: int | None = None
    times: int | None = 1
    wait_s: float = 1.0

    def meets(self, method: str, chat: int | None) -> bool:
        """Whether a call is meant."""
        return (self.method or method).lower() == method.lower() and (self.chat is None or self.chat == chat)


class Faults:
    """What is to go wrong, in the order in which it was asked for."""

    def __init__(self) -> None:
        self._held: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Have something go wrong from now on."""
        self._held.append(fault)

    def clear(self) -> None:
        """Have nothing go wrong any more."""
        self._held.clear()

    def next_for(self, method: str, chat: int | None) -> Fault | None:
        """The fault that this call meets, which then has met one more."""
        found = next((one for one in self._held if one.meets(method, chat)), None)
        if found and found.times is not None:
            found.times -= 1
            if found.times <= 0:
                self._held.remove(found)
        return found


def refusal_of(fault: Fault) -> Refused | None:
    """The refusal that a fault stands for; None for those that are no answer at all."""
    table: Mapping[Kind, Refused] = {
        "bad": bad(CHAT_NOT_FOUND),
        "unauthorized": UNAUTHORIZED,
        "blocked": forbidden(BLOCKED),
        "conflict": TWO_POLLERS,
        "flood": flood(max(1, round(fault.wait_s))),
        "not found": NOT_FOUND,
    }
    return table.get(fault.kind)
