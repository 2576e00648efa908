"""What is kept of a conversation can be read again, by this chat's key alone, and fits what the API keeps."""

import json
from dataclasses import replace

import pytest

from bot.conversation.model import Alarm, Codes, Conversation, Draft, State
from bot.effects import Button, Say
from bot.inputs import Spot
from bot.seal import Keys, Unreadable, webhook_path, webhook_secret
from bot.store import SEALED_MOST, Stored, decoded, encoded
from bot.world import TEXT_MOST

FULL = Conversation(
    State.READY, "zh",
    Draft("id", "concern", "CN01", True, "字" * TEXT_MOST, Spot(30.1, 120.2, 5.0, "2026-03-02T09:00:00+00:00"), "门口",
          ("p" * 36,) * 8, ("v" * 36,) * 8, (State.TOPIC, State.PLACE)),
    receipts=tuple(f"7KQF-2M9D-X4TB-0W{number:02}" for number in range(20)), opened="7KQF", allowed=("messages",),
    alarm=Alarm("7KQF", coded=True, sharing=False), codes=Codes("1234", "9876"), offer="offer", hours=4,
)  # fmt: skip
ANSWER = Say("字" * 4096, ((Button("是", "yes"),),), True, True, Spot(1.0, 2.0), True)


@pytest.mark.parametrize("conversation", [Conversation(), FULL, *(Conversation(state) for state in State)])
def test_a_conversation_is_read_as_it_was_written(conversation: Conversation) -> None:
    stored = Stored(conversation, 3, tuple(range(32)), (ANSWER,))
    assert decoded(json.loads(encoded(stored)), 3) == stored


def test_the_fullest_conversation_fits() -> None:
    noise = "".join(chr(0x4E00 + (at * 7919) % 20_000) for at in range(TEXT_MOST))
    assert FULL.draft
    full = replace(FULL, draft=replace(FULL.draft, text=noise))
    assert len(Keys("k" * 40).seal(encoded(Stored(full, 1, tuple(range(32)), (ANSWER,))), "name")) < SEALED_MOST


def test_what_was_sealed_opens_under_its_own_name_and_key_alone() -> None:
    keys = Keys("k" * 40)
    sealed = keys.seal(b"words", "one")
    assert keys.open(sealed, "one") == b"words"
    assert keys.seal(b"words", "one") != sealed
    altered = sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB")
    for box, name, ring in (
        (sealed, "two", keys),
        (sealed, "one", Keys("x" * 40)),
        (altered, "one", keys),
        ("%", "one", keys),
    ):
        with pytest.raises(Unreadable):
            ring.open(box, name)


def test_names_and_ids_repeat_for_the_same_and_differ_for_others() -> None:
    keys = Keys("k" * 40)
    assert keys.conversation(1, 2) == Keys("k" * 40).conversation(1, 2)
    assert (
        len(
            {
                keys.conversation(1, 2),
                keys.conversation(2, 1),
                keys.conversation(12, 0),
                Keys("x" * 40).conversation(1, 2),
            }
        )
        == 4
    )
    assert len(keys.conversation(1, 2)) == 64
    assert len({keys.id_of(1, 2), keys.id_of(1, 3), keys.id_of(2, 2)}) == 3
    assert "12345" not in keys.conversation(12345, 12345)


def test_the_webhooks_path_and_secret_tell_nothing_of_the_token() -> None:
    token = "123456:secret-part"
    assert "secret-part" not in webhook_path(token) + webhook_secret(token)
    assert webhook_path(token) != webhook_path(token + "x")
