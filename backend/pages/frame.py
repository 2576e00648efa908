"""What every page has in common: the reader's language, the frame around it, safe headers, and errors as pages."""

import hashlib
import hmac
import json
import secrets
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, g, make_response, render_template, request, send_from_directory, url_for

from backend.intake.configuration import countries, countries_anyhow
from backend.kernel.database import db
from backend.kernel.languages import best_language, pick
from backend.kernel.problems import PROBLEM_JSON, NotFound, Refusal, problem_of
from backend.kernel.sealed import Keyring
from backend.pages.numbers import Numbers, numbers_of
from backend.pages.wording import say_when, words
from backend.settings import Settings
from backend.trust.access import now, presented_token

STATIC = Path(__file__).parent / "static"
# These speak to programs; a browser that looks at them gets what programs get.
FOR_PROGRAMS = ("/api/", "/open311/")
LANGUAGE_NAMES = {"en": "English", "zh": "中文"}
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'nonce-{nonce}'; img-src 'self'; media-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def settings() -> Settings:
    """The settings of this application."""
    found: Settings = current_app.extensions["linli"].settings
    return found


def ring() -> Keyring:
    """The keys of this application."""
    found: Keyring = current_app.extensions["linli"].keyring
    return found


def reader() -> str:
    """The reader's language: as asked for in the address, else the signed-in person's, else the browser's."""
    person = g.get("me")
    wanted = request.args.get("lang") or (person.language if person else request.headers.get("Accept-Language"))
    return best_language(wanted, settings().languages)


def page(template: str, *, status: int = 200, switch: bool = True, **context: Any) -> Response:
    """A page in the reader's language.

    ``switch``: whether its language can be changed by a link, which is so where asking again loses nothing.
    """
    nonce, language = secrets.token_urlsafe(16), reader()
    others = [code for code in settings().languages if code != language] if switch else []
    told: dict[str, Any] = {
        "t": partial(_text, language),
        "pick": lambda wording: pick(wording, language),
        "link": link,
        "asset": asset,
        "when": when,
        "lang": language,
        "comma": "、" if language == "zh" else ", ",
        "nonce": nonce,
        "others": [(code, LANGUAGE_NAMES[code], _same_page(code)) for code in others],
    }
    response = make_response(render_template(f"{template}.html", **(told | context)), status)
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    response.headers["Permissions-Policy"] = "geolocation=(self), camera=(), microphone=()"
    response.headers["Content-Language"] = language
    return response


def _text(language: str, key: str, **params: object) -> str:
    return words(key, language, **params)


def _same_page(language: str) -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return f"{request.path}?{urlencode([*kept, ('lang', language)])}"


def link(endpoint: str, **values: Any) -> str:
    """The address of a page of ours, in the language that was asked for."""
    asked = {"lang": reader()} if "lang" in request.args else {}
    return url_for(endpoint, **(asked | values))


def when(at: datetime | str, zone: str | None = None) -> str:
    """A moment in local time, in the reader's language."""
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return say_when(moment, now=now(), language=reader(), zone=zone or settings().timezone)


def emergency_numbers() -> list[Numbers]:
    """The numbers to call here: one entry for each country in which there are areas. Needs the transaction."""
    return [numbers_of(country, reader()) for country in countries(db.session(), settings())]


@lru_cache(maxsize=8)
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file of ours; it changes with the file, so that browsers may keep it."""
    return url_for("pages.asset", name=name, v=_digest(name))


def send_asset(name: str) -> Response:
    """A style, script or picture of the pages. Raises NotFound."""
    if name not in {path.name for path in STATIC.iterdir()}:
        raise NotFound()
    response = send_from_directory(STATIC, name)
    is_named_by_content = request.args.get("v") == _digest(name)
    response.headers["Cache-Control"] = f"public, max-age={31_536_000 if is_named_by_content else 60}"
    return response


def form_token() -> str:
    """What a form of the present session carries, so that no other site can send it (ASVS 3.5.1)."""
    token = presented_token() or ""
    return hmac.new(ring().derived("page-forms"), token.encode(), hashlib.sha256).hexdigest()


def is_foreign() -> bool:
    """Whether another site sent this form. Browsers name the origin of every form that is posted."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site:
        return site not in {"same-origin", "none"}
    return bool(origin) and origin != request.host_url.rstrip("/")


def is_own_form() -> bool:
    """Whether the form that was sent is one that we gave to this session."""
    return hmac.compare_digest(request.form.get("token", "").encode(), form_token().encode())


def refused_page(refusal: Refusal) -> Response:
    """A refusal as a page in the reader's language."""
    return problem_page(problem_of(refusal, language=reader(), request_id=g.get("request_id", "")).as_dict())


def problem_page(said: dict[str, Any]) -> Response:
    """A problem as a page. It does without the database: when that is down, the numbers to call are still there."""
    known = countries_anyhow(db.session(), settings(), ask=said["status"] < 500)
    numbers = [numbers_of(country, reader()) for country in known]
    return page("problem", status=said["status"], problem=said, numbers=numbers)


def dress_problem(response: Response) -> Response:
    """Give a person in a browser a page where a program would get problem details."""
    if response.mimetype != PROBLEM_JSON or request.path.startswith(FOR_PROGRAMS):
        return response
    if not any(value == "text/html" for value, _ in request.accept_mimetypes):
        return response
    dressed = problem_page(json.loads(response.get_data()))
    for name in ("Retry-After", "Allow"):
        if name in response.headers:
            dressed.headers[name] = response.headers[name]
    return dressed
