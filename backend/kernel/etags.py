"""Edits that do not overwrite each other: a tag of what was read, compared with what is there now.

The tag (RFC 9110, 8.8.3 and 13.1.1) is a hash of the stored row, so no table needs a version column and every
viewer sees the same tag.
"""

import hashlib

from sqlalchemy import inspect

from backend.kernel.database import Base
from backend.kernel.problems import Conflict


def etag_of(row: Base) -> str:
    """The strong tag of a stored row, in quotes as HTTP has it. Pending changes of the row count."""
    columns = inspect(type(row)).column_attrs
    values = sorted((attribute.key, _canonical(getattr(row, attribute.key))) for attribute in columns)
    return f'"{hashlib.sha256(repr(values).encode()).hexdigest()[:32]}"'


def demand_match(row: Base, if_match: str | None) -> None:
    """Raise Conflict when the header's value ``if_match`` names tags, and this row's is not among them."""
    if not if_match or if_match.strip() == "*":
        return
    if etag_of(row) not in {tag.strip() for tag in if_match.split(",")}:
        raise Conflict()


def _canonical(value: object) -> str:
    # The database gives the members of a JSON object in an order of its own.
    return repr(sorted(value.items()) if isinstance(value, dict) else value)
