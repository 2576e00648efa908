"""What the API says of itself before anything is sent: topics, emergency numbers, limits. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SERVICES = ("emergency", "police", "fire", "ambulance")
# Where the API was never reached: what is dialled in most of the world.
ANYWHERE: Mapping[str, str] = {"emergency": "112"}
# What most people come with, and what must not wait: needs and dangers first, never who somebody is.
FIRST = ("CN01", "CN02", "CN03", "CN04", "CN12", "CN13")
TILES = 6
# What is kept of a draft: with all else of a conversation it stays below the 64 kB that the API keeps sealed.
TEXT_MOST = 6000


@dataclass(frozen=True, slots=True)
class Category:
    """A topic. ``private``: whoever is near the reporter must not learn of it; ``on_board``: neighbours may be shown it."""

    code: str
    kind: str
    plain: Mapping[str, str]
    private: bool
    on_board: bool = False

    def words(self, language: str) -> str:
        """The topic in plain words."""
        return self.plain.get(language) or self.plain.get("en", self.code)


@dataclass(frozen=True, slots=True)
class World:
    """``GET /api/v1/config``, as far as a chat needs it."""

    categories: tuple[Category, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=lambda: ANYWHERE)
    languages: tuple[str, ...] = ("en", "zh")
    text_most: int = TEXT_MOST
    photos_most: int = 8
    page: str = ""

    def of_kind(self, kind: str) -> tuple[Category, ...]:
        """The topics of a kind of report; requests and offers of help share theirs."""
        wanted = "aid_request" if kind == "aid_offer" else kind
        return tuple(one for one in self.categories if one.kind == wanted)

    def tiles(self, kind: str) -> tuple[Category, ...]:
        """The topics that are shown first."""
        every = self.of_kind(kind)
        first = tuple(one for one in every if one.code in FIRST)
        others = tuple(one for one in every if one.code not in FIRST)
        return (first + others)[:TILES]

    def category(self, code: str | None) -> Category | None:
        """The topic of a code."""
        return next((one for one in self.categories if one.code == code), None)

    def calls(self) -> tuple[tuple[str, str], ...]:
        """Whom to call, and the number; the general one first, none twice."""
        found: dict[str, str] = {}
        for service in SERVICES:
            if number := self.numbers.get(service):
                found.setdefault(number, service)
        return tuple((service, number) for number, service in found.items())


def world_of(config: Mapping[str, Any], *, page: str = "") -> World:
    """The world in the API's configuration; ``page`` is the address that residents use, if there is one."""
    numbers = config["emergency"].get(config["country"]) or ANYWHERE
    return World(
        categories=tuple(
            Category(one["code"], one["kind"], one["plain"], bool(one["private"]), bool(one.get("on_board")))
            for one in config["categories"]
        ),
        numbers={service: numbers[service] for service in SERVICES if isinstance(numbers.get(service), str)},
        languages=tuple(config["languages"]),
        text_most=min(TEXT_MOST, int(config["limits"]["text"])),
        photos_most=int(config["limits"]["photos"]),
        page=page,
    )
