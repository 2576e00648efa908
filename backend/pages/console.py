"""The console as it was built: one page for every address under ``/console``, which its own scripts then fill.

Anybody may have the page itself: it holds no word of anybody. What it shows, it asks the API for, which knows who asks.
"""

import re
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from backend.kernel.problems import NotFound
from backend.pages.frame import reader
from backend.pages.phone import DIST, built, dressed
from backend.trust.access import open_to_all

# As for the phone page; the map's library starts its worker by an address, for which the policy "default" vouches.
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self' 'nonce-{nonce}';"
    " img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'{stream}; worker-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types linli default"
)
SCREEN = re.compile(r"[a-z]+(-[a-z]+)*")

blueprint = Blueprint("console_page", __name__, url_prefix="/console")


@blueprint.get("")
@open_to_all
def begin() -> BaseResponse:
    """The console's first screen."""
    return screen("queue")


@blueprint.get("/<path:rest>")
@open_to_all
def anywhere(rest: str) -> BaseResponse:
    """Every other screen; which there are, and what follows a screen's name, the page reads itself."""
    name = rest.partition("/")[0]
    if name == "plain":
        raise NotFound()
    return screen(name)


@blueprint.get("/offers/<uuid:offer_id>")
@open_to_all
def offer(offer_id: UUID) -> BaseResponse:
    """Where messages about an offer lead: whoever is asked answers on a plain page, which any phone shows at once."""
    return redirect(url_for("console.offer", offer_id=offer_id), 303)


def screen(name: str) -> Response:
    """The page whose head names what this screen needs; the plain list where the console was not built."""
    language = reader()
    html = built(f"console/{name}.{language}", DIST) if SCREEN.fullmatch(name) else None
    html = html or built(f"console/any.{language}", DIST)
    if html is None:
        return make_response(redirect(url_for("console.incidents")))
    response = dressed(html, POLICY)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Permissions-Policy"] = "geolocation=(self), camera=(), microphone=()"
    return response
