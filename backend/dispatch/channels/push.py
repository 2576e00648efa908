"""Web push to a resident's phone (RFC 8030), without a word in it.

A push carries nothing: the phone itself says that there is something new, in words of its own, and whoever relays it
(the browser's maker) learns neither what nor of whom. The address is one that a phone named, so it is checked as the
targets of webhooks are, and never called inside a private network.
"""

from backend.dispatch.channels import Message, Outcome
from backend.dispatch.channels.webhook import TargetRefused, WebhookChannel
from backend.dispatch.rules import Result
from backend.dispatch.vapid import authorization
from backend.kernel.sealed import Keyring

# News of yesterday are no news: the service drops what it could not hand over within a day.
KEPT_S = 86_400
# Answers that say "never again": the phone is gone, or its address is none.
NEVER = frozenset({400, 403, 404, 410, 413})


def outcome_of(status: int) -> Outcome:
    """The code table: what the push service's answer means. It has it then; whether the phone does is not known."""
    if 200 <= status < 300:
        return Outcome(Result.HANDED_OVER, str(status))
    return Outcome(Result.NEVER if 300 <= status < 400 or status in NEVER else Result.RETRY, str(status))


class Push:
    """Pushes to phones. ``subject`` is the address of this Linli; ``allow_private`` lets tests call this machine."""

    def __init__(self, ring: Keyring, *, subject: str, allow_private: bool = False) -> None:
        self._ring, self._subject = ring, subject
        self._road = WebhookChannel(allow_private=allow_private)

    def send(self, message: Message) -> Outcome:
        """Push once. Raises ChannelFailed. A later push takes the place of one that still waits."""
        headers = {
            "authorization": authorization(self._ring, message.address, subject=self._subject, now=message.now),
            "ttl": str(KEPT_S), "topic": "news", "urgency": "high", "user-agent": "Linli",
        }  # fmt: skip
        try:
            return outcome_of(self._road.call(message.address, b"", headers))
        except TargetRefused as refused:
            return Outcome(Result.NEVER, str(refused))
