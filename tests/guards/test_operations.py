"""Every alert watches metrics that exist, and says what to do at night."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient

from backend.app import create_app
from backend.console.operations import blueprint
from backend.kernel.clock import MovableClock
from backend.kernel.database import db
from backend.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((DOCS / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
NAMED = re.compile(r"linli_[a-z_]+")
LABEL = re.compile(r'(linli_[a-z_]+)\{(\w+)(=~?)"([^"]+)"')


@pytest.fixture
def app(settings: Settings, clock: MovableClock) -> Iterator[Flask]:
    """The application as the web process serves it."""
    made = create_app(settings, clock=clock)
    if blueprint.name not in made.blueprints:
        made.register_blueprint(blueprint)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def written(client: FlaskClient) -> str:
    """What Prometheus reads."""
    client.get("/api/v1/config")
    return client.get("/metrics").get_data(as_text=True)


def test_every_metric_that_an_alert_watches_exists(written: str) -> None:
    there = set(re.findall(r"^# TYPE (linli_[a-z_]+) ", written, re.MULTILINE))
    there |= {f"{name}_bucket" for name in there}
    missing = {name for rule in RULES for name in NAMED.findall(rule["expr"]) if name not in there}
    assert missing == set()


def test_every_label_that_an_alert_asks_for_exists(written: str) -> None:
    asked = {found for rule in RULES for found in LABEL.findall(rule["expr"]) if "request" not in found[0]}
    assert asked
    for name, label, _, values in asked:
        for value in values.split("|"):
            assert f'{name}{{{label}="{value}"}}' in written


def test_every_alert_says_how_grave_it_is_and_what_to_do() -> None:
    steps = dict(re.findall(r"^### (\w+)\n(.+)$", (DOCS / "operations.md").read_text(), re.MULTILINE))
    assert {rule["alert"] for rule in RULES} == steps.keys()
    assert {rule["labels"]["severity"] for rule in RULES} == {"page", "ticket"}
    assert all(rule["annotations"]["summary"] for rule in RULES)
