"""The emergency numbers of a page, which stand before anything else (INV-13)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.kernel.languages import pick
from backend.pages.wording import territory
from backend.policy.catalogue import default_catalogue

FIRST = ("police", "fire", "ambulance")
HELPLINES = ("self_harm", "domestic_abuse", "child")


@dataclass(frozen=True, slots=True)
class Call:
    """One number to call: ``number`` as people read it, ``href`` as a telephone takes it."""

    label: str
    number: str

    @property
    def href(self) -> str:
        """The address of a link that calls."""
        return "tel:" + "".join(sign for sign in self.number if sign.isdigit() or sign == "+")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What to call in one country. ``calls`` is a single one where one number reaches every service."""

    place: str
    calls: tuple[Call, ...]
    helplines: tuple[Call, ...]
    text: str | None
    silent: str


def numbers_of(country: str, language: str) -> Numbers:
    """The numbers of a country; those of the European Union for one that is not known."""
    book = default_catalogue()
    known: Mapping[str, Any] = book.numbers.get(country) or book.numbers["EU"]

    def calls(services: Iterable[str]) -> tuple[Call, ...]:
        return tuple(Call(pick(book.services[service], language), known[service]) for service in services)

    is_one = len({known[service] for service in FIRST}) == 1
    return Numbers(
        place=territory(country, language),
        calls=calls(("emergency",) if is_one else FIRST),
        helplines=calls(HELPLINES),
        text=known.get("text"),
        silent=pick(known.get("silent") or {}, language),
    )
