"""The phone page as it is served: prerendered, compressed, kept for ever where its name allows, under a strict policy."""

import gzip
import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from backend.pages import phone

SCREENS = ["/", *(f"/{name}" for name in phone.SCREENS)]
NONCE = re.compile(r'nonce="([^"]+)"')


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    """``make test`` builds the page first."""
    assert (phone.DIST / "release.json").exists(), "the phone page is not built: make pwa"


@pytest.mark.parametrize("address", SCREENS)
@pytest.mark.parametrize("language, tag", [("en", "en"), ("zh-CN", "zh-Hans")])
def test_a_screen_is_there_before_any_script_in_the_readers_language(
    client: FlaskClient, address: str, language: str, tag: str
) -> None:
    answer = client.get(address, headers={"Accept-Language": language})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'<html lang="{tag}">' in html
    assert html.count("<h1") == 1
    assert 'href="tel:' in client.get("/", headers={"Accept-Language": language}).get_data(as_text=True)


@pytest.mark.parametrize("address", SCREENS)
def test_every_script_carries_the_nonce_of_this_answer_and_none_is_inline(client: FlaskClient, address: str) -> None:
    first, second = client.get(address), client.get(address)
    html, policy = first.get_data(as_text=True), first.headers["Content-Security-Policy"]
    nonces = set(NONCE.findall(html))
    assert len(nonces) == 1
    assert f"'nonce-{nonces.pop()}'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", html)
    assert NONCE.findall(html) != NONCE.findall(second.get_data(as_text=True))


def test_what_follows_a_screens_name_is_never_read_or_said_again(client: FlaskClient) -> None:
    answer = client.get("/reports/7d9c2c1e-unsaid?code=7KQF")
    assert answer.status_code == 200
    assert "unsaid" not in answer.get_data(as_text=True)
    assert "7KQF" not in answer.get_data(as_text=True)


def test_a_screen_is_packed_for_whoever_can_unpack_it(client: FlaskClient) -> None:
    packed = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_data()).startswith(b"<!doctype html>")
    assert client.get("/").get_data().startswith(b"<!doctype html>")


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_hashed_files_are_kept_for_ever_and_sent_packed(client: FlaskClient, encoding: str) -> None:
    name = next(one for one in json.loads((phone.DIST / "release.json").read_text()) if one.endswith(".js"))
    answer = client.get(f"/app/{name}", headers={"Accept-Encoding": encoding})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == encoding
    assert answer.mimetype == "text/javascript"
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_the_worker_is_asked_for_anew_and_may_serve_every_page(client: FlaskClient) -> None:
    answer = client.get("/sw.js")
    assert answer.status_code == 200
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "max-age=0" in answer.headers["Cache-Control"]


def test_the_neutral_page_says_nothing_of_us(client: FlaskClient) -> None:
    answer = client.get("/neutral")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<script" not in html
    assert not re.search(r"linli|邻里|report|safety|police", html, re.IGNORECASE)


@pytest.mark.parametrize(
    "name", ["nothing.js", "../release.json", ".vite/manifest.json", "assets/", "%2e%2e/release.json"]
)
def test_what_is_no_file_of_the_page_is_not_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/app/{name}").status_code == 404


def test_without_a_build_the_plain_form_takes_its_place(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone, "DIST", tmp_path)
    answer = client.get("/report")
    assert (answer.status_code, answer.location) == (302, "/form")


def test_what_is_shared_without_the_pages_worker_leads_to_the_plain_form(client: FlaskClient) -> None:
    answer = client.post("/report", data={"text": "x"})
    assert (answer.status_code, answer.location) == (303, "/form")
