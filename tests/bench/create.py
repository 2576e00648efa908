"""(a) A report by its full path, beside a bare INSERT: latency one by one, throughput with several at a time.

Rounds of ours and of the floor take turns, so that whatever else the machine does falls on both.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import psycopg

from backend.app import create_app
from backend.kernel.database import db
from tests.bench.figures import Figure, at_least_share, at_most, at_most_times, middle, percentile, spread
from tests.bench.load import Answer, Order, per_second, send
from tests.bench.serving import floor, web
from tests.bench.statements import counted
from tests.bench.world import World, report, reports

TIMES_FLOOR, SHARE_OF_FLOOR, STATEMENTS_MOST = 4.0, 0.25, 10
Ask = Callable[..., list[Answer]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is sent: ``alone`` requests one by one and ``together`` at each number of connections, so many rounds."""

    rounds: int = 5
    alone: int = 200
    together: int = 400
    connections: Sequence[int] = (8, 32)
    warm: int = 600


@dataclass(slots=True)
class Rounds:
    """What rounds gave, by the number of connections: milliseconds of each answer, answers a second."""

    took_ms: dict[int, list[list[float]]] = field(default_factory=dict)
    rate: dict[int, list[float]] = field(default_factory=dict)

    def add(self, connections: int, answers: Sequence[Answer]) -> None:
        """One more round."""
        self.took_ms.setdefault(connections, []).append([one.ms for one in answers])
        self.rate.setdefault(connections, []).append(per_second(answers))

    def of(self, percent: float, connections: int = 1) -> list[float]:
        """That percentile of each round, in milliseconds."""
        return [percentile(one, percent) for one in self.took_ms[connections]]


def run(world: World, plan: Plan = Plan()) -> list[Figure]:
    """Measure."""
    with _served(world) as (full, bare, ordinary):
        rounds = {ask: Rounds() for ask in (full, bare, ordinary)}
        _warm(world, plan, rounds)
        for number in range(plan.rounds):
            order = list(rounds) if number % 2 else list(reversed(rounds))
            for connections in (1, *plan.connections):
                count = plan.alone if connections == 1 else plan.together
                for ask in order if connections == 1 else [one for one in order if one is not ordinary]:
                    rounds[ask].add(connections, ask(connections, count, seed=number * 100 + connections))
    ours, floor_rounds = rounds[full], rounds[bare]
    together = [one for at in plan.connections for one in _together(ours, floor_rounds, at)]
    return [*_alone(ours, floor_rounds, rounds[ordinary]), *together, statements(world)]


@contextmanager
def _served(world: World) -> Iterator[tuple[Ask, Ask, Ask]]:
    """Ways to ask the full path, the bare floor and an ordinary one."""
    with web(world.environment) as port, floor(world.environment) as floor_port:
        yield (
            partial(_ask, port, "/api/v1/reports"),
            partial(_ask, floor_port, "/"),
            partial(_ask, floor_port, "/ordinary"),
        )


def _ask(port: int, path: str, connections: int, count: int, *, seed: int) -> list[Answer]:
    return send(Order(port, "POST", path, reports(count, seed), connections=connections))


def _warm(world: World, plan: Plan, asks: Sequence[Ask] | dict[Ask, Rounds]) -> None:
    """Caches, plans and connections of every thread; and statistics, as the server makes them within a minute."""
    for number, ask in enumerate(asks):
        ask(16, plan.warm, seed=-1 - number)
    with psycopg.connect(world.settings.database_url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    for number, ask in enumerate(asks):
        ask(16, plan.warm // 2, seed=-11 - number)


def _alone(ours: Rounds, bare: Rounds, ordinary: Rounds) -> list[Figure]:
    found = []
    for percent in (50, 95, 99):
        mine, theirs = ours.of(percent), bare.of(percent)
        given = {"yardstick": middle(theirs), "note": f"bare Flask insert; {spread(mine)}, floor {spread(theirs)}"}
        name = f"create a report, one by one, p{percent}"
        found.append(
            at_most_times(name, middle(mine), "ms", TIMES_FLOOR, **given)  # type: ignore[arg-type]
            if percent == 50
            else at_most(name, middle(mine), "ms", **given)  # type: ignore[arg-type]
        )
    usual = ordinary.of(50)
    note = f"one object through Flask-SQLAlchemy; {spread(usual)}"
    return [
        *found,
        at_most("the same beside an ordinary insert", found[0].value, "ms", yardstick=middle(usual), note=note),
    ]


def _together(ours: Rounds, bare: Rounds, connections: int) -> list[Figure]:
    name, mine, theirs = f"create reports, {connections} connections", ours.rate[connections], bare.rate[connections]
    note = f"bare Flask insert; {spread(mine)}, floor {spread(theirs)}"
    if connections == 8:
        rate = at_least_share(name, middle(mine), "/s", SHARE_OF_FLOOR, yardstick=middle(theirs), note=note)
    else:
        rate = at_most(name, middle(mine), "/s", yardstick=middle(theirs), note=note)
    return [rate, *(_at_once(ours, bare, connections, percent) for percent in (50, 95, 99))]


def _at_once(ours: Rounds, bare: Rounds, connections: int, percent: int) -> Figure:
    mine, theirs = ours.of(percent, connections), bare.of(percent, connections)
    name = f"create reports, {connections} connections, p{percent}"
    return at_most(name, middle(mine), "ms", yardstick=middle(theirs), note=f"bare Flask insert; {spread(mine)}")


def statements(world: World) -> Figure:
    """The figure of how many statements one report sends."""
    app = create_app(world.settings)
    client, dice = app.test_client(), random.Random(9)
    client.post("/api/v1/reports", json=report(dice))  # fills the caches of configuration
    with counted(app) as sent:
        assert client.post("/api/v1/reports", json=report(dice)).status_code == 201
    with app.app_context():
        db.engine.dispose()
    return at_most("SQL statements of a report", len(sent), "", STATEMENTS_MOST)
