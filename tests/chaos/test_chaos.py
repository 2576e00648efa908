"""The commands of this folder, short: one city that runs is killed, restarted and compared again and again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.figures import Figure
from tests.chaos import kills, restarts
from tests.chaos.showing import missed
from tests.chaos.town import Town, town

pytestmark = pytest.mark.slow
# What depends on how busy the machine is; the commands judge it.
TIMED = ("SOS, acknowledged", "longest outage", "everything sent")


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The city."""
    with town(tmp_path_factory.mktemp("chaos"), bot=True) as made:
        yield made


def promises(found: list[Figure]) -> list[str]:
    """What was promised and not kept, without what a stopwatch says."""
    return missed([one for one in found if not one.name.startswith(TIMED)])


def test_nothing_that_was_acknowledged_is_lost_while_parts_are_killed(it: Town) -> None:
    assert promises(kills.kill_and_count(it, kills.Plan(kills=5, acknowledged=30, clients=3, sos_s=1.0))) == []


def test_nothing_that_was_acknowledged_is_lost_when_the_database_is_restarted(it: Town) -> None:
    assert promises(restarts.restart_and_count(it, restarts.Plan(times=2, clients=3))) == []
