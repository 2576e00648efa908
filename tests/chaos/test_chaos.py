"""The commands of this folder, short: one city that runs is killed, restarted, poisoned and compared again and again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.figures import Figure
from tests.chaos import clocks, kills, poison, power_loss, restarts, restore_drill
from tests.chaos.showing import missed
from tests.chaos.town import Town, town

pytestmark = pytest.mark.slow
# What depends on how busy the machine is; the commands judge it.
TIMED = ("SOS, acknowledged", "longest outage", "everything sent", "latest of all others")


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The city."""
    with town(tmp_path_factory.mktemp("chaos"), bot=True) as made:
        yield made


def promises(found: list[Figure]) -> list[str]:
    """What was promised and not kept, without what a stopwatch says."""
    return missed([one for one in found if not one.name.startswith(TIMED)])


def test_nothing_that_was_acknowledged_is_lost_while_parts_are_killed(it: Town) -> None:
    assert promises(kills.kill_and_count(it, kills.Plan(kills=4, acknowledged=24, clients=3, sos_s=1.0))) == []


def test_nothing_that_was_acknowledged_is_lost_when_the_database_is_restarted(it: Town) -> None:
    assert promises(restarts.restart_and_count(it, restarts.Plan(times=1, clients=3))) == []


def test_what_cannot_be_sent_ends_among_the_dead_letters_and_somebody_hears_of_it(it: Town) -> None:
    assert promises(poison.poison_and_count(it, poison.Plan(seconds=2.0, clients=2, share=0.2))) == []


def test_no_rung_is_missed_or_climbed_twice_when_the_clock_jumps(tmp_path: Path) -> None:
    assert promises(clocks.run(clocks.Plan(incidents=6), tmp_path)) == []


def test_a_restore_loses_nothing_and_recovery_ends_before_the_mistake(tmp_path: Path) -> None:
    assert promises(restore_drill.run(restore_drill.Plan(reports=20, last=4), tmp_path)) == []


def test_what_was_acknowledged_outlasts_the_loss_of_every_write_that_was_not_synced(tmp_path: Path) -> None:
    try:
        found = power_loss.run(power_loss.Plan(reports=8, before=2), tmp_path)
    except power_loss.NoStrace as why:
        pytest.skip(str(why))
    assert promises(found) == []
