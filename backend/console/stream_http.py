"""The live stream's manners over HTTP: whose token counts, which page may read, how it refuses."""

import json
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from backend.kernel.ids import new_id
from backend.kernel.languages import best_language
from backend.kernel.problems import PROBLEM_JSON, Refusal, problem_of
from backend.settings import Settings
from backend.trust.cookies import token_in


def presented_token(request: Request, *, is_ours: bool) -> str | None:
    """The token from the header, or from the cookie when no foreign page sent it (ASVS 3.5.1).

    ``is_ours`` says that the page which asks is our own, from the web process's port.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    is_foreign = request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}
    if not is_ours and (is_foreign or "Origin" in request.headers):
        return None
    # Another process ends the encryption, so this one cannot tell by which name the cookie has to come.
    return token_in(request.cookies, is_secure=False)


def presented_receipt(request: Request) -> str | None:
    """The receipt from the header, the only place where one is looked for: addresses are written down on the way."""
    scheme, _, code = request.headers.get("Authorization", "").partition(" ")
    return code if scheme.lower() == "receipt" else None


def shared_with(settings: Settings, request: Request) -> dict[str, str]:
    """The headers that let our own page, and no other, read an answer across ports."""
    origin = request.headers.get("Origin", "")
    if not _is_our_page(settings, origin, request.headers.get("Host", "")):
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Headers": "Authorization, Last-Event-ID",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }


def _is_our_page(settings: Settings, origin: str, host: str) -> bool:
    with suppress(ValueError):
        page, asked, public = urlsplit(origin), urlsplit(f"//{host}"), urlsplit(settings.public_url)
        is_web_port = page.hostname == asked.hostname and page.port == settings.port
        is_public = (page.scheme, page.netloc) == (public.scheme, public.netloc)
        return bool(page.hostname) and (is_web_port or is_public)
    return False


def problem_answer(refusal: Refusal, request: Request, headers: Mapping[str, str]) -> Response:
    """A refusal as problem details, in the reader's language."""
    language = best_language(request.query_params.get("lang") or request.headers.get("Accept-Language"))
    problem = problem_of(refusal, language=language, request_id=str(new_id()))
    own = {"Content-Language": language, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if problem.status == 401:
        own["WWW-Authenticate"] = "Receipt" if problem.code == "wrong-receipt" else "Bearer"
    if problem.status == 503:
        own["Retry-After"] = "2"
    body = json.dumps(problem.as_dict(), ensure_ascii=False)
    return Response(body, problem.status, {**headers, **own}, PROBLEM_JSON)
