"""The demo's cities as data: what ``data/*.yaml`` says, with every invented name marked as invented."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"
# The boundary files belong to the checkout, beside the script that makes them; Linli is installed from there.
AREAS = Path(__file__).parents[2] / "demo" / "areas"
CODES = ("hsinchu", "seattle")
INVENTED = {"en": " (invented)", "zh": "（虚构）"}
PEOPLE = 2  # of a body that says nothing else

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lead:
    """A route that a body leads, or supports, for one category or for all that the route carries."""

    route: str
    category: str | None = None
    deputy: str | None = None
    role: str = "lead"


@dataclass(frozen=True, slots=True)
class Body:
    """An invented body with its one desk. ``area`` is the id of its place in the boundary file."""

    key: str
    kind: str
    names: Words
    desk_names: Words
    area: str
    desk: str
    rota: str
    people: int
    roles: tuple[str, ...]
    methods: tuple[str, ...]
    resources: tuple[str, ...]
    neutrality: str
    leads: tuple[Lead, ...]
    login: str
    sign_in: Words | None


@dataclass(frozen=True, slots=True)
class City:
    """A city of the demo."""

    code: str
    names: Words
    country: str
    timezone: str
    chinese: float
    centre_areas: tuple[str, ...]
    districts: Mapping[str, str]
    bodies: tuple[Body, ...]
    rules: tuple[Mapping[str, Any], ...]
    families: tuple[Words, ...]
    given: tuple[Words, ...]

    @property
    def areas_file(self) -> Path:
        """The city's boundary file."""
        return AREAS / f"{self.code}.geojson"

    @property
    def source(self) -> str:
        """The name under which the boundaries are imported."""
        return f"demo-{self.code}"

    def body(self, key: str) -> Body:
        """The body of a key."""
        return next(body for body in self.bodies if body.key == key)

    def district_login(self, area: str) -> str:
        """Who sorts reports of a district, given by the district's area."""
        duty = (body for body in self.bodies if body.desk == "duty" and body.rota == "round")
        return next(body.login for body in duty if body.area == area)

    def person_names(self, dice: Random) -> Iterator[str]:
        """Invented names, none twice, each marked."""
        pairs = [(family, given) for family in self.families for given in self.given]
        dice.shuffle(pairs)
        return (_person(family, given) for family, given in pairs)


def _person(family: Words, given: Words) -> str:
    if "zh" in family:
        return f"{family['en']} {given['en']} {family['zh']}{given['zh']}{INVENTED['en']}"
    return f"{given['en']} {family['en']}{INVENTED['en']}"


def invented(words: Words) -> Words:
    """A name in both languages, marked as invented."""
    return {language: words[language] + INVENTED[language] for language in ("en", "zh")}


def read(name: str) -> Any:
    """A file of the demo's data."""
    return yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def city(code: str) -> City:
    """A city of the demo by its code."""
    told = read(code)
    bodies = tuple(_bodies(code, told, read("bodies")))
    return City(
        code=code,
        names=told["name"],
        country=told["country"],
        timezone=told["timezone"],
        chinese=told["chinese"],
        centre_areas=tuple(told["centre_areas"]),
        districts={place["area"]: key for key, place in told["districts"].items()},
        bodies=bodies,
        rules=tuple(told["rules"]),
        families=tuple(told["families"]),
        given=tuple(told["given"]),
    )


def _bodies(code: str, told: Mapping[str, Any], kinds: Mapping[str, Any]) -> Iterator[Body]:
    whole = {"area": told["rules"][0]["layer"]["area"], **told["name"]}
    for key, kind in kinds.items():
        if kind.get("in") != "district":
            yield _body(code, key, kind, told, whole)
            continue
        for name, place in told["districts"].items():
            if name == told["home"]:
                shown = {"en": f"coordinator, {place['en']}", "zh": f"协调员，{place['zh']}"}
                yield _body(code, "coordinator", kind | {"sign_in": shown}, told, place)
            else:
                yield _body(code, name, kind, told, place)
    for key, place in told["committees"].items():
        name = {"en": "{place} Neighbourhood Committee", "zh": "{place}居民委员会"}
        local = kinds["committees"] | {"name": name, "desk": "duty", "rota": "day", "people": PEOPLE}
        yield _body(code, key, local | {"leads": [{"route": "NC", "deputy": "committees"}]}, told, place)
    for key, place in told["mediators"].items():
        name = {"en": "{place} Mediators", "zh": "{place}调解员"}
        local = kinds["mediators"] | {"name": name, "people": PEOPLE}
        yield _body(code, key, local | {"leads": [{"route": "M", "deputy": "mediators"}]}, told, place)


def _body(code: str, key: str, kind: Mapping[str, Any], told: Mapping[str, Any], place: Mapping[str, str]) -> Body:
    names = {
        language: kind["name"][language].format(city=told["name"][language], place=place[language])
        for language in ("en", "zh")
    }
    return Body(
        key=key,
        kind=kind["kind"],
        names=invented(names),
        desk_names=invented({"en": f"{names['en']} desk", "zh": f"{names['zh']}值守席"}),
        area=place["area"],
        desk=kind.get("desk", "organisation"),
        rota=kind.get("rota", "call"),
        people=kind.get("people", PEOPLE),
        roles=tuple(kind["roles"]),
        methods=tuple(kind["methods"]),
        resources=tuple(kind.get("resources", ["public_budget"])),
        neutrality=kind.get("neutrality", "neutral"),
        leads=tuple(Lead(**lead) for lead in kind.get("leads", ())),
        login=f"{code}-{'duty' if key == 'office' else key}",
        sign_in=kind.get("sign_in"),
    )
