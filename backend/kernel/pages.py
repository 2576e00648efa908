"""Pages of lists: by an opaque cursor that holds the sort key of the last row, so that depth costs nothing."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from backend.kernel.problems import Invalid

PAGE_SIZE = 50
PAGE_SIZE_MOST = 200


def encode_cursor(key: Sequence[Any]) -> str:
    """The cursor of a row's sort key."""
    return base64.urlsafe_b64encode(json.dumps(list(key), default=str).encode()).decode().rstrip("=")


def decode_cursor(raw: str | None, length: int) -> list[Any] | None:
    """The sort key in a cursor; None without one. Raises Invalid for one that was not made by us."""
    if not raw:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _not_ours() from error
    if not isinstance(key, list) or len(key) != length:
        raise _not_ours()
    return key


def _not_ours() -> Invalid:
    return Invalid(
        {"cursor": ["not a cursor of this list"]},
        {"en": "Start again without the cursor.", "zh": "请去掉游标重新开始。"},
    )
