"""What clients are told before they send: above all which numbers to call, of every country that the areas lie in."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.areas.actions import import_areas
from backend.kernel.clock import MovableClock
from backend.kernel.database import db
from backend.settings import Settings
from tests.areas.places import feature
from tests.conftest import NOW
from tests.pages.conftest import HTML, words

TOWN = {"type": "Polygon", "coordinates": [[[5, 5], [6, 5], [6, 6], [5, 5]]]}
VILLE = {"type": "Polygon", "coordinates": [[[7, 7], [8, 7], [8, 8], [7, 7]]]}


def put_areas(session: Session, *features: dict[str, Any]) -> None:
    document = json.dumps({"type": "FeatureCollection", "features": features})
    import_areas(session, document=document, source="test", by="test", now=NOW)
    session.commit()


@pytest.fixture
def two_countries(session: Session) -> None:
    put_areas(session, feature("city", country="TW"), feature("town", country="US", geometry=TOWN))


def config_of(settings: Settings, country: str) -> dict[str, Any]:
    """What an application that calls ``country`` its own tells."""
    app = create_app(
        Settings.from_env({"LINLI_COUNTRY": country}, database_url=settings.database_url, data=settings.data)
    )
    found: dict[str, Any] = app.test_client().get("/api/v1/config").get_json()
    with app.app_context():
        db.engine.dispose()
    return found


def test_without_areas_the_deployment_tells_its_own_country(client: FlaskClient) -> None:
    found = client.get("/api/v1/config").get_json()
    assert (found["country"], found["countries"]) == ("CN", ["CN"])
    assert found["emergency"]["CN"]["ambulance"] == "120"
    assert {"TW", "US", "GB", "EU"} <= found["emergency"].keys()


@pytest.mark.usefixtures("two_countries")
@pytest.mark.parametrize("home, order", [("TW", ["TW", "US"]), ("US", ["US", "TW"]), ("CN", ["TW", "US"])])
def test_every_country_with_areas_is_told_and_the_default_comes_first(
    settings: Settings, home: str, order: list[str]
) -> None:
    found = config_of(settings, home)
    assert (found["country"], found["countries"], list(found["emergency"])[:2]) == (order[0], order, order)
    assert found["emergency"][found["country"]]["police"] in {"110", "911"}


def test_a_country_without_numbers_of_its_own_gets_those_of_the_union(session: Session, settings: Settings) -> None:
    put_areas(session, feature("ville", country="FR", geometry=VILLE))
    assert config_of(settings, "CN")["emergency"]["FR"]["police"] == "112"


def test_what_is_told_follows_the_areas(client: FlaskClient, session: Session) -> None:
    assert client.get("/api/v1/config").get_json()["countries"] == ["CN"]
    put_areas(session, feature("city", country="TW"))
    assert client.get("/api/v1/config").get_json()["countries"] == ["TW"]


@pytest.mark.usefixtures("two_countries")
def test_a_page_for_what_does_not_exist_shows_the_numbers_of_both(client: FlaskClient) -> None:
    shown = words(client.get("/no/such/page", headers=HTML))
    assert "tel:110" in shown
    assert "tel:911" in shown


def stranded(tmp_path: Path) -> Flask:
    """An application whose database cannot be reached."""
    settings = Settings.from_env(
        {}, database_url="postgresql://nobody@127.0.0.1:9/none", data=tmp_path, country="US", log_level="error"
    )
    return create_app(settings, clock=MovableClock(NOW))


def test_the_numbers_are_told_also_without_the_database(tmp_path: Path) -> None:
    answer = stranded(tmp_path).test_client().get("/api/v1/config")
    assert (answer.status_code, answer.get_json()["countries"]) == (200, ["US"])


@pytest.mark.usefixtures("two_countries")
def test_when_the_database_goes_away_the_countries_stay(
    client: FlaskClient, app: Flask, session: Session, postgres: str, database_url: str
) -> None:
    assert client.get("/api/v1/config").get_json()["countries"] == ["TW", "US"]
    session.close()
    with app.app_context():
        db.engine.dispose()
    with psycopg.connect(postgres, autocommit=True) as owner:
        name = sql.Identifier(urlsplit(database_url).path.lstrip("/"))
        owner.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(name))
    assert client.get("/api/v1/config").get_json()["countries"] == ["TW", "US"]
    answer = client.get("/form", headers=HTML)
    assert answer.status_code == 503
    assert "tel:110" in words(answer)
    assert "tel:911" in words(answer)
