"""Lists as files for a spreadsheet: CSV (RFC 4180) in UTF-8 with a mark, so that Chinese opens right."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

# A spreadsheet takes what begins so for a formula; an apostrophe makes it text again.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
MARK = "\ufeff"
CSV = "text/csv"


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """An answer that is saved as ``name``.csv."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response("".join(lines(head, rows)), mimetype=CSV, headers=headers)


def lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of the file, the mark and the heads first."""
    yield MARK + _line(head)
    for row in rows:
        yield _line([_cell(value) for value in row])


def _cell(value: object) -> str:
    said = "" if value is None else str(value)
    return f"'{said}" if said.startswith(_FORMULA) and not isinstance(value, int | float) else said


def _line(cells: Sequence[str]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow(cells)
    return made.getvalue()
