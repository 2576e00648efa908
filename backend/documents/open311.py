"""The part of docs/errors.md about Open311, whose calls are not in the OpenAPI document."""

import inspect
from collections.abc import Collection

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask

from backend.documents.markdown import table
from backend.documents.routes import Route, refusals_of, routes_of
from backend.documents.taken import fields_of
from backend.intake.open311.refusals import ROOT, status_of
from backend.kernel.problems import Refusal

SHAPE = [
    "## Open311",
    "",
    "Under `/open311/v2` every error is a list of `{code, description}`, in JSON or XML as the address ends (GeoReport v2):",
    "",
    "```json",
    '[{"code": 400, "description": "lat: Must be greater than or equal to -90 and less than or equal to 90."}]',
    "```",
    "",
    "`code` is the status, 400 where it is 422 elsewhere. `description` is the title and the advice of the refusal, or one",
    "field and its reason each, in English or Chinese. `api_key`, `jurisdiction_id` and `lang` are taken by every call and",
    "change nothing but the language; what is empty counts as not sent. What is refused everywhere is refused here too.",
    "",
]


def lines(app: Flask, *, leaving_out: Collection[type[Refusal]]) -> list[str]:
    """What each call takes and refuses."""
    plugin = MarshmallowPlugin()
    APISpec("Open311", "v2", "3.1.0", plugins=[plugin])
    routes = [route for route in routes_of(app) if route.path.startswith(ROOT)]
    return [*SHAPE, *(line for route in routes for line in _call(route, plugin, leaving_out))]


def _call(route: Route, plugin: MarshmallowPlugin, leaving_out: Collection[type[Refusal]]) -> list[str]:
    schema = route.view.takes  # type: ignore[attr-defined]
    taken = plugin.converter.schema2parameters(schema, location=schema.location)  # type: ignore[union-attr]
    named = [one for one in taken if one["name"] not in {"api_key", "jurisdiction_id"}]
    rows = fields_of({"parameters": [one | {"in": schema.location} for one in named]}, {})
    own = [kind for kind in refusals_of(route.view) if kind not in leaving_out]
    said = ", ".join(f"`{kind.code}` ({status_of(kind.status)})" for kind in own)
    summary = " ".join((inspect.getdoc(route.view) or "").split()).replace("``", "`")
    parts = [f"### {route.name}", "", summary, "", f"Own refusals: {said}.", ""]
    return [*parts, *table(("Takes", "Needed", "Anything else is refused (400)"), rows), *([""] if rows else [])]
