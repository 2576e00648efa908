"""Places inside the real boundaries, read from the files that the areas were imported from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import shapely
from shapely.geometry import shape

from backend.demo.cities import city

# Beats divide Seattle a second time; a report's own neighbourhood is that of the first division.
SECOND = frozenset({"police_beat"})


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A smallest area: its id in the file, its district's, and its polygon."""

    area: str
    district: str
    polygon: Any


@dataclass(frozen=True, slots=True)
class Place:
    """A point of WGS84 in a neighbourhood."""

    lat: float
    lon: float
    area: str
    district: str


@cache
def neighbourhoods(code: str) -> Mapping[str, Neighbourhood]:
    """The smallest areas of a city, by their id."""
    features = json.loads(city(code).areas_file.read_text(encoding="utf-8"))["features"]
    found = (one for one in features if one["properties"]["level"] == 2)
    return {
        one["properties"]["id"]: Neighbourhood(
            one["properties"]["id"], one["properties"]["parent_id"], shape(one["geometry"])
        )
        for one in found
        if one["properties"]["level_name"] not in SECOND
    }


def somewhere(code: str, dice: Random, *, within: Sequence[str] = ()) -> Place:
    """A random place of a city, in one of the areas ``within`` when they are given."""
    known = neighbourhoods(code)
    chosen = known[dice.choice(tuple(within) or tuple(known))]
    left, low, right, high = chosen.polygon.bounds
    while True:
        lon, lat = dice.uniform(left, right), dice.uniform(low, high)
        if shapely.contains_xy(chosen.polygon, lon, lat):
            return Place(round(lat, 6), round(lon, 6), chosen.area, chosen.district)


def beside(place: Place, dice: Random, *, metres: float = 25.0) -> Place:
    """A place a few steps away, in the same neighbourhood as far as the demo is concerned."""
    reach = metres / 111_000  # metres of a degree of latitude
    lat, lon = (value + dice.uniform(-reach, reach) for value in (place.lat, place.lon))
    return Place(round(lat, 6), round(lon, 6), place.area, place.district)
