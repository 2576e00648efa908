"""The phone page as it was built (``pwa/dist``): prerendered screens, hashed files, the service worker.

Without a build the plain form takes its place, so that nobody who comes to report stands before an empty page.
"""

import gzip
import secrets
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, make_response, redirect, request, send_from_directory, url_for

from backend.console.operations import stream_origin
from backend.kernel.problems import NotFound
from backend.pages.frame import reader, settings
from backend.trust.access import open_to_all

DIST = Path(__file__).resolve().parents[2] / "pwa" / "dist"
YEAR_S = 31_536_000
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self' 'nonce-{nonce}';"
    " img-src 'self' blob: data:; connect-src 'self'{stream}; manifest-src 'self'; worker-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types linli"
)
NEUTRAL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
# Screens by the first part of their address; what follows is read by the page itself and never by us.
SCREENS = ("report", "sent", "reports", "open", "aid", "sos", "alerts", "safety", "install", "help")
HASHED = ("assets/", "console/assets/")
# The best first: its size is what a slow network feels.
PACKED = (("br", "br"), ("gzip", "gz"))

blueprint = Blueprint("phone", __name__)


@blueprint.get("/")
@open_to_all
def home() -> Response:
    """Where everybody begins."""
    return screen("home")


def _screen(name: str) -> None:
    @open_to_all
    def shown(rest: str = "") -> Response:
        return screen(name)

    shown.__doc__ = f"The screen {name} of the phone page."
    for rule in (f"/{name}", f"/{name}/<path:rest>"):
        blueprint.add_url_rule(rule, f"screen_{name}", shown, methods=["GET"])


for _name in SCREENS:
    _screen(_name)


@blueprint.post("/report")
@open_to_all
def shared() -> Response:
    """Something shared from another application arrives here only where the page's own worker does not run."""
    return make_response(redirect(url_for("pages.report"), 303))


def screen(name: str) -> Response:
    """A prerendered screen in the reader's language; the plain form where none was built."""
    html = built(f"{name}.{reader()}", DIST)
    if html is None:
        return make_response(redirect(url_for("pages.report")))
    response = dressed(html, POLICY)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Permissions-Policy"] = "geolocation=(self), camera=(self), microphone=()"
    return response


def dressed(html: str, policy: str) -> Response:
    """A built page with a nonce of its own, packed for whoever can unpack it, under ``policy``."""
    nonce = secrets.token_urlsafe(16)
    body = html.replace("%NONCE%", nonce).encode()
    packs = bool(request.accept_encodings["gzip"])
    response = make_response(gzip.compress(body, 6) if packs else body)
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, Accept-Language"
    response.headers["Content-Security-Policy"] = policy.format(nonce=nonce, stream=_stream())
    return response


def _stream() -> str:
    """The live stream as one more place that the page may ask, where it is not under our own address."""
    return "" if settings().stream_port_seen is None else f" {stream_origin(settings())}"


@lru_cache(maxsize=64)
def built(name: str, dist: Path) -> str | None:
    """A page as it was built, or None; ``name`` is ours and no part of an address."""
    path = dist / "pages" / f"{name}.html"
    return path.read_text(encoding="utf-8") if path.exists() else None


@blueprint.get("/app/<path:name>")
@open_to_all
def file(name: str) -> Response:
    """A file of the phone page. Hashed names may be kept for ever."""
    return _file(name, kept_s=YEAR_S if name.startswith(HASHED) else 3600)


@blueprint.get("/sw.js")
@open_to_all
def worker() -> Response:
    """The service worker. Browsers ask for it anew, so that a new release is found."""
    response = _file("sw.js", kept_s=0)
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    return response


@blueprint.get("/neutral")
@open_to_all
def neutral() -> Response:
    """A page that says nothing, for whoever has to leave at once."""
    response = _file("neutral.html", kept_s=3600)
    response.headers["Content-Security-Policy"] = NEUTRAL_POLICY
    return response


def _file(name: str, *, kept_s: int) -> Response:
    folder = DIST / "client"
    if "/." in f"/{name}" or not (folder / name).is_file():
        raise NotFound()
    plain = send_from_directory(folder, name)
    kind = plain.mimetype
    for encoding, ending in PACKED:
        if request.accept_encodings[encoding] and (folder / f"{name}.{ending}").is_file():
            plain = send_from_directory(folder, f"{name}.{ending}", mimetype=kind)
            plain.headers["Content-Encoding"] = encoding
            break
    plain.headers["Vary"] = "Accept-Encoding"
    plain.headers["Cache-Control"] = (
        f"public, max-age={kept_s}, immutable" if kept_s == YEAR_S else f"public, max-age={kept_s}"
    )
    return plain
