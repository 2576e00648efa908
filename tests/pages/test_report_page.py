"""The report page: the number first, one form, one report, nothing lost."""

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from backend.kernel.clock import MovableClock
from backend.kernel.languages import say
from tests.pages.conftest import HTML, code_in, form, reported, words
from tests.support.application import Counted
from tests.support.baishi import NANMEN, Baishi

PLACE = {name: str(value) for name, value in NANMEN.items()}
# Far from where the other tests report: what many say of one place is graded higher.
ALONE = {"lat": "30.41", "lon": "120.41"}


def photo(name: str = "lamp.jpg", colour: str = "navy") -> tuple[io.BytesIO, str]:
    """A small photo as a browser uploads it."""
    raw = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(raw, "JPEG")
    return io.BytesIO(raw.getvalue()), name


def page_text(key: str, language: str = "en") -> str:
    """A text of the pages as it stands in HTML."""
    return say(f"page.{key}", language).replace("'", "&#39;")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_number_to_call_stands_before_anything_that_asks(client: FlaskClient, language: str) -> None:
    shown = words(client.get("/form", headers=HTML | {"Accept-Language": language}))
    main = shown[shown.index("<main") :]
    assert 0 < main.index("tel:110") < main.index("<h1") < main.index("<form")
    assert "tel:119" in main
    assert "tel:120" in main
    assert page_text("report.heading", language) in shown


def test_the_language_of_the_address_wins_over_that_of_the_browser(client: FlaskClient) -> None:
    shown = words(client.get("/form?lang=zh", headers=HTML | {"Accept-Language": "en"}))
    assert 'lang="zh-Hans"' in shown
    assert 'action="/form?lang=zh"' in shown
    assert 'href="/form?lang=en"' in shown


def test_a_report_is_answered_with_code_owner_and_time(client: FlaskClient, world: Baishi) -> None:
    answer = client.post("/form", data=form(text="The lamp is broken", category="CN01", **ALONE), headers=HTML)
    shown = words(answer)
    assert answer.status_code == 201
    assert len(code_in(answer)) == 19
    assert "Nanmen Residents&#39; Committee desk" in shown
    assert "tomorrow at 17:00" in shown
    assert "tel:" not in shown


def test_the_code_is_in_no_address_and_no_cookie(client: FlaskClient) -> None:
    answer = client.post("/form", data=form(text="The lamp is broken"), headers=HTML)
    code = code_in(answer)
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not any(f'{name}="' in part and code in part for name in ("href", "action", "src") for part in
                   words(answer).split(">"))  # fmt: skip


@pytest.mark.parametrize("files", [0, 2])
def test_a_form_that_is_sent_twice_makes_one_report(app: Flask, client: FlaskClient, files: int) -> None:
    folder = Path(app.extensions["linli"].photos)

    def send(said: dict[str, Any]) -> tuple[int, str]:
        named = [photo(colour=colour) for colour in ("navy", "olive")[:files]]
        answer = client.post("/form", data=said | {"photo": named}, headers=HTML)
        return answer.status_code, code_in(answer)

    said = form(text="The lamp is broken", **PLACE)
    counted, stored = Counted(app), len(list(folder.glob("*")))
    first, rows = send(said), counted.rows()
    assert send(said) == (200, first[1])
    assert counted.rows() == rows
    assert len(list(folder.glob("*"))) == stored + files
    # What was changed after going back is another report, and nothing of it is lost.
    other = send(said | {"text": "And the bench is broken too"})
    assert other[0] == 201
    assert other[1] != first[1]
    counted.close()


@pytest.mark.parametrize(
    ("said", "field", "key"),
    [
        ({"kind": ""}, "kind", "kind"),
        ({"kind": "banana"}, "kind", "kind"),
        ({"text": ""}, "text", "empty"),
        ({"text": "x" * 10_001}, "text", "long"),
        ({"lat": "north", "lon": "1"}, "lat", "lat"),
        ({"lat": "1", "lon": "181"}, "lon", "lon"),
        ({"lat": "1"}, "lat", "pair"),
        ({"email": "nobody", "consent": "yes"}, "email", "email"),
        ({"category": "nonsense"}, "category", "category"),
        ({"landmark": "x" * 501}, "landmark", "landmark"),
        ({"photo": (io.BytesIO(b"%PDF-1.7"), "scan.pdf")}, "photo", "not-a-photo"),
        ({"photo": (io.BytesIO(bytes(12_000_001)), "big.jpg")}, "photo", "photo-too-large"),
        ({"photo": [photo() for _ in range(4)]}, "photo", "photos-too-many"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_everything_typed_is_kept(
    app: Flask, client: FlaskClient, said: dict[str, Any], field: str, key: str
) -> None:
    folder = Path(app.extensions["linli"].photos)
    counted = Counted(app)
    stored, rows = len(list(folder.glob("*"))), counted.rows()
    typed = form(text='Say <b>it</b> & "so"') | {name: one for name, one in said.items() if name != "photo"}
    files = {name: one for name, one in said.items() if name == "photo"}
    answer = client.post("/form", data=typed | files, headers=HTML)
    shown = words(answer)
    assert answer.status_code == 422
    assert f'href="#{field}"' in shown
    assert f'id="{field}"' in shown
    assert shown.count(page_text(f"wrong.{field}.{key}")) == 2, "in the summary and at the field"
    assert typed["client_id"] in shown
    if typed["text"]:
        assert ("Say &lt;b&gt;it&lt;/b&gt; &amp; &#34;so&#34;" in shown) or typed["text"] in shown
    assert counted.rows() == rows
    assert len(list(folder.glob("*"))) == stored
    counted.close()
    zh = words(client.post("/form?lang=zh", data=typed | {"kind": ""}, headers=HTML))
    assert page_text("wrong.heading", "zh") in zh


def test_an_sos_is_sent_whatever_else_is_wrong(client: FlaskClient) -> None:
    said = form(kind="distress", text="Fire", lat="north", lon="1", email="nobody", consent="yes", category="x")
    files = [(io.BytesIO(b"no photo"), "x.jpg"), photo()]
    answer = client.post("/form", data=said | {"photo": files}, headers=HTML)
    shown = words(answer)
    assert answer.status_code == 201
    assert shown.index("tel:") < shown.index("<h1")
    for name in ("place", "contact", "category", "photo"):
        assert page_text(f"missing.{name}") in shown


def test_an_sos_needs_no_word(client: FlaskClient) -> None:
    assert client.post("/form", data={"kind": "distress"}, headers=HTML).status_code == 201
    assert client.post("/form", data={"danger_now": "yes"}, headers=HTML).status_code == 201


def test_the_number_is_that_of_the_danger(client: FlaskClient, world: Baishi) -> None:
    answer = client.post("/form", data=form(kind="distress", category="DS02", danger_now="yes", **PLACE), headers=HTML)
    assert 'href="tel:119"' in words(answer)
    assert "Get out and stay out." in words(answer)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"email": "ann@example.org", "consent": "yes"}, True),
        ({"email": "ann@example.org"}, False),
        ({"email": "ann@example.org", "consent": "yes", "anonymous": "yes"}, False),
    ],
)
def test_whoever_said_no_to_mail_is_told_that_the_address_was_not_kept(
    client: FlaskClient, said: dict[str, str], kept: bool
) -> None:
    shown = words(client.post("/form", data=form(text="The lamp is broken", **said), headers=HTML))
    assert (page_text("missing.mail") in shown) is not kept


def test_looks_alone_are_answered_with_other_help_and_nothing_is_kept(app: Flask, client: FlaskClient) -> None:
    counted = Counted(app)
    rows = counted.rows()
    said = form(text="A black man in the yard looks suspicious")
    answer = client.post("/form", data=said | {"photo": [photo()]}, headers=HTML)
    shown = words(answer)
    assert answer.status_code == 422
    assert page_text("behaviour.heading") in shown
    assert "talk with the neighbourhood coordinator" in shown
    assert said["text"] in shown
    assert counted.rows() == rows
    counted.close()


def test_photos_that_are_too_much_together_get_a_page_that_helps(client: FlaskClient) -> None:
    answer = client.post(
        "/form", data=form(text="x") | {"photo": (io.BytesIO(bytes(41_000_000)), "film.jpg")}, headers=HTML
    )
    assert answer.status_code == 413
    assert page_text("problem.too_large") in words(answer)
    assert "tel:110" in words(answer)


def test_what_was_sent_is_what_staff_read(client: FlaskClient, clock: MovableClock) -> None:
    code = reported(client, text="第12栋的路灯坏了 🌧", landmark="school gate")
    clock.advance(minutes=1)
    shown = client.get("/api/v1/receipt", headers={"Authorization": f"Receipt {code}"}).get_json()
    assert shown["text"] == "第12栋的路灯坏了 🌧"
