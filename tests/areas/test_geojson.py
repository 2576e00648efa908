"""Reading a file of areas: what is accepted, and that every problem is named."""

import json
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.areas import geojson, polygons
from backend.areas.geojson import parse_areas
from backend.areas.problems import TEXTS, AreaImportRefused
from tests.areas.places import document, feature, polygon, shared, square

BOW_TIE = polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]])


def refused(text: str | bytes, **options: bool) -> AreaImportRefused:
    with pytest.raises(AreaImportRefused) as caught:
        parse_areas(text, **options)
    return caught.value


def codes(text: str | bytes, **options: bool) -> list[str]:
    return [problem.code for problem in refused(text, **options).problems]


def test_an_area_is_read_with_all_that_it_says() -> None:
    text = document(
        feature("top", country="TW", timezone="Asia/Taipei", density="rural", name_en="Top", names={"zh": "顶"}),
        feature("low", level=1, level_name="district", parent_id="top", code="7", people=12),
        attribution="somebody",
        licence="CC0-1.0",
    )
    parsed = parse_areas(text)
    top, low = parsed.areas
    assert (parsed.attribution, parsed.licence, parsed.repaired) == ("somebody", "CC0-1.0", ())
    assert (top.id, top.name, top.level, top.division, top.parent_id) == ("top", "TOP", 0, "city", None)
    assert (top.country, top.timezone, top.density) == ("TW", "Asia/Taipei", "rural")
    assert top.names == {"en": "Top", "zh": "顶"}
    assert (low.parent_id, low.density, low.properties) == ("top", "urban", {"code": "7", "people": 12})


def test_parents_come_before_children_whatever_the_order_of_the_file() -> None:
    text = document(feature("low", level=3, parent_id="top"), feature("top", level=1))
    assert [(area.id, area.row) for area in parse_areas(text).areas] == [("top", 2), ("low", 1)]


@pytest.mark.parametrize(
    ("said", "kept"), [("by\x00 A\ud800", "by  A "), ("x" * 3000, "x" * 2000), (["A"], ""), (None, "")]
)
def test_what_the_file_says_of_its_origin_is_kept_as_far_as_it_can_be(said: object, kept: str) -> None:
    assert parse_areas(document(feature(), attribution=said, license=said)).attribution == kept


def test_a_single_feature_is_a_file_of_one_area() -> None:
    assert [area.id for area in parse_areas(json.dumps(feature("alone"))).areas] == ["alone"]


def test_a_byte_order_mark_and_numeric_ids_are_read() -> None:
    plain = document(feature(id=None) | {"id": 7})
    assert parse_areas("\ufeff" + plain).areas[0].id == "7"
    assert parse_areas(b"\xef\xbb\xbf" + plain.encode()).areas[0].id == "7"


@pytest.mark.parametrize("hole_reversed", [False, True])
@pytest.mark.parametrize("shell_reversed", [False, True])
def test_both_ring_orders_become_that_of_rfc_7946(shell_reversed: bool, hole_reversed: bool) -> None:
    shell = square(0, 0, 3)[:: -1 if shell_reversed else 1]
    hole = square(1, 1)[:: -1 if hole_reversed else 1]
    shape = parse_areas(document(feature(geometry=polygon(shell, hole)))).areas[0].geometry
    assert isinstance(shape, shapely.Polygon)
    assert shape.exterior.is_ccw
    assert not shape.interiors[0].is_ccw
    assert shape.area == 8


def test_the_same_shape_written_from_another_corner_is_the_same_bytes() -> None:
    ring = square(0, 0)
    turned = [*ring[2:], *ring[1:3]]
    one, other = (parse_areas(document(feature(geometry=polygon(way)))).areas[0] for way in (ring, turned))
    assert one.geometry.wkb == other.geometry.wkb


def test_altitudes_are_dropped() -> None:
    raised = [[*position, 12.5] for position in square(0, 0)]
    assert not parse_areas(document(feature(geometry=polygon(raised)))).areas[0].geometry.has_z


def test_a_multipolygon_stays_one() -> None:
    parts = {"type": "MultiPolygon", "coordinates": [[square(0, 0)], [square(5, 5)]]}
    assert parse_areas(document(feature(geometry=parts))).areas[0].geometry.area == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        ("[" * 100_000, "too_deep"),
        ("7", "not_features"),
        ('{"type": "Topology"}', "not_features"),
        ('{"type": "FeatureCollection"}', "not_features"),
        ('{"type": "FeatureCollection", "features": {}}', "not_features"),
        (document(), "no_areas"),
        (document(feature(), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::2926"}}), "crs"),
        (document(feature(), crs=3), "crs"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_is_no_file_of_areas_is_refused(text: str | bytes, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"])
def test_an_older_file_that_names_wgs84_is_read(name: str) -> None:
    text = document(feature(), crs={"type": "name", "properties": {"name": name}})
    assert len(parse_areas(text).areas) == 1


def test_a_file_beyond_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geojson, "MAX_AREAS", 1)
    assert codes(document(feature("a"), feature("b"))) == ["too_many_areas"]
    monkeypatch.setattr(geojson, "MAX_DOCUMENT_BYTES", 10)
    assert codes(document(feature())) == ["too_large"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": None}, "missing"),
        ({"id": ""}, "bad_field"),
        ({"id": True}, "bad_field"),
        ({"id": "x" * 201}, "bad_field"),
        ({"id": "a\x00b"}, "bad_field"),
        ({"name": None}, "missing"),
        ({"name": "   "}, "bad_field"),
        ({"name": 7}, "bad_field"),
        ({"level": None}, "missing"),
        ({"level": -1}, "bad_field"),
        ({"level": 21}, "bad_field"),
        ({"level": 1.5}, "bad_field"),
        ({"level": float("nan")}, "bad_field"),
        ({"level": True}, "bad_field"),
        ({"level": "1"}, "bad_field"),
        ({"level_name": 5}, "bad_field"),
        ({"parent_id": ["a"]}, "bad_field"),
        ({"names": "Name"}, "bad_field"),
        ({"names": {"English!": "Name"}}, "bad_field"),
        ({"name_zh": 5}, "bad_field"),
        ({"country": "Taiwan"}, "bad_field"),
        ({"timezone": "Asia/Nowhere"}, "bad_field"),
        ({"timezone": ["Asia/Taipei"]}, "bad_field"),
        ({"density": "crowded"}, "bad_field"),
        ({"note": "x" * 9000}, "bad_properties"),
        ({"note": float("inf")}, "bad_properties"),
        ({"note": "\x00"}, "bad_properties"),
        ({"note": "\ud800"}, "bad_properties"),
        ({"note": [[[[[[[[[[]]]]]]]]]]}, "bad_properties"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_property_is_named(changes: dict[str, Any], code: str) -> None:
    assert codes(document(feature(**changes))) == [code]


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ({"type": "Point", "coordinates": [0, 0]}, "geometry_type"),
        ({"type": "GeometryCollection", "geometries": []}, "geometry_type"),
        ({}, "geometry_type"),
        (5, "bad_coordinates"),
        ({"type": "Polygon"}, "bad_coordinates"),
        ({"type": "Polygon", "coordinates": []}, "missing_geometry"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "missing_geometry"),
        (polygon([[0], [1, 0], [1, 1], [0, 0]]), "bad_coordinates"),
        ({"type": "Polygon", "coordinates": [[["0", 0], [1, 0], [1, 1], [0, 0]]]}, "bad_coordinates"),
        ({"type": "Polygon", "coordinates": [[[True, 0], [1, 0], [1, 1], [True, 0]]]}, "bad_coordinates"),
        (polygon([[0, 0], [float("nan"), 0], [1, 1], [0, 0]]), "not_finite"),
        (polygon([[0, 0], [10**400, 0], [1, 1], [0, 0]]), "not_finite"),
        (polygon(square(179.5, 0)), "out_of_range"),
        (polygon(square(0, 89.5)), "out_of_range"),
        (polygon([[24.8, 120.9], [24.9, 120.9], [24.9, 121], [24.8, 120.9]]), "out_of_range"),
        (polygon([]), "ring_too_short"),
        (polygon([[0, 0], [1, 1], [0, 0]]), "ring_too_short"),
        (polygon(square(0, 0)[:4]), "ring_not_closed"),
        (BOW_TIE, "invalid_polygon"),
        (polygon([[0, 0], [1, 0], [2, 0], [0, 0]]), "invalid_polygon"),
        (polygon(square(0, 0), square(5, 5)), "invalid_polygon"),
        ({"type": "MultiPolygon", "coordinates": [[square(0, 0)], [square(0.5, 0.5)]]}, "invalid_polygon"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_geometry_that_is_no_area_is_named(geometry: Any, code: str) -> None:
    assert codes(document(feature(geometry=geometry))) == [code]


def test_a_feature_without_geometry_and_a_row_that_is_no_feature_are_named() -> None:
    text = document(feature("a") | {"geometry": None}, {"type": "Point"}, "row")
    found = refused(text).problems
    assert [(problem.row, problem.code) for problem in found] == [
        (1, "missing_geometry"),
        (2, "not_a_feature"),
        (3, "not_a_feature"),
    ]


def test_a_polygon_with_too_many_positions_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polygons, "MAX_POSITIONS", 4)
    assert codes(document(feature())) == ["too_many_positions"]


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ([feature("a"), feature("a")], [(2, "duplicate_id")]),
        ([feature("a", level=1, parent_id="nobody")], [(1, "unknown_parent")]),
        ([feature("a", parent_id="b"), feature("b", level=1)], [(1, "level_not_below")]),
        ([feature("a", level=1, parent_id="b"), feature("b", level=1)], [(1, "level_not_below")]),
        ([feature("a", level=1, parent_id="a")], [(1, "parent_cycle")]),
        (
            [feature("a", level=1, parent_id="b"), feature("b", level=2, parent_id="a"), feature("c")],
            [(1, "parent_cycle"), (2, "parent_cycle")],
        ),
        ([feature("a", level="?"), feature("b", level=1, parent_id="a")], [(1, "bad_field")]),
    ],
)
def test_a_broken_tree_is_named(features: list[Any], expected: list[tuple[int, str]]) -> None:
    found = refused(document(*features)).problems
    assert [(problem.row, problem.code) for problem in found] == expected


def test_every_problem_of_a_file_is_named_with_row_id_and_name_in_both_languages() -> None:
    text = document(feature("a", BOW_TIE, density="?"), feature("b"), feature("b", country="x"))
    refusal = refused(text)
    assert [(problem.row, problem.id, problem.name, problem.code) for problem in refusal.problems] == [
        (1, "a", "A", "bad_field"),
        (1, "a", "A", "invalid_polygon"),
        (3, "b", "B", "bad_field"),
        (3, "b", "B", "duplicate_id"),
    ]
    broken = refusal.problems[1]
    assert broken.message["en"] == "The polygon is invalid: Self-intersection at lat 0.5, lon 0.5."
    assert broken.message["zh"] == "多边形无效：边界自相交（纬度 0.5、经度 0.5）。"
    assert refusal.problems[3].message["en"] == "The id is used already by row 2."
    assert refusal.members["errors"][1]["id"] == "a"
    assert refusal.members["error_count"] == 4
    assert str(broken).startswith("row 1 A a: The polygon")


def test_repair_keeps_the_places_and_names_what_it_mended() -> None:
    text = document(feature("bow", BOW_TIE), feature("open", polygon(square(0, 0)[:4])), feature("good"))
    parsed = parse_areas(text, repair=True)
    assert [(problem.id, problem.code) for problem in parsed.repaired] == [
        ("bow", "invalid_polygon"),
        ("open", "ring_not_closed"),
    ]
    assert all(area.geometry.is_valid for area in parsed.areas)
    assert [area.geometry.area for area in parsed.areas] == [0.5, 1, 1]


def test_repair_does_not_invent_an_area_where_none_is() -> None:
    flat = polygon([[0, 0], [1, 0], [2, 0], [0, 0]])
    assert codes(document(feature(geometry=flat)), repair=True) == ["nothing_left"]


def test_divisions_of_a_level_are_ranked_by_children_then_by_appearance_unless_the_file_says() -> None:
    features = [
        feature("city"),
        feature("b1", level=1, level_name="beat", parent_id="city"),
        feature("n1", level=1, level_name="neighbourhood", parent_id="city"),
        feature("block", level=2, level_name="block", parent_id="n1"),
    ]
    ranks = {area.id: area.rank for area in parse_areas(document(*features)).areas}
    assert ranks == {"city": 0, "b1": 1, "n1": 0, "block": 0}
    childless = {area.id: area.rank for area in parse_areas(document(*features[:3])).areas}
    assert childless == {"city": 0, "b1": 0, "n1": 1}
    wished = parse_areas(document(*features, division_order=["beat", 5])).areas
    assert {area.id: area.rank for area in wished}["b1"] == 0


def fixtures(kind: str) -> list[tuple[str, Any]]:
    path = shared("standards/geojson_fixtures.json")
    return list(json.loads(path.read_text())[kind].items())


def test_no_invalid_document_of_the_geojson_schema_is_read() -> None:
    for name, raw in fixtures("invalid"):
        for text in (json.dumps(raw), document(feature(geometry=raw))):
            assert refused(text).problems, name


def test_the_polygons_of_the_geojson_schema_are_read_and_everything_else_is_named() -> None:
    read = set()
    for name, raw in fixtures("valid"):
        assert codes(json.dumps(raw)), name
        if raw["type"] in {"Polygon", "MultiPolygon"}:
            assert parse_areas(document(feature(geometry=raw))).areas[0].geometry.is_valid, name
            read.add(raw["type"])
        else:
            assert set(codes(document(feature(geometry=raw)))) == {"geometry_type"}, name
    assert read == {"Polygon", "MultiPolygon"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["id", "name", "level", "level_name", "parent_id", "names", "x"]), json_values),
    json_values | st.fixed_dictionaries({"type": st.just("Polygon"), "coordinates": json_values}),
)
def test_no_feature_makes_reading_fail_otherwise_than_by_a_refusal(properties: Any, geometry: Any) -> None:
    raw = {"type": "Feature", "properties": properties, "geometry": geometry}
    try:
        outcome = {area.geometry.is_valid for area in parse_areas(document(raw)).areas}
    except AreaImportRefused as refusal:
        outcome = {problem.code in TEXTS for problem in refusal.problems}
    assert outcome == {True}
