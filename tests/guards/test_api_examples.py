"""docs/api.md is true: every example in it is run, one after the other, and answers as it says."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.guards.conftest import Guarded
from tests.intake.test_photos import picture
from tests.support.people import PASSWORD

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
HOST = "http://localhost"


@dataclass
class Example:
    """One example: the status it promises, what it keeps for later ones, and the command."""

    status: int
    kept: dict[str, str]
    command: str


@dataclass
class Call:
    """What a curl command sends."""

    method: str = "GET"
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    data: str | None = None
    form: dict[str, Any] | None = None


def examples() -> list[Example]:
    found = []
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL):
        head, _, command = block.partition("\n")
        status, *kept = head.removeprefix("# ").split(", ")
        found.append(Example(int(status), dict(one.split("=") for one in kept), command))
    return found


def read(command: str, values: dict[str, str]) -> Call:
    """A curl command with its variables filled in. Raises on an option that this reader does not know."""
    words = iter(shlex.split(Template(command.replace("\\\n", " ")).substitute(values)))
    assert next(words) == "curl"
    call = Call()
    for word in words:
        if word == "-X":
            call.method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            call.headers[name] = value
        elif word == "-d":
            call.data = next(words)
        elif word == "-F":
            name, _, file = next(words).partition("=@")
            call.form = {name: (file,)}
        elif word != "-i":
            assert word.startswith(HOST), word
            call.url = word.removeprefix(HOST)
    return call


def run(client: FlaskClient, call: Call, photo: Path) -> TestResponse:
    options: dict[str, Any] = {"method": call.method, "headers": call.headers}
    if call.form:
        with photo.open("rb") as file:
            return client.open(call.url, **options, data=dict.fromkeys(call.form, (file, photo.name)))
    return client.open(call.url, **options, data=call.data)


@pytest.fixture
def client(guarded: Guarded) -> FlaskClient:
    return guarded.app.test_client()


def told(answer: TestResponse, path: str) -> str:
    value: Any = answer.get_json()
    for name in path.split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return str(value)


def test_every_example_answers_as_it_says(guarded: Guarded, client: FlaskClient, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(picture("JPEG"))
    officer = guarded.headers["duty"]["Authorization"].split()[1]
    values = {"LINLI": HOST, "LOGIN": "li", "PASSWORD": PASSWORD, "OFFICER": officer}
    for example in examples():
        answer = run(client, read(example.command, values), photo)
        assert answer.status_code == example.status, f"{example.command}\n{answer.get_data(as_text=True)[:600]}"
        values |= {name: told(answer, path) for name, path in example.kept.items()}


def test_every_address_in_the_text_exists(client: FlaskClient) -> None:
    app: Flask = client.application
    rules = [re.sub(r"<[^<>]+>", "[^/]+", rule.rule) for rule in app.url_map.iter_rules()]
    named = {urlsplit(one).path for one in re.findall(r"(?:GET|POST|PUT|DELETE) (/[\w/{}.-]+)", TEXT)}
    named |= {f"/api/v1{one}" for one in re.findall(r"`(/receipt/\w+)`", TEXT)}
    expanded = {re.sub(r"\{[^{}]+\}", "x", one if one.startswith("/api") else f"/api/v1{one}") for one in named}
    unknown = [one for one in expanded if not any(re.fullmatch(rule, one) for rule in rules)]
    assert unknown in ([], ["/api/v1/incidents/x/x"])


def test_the_documents_that_it_names_exist() -> None:
    folder = Path(__file__).parents[2] / "docs"
    named = set(re.findall(r"\]\(([\w.-]+\.md)\)", TEXT))
    assert {name for name in named if not (folder / name).exists()} == set()
    assert len(examples()) > 25


def test_the_error_that_is_shown_is_one_in_chinese(client: FlaskClient) -> None:
    body = {"client_id": "not an id", "kind": "concern", "text": "x"}
    answer = client.post("/api/v1/reports", json=body, headers={"Accept-Language": "zh"})
    problem = json.loads(answer.get_data())
    assert (problem["code"], problem["title"]) == ("invalid", "提交的部分内容无法使用")
