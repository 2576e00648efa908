"""Why a field was refused, in the reader's language: the library says it in English only."""

import re
from functools import lru_cache
from string import Formatter
from typing import Any

from backend.kernel.languages import texts

PREFIX = "reason."


def in_language(errors: Any, language: str) -> Any:
    """The same errors with every reason that is known said in ``language``."""
    if language == "en":
        return errors
    if isinstance(errors, dict):
        return {name: in_language(inner, language) for name, inner in errors.items()}
    if isinstance(errors, list):
        return [in_language(inner, language) for inner in errors]
    return _said(errors, language) if isinstance(errors, str) else errors


def _said(reason: str, language: str) -> str:
    for pattern, words in _known():
        if found := pattern.fullmatch(reason):
            return str(words[language]).format(**found.groupdict())
    return reason


@lru_cache(maxsize=1)
def _known() -> list[tuple[re.Pattern[str], Any]]:
    return [(_pattern(words["en"]), words) for key, words in texts().items() if key.startswith(PREFIX)]


def _pattern(template: str) -> re.Pattern[str]:
    """The words with a gap for whatever was put in them."""
    parts = Formatter().parse(template)
    return re.compile("".join(re.escape(text) + (f"(?P<{name}>.+)" if name else "") for text, name, _, _ in parts))
