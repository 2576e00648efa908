"""(a) A report by its full path, beside a bare INSERT: latency one by one, throughput with several at a time.

Rounds of ours and of the floor take turns, so that whatever else the machine does falls on both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.bench.figures import Figure, at_least_share, at_most, at_most_times, middle, percentile, spread
from tests.bench.load import Answer, Order, per_second, send
from tests.bench.serving import floor, web
from tests.bench.world import World, reports

TIMES_FLOOR, SHARE_OF_FLOOR = 4.0, 0.25


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is sent: ``alone`` requests one by one and ``together`` at each number of connections, so many rounds."""

    rounds: int = 5
    alone: int = 250
    together: int = 500
    connections: Sequence[int] = (8, 32)


@dataclass(slots=True)
class _Rounds:
    """What rounds gave, one entry each."""

    alone: list[list[float]] = field(default_factory=list)
    rate: dict[int, list[float]] = field(default_factory=dict)
    latency: dict[int, list[list[float]]] = field(default_factory=dict)

    def add(self, connections: int, answers: Sequence[Answer]) -> None:
        took_ms = [one.ms for one in answers]
        if connections == 1:
            self.alone.append(took_ms)
            return
        self.rate.setdefault(connections, []).append(per_second(answers))
        self.latency.setdefault(connections, []).append(took_ms)

    def of(self, percent: float, connections: int = 1) -> list[float]:
        """That percentile of each round, in milliseconds."""
        rounds = self.alone if connections == 1 else self.latency[connections]
        return [percentile(one, percent) for one in rounds]


def run(world: World, plan: Plan = Plan()) -> list[Figure]:
    """Measure."""
    ours, bare = _Rounds(), _Rounds()
    with web(world.environment) as port, floor(world.environment) as floor_port:
        asks = ((ours, partial(_ask, port, "/api/v1/reports")), (bare, partial(_ask, floor_port, "/")))
        for number, (_, ask) in enumerate(asks):
            ask(8, 100, seed=-1 - number)  # caches, plans and connections of every thread
        for number in range(plan.rounds):
            for connections in (1, *plan.connections):
                count = plan.alone if connections == 1 else plan.together
                for into, ask in asks if number % 2 else reversed(asks):
                    into.add(connections, ask(connections, count, seed=number * 100 + connections))
    return [*_alone(ours, bare), *(one for at in plan.connections for one in _together(ours, bare, at))]


def _ask(port: int, path: str, connections: int, count: int, *, seed: int) -> list[Answer]:
    return send(Order(port, "POST", path, reports(count, seed), connections=connections))


def _alone(ours: _Rounds, bare: _Rounds) -> list[Figure]:
    named: list[tuple[str, Callable[..., Figure]]] = [
        ("p50", partial(at_most_times, times=TIMES_FLOOR)),
        ("p95", at_most),
        ("p99", at_most),
    ]
    return [
        make(
            f"create a report, one by one, {name}", middle(ours.of(float(name[1:]))), "ms",
            yardstick=middle(bare.of(float(name[1:]))),
            note=f"bare Flask insert; {spread(ours.of(float(name[1:])))}, floor {spread(bare.of(float(name[1:])))}",
        )
        for name, make in named
    ]  # fmt: skip


def _together(ours: _Rounds, bare: _Rounds, connections: int) -> list[Figure]:
    mine, theirs = ours.rate[connections], bare.rate[connections]
    make = partial(at_least_share, share=SHARE_OF_FLOOR) if connections == 8 else at_most
    note = f"bare Flask insert; {spread(mine)}, floor {spread(theirs)}"
    rate = make(
        f"create reports, {connections} connections", middle(mine), "/s", yardstick=middle(theirs), note=note
    )
    return [
        rate,
        *(
            at_most(
                f"create reports, {connections} connections, p{percent}", middle(ours.of(percent, connections)), "ms",
                yardstick=middle(bare.of(percent, connections)), note="bare Flask insert",
            )
            for percent in (50, 99)
        ),
    ]  # fmt: skip
