"""Measures as JSON and as files; each counts only what its reader may see."""

from typing import Any

from flask import Response, current_app
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from backend.console.csv_files import answered
from backend.console.measures.ending import outcomes
from backend.console.measures.fairness import fairness
from backend.console.measures.load import load
from backend.console.measures.period import Scope, scope_of
from backend.console.measures.rules import LEAST
from backend.console.measures.sending import deliveries, duplicates
from backend.console.measures.tables import Row, Table
from backend.console.measures.times import BY, OF, clocks, times
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.languages import pick
from backend.kernel.schemas import WholeNumber
from backend.kernel.web import language
from backend.trust.access import now, requires

blueprint = Blueprint("measures", __name__, url_prefix="/api/v1", description="How well it goes")
NAMES = ("times", "clocks", "fairness", "outcomes", "load", "duplicates", "deliveries")


class MeasureQuerySchema(Schema):
    """Days, both included, in the deployment's time zone (the last 28 without them), and a place."""

    since = fields.Date()
    until = fields.Date()
    area = WholeNumber(least=1)
    of = fields.String(
        validate=validate.OneOf(list(OF)),
        load_default="acknowledge",
        metadata={"description": "times and fairness alone"},
    )
    by = fields.String(
        validate=validate.OneOf(list(BY)),
        load_default="grade",
        metadata={"description": "times; fairness by language, else by area"},
    )


class MeasureColumnSchema(Schema):
    """A column and its unit."""

    key = fields.String(required=True)
    unit = fields.String(required=True, validate=validate.OneOf(("count", "s", "percent", "code", "text")))


class MeasureRowSchema(Schema):
    """A row: its cells in the order of the columns. ``hidden`` names columns that are empty because a count is small."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    cells = fields.List(fields.Raw(allow_none=True), required=True)
    hidden = fields.List(fields.String(), required=True)


class MeasureSchema(Schema):
    """A measure. ``least``: counts below it, but for 0, are hidden, and what would give them away."""

    name = fields.String(required=True, validate=validate.OneOf(NAMES))
    since = fields.Date(required=True)
    until = fields.Date(required=True)
    zone = fields.String(required=True)
    least = fields.Integer(required=True)
    columns = fields.List(fields.Nested(MeasureColumnSchema), required=True)
    rows = fields.List(fields.Nested(MeasureRowSchema), required=True)
    total = fields.Nested(MeasureRowSchema, required=True, allow_none=True)


def _measured(name: str, query: dict[str, Any]) -> tuple[Table, Scope]:
    session = db.session()
    scope = scope_of(session, query, zone=current_app.extensions["linli"].settings.timezone, now=now())
    if name == "times":
        return times(session, scope, of=query["of"], by=query["by"], now=now()), scope
    if name == "fairness":
        return fairness(session, scope, of=query["of"], by=query["by"], now=now()), scope
    if name == "outcomes":
        return outcomes(session, scope), scope
    if name == "clocks":
        return clocks(session, scope, now=now()), scope
    if name == "load":
        return load(session, scope, language=language(), now=now()), scope
    return (duplicates if name == "duplicates" else deliveries)(session, scope), scope


def _said(table: Table, row: Row) -> dict[str, Any]:
    return {
        "key": row.key, "label": pick(row.label, language()),
        "cells": [row.cells.get(column.key) for column in table.columns], "hidden": sorted(set(row.hidden)),
    }  # fmt: skip


@blueprint.route(f"/measures/<any({', '.join(NAMES)}):name>")
class MeasureView(MethodView):
    """One measure."""

    @requires("measures.read")
    @blueprint.arguments(MeasureQuerySchema, location="query")
    @blueprint.response(200, MeasureSchema)
    def get(self, query: dict[str, Any], name: str) -> dict[str, Any]:
        """A table of counts, times and shares over the incidents that you may see; small counts are hidden."""
        table, scope = _measured(name, query)
        return {
            "name": name, "since": scope.since, "until": scope.until, "zone": scope.zone, "least": LEAST,
            "columns": table.columns, "rows": [_said(table, row) for row in table.rows],
            "total": _said(table, table.total) if table.total else None,
        }  # fmt: skip


@blueprint.route(f"/measures/<any({', '.join(NAMES)}):name>.csv")
@requires("measures.read")
@blueprint.arguments(MeasureQuerySchema, location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
def measure_file(query: dict[str, Any], name: str) -> Response:
    """The same table as a file: a hidden value is an empty cell, and ``hidden`` names its column."""
    table, scope = _measured(name, query)
    rows = [*table.rows, *([table.total] if table.total else [])]
    lines = [
        [
            row.key,
            pick(row.label, language()),
            *(row.cells.get(column.key) for column in table.columns),
            " ".join(sorted(set(row.hidden))),
        ]
        for row in rows
    ]
    head = ["key", "label", *(column.key for column in table.columns), "hidden"]
    return answered(f"{name}-{scope.since}-{scope.until}", head, lines)
