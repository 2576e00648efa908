"""Which numbers a page shows, and which areas a list offers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from backend.areas.actions import import_areas
from backend.pages import places
from backend.pages.numbers import numbers_of
from backend.pages.places import load_places
from tests.areas.places import feature
from tests.conftest import NOW
from tests.pages.conftest import HTML, words
from tests.support.application import acting_session, application


@pytest.mark.parametrize(
    ("country", "calls"),
    [
        ("CN", [("Police", "tel:110"), ("Fire and rescue", "tel:119"), ("Ambulance", "tel:120")]),
        ("TW", [("Police", "tel:110"), ("Fire and rescue", "tel:119"), ("Ambulance", "tel:119")]),
        ("US", [("Emergency", "tel:911")]),
        ("GB", [("Emergency", "tel:999")]),
        ("XX", [("Emergency", "tel:112")]),
    ],
)
def test_one_number_is_shown_where_one_reaches_everybody(country: str, calls: list[tuple[str, str]]) -> None:
    assert [(call.label, call.href) for call in numbers_of(country, "en").calls] == calls


def test_a_helpline_can_be_called_however_its_number_is_written() -> None:
    assert "tel:18007997233" in [call.href for call in numbers_of("US", "en").helplines]
    assert numbers_of("GB", "zh").silent.startswith("用手机拨打999")


@pytest.fixture
def two_countries(postgres: str, tmp_path: Path) -> Iterator[Flask]:
    """An application whose areas lie in two countries."""
    areas = [
        feature("city", country="TW", names={"en": "City", "zh": "城市"}),
        feature("village", parent_id="city", level=1, level_name="village", country="TW"),
        feature("town", country="US", geometry={"type": "Polygon", "coordinates": [[[5, 5], [6, 5], [6, 6], [5, 5]]]}),
    ]
    with application(postgres, tmp_path, NOW) as app:
        with acting_session(app) as session:
            document = json.dumps({"type": "FeatureCollection", "features": areas})
            import_areas(session, document=document, source="two", by="test", now=NOW)
            session.commit()
        yield app


def test_the_numbers_of_every_country_with_areas_are_shown(two_countries: Flask) -> None:
    for language, names in (("en", ("Taiwan", "United States")), ("zh", ("台湾", "美国"))):
        shown = words(two_countries.test_client().get(f"/form?lang={language}", headers=HTML))
        assert all(name in shown for name in names)
        assert shown.index("tel:110") < shown.index("tel:911") < shown.index("<h1")


def test_areas_are_offered_as_a_tree_and_whole_levels_are_left_out(
    two_countries: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_session(two_countries) as session:
        found = load_places(session)
        monkeypatch.setattr(places, "CHOICES_MOST", 2)
        few = load_places(session)
    assert [(one.depth, one.names["en"]) for one in found.choices] == [(0, "City"), (1, "VILLAGE"), (0, "TOWN")]
    assert [one.depth for one in few.choices] == [0, 0]
    assert len(few.names) == 3
