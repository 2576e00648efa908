"""(c) Which areas a point lies in, with 50,000 polygons in memory."""

import random
from collections.abc import Callable, Sequence
from math import cos, pi, sin
from time import perf_counter

import shapely
from shapely import Point, Polygon, STRtree

from backend.areas.index import AreaIndex, IndexedArea
from tests.bench.figures import Figure, at_most, middle, percentile, spread

POLYGONS = 50_000
GOAL_US = 50.0
LAT, LON, STEP = 20.0, 100.0, 0.01
CORNERS = 24  # of a neighbourhood's outline
PROVINCE = 1000  # neighbourhoods of a province


def country(count: int) -> list[tuple[IndexedArea, bytes]]:
    """``count`` areas: a country, provinces, and neighbourhoods on a grid whose borders are not straight."""
    wide = int(count**0.5) + 1
    provinces = max(1, count // PROVINCE)
    smallest = count - provinces - 1
    rows = -(-smallest // wide)
    whole = shapely.box(LON - STEP, LAT - STEP, LON + wide * STEP, LAT + (rows + 1) * STEP)
    found = [(IndexedArea(id=1, level=0, division="country", parent_id=None, name="country"), whole.wkb)]
    band = (rows + 1) * STEP / provinces
    for at in range(provinces):
        outline = shapely.box(LON - STEP, LAT + at * band, LON + wide * STEP, LAT + (at + 1) * band)
        area = IndexedArea(id=2 + at, level=1, division="province", parent_id=1, name=f"province {at}")
        found.append((area, shapely.segmentize(outline, STEP).wkb))
    for at in range(smallest):
        row, column = divmod(at, wide)
        parent = 2 + min(provinces - 1, int(row * STEP / band))
        area = IndexedArea(id=2 + provinces + at, level=2, division="block", parent_id=parent, name=f"block {at}")
        found.append((area, _block(row, column).wkb))
    return found


def _block(row: int, column: int) -> Polygon:
    middle_lat, middle_lon = LAT + row * STEP, LON + column * STEP
    turns = (2 * pi * corner / CORNERS for corner in range(CORNERS))
    return Polygon([(middle_lon + STEP * 0.52 * cos(turn), middle_lat + STEP * 0.52 * sin(turn)) for turn in turns])


def run(*, polygons: int = POLYGONS, rounds: int = 5, points: int = 2000) -> list[Figure]:
    """Measure. The yardstick is the tree of the geometry library alone, which knows no levels and no parents."""
    areas = country(polygons)
    index, tree = AreaIndex(areas), STRtree(shapely.from_wkb([wkb for _, wkb in areas]))
    dice = random.Random(5)
    side = int(polygons**0.5) * STEP * 0.95
    places = [(LAT + dice.uniform(0, side), LON + dice.uniform(0, side)) for _ in range(points)]
    ours: list[list[float]] = []
    bare: list[float] = []
    for _ in range(rounds):
        ours.append(_each_us(places, lambda lat, lon: index.locate(lat=lat, lon=lon)))
        took = _each_us(places, lambda lat, lon: tree.query(Point(lon, lat), predicate="intersects"))
        bare.append(sum(took) / points)
    means = [sum(one) / points for one in ours]
    name = f"area lookup among {polygons:,} polygons"
    note = f"the geometry library's tree alone; {spread(means)}"
    return [
        at_most(f"{name}, mean", middle(means), "µs", GOAL_US, yardstick=middle(bare), note=note),
        at_most(f"{name}, p99", middle([percentile(one, 99) for one in ours]), "µs"),
    ]


def _each_us(places: Sequence[tuple[float, float]], look: Callable[[float, float], object]) -> list[float]:
    took = []
    for lat, lon in places:
        began = perf_counter()
        look(lat, lon)
        took.append((perf_counter() - began) * 1e6)
    return took
