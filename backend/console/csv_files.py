"""Tables as CSV: for spreadsheets, which take a cell that begins like a formula for one."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO

from flask import Response

from backend.kernel.schemas import in_json

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Spreadsheets read UTF-8 where this mark stands first.
BOM = "\ufeff"


def cell(value: object) -> str:
    """A value as a cell: nothing for None, times in ISO 8601, and no text that a spreadsheet would calculate."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(in_json(value))
    if isinstance(value, float):
        return f"{value:g}"
    said = str(value)
    return f"'{said}" if isinstance(value, str) and said.startswith(_FORMULA) else said


def written(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The table as text."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([cell(one) for one in head])
    writer.writerows([cell(one) for one in row] for row in rows)
    return BOM + out.getvalue()


def answered(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The table as a file to be saved."""
    response = Response(written(head, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
