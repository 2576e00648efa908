"""The bot shows itself by a key: it speaks HTTP like everybody, and holds no other secret of ours."""

import base64
import hmac
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import current_app, request

from backend.kernel.database import Actor, Scope, act_as, db
from backend.kernel.idempotency import take_key
from backend.kernel.problems import NotSignedIn
from backend.kernel.sealed import Keyring
from backend.settings import Settings
from backend.trust.access import now

P = ParamSpec("P")
R = TypeVar("R")
ACCESS = "bot"
BOT = Actor("bot", Scope.SYSTEM)


def bot_key(settings: Settings, ring: Keyring) -> str:
    """The key by which the bot shows itself: as set, or from the master key, in base64url."""
    return settings.bot_key or base64.urlsafe_b64encode(ring.derived("bot")).rstrip(b"=").decode()


def bot_only(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that the bot alone may call, with ``Authorization: Bot <key>``."""

    @wraps(view)
    def marked(*args: P.args, **kwargs: P.kwargs) -> R:
        admit_bot()
        former = take_key(db.session(), actor=BOT.label, now=now())
        return view(*args, **kwargs) if former is None else former  # type: ignore[return-value]

    marked.access = ACCESS  # type: ignore[attr-defined]
    return marked


def admit_bot() -> None:
    """Bind the transaction to the bot. Raises NotSignedIn for whoever does not show its key."""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    linli = current_app.extensions["linli"]
    expected = bot_key(linli.settings, linli.keyring)
    # Compared in constant time, so that the time to answer tells nothing of the key.
    if scheme.lower() != "bot" or not hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), expected.encode()):
        raise NotSignedIn()
    act_as(db.session(), BOT)
