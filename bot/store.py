"""Conversations: sealed here, kept by the API under a hash, with a version against two processes at once."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.api_client import Api, Refused
from bot.conversation.model import Alarm, Codes, Conversation, Draft, State
from bot.effects import Button, Say
from bot.inputs import Spot
from bot.logs import tell
from bot.seal import Keys, Unreadable

# As many of the last updates are remembered as come again after a process ended at the worst moment.
REMEMBERED = 32
SEALED_MOST = 60_000
LATELY_MOST = 500


class Stale(Exception):
    """Another process has written the conversation meanwhile: read it again and repeat the update."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A conversation with its version, the updates that it has seen, and what the last of them was answered."""

    conversation: Conversation
    version: int = 0
    done: tuple[int, ...] = ()
    answers: tuple[Say, ...] = ()

    def after(self, update: int, conversation: Conversation, answers: tuple[Say, ...]) -> "Stored":
        """The same after one more update."""
        done = (*self.done, update)[-REMEMBERED:]
        return replace(self, conversation=conversation, done=done, answers=answers)


class Store:
    """Reads and writes conversations.

    The last ones are kept in memory: whoever has read an old version is told so by the API when it is written, and what
    was called for it meanwhile is called again under the same ids.
    """

    def __init__(self, api: Api, keys: Keys) -> None:
        self._api = api
        self._keys = keys
        self._lately: dict[str, Stored] = {}

    async def read(self, name: str, *, language: str) -> Stored:
        """The conversation of this name, or a new one. What cannot be opened any more begins anew."""
        if lately := self._lately.get(name):
            return lately
        stored = await self._fetch(name, language=language)
        self._keep(name, stored)
        return stored

    def _keep(self, name: str, stored: Stored) -> None:
        self._lately.pop(name, None)
        self._lately[name] = stored
        while len(self._lately) > LATELY_MOST:
            self._lately.pop(next(iter(self._lately)))

    async def _fetch(self, name: str, *, language: str) -> Stored:
        try:
            held = await self._api.as_bot("GET", f"conversations/{name}")
        except Refused as refused:
            if refused.status != 404:
                raise
            return Stored(Conversation(language=language))
        version = int(held["version"])
        try:
            return decoded(json.loads(self._keys.open(held["sealed"], name)), version)
        except (Unreadable, KeyError, TypeError, ValueError) as error:
            tell("a conversation could not be opened and begins anew", error=type(error).__name__)
            return Stored(Conversation(language=language), version)

    async def write(self, name: str, stored: Stored) -> None:
        """Keep it. Raises Stale."""
        self._lately.pop(name, None)  # until it is known how this ends
        sealed = self._keys.seal(encoded(stored), name)
        if len(sealed) > SEALED_MOST:
            sealed = self._keys.seal(encoded(replace(stored, answers=())), name)
        body = {"sealed": sealed, "version": stored.version}
        try:
            told = await self._api.as_bot("PUT", f"conversations/{name}", body)
        except Refused as refused:
            if refused.status in {409, 412}:
                raise Stale from refused
            raise
        self._keep(name, replace(stored, version=int(told["version"])))

    async def forget(self, name: str) -> None:
        """Delete it."""
        self._lately.pop(name, None)
        try:
            await self._api.as_bot("DELETE", f"conversations/{name}")
        except Refused as refused:
            if refused.status != 404:
                raise


def encoded(stored: Stored) -> bytes:
    """As it is sealed."""
    held = asdict(stored.conversation)
    told = {"talk": held, "done": stored.done, "answers": [asdict(one) for one in stored.answers]}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def decoded(told: Mapping[str, Any], version: int) -> Stored:
    """From what was sealed. Raises KeyError, TypeError, ValueError where an older release wrote it otherwise."""
    held = dict(told["talk"])
    conversation = Conversation(
        **held
        | {
            "state": State(held["state"]),
            "receipts": tuple(held["receipts"]),
            "allowed": tuple(held["allowed"]),
            "may": tuple(held.get("may", ())),
            "draft": _draft(held["draft"]),
            "alarm": Alarm(**held["alarm"]) if held["alarm"] else None,
            "codes": Codes(**held["codes"]) if held["codes"] else None,
        }
    )
    return Stored(conversation, version, tuple(told["done"]), tuple(_say(one) for one in told["answers"]))


def _draft(held: dict[str, Any] | None) -> Draft | None:
    if not held:
        return None
    lists = {name: tuple(held[name]) for name in ("photos", "voices")}
    settled = tuple(State(one) for one in held["settled"])
    return Draft(**held | lists | {"settled": settled, "spot": Spot(**held["spot"]) if held["spot"] else None})


def _say(held: dict[str, Any]) -> Say:
    buttons = tuple(tuple(Button(**one) for one in row) for row in held["buttons"])
    return Say(**held | {"buttons": buttons, "spot": Spot(**held["spot"]) if held["spot"] else None})
