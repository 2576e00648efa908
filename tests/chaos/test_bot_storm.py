"""A small storm: nothing that people said in the chat is lost or done twice when parts are killed, and an SOS passes."""

from pathlib import Path

import pytest

from tests.chaos.bot_flood import SOS_MOST_S, flood
from tests.chaos.bot_storm import storm
from tests.journeys.chatting import house

pytestmark = pytest.mark.slow


def test_what_is_said_in_the_chat_is_done_once_while_parts_are_killed(postgres: str, tmp_path: Path) -> None:
    with house(postgres, tmp_path) as home:
        found = storm(home, people=24, between_s=(1.5, 5.0))
    assert found.details == []
    assert found.kills["bot"] > 0
    assert found.reports >= 24


def test_an_sos_passes_many_messages_that_wait(postgres: str, tmp_path: Path) -> None:
    with house(postgres, tmp_path) as home:
        found = flood(home, recipients=300)
    assert (found.arrived, found.twice, found.refused) == (300, 0, 0)
    assert max(found.passed_s) < SOS_MOST_S
    assert found.peak <= 30
