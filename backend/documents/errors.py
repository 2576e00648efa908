"""docs/errors.md: how an error looks, every code, and for each call and command what is refused and how."""

import importlib
import inspect
import pkgutil
from typing import Any

from flask import Flask

import backend
from backend.documents import commands, open311
from backend.documents.markdown import page, table
from backend.documents.routes import Route, refusals_of, routes_of
from backend.documents.taken import fields_of
from backend.intake.photos import BYTES_MOST, PIXELS_MOST
from backend.kernel.blueprint import NotJson, UnreadableRequest
from backend.kernel.idempotency import KEY_MOST, AlreadyDone, KeyReused, KeyTooLong
from backend.kernel.problems import Invalid, NotAllowed, NotSignedIn, Refusal
from backend.kernel.schemas import TEXT_MOST
from backend.kernel.web import (
    JSON_BYTES_MOST,
    JSON_DEPTH_MOST,
    Busy,
    Compressed,
    Fault,
    TooLarge,
    WrongMethod,
)
from backend.policy.simulation_schemas import BYTES_MOST as SIMULATION_BYTES_MOST
from backend.trust.throttle import ACCOUNT, ADDRESS

EVERYWHERE = frozenset(
    {Invalid, NotSignedIn, NotAllowed, NotJson, UnreadableRequest, Busy, Fault, TooLarge, Compressed, WrongMethod}
    | {KeyReused, AlreadyDone, KeyTooLong}
)


def all_refusals() -> list[type[Refusal]]:
    """Every named refusal of the program, by its code."""
    for module in pkgutil.walk_packages(backend.__path__, "backend."):
        # Migrations run by themselves when they are imported.
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    found: list[type[Refusal]] = []
    waiting = list(Refusal.__subclasses__())
    while waiting:
        kind = waiting.pop()
        if kind.__module__.startswith("backend."):
            found.append(kind)
        waiting += kind.__subclasses__()
    return sorted(found, key=lambda kind: kind.code)


def make(app: Flask) -> str:
    """The whole document."""
    spec = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    calls = [line for route in routes_of(app) if route.path.startswith("/api/") for line in _call(route, spec)]
    beside = open311.lines(app, leaving_out=EVERYWHERE)
    commanded = commands.lines(all_refusals())
    return page("Errors", _shape(), _codes(), _everywhere(), ["## Every call", ""], calls, beside, commanded)


def _shape() -> list[str]:
    return [
        "Every error is answered as problem details (RFC 9457), with the media type `application/problem+json`:",
        "",
        "```json",
        '{"type": "/problems/invalid", "title": "Some of what was sent cannot be used", "status": 422,',
        ' "advice": "Correct the named fields and send again. Nothing was stored.", "code": "invalid",',
        ' "request_id": "5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f11", "errors": {"text": ["Longer than maximum length 10000."]}}',
        "```",
        "",
        "`code` is for programs and never changes its meaning; `title`, `detail` and `advice` are for people, in English or",
        "Chinese by `Accept-Language` or `?lang=`, and so are the reasons in `errors`, which names each field. `request_id` is",
        "also the header `X-Request-Id`: name it when you ask for help. What is answered with an error was not stored. `429` and",
        "`503` say when to try again in `Retry-After`.",
    ]


def _codes() -> list[str]:
    rows = [
        (f"`{kind.code}`", kind.status, kind.title["en"], kind.title["zh"], kind.advice["en"], _meaning(kind))
        for kind in all_refusals()
    ]
    return ["## Every code", "", *table(("Code", "Status", "Title", "标题", "What to do", "When"), rows)]


def _meaning(kind: type[Refusal]) -> str:
    return " ".join((inspect.getdoc(kind) or "").split()).replace("``", "`")


def _everywhere() -> list[str]:
    rows = [
        ("text that is not JSON, or not UTF-8; a body that is cut off", 400, "`unreadable`"),
        ("`NaN`, `Infinity`, `1e400`, an integer of more than 4,300 digits", 400, "`unreadable`"),
        ("a key that is there twice in one object", 400, "`unreadable`"),
        (f"more than {JSON_DEPTH_MOST} brackets inside each other, be it 100,000", 400, "`unreadable`"),
        ("no session, or one that has ended", 401, "`not-signed-in`"),
        ("no receipt, or one that no report has", 401, "`wrong-receipt`"),
        ("a role that may not do it", 403, "`not-allowed`"),
        ("an address that does not exist, or a thing that one may not know of", 404, "`not-found`"),
        ("a method that the address does not take; `Allow` names those that it does", 405, "`method-not-allowed`"),
        ("an edit of what somebody changed meanwhile (`If-Match`)", 412, "`changed-meanwhile`"),
        (
            f"a body of more than {JSON_BYTES_MOST:,} bytes, announced or not;"
            f" {SIMULATION_BYTES_MOST:,} where rules are tried on a file", 413, "`too-large`",
        ),
        (f"a photo of more than {BYTES_MOST:,} bytes, or {PIXELS_MOST:,} pixels in however few bytes", 413, "`photo-too-large`"),
        ("a body of another media type", 415, "`not-json`"),
        ("a compressed body: any `Content-Encoding` but `identity`, a photo's too", 415, "`compressed`"),
        ("a member or filter that does not exist; a code that is none of those named below", 422, "`invalid`"),
        ("a number as text, a text as number, 1 as true, null where it is not named", 422, "`invalid`"),
        ("latitude 91, longitude 181; a latitude without a longitude", 422, "`invalid`"),
        ("a time in 1900 or 2100, a 13th month, an offset of 99 hours, a number of seconds", 422, "`invalid`"),
        (f"{TEXT_MOST + 1:,} characters; NUL; half of a character (a lone surrogate)", 422, "`invalid`"),
        ("a file that is no photo, one that is cut off, or whose comment unpacks without end", 422, "`not-a-photo`"),
        ("an `Idempotency-Key` that another call had", 409, "`idempotency-key-reused`"),
        ("an `Idempotency-Key` whose call was done, while its answer was lost", 409, "`already-done`"),
        (f"an `Idempotency-Key` of more than {KEY_MOST} characters", 422, "`idempotency-key-too-long`"),
        (f"signing in after {ACCOUNT.free} failures of an account or {ADDRESS.free} of an address, for 1 s and then twice as"
         f" long each time, up to {ACCOUNT.most_s} s or {ADDRESS.most_s} s; `Retry-After` says how long", 429, "`too-many-tries`"),
        ("what broke on our side", 500, "`fault`"),
        ("what came while the database could not be reached", 503, "`busy`"),
    ]  # fmt: skip
    kept = [
        "Everything else in a text is kept exactly as it was sent: emoji, writing from right to left, combining marks,",
        f"spaces and line breaks, up to {TEXT_MOST:,} characters.",
    ]
    return ["## What is refused everywhere", "", *table(("What is sent", "Status", "Code"), rows), "", *kept]


def _call(route: Route, spec: dict[str, Any]) -> list[str]:
    path = route.address
    operation = spec["paths"].get(path, {}).get(route.method)
    if operation is None:
        return []
    rows = fields_of({"parameters": spec["paths"][path].get("parameters", []) + operation.get("parameters", []),
                      "requestBody": operation.get("requestBody", {})}, spec["components"])  # fmt: skip
    own = ", ".join(f"`{kind.code}` ({kind.status})" for kind in refusals_of(route.view) if kind not in EVERYWHERE)
    lines = [f"### {route.name}", "", operation.get("summary", "").replace("``", "`"), ""]
    lines += [f"Own refusals: {own}.", ""] if own else []
    return [*lines, *table(("Takes", "Needed", "Anything else is refused as `invalid` (422)"), rows), ""]
