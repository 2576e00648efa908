"""One update from beginning to end: read the conversation, take the step, make the calls, keep it, and only then answer.

Whatever happens in between, the same update can be handled again: its calls are done once, and what it was answered is
kept with the conversation.
"""

import logging
import time
from collections import Counter
from dataclasses import replace

from bot.api_client import Api, ApiAway, ApiFault, Refused
from bot.conversation.group import group_turn
from bot.conversation.model import Conversation, State, Turn, numbers
from bot.conversation.table import messages, step
from bot.effects import Forget, Say
from bot.handlers import Context, Files, Sessions, carry_out
from bot.inputs import Said
from bot.knowledge import Knowledge
from bot.logs import tell, where_it_broke
from bot.reading import Arrived, keyed
from bot.seal import Keys
from bot.sending import Blocked, Sender
from bot.store import Stale, Store
from bot.wording import best_language, say
from bot.world import World

# Where two processes write the same conversation at once, one of them begins again; so often at most.
REPEATS = 8
# More calls than any answer needs: a table that goes round in circles is a bug, and ends here.
CALLS_MOST = 10
# So often is an update tried that the API cannot bear (500); then its writer is told, and the others go on.
FAULTS_MOST = 4
URGENT = frozenset({State.SOS, State.SOS_ON, State.SOS_CODE, State.SOS_END})


class Handler:
    """Handles updates, one at a time for a chat; many chats at once."""

    def __init__(self, api: Api, keys: Keys, store: Store, knowledge: Knowledge, sender: Sender, files: Files) -> None:
        self._api, self._keys, self._store = api, keys, store
        self._knowledge, self._sender, self._files = knowledge, sender, files
        self._sessions = Sessions()
        self._answered: dict[int, None] = {}
        self._told: set[int] = set()
        self._faults: Counter[int] = Counter()
        self.counts: Counter[str] = Counter()

    async def handle(self, arrived: Arrived) -> None:
        """Until the API has answered and so have we. Raises ApiAway: it is not handled, and comes again."""
        try:
            await self._handle(arrived)
            self.counts["handled"] += 1
            self._told.clear()
        except (ApiAway, ApiFault) as error:
            if isinstance(error, ApiFault) and self._is_given_up(arrived.update):
                return await self._poisoned(arrived, error)
            self.counts["away"] += 1
            await self.say_away(arrived)
            raise ApiAway(str(error)) from error
        except Blocked:
            await self._blocked(arrived)
        except Exception as error:  # noqa: BLE001 - a bug in one update must not stop the others
            await self._poisoned(arrived, error)

    async def _poisoned(self, arrived: Arrived, error: Exception) -> None:
        self.counts["poison"] += 1
        tell("an update broke", level=logging.ERROR, error=type(error).__name__, where=where_it_broke(error))
        await self._apologise(arrived)

    def _is_given_up(self, update: int) -> bool:
        """Whether the API is broken for this one update, again and again, while it answers others."""
        self._faults[update] += 1
        if self._faults[update] < FAULTS_MOST:
            return False
        del self._faults[update]
        return True

    async def _handle(self, arrived: Arrived) -> None:
        if arrived.left:
            return await self._blocked(arrived)
        name = self._keys.conversation(arrived.chat, arrived.user)
        arrived = keyed(arrived, self._keys.id_of(arrived.chat, arrived.update))
        for _ in range(REPEATS):
            try:
                return await self._once(arrived, name)
            except Stale:
                self.counts["stale"] += 1
        raise ApiAway("others keep writing this conversation")

    async def _once(self, arrived: Arrived, name: str) -> None:
        world = await self._knowledge.refreshed()
        stored = await self._store.read(name, language=best_language(arrived.language, world.languages))
        language = stored.conversation.language
        if arrived.update in stored.done:
            self.counts["again"] += 1
            if arrived.update == stored.done[-1] and arrived.update not in self._answered:
                await self._answer(arrived, stored.answers, language, urgent=False)
            return
        context = self._context(arrived, stored.conversation)
        conversation, says, forgets = await self._play(context, arrived, stored.conversation, world)
        if forgets:
            await self._store.forget(name)
        elif says or conversation != stored.conversation:
            await self._store.write(name, stored.after(arrived.update, conversation, says))
        done = time.monotonic()
        urgent = arrived.is_urgent or conversation.state in URGENT
        if await self._answer(arrived, says, conversation.language, urgent=urgent):
            await self._say_seen(context)
        # What the API took, all of its calls for this update and what waited before them, and what Telegram took.
        api_ms, chat_ms = round((done - arrived.since) * 1000, 1), round((time.monotonic() - done) * 1000, 1)
        tell("an update was handled", level=logging.DEBUG, api_ms=api_ms, chat_ms=chat_ms)

    def _context(self, arrived: Arrived, conversation: Conversation) -> Context:
        return Context(
            self._api,
            self._files,
            self._sessions,
            arrived.chat,
            conversation.language,
            arrived.said.key,
            arrived.said.at,
        )

    async def _say_seen(self, context: Context) -> None:
        """What the chat now shows was seen by whoever asked for it. Where that cannot be said it stays unknown."""
        for receipt, ids in context.shown:
            try:
                await context.with_receipt("POST", "receipt/seen", receipt, {"ids": list(ids)})
            except (ApiAway, ApiFault, Refused):
                self.counts["unseen"] += 1

    async def _play(
        self, context: Context, arrived: Arrived, conversation: Conversation, world: World
    ) -> tuple[Conversation, tuple[Say, ...], bool]:
        """Step after step until no call is left: the conversation, what to say, and whether all is forgotten."""
        turn, says = self._step(arrived, conversation, arrived.said, world)
        waiting, forgets = list(turn.effects), False
        for _ in range(CALLS_MOST):
            if not waiting:
                break
            effect = waiting.pop(0)
            came = await carry_out(context, effect)
            came = replace(came, key=arrived.said.key, at=arrived.said.at)
            forgets = forgets or (isinstance(effect, Forget) and came.value == "forgotten")
            turn, more = self._step(arrived, turn.conversation, came, world)
            says, waiting = says + more, [*waiting, *turn.effects]
        return turn.conversation, merged(says), forgets

    @staticmethod
    def _step(arrived: Arrived, conversation: Conversation, said: Said, world: World) -> tuple[Turn, tuple[Say, ...]]:
        if not arrived.in_group:
            return step(conversation, said, world)
        turn = group_turn(conversation, said)
        return turn, messages(turn, world)

    async def _answer(self, arrived: Arrived, says: tuple[Say, ...], language: str, *, urgent: bool) -> bool:
        taken = await self._sender.answer(arrived, says, language, urgent=urgent)
        self._answered[arrived.update] = None
        while len(self._answered) > 2000:
            del self._answered[next(iter(self._answered))]
        return taken

    async def say_away(self, arrived: Arrived) -> None:
        """The API is away: say so honestly, once to a chat, and to whoever asks for an SOS each time."""
        if arrived.in_group or (arrived.chat in self._told and not arrived.is_urgent):
            return
        self._told.add(arrived.chat)
        language = best_language(arrived.language, self._knowledge.world.languages)
        talk = Conversation(language=language)
        text = say(language, "away", numbers=numbers(talk, self._knowledge.world))
        try:
            # A button keeps its message: what was asked there still waits for its answer.
            await self._sender.answer(replace(arrived, pressed=None), (Say(text),), language, urgent=True)
        except Blocked:
            self.counts["blocked"] += 1
        except Exception as error:  # noqa: BLE001 - the update comes again all the same, and must not be lost for this
            tell("nothing could be said", level=logging.ERROR, error=type(error).__name__, where=where_it_broke(error))

    def is_away(self, chat: int) -> bool:
        """Whether this chat was told that the API is away, and nothing has gone through since."""
        return chat in self._told

    async def _apologise(self, arrived: Arrived) -> None:
        language = best_language(arrived.language)
        try:
            await self._sender.answer(arrived, (Say(say(language, "fault"), fresh=True),), language, urgent=False)
        except Exception as error:  # noqa: BLE001 - it was logged and counted; nobody can be told more
            tell("an apology broke", level=logging.ERROR, error=type(error).__name__, where=where_it_broke(error))

    async def _blocked(self, arrived: Arrived) -> None:
        """Nobody is there any more: the API ends the link, or drops the consent to be written to."""
        self.counts["blocked"] += 1
        try:
            await self._api.as_bot("POST", "blocked", {"chat": str(arrived.chat)})
        except Refused as refused:
            tell("a blocked chat could not be reported", level=logging.WARNING, code=refused.code)


def merged(says: tuple[Say, ...]) -> tuple[Say, ...]:
    """Several answers to one update as one message: a chat bears one a second."""
    if len(says) < 2:
        return says
    last = says[-1]
    text = "\n\n".join(dict.fromkeys(one.text for one in says if one.text))
    spot = next((one.spot for one in says if one.spot), None)
    return (
        Say(
            text, last.buttons, menu=last.menu, fresh=any(one.fresh for one in says), spot=spot,
            wipe=any(one.wipe for one in says),
        ),
    )  # fmt: skip
