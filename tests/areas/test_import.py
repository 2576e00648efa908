"""Importing areas: identity and history are kept, the whole file or nothing, twice changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.areas.actions import ImportOutcome, import_areas
from backend.areas.index import Location
from backend.areas.lookup import AREAS, load_index
from backend.areas.models import Area, AreaImport, AreaShape
from backend.areas.problems import AreaImportRefused
from backend.kernel.database import SYSTEM, act_as, versions_of
from backend.kernel.journal import Event, broken_chains
from tests.areas.places import ROOT, document, feature, polygon, shared, square
from tests.conftest import NOW

LATER = NOW + timedelta(days=30)
CITY = feature("city", polygon(square(0, 0, 4)))
EAST = feature("east", polygon(square(2, 0, 2)), level=1, level_name="ward", parent_id="city")
WEST = feature("west", polygon(square(0, 0, 2)), level=1, level_name="ward", parent_id="city")
NONE = {"added": 0, "changed": 0, "reshaped": 0, "restored": 0, "retired": 0, "unchanged": 0}


def load(session: Session, *features: Any, now: Any = NOW, **options: Any) -> ImportOutcome:
    outcome = import_areas(session, document=document(*features), source="town", by="a test", now=now, **options)
    session.expire_all()
    return outcome


def area(session: Session, source_id: str) -> Area:
    return session.execute(select(Area).where(Area.source_id == source_id)).scalar_one()


def shapes(session: Session, source_id: str) -> list[tuple[Any, Any, float]]:
    found = session.scalars(
        select(AreaShape).where(AreaShape.area_id == area(session, source_id).id).order_by(AreaShape.id)
    )
    return [(one.valid_from, one.valid_to, shapely.from_wkb(one.geometry).area) for one in found]


def everything(session: Session) -> list[int]:
    return [
        session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (Area, AreaShape, AreaImport, Event)
    ]


def version(session: Session) -> int:
    act_as(session, SYSTEM)
    return versions_of(session).get("areas", 0)


def test_a_first_import_writes_areas_parents_shapes_version_and_journal(session: Session) -> None:
    outcome = load(session, CITY, EAST, WEST)
    assert outcome.counts == NONE | {"added": 3}
    assert area(session, "east").parent_id == area(session, "city").id
    assert (area(session, "east").division, area(session, "east").level) == ("ward", 1)
    assert shapes(session, "east") == [(NOW, None, 4)]
    assert version(session) == 1
    event = session.execute(select(Event)).scalar_one()
    assert (event.stream, event.type, event.at) == ("areas:town", "AreasImported", NOW)
    assert event.payload["counts"]["added"] == 3
    stored = session.execute(select(AreaImport)).scalar_one()
    assert (stored.id, stored.imported_by, stored.digest) == (outcome.id, "a test", outcome.digest)


def test_ids_follow_the_order_of_the_file_so_that_the_smaller_id_is_known(session: Session) -> None:
    load(session, WEST, CITY, EAST)
    assert area(session, "city").id < area(session, "west").id < area(session, "east").id


def test_the_same_file_again_changes_nothing(session: Session) -> None:
    load(session, CITY, EAST, WEST)
    before = everything(session)
    outcome = load(session, CITY, EAST, WEST, now=LATER)
    assert outcome.id is None
    assert outcome.counts == NONE | {"unchanged": 3}
    assert everything(session) == before
    assert version(session) == 1


def test_the_same_shape_from_another_corner_is_no_change(session: Session) -> None:
    load(session, CITY)
    ring = square(0, 0, 4)
    outcome = load(session, feature("city", polygon([*ring[2:], *ring[1:3]])), now=LATER)
    assert outcome.counts == NONE | {"unchanged": 1}


def test_a_moved_border_keeps_the_area_and_its_old_shape(session: Session) -> None:
    load(session, CITY, EAST, WEST)
    known = area(session, "east").id
    wider = feature("east", polygon(square(1, 0, 3)), level=1, level_name="ward", parent_id="city")
    outcome = load(session, CITY, wider, WEST, now=LATER)
    assert outcome.counts == NONE | {"reshaped": 1, "unchanged": 2}
    assert area(session, "east").id == known
    assert shapes(session, "east") == [(NOW, LATER, 4), (LATER, None, 9)]
    assert version(session) == 2


def test_a_new_name_or_parent_is_no_new_shape(session: Session) -> None:
    load(session, CITY, feature("other"), EAST)
    renamed = feature("east", polygon(square(2, 0, 2)), level=1, level_name="ward", parent_id="other", name="Sunrise")
    outcome = load(session, CITY, feature("other"), renamed, now=LATER)
    assert outcome.counts == NONE | {"changed": 1, "unchanged": 2}
    assert area(session, "east").name == "Sunrise"
    assert area(session, "east").parent_id == area(session, "other").id
    assert shapes(session, "east") == [(NOW, None, 4)]


def test_an_area_left_out_is_retired_with_its_history_and_comes_back_as_itself(session: Session) -> None:
    load(session, CITY, EAST, WEST)
    known = area(session, "east").id
    assert load(session, CITY, WEST, now=LATER).counts == NONE | {"retired": 1, "unchanged": 2}
    assert area(session, "east").retired_at == LATER
    assert shapes(session, "east") == [(NOW, LATER, 4)]
    types = list(session.scalars(select(Event.type).order_by(Event.stream_seq)))
    assert types == ["AreasImported", "AreasImported", "AreaRetired"]
    assert load(session, CITY, WEST, now=LATER).counts == NONE | {"unchanged": 2}
    back = LATER + timedelta(days=1)
    assert load(session, CITY, EAST, WEST, now=back).counts == NONE | {"restored": 1, "unchanged": 2}
    assert (area(session, "east").id, area(session, "east").retired_at) == (known, None)
    assert shapes(session, "east") == [(NOW, LATER, 4), (back, None, 4)]
    session.commit()
    assert list(broken_chains(session)) == []


def test_the_areas_of_another_source_are_left_alone(session: Session) -> None:
    load(session, CITY, EAST)
    text = document(feature("city", polygon(square(50, 0))))
    outcome = import_areas(session, document=text, source="elsewhere", by="a test", now=LATER)
    assert outcome.counts == NONE | {"added": 1}
    assert session.execute(select(func.count()).where(Area.retired_at.is_(None))).scalar_one() == 3


def test_a_dry_run_says_what_would_change_and_writes_nothing(session: Session) -> None:
    load(session, CITY, EAST, WEST)
    before = everything(session)
    bigger = feature("city", polygon(square(0, 0, 5)))
    north = feature("north", polygon(square(0, 2, 2)), level=1, level_name="ward", parent_id="city")
    outcome = load(session, bigger, EAST, north, now=LATER, dry_run=True)
    assert outcome.id is None
    assert [(change.kind, change.source_id) for change in outcome.changes] == [
        ("reshaped", "city"),
        ("added", "north"),
        ("retired", "west"),
    ]
    assert everything(session) == before
    assert area(session, "west").retired_at is None


def test_one_broken_polygon_keeps_the_whole_file_out_until_repair_is_asked_for(session: Session) -> None:
    text = shared("areas/boston_neighborhoods.geojson").read_bytes()
    with pytest.raises(AreaImportRefused, match="Hyde Park"):
        import_areas(session, document=text, source="boston", by="a test", now=NOW)
    assert everything(session) == [0, 0, 0, 0]
    outcome = import_areas(session, document=text, source="boston", by="a test", now=NOW, repair=True)
    assert outcome.counts["added"] == 26
    assert [one.id for one in outcome.repaired] == ["bos-10"]
    assert session.execute(select(AreaImport.counts)).scalar_one()["repaired"] == ["bos-10"]


@pytest.mark.parametrize("city", ["hsinchu", "seattle"])
def test_a_city_of_the_demo_is_imported_and_looked_up(session: Session, city: str) -> None:
    text = (ROOT / "demo" / "areas" / f"{city}.geojson").read_bytes()
    outcome = import_areas(session, document=text, source=city, by="a test", now=NOW)
    assert outcome.counts["added"] in {126, 118}
    again = import_areas(session, document=text, source=city, by="a test", now=LATER)
    assert again.changes == []
    lat, lon = {"hsinchu": (24.8016, 120.9716), "seattle": (47.6017, -122.3316)}[city]
    index = load_index(session)
    found = index.locate(lat=lat, lon=lon)
    assert [index.chain(found.primary[-1])] == [found.primary]
    smallest = index.area(found.primary[-1])
    assert smallest is not None
    assert (smallest.name, smallest.timezone) in {
        ("榮光里", "Asia/Taipei"),
        ("Pioneer Square", "America/Los_Angeles"),
    }


def test_the_index_in_memory_follows_an_import_of_a_committed_transaction(session: Session) -> None:
    act_as(session, SYSTEM)
    assert AREAS.get(session).locate(lat=1, lon=1).outside
    load(session, CITY, EAST, WEST)
    session.commit()
    act_as(session, SYSTEM)
    index = AREAS.get(session)
    city, west = area(session, "city").id, area(session, "west").id
    assert index.locate(lat=1, lon=1) == Location((city, west), (city, west))
    assert AREAS.get(session) is index
    load(session, CITY, EAST, now=LATER)
    session.commit()
    act_as(session, SYSTEM)
    assert AREAS.get(session).locate(lat=1, lon=1) == Location((city,), (city,))
