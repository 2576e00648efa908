"""What invented residents write: reports from templates, at places inside the real boundaries."""

import io
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from backend.demo.cities import INVENTED, City, read
from backend.demo.places import Place, beside, somewhere

# How often a report tells again of one shortly before, comes from the centre, names its category, has a picture.
AGAIN, FROM_CENTRE, NAMED, PICTURED = 0.12, 0.45, 0.6, 0.3
REMEMBERED = 12
SIZE = (640, 480)


@dataclass(frozen=True, slots=True)
class Draft:
    """A report that is ready to be sent: the body of ``POST /reports``, and what the demo knows beside it."""

    body: dict[str, Any]
    place: Place
    category: str
    language: str
    has_photo: bool


@dataclass(frozen=True, slots=True)
class _Told:
    """What was reported, so that somebody else may report it in other words."""

    template: int
    variant: int
    place: Place


@cache
def templates() -> tuple[Mapping[str, Any], ...]:
    """What can be reported."""
    return tuple({"kind": "concern"} | dict(one) for one in read("reports"))


@cache
def words() -> Mapping[str, Mapping[str, list[str]]]:
    """What residents and staff write beside reports."""
    found: Mapping[str, Mapping[str, list[str]]] = read("words")
    return found


class Residents:
    """The invented residents of one city. The same ``dice`` lead to the same reports."""

    def __init__(self, town: City, dice: Random) -> None:
        self._town, self._dice = town, dice
        self._told: deque[_Told] = deque(maxlen=REMEMBERED)

    def draft(self) -> Draft:
        """A report of something new, or again of something shortly before."""
        dice = self._dice
        told = self._again() if self._told and dice.random() < AGAIN else self._new()
        self._told.append(told)
        template = templates()[told.template]
        language = "zh" if dice.random() < self._town.chinese else "en"
        variants = template[language]
        body: dict[str, Any] = {
            "client_id": str(UUID(int=dice.getrandbits(128), version=4)),
            "kind": template["kind"],
            "text": variants[told.variant % len(variants)],
            "language": language,
            "place": {
                "lat": told.place.lat, "lon": told.place.lon, "accuracy_m": dice.choice([8, 15, 30]),
                # Whoever opens the report sees that it is none.
                "landmark": dice.choice(words()["landmark"][language]) + INVENTED[language],
            },
        }  # fmt: skip
        if template.get("sure") or dice.random() < NAMED:
            body["category"] = template["category"]
        body |= {name: template[name] for name in ("voice", "danger_now") if name in template}
        has_photo = bool(template.get("photo")) and dice.random() < PICTURED
        return Draft(body, told.place, template["category"], language, has_photo)

    def _new(self) -> _Told:
        weights = [template["often"] for template in templates()]
        (template,) = self._dice.choices(range(len(weights)), weights)
        within = self._town.centre_areas if self._dice.random() < FROM_CENTRE else ()
        return _Told(template, self._dice.randrange(2), somewhere(self._town.code, self._dice, within=within))

    def _again(self) -> _Told:
        before = self._dice.choice(self._told)
        return _Told(before.template, before.variant + 1, beside(before.place, self._dice))


def picture(dice: Random) -> bytes:
    """A drawn street scene as JPEG, which nobody takes for a photo of a real place."""
    from PIL import Image, ImageDraw

    drawn = Image.new("RGB", SIZE, dice.choice(["#cfe3f2", "#f2e6cf", "#dfe8d8"]))
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((0, 330, *SIZE), fill="#8d8f94")
    for left in range(20, 620, 150):
        house = left, dice.randint(90, 220), left + 110, 330
        pen.rectangle(house, fill=dice.choice(["#b5654a", "#c9a66b", "#7a8fa6"]))
    spot = dice.randint(80, 480)
    pen.ellipse((spot, 370, spot + 90, 420), fill="#33363b", outline="#d9a400", width=6)
    pen.text((24, 440), "invented / drawn for the demo", fill="#ffffff")
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=80)
    return out.getvalue()
