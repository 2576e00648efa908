"""What every page has in common: headers, languages, texts, errors as pages."""

import re
from pathlib import Path

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient

import backend.pages
from backend.app import create_app
from backend.incidents.schemas import OUTCOMES
from backend.incidents.states import State
from backend.kernel.clock import MovableClock
from backend.kernel.languages import LANGUAGES, say
from backend.pages.acting import ACTS
from backend.settings import Settings
from backend.trust.access import access_of, open_to_all
from tests.conftest import NOW
from tests.pages.conftest import HTML, reported, staff, words
from tests.support.baishi import Baishi

ROOM = Path(backend.pages.__file__).parent
TEXTS = yaml.safe_load((ROOM.parent / "texts" / "pages.yaml").read_text(encoding="utf-8"))


# What the API takes beside what the forms ask.
API_ONLY = {"external_ref", "interim_risk", "offer_id"}


def keys_used() -> tuple[set[str], set[str]]:
    """The texts that the room's code and templates name, and the beginnings of those that they put together."""
    sources = [path.read_text(encoding="utf-8") for path in (*ROOM.glob("*.py"), *ROOM.glob("templates/*.html"))]
    whole = "\n".join(sources)
    said = r"""(?:\bt\(|\bsay\(|\bwords\(|_text\()(?:language, )?f?['"]([a-z_.\-]+)['"]\s*[,)]"""
    begun = r"""f?['"]([a-z_.]+[._])(?:['"] ~|\{)"""
    groups = re.findall(r'say_if_known\("([a-z]+)"', whole)
    return set(re.findall(said, whole)), set(re.findall(begun, whole)) | {f"{group}." for group in groups}


def test_every_text_is_used_and_every_text_that_is_used_is_there() -> None:
    used, begun = keys_used()
    used |= {"thread.late", "thread.next", "queue.none", "queue.none_found", "clock.due", "clock.late"}
    used |= {"by.linli", "by.colleague", "told.in_app.handed_over"}
    assert {f"page.{key}" for key in used} <= set(TEXTS)
    left = {key for key in TEXTS if key.removeprefix("page.") not in used}
    assert {key for key in left if not key.removeprefix("page.").startswith(tuple(begun))} == set()


def test_whatever_the_journal_holds_about_incidents_has_words() -> None:
    rooms = [path.read_text(encoding="utf-8") for room in ("incidents", "dispatch", "intake")
             for path in (ROOM.parent / room).glob("*.py")]  # fmt: skip
    facts = set(re.findall(r'(?:Fact\(|fact = |Act\.[A-Z_]+, |else )"([A-Z][a-z]+[A-Z][A-Za-z]+)"', "\n".join(rooms)))
    assert len(facts) > 30
    assert {f"page.event.{fact}" for fact in facts} <= set(TEXTS)


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("status", [state.value for state in State]),
        ("outcome", OUTCOMES),
        ("act", [act.name for act in ACTS]),
        ("act_hint", [act.name for act in ACTS]),
        ("done", [act.name for act in ACTS]),
        ("act_field", [name for act in ACTS for name in act.schema.fields if name not in API_ONLY]),
    ],
)
def test_every_code_has_words(group: str, names: list[str]) -> None:
    assert {f"page.{group}.{name}" for name in names} <= set(TEXTS)


def test_every_view_says_who_may_call_it(app: Flask) -> None:
    views = {name: view for name, view in app.view_functions.items() if name.startswith(("pages.", "console."))}
    assert len(views) > 20
    assert [name for name, view in views.items() if access_of(view) is None] == []


ADDRESSES = ["/form", "/receipt", "/console/plain/sign-in", "/console/plain", "/nothing"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_allows_only_its_own_style_and_script(client: FlaskClient, world: Baishi, address: str) -> None:
    answer = staff(client, "li").get(address, headers=HTML)
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]+)' 'strict-dynamic'", policy)
    assert nonce
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    shown = words(answer)
    assert shown.count(f'nonce="{nonce[1]}"') == 2
    assert not re.search(r"<style|<script(?![^>]*src=)|\son\w+=|\sstyle=|javascript:", shown)
    fetched = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', shown)
    assert fetched
    assert all(one.startswith("/") and not one.startswith("//") for one in fetched)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    other = client.get(address, headers=HTML).headers["Content-Security-Policy"]
    assert other != policy


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_whole_in_each_language(client: FlaskClient, world: Baishi, address: str, language: str) -> None:
    shown = words(staff(client, "li").get(f"{address}?lang={language}", headers=HTML))
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}">' in shown
    assert shown.count("<h1") == 1
    ids = re.findall(r'\sid="([^"]+)"', shown)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<label for="([^"]+)"', shown)) <= set(ids)
    main = re.sub(r"<[^>]+>|Linli|SOS|[GR]\d+", " ", shown[shown.index("<main") :])
    if language == "zh" and address in {"/", "/receipt", "/console/plain/sign-in", "/nothing"}:
        latin = set(re.findall(r"[A-Za-z]{3,}", main)) - {"KQF", "WHR", "Shift", "English"}
        assert latin == set()


def test_a_page_keeps_to_the_languages_that_are_offered(client: FlaskClient) -> None:
    shown = words(client.get("/form?lang=fr", headers=HTML | {"Accept-Language": "fr"}))
    assert '<html lang="en">' in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_does_not_exist_is_a_page_for_people_only(client: FlaskClient, language: str) -> None:
    answer = client.get(f"/no/such/page?lang={language}", headers=HTML)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert {"en": "Not found", "zh": "未找到"}[language] in words(answer)
    assert "tel:110" in words(answer)
    for headers, address in (({}, "/no/such/page"), ({"Accept": "*/*"}, "/no"), (HTML, "/api/v1/no/such/page")):
        assert client.get(address, headers=headers).mimetype == "application/problem+json"


@pytest.fixture
def stranded(tmp_path: Path) -> FlaskClient:
    """A browser at an application whose database cannot be reached, and in which one page is broken."""
    settings = Settings.from_env(
        {}, database_url="postgresql://nobody@127.0.0.1:9/none", data=tmp_path, country="US", log_level="error"
    )
    app = create_app(settings, clock=MovableClock(NOW))

    @open_to_all
    def broken() -> str:
        raise RuntimeError("the secret is sesame")

    app.add_url_rule("/broken", view_func=broken)
    return app.test_client()


@pytest.mark.parametrize(
    ("address", "status"),
    [("/form", 503), ("/receipt", 503), ("/console/plain", 303), ("/console/plain/sign-in", 200), ("/broken", 500)],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_number_to_call_is_there_when_the_server_fails(
    stranded: FlaskClient, address: str, status: int, language: str
) -> None:
    answer = stranded.get(f"{address}?lang={language}", headers=HTML)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    if status >= 500:
        shown = words(answer)
        assert 'href="tel:911"' in shown
        assert say("page.call.danger", language) in shown
        assert "sesame" not in shown
        assert "127.0.0.1" not in shown
        assert answer.headers["X-Request-Id"] in shown


def test_assets_may_be_kept_for_as_long_as_they_do_not_change(client: FlaskClient) -> None:
    shown = words(client.get("/form", headers=HTML))
    style = re.search(r'href="(/assets/linli\.css\?v=[0-9a-f]+)"', shown)
    assert style
    assert client.get(style[1]).headers["Cache-Control"] == "public, max-age=31536000"
    assert client.get("/assets/linli.css").headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("name", ["nothing.css", "..%2fframe.py", "%2e%2e/frame.py", "linli.css%00"])
def test_only_assets_are_given_out(client: FlaskClient, name: str) -> None:
    assert client.get(f"/assets/{name}").status_code == 404


def test_the_first_page_is_small(client: FlaskClient) -> None:
    files = sum(path.stat().st_size for path in (ROOM / "static").iterdir())
    page = len(client.get("/form", headers=HTML).data)
    assert files + page < 45_000


def test_a_signed_in_person_reads_their_own_language_unless_they_ask_for_another(
    client: FlaskClient, app: Flask, world: Baishi
) -> None:
    reported(client, text="The lamp is broken")
    shown = staff(client, "li").get("/console/plain", headers=HTML | {"Accept-Language": "zh"})
    assert say("page.queue.heading", "en") in words(shown)
    assert say("page.queue.heading", "zh") in words(client.get("/console/plain?lang=zh", headers=HTML))
