"""Pages of lists: by an opaque cursor that holds the sort key of the last row, so that depth costs nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from backend.kernel.problems import Invalid

PAGE_SIZE = 50
PAGE_SIZE_MOST = 200
Reader = Callable[[Any], Any]


def encode_cursor(key: Sequence[Any]) -> str:
    """The cursor of a row's sort key."""
    return base64.urlsafe_b64encode(json.dumps(list(key), default=str).encode()).decode().rstrip("=")


def decode_cursor(raw: str | None, length: int, readers: Sequence[Reader] = ()) -> list[Any] | None:
    """The sort key in a cursor; None without one. Raises Invalid for one that was not made by us.

    ``readers`` turn each part into what its column holds (``number``, ``UUID``, ``moment``); a part that one of them
    refuses with ValueError or TypeError is not ours.
    """
    if not raw:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
        # Escapes can hold what no column takes: NUL, and halves of characters, which refuse to be encoded.
        is_text = b"\\u0000" not in json.dumps(key, ensure_ascii=False).encode()
        if not (is_text and isinstance(key, list) and len(key) == length):
            raise not_ours()
        return [read(part) for read, part in zip(readers, key, strict=True)] if readers else key
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise not_ours() from error


def moment(part: Any) -> datetime | None:
    """A reader of times, of which some are not set."""
    if part is None:
        return None
    at = datetime.fromisoformat(part)
    if at.tzinfo is None:
        raise ValueError("a time without its offset")
    return at


def number(part: Any) -> int:
    """A reader of numbers that a column holds."""
    if type(part) is not int or abs(part) >= 2**62:
        raise ValueError("not a number of ours")
    return part


def not_ours() -> Invalid:
    """The refusal of a cursor that this list did not make."""
    return Invalid(
        {"cursor": ["not a cursor of this list"]},
        {"en": "Start again without the cursor.", "zh": "请去掉游标重新开始。"},
    )
