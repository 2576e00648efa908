"""The policy of keeping, read once: the defaults of the house, or the file of a deployer in their place."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from backend.policy.catalogue import default_catalogue
from backend.policy.files import Entry, entries_of, read_defaults, read_yaml
from backend.rights.rules import Keeping, Part
from backend.settings import SettingRefused, Settings

DAYS_MOST = 36_500


def keeping_of(settings: Settings) -> Mapping[Part, Keeping]:
    """How long each part is kept. Raises PolicyInvalid, and SettingRefused for a file that cannot be read."""
    return _loaded(settings.retention)


@lru_cache(maxsize=8)
def _loaded(path: str) -> Mapping[Part, Keeping]:
    if not path:
        return keeping_from(read_defaults("retention.yaml"), "retention.yaml")
    try:
        source = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingRefused(f"LINLI_RETENTION: {path} cannot be read") from error
    return keeping_from(entries_of(path, read_yaml(path, source)), path)


def keeping_from(entries: Mapping[str, Entry], file: str) -> Mapping[Part, Keeping]:
    """The policy in a file, which names every part and nothing else. Raises PolicyInvalid."""
    whole = Entry(file, "", entries)
    whole.only(*Part)
    return {part: _one(part, entries.get(part) or Entry(file, part, {})) for part in Part}


def _one(part: Part, entry: Entry) -> Keeping:
    entry.only("days", "but")
    return Keeping(part, _days(entry), [(_codes(each), _days(each)) for each in entry.each("but")])


def _days(entry: Entry) -> int:
    days = entry.whole("days")
    if not 1 <= days <= DAYS_MOST:
        raise entry.wrong("days", f"must lie between 1 and {DAYS_MOST}", f"须在1至{DAYS_MOST}之间")
    return days


def _codes(entry: Entry) -> frozenset[str]:
    entry.only("days", "categories")
    codes = frozenset(entry.texts("categories"))
    if unknown := sorted(codes - default_catalogue().categories.keys()):
        raise entry.wrong("categories", f"{unknown[0]} is no category", f"没有类别 {unknown[0]}")
    return codes
