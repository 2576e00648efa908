"""Real boundaries: the two cities of the demo, which are part of the project, and the shared originals."""

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import shapely

from backend.areas.geojson import ParsedArea, ParsedAreas, parse_areas
from backend.areas.index import AreaIndex, Location
from backend.areas.problems import AreaImportRefused
from tests.areas.places import ROOT, index_of, shared

DEMO = ROOT / "demo" / "areas"
COUNTS = {
    "hsinchu": {"city": 1, "district": 3, "village": 122},
    "seattle": {"city": 1, "police_precinct": 5, "neighbourhood": 61, "police_beat": 51},
}


@cache
def parsed(path: Path) -> ParsedAreas:
    return parse_areas(path.read_bytes())


def located(path: Path, *, lat: float, lon: float) -> tuple[Location, dict[int, ParsedArea], AreaIndex]:
    index, numbers = index_of(parsed(path))
    areas = {numbers[area.id]: area for area in parsed(path).areas}
    return index.locate(lat=lat, lon=lon), areas, index


@pytest.mark.parametrize("city", ["hsinchu", "seattle"])
def test_a_city_of_the_demo_is_read_unrepaired_with_attribution_and_licence(city: str) -> None:
    found = parsed(DEMO / f"{city}.geojson")
    assert Counter(area.division for area in found.areas) == COUNTS[city]
    assert found.repaired == ()
    assert found.attribution
    assert found.licence in {"MIT", "CC0-1.0"}
    assert all(area.country and area.timezone and area.names["en"] for area in found.areas)


@pytest.mark.parametrize("city", ["hsinchu", "seattle"])
def test_neighbours_of_the_demo_share_their_borders(city: str) -> None:
    for division in COUNTS[city]:
        shapes = [area.geometry for area in parsed(DEMO / f"{city}.geojson").areas if area.division == division]
        assert shapely.coverage_is_valid(shapes), division


@pytest.mark.parametrize("city", ["hsinchu", "seattle"])
def test_the_demo_agrees_with_the_shared_originals(city: str) -> None:
    ours = {area.id: area for area in parsed(DEMO / f"{city}.geojson").areas}
    theirs = {area.id: area for area in parsed(shared(f"areas/{city}_areas.geojson")).areas}
    assert set(ours) == set(theirs)
    for id_, original in theirs.items():
        assert (ours[id_].parent_id, ours[id_].level) == (original.parent_id, original.level)
        moved = shapely.symmetric_difference(ours[id_].geometry, original.geometry).area
        assert moved < 0.001 * original.geometry.area, id_


@pytest.mark.parametrize(
    ("city", "lat", "lon", "names"),
    [
        ("hsinchu", 24.8016, 120.9716, ["新竹市", "東區", "榮光里"]),
        ("hsinchu", 24.7631, 120.9139, ["新竹市", "香山區", "朝山里"]),
        ("seattle", 47.6017, -122.3316, ["Seattle", "West Precinct", "Pioneer Square"]),
        ("seattle", 47.6686, -122.3847, ["Seattle", "North Precinct", "Ballard South"]),
    ],
)
def test_a_known_place_of_the_demo_has_its_areas(city: str, lat: float, lon: float, names: list[str]) -> None:
    found, areas, _ = located(DEMO / f"{city}.geojson", lat=lat, lon=lon)
    assert [areas[id_].name for id_ in found.primary] == names


@pytest.mark.parametrize("city", ["hsinchu", "seattle"])
def test_a_place_in_another_city_is_outside(city: str) -> None:
    assert located(DEMO / f"{city}.geojson", lat=-33.86, lon=151.21)[0].outside


def test_in_seattle_a_place_has_a_beat_beside_its_neighbourhood() -> None:
    found, areas, _ = located(DEMO / "seattle.geojson", lat=47.6017, lon=-122.3316)
    assert [areas[id_].division for id_ in found.covers] == [
        "city",
        "police_precinct",
        "neighbourhood",
        "police_beat",
    ]
    assert areas[found.covers[3]].parent_id == areas[found.covers[1]].id == "sea-p-W"


@pytest.mark.parametrize("origin", ["shared", "demo"])
def test_a_day_of_police_reports_lies_in_the_noted_precincts_and_beats(origin: str) -> None:
    """For 72 reports the noted beat is not the one in which the point lies, in the source as well."""
    path = shared("areas/seattle_areas.geojson") if origin == "shared" else DEMO / "seattle.geojson"
    index, numbers = index_of(parsed(path))
    areas = {area.id: area for area in parsed(path).areas}
    rows = list(csv.DictReader(shared("reports/seattle_police_911_20160325.csv").read_text().splitlines()))
    right = Counter[str]()
    for row in rows:
        found = index.locate(lat=float(row["Latitude"]), lon=float(row["Longitude"]))
        beat = areas[f"sea-b-{row['Zone/Beat']}"]
        right["beat"] += numbers[beat.id] in found.covers
        right["precinct"] += numbers[str(beat.parent_id)] in found.primary
    assert len(rows) == 706
    assert right["precinct"] == 706
    assert right["beat"] >= 634


def test_bostons_broken_polygon_is_named_and_nothing_is_read_until_it_is_repaired() -> None:
    document = shared("areas/boston_neighborhoods.geojson").read_bytes()
    with pytest.raises(AreaImportRefused) as caught:
        parse_areas(document)
    assert [(one.id, one.name, one.code) for one in caught.value.problems] == [
        ("bos-10", "Hyde Park", "invalid_polygon")
    ]
    assert "Ring Self-intersection at lat 42.27" in caught.value.problems[0].message["en"]
    mended = parse_areas(document, repair=True)
    assert len(mended.areas) == 26
    assert [one.id for one in mended.repaired] == ["bos-10"]
    assert all(area.geometry.is_valid for area in mended.areas)
    index, numbers = index_of(mended)
    assert index.locate(lat=42.2557, lon=-71.1241).primary == (numbers["bos-10"],)
