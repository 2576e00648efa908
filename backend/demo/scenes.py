"""What the invented staff will do about an invented report, and when: a script for each, kept in the data folder."""

import heapq
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Protocol

from backend.demo.reports import Draft
from backend.dispatch.volunteers import BY_PERSON
from backend.kernel.logs import log
from backend.policy.catalogue import default_catalogue

FILE = "demo-plan.json"
POLICE = "P"
TRY_AGAIN, CATCH_UP_EVERY = timedelta(seconds=20), timedelta(seconds=7)
# Seconds until a person looks, by grade: inside the acknowledge clocks of taxonomy.md section 8.
LOOKS_WITHIN = {1: (15, 60), 2: (40, 240), 3: (60, 600), 4: (60, 900), 5: (60, 900)}
# How often things take a turn.
WITHDRAWN, REFUSED, WAITED, ASKED, NOTED, ANSWERED, RATED = 0.03, 0.08, 0.1, 0.15, 0.3, 0.75, 0.3


class CutShort(Exception):
    """The script cannot go on: somebody else has the incident in hand, or a rule says no. It is left alone."""


class NotNow(Exception):
    """The server cannot be reached or is busy; the same can be tried again."""


@dataclass(slots=True)
class Scene:
    """An incident that the invented staff works on. ``acts`` holds pairs: seconds after the one before, and what."""

    city: str
    incident: str
    receipt: str
    category: str
    grade: int
    language: str
    area: str
    district: str
    due: datetime
    acts: list[tuple[float, str]] = field(default_factory=list)
    owner: str = ""

    def take(self) -> str:
        """The act that is due; the next one, if any, is planned from there."""
        _, act = self.acts.pop(0)
        if self.acts:
            self.due += timedelta(seconds=self.acts[0][0])
        return act


class Hands(Protocol):
    """Whoever carries acts out."""

    def do(self, scene: Scene, act: str) -> None:
        """Carry out one act. Raises CutShort, NotNow."""


def scene_of(draft: Draft, answer: Mapping[str, Any], code: str, dice: Random, *, pace: float, now: datetime) -> Scene:
    """The scene that follows a report with this answer. ``pace``: by how much ordinary matters take longer."""
    incident = answer["incident"]
    scene = Scene(
        city=code, incident=str(incident["id"]), receipt=answer["receipt"],
        category=incident["category"] or draft.category, grade=incident["grade"], language=draft.language,
        area=draft.place.area, district=draft.place.district, due=now,
    )  # fmt: skip
    scene.acts = _script(scene, str(incident["status"]), dice, pace)
    scene.due += timedelta(seconds=scene.acts[0][0])
    return scene


def _script(scene: Scene, status: str, dice: Random, pace: float) -> list[tuple[float, str]]:
    pace = pace if scene.grade > 2 else 1.0

    def after(least: float, most: float) -> float:
        return round(dice.uniform(least, most) * pace, 1)

    def looks() -> float:
        # Whoever is asked answers while the offer stands: an hour at G3, a day at G4.
        return round(dice.uniform(*LOOKS_WITHIN[scene.grade]) * (pace if scene.grade > 3 else 1.0), 1)

    acts: list[tuple[float, str]] = []
    if status == "received":
        acts.append((looks(), "withdraw" if dice.random() < WITHDRAWN and scene.grade > 2 else "triage"))
    if acts and acts[0][1] == "withdraw":
        return acts
    category = default_catalogue().categories[scene.category]
    if category.lead == POLICE:
        acts.append((10, "police"))
    if BY_PERSON & {category.lead, *(one.route for one in category.parallel)}:
        acts.append((dice.uniform(30, 120), "volunteer"))
    if dice.random() < REFUSED and category.lead != POLICE:
        acts.append((looks(), "decline"))
    acts += [(looks(), "accept"), (after(30, 300), "start")]
    turns = {"note": NOTED, "ask": ASKED, "answer": ANSWERED, "wait": WAITED if scene.grade > 1 else 0.0}
    acts += [(after(30, 240), act) for act, share in turns.items() if dice.random() < share]
    acts += [(after(300, 1800), "check"), (after(60, 900), "close")]
    return acts + ([(after(60, 600), "rate")] if dice.random() < RATED else [])


class Plan:
    """The scenes to come, by time; saved in the data folder, so that a later start goes on with them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._heap = [(scene.due, at, scene) for at, scene in enumerate(_read(self._path))]
        self._count = len(self._heap)
        heapq.heapify(self._heap)

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, scene: Scene) -> None:
        """Plan a scene whose next act is due."""
        self._count += 1
        heapq.heappush(self._heap, (scene.due, self._count, scene))

    def catch_up(self, now: datetime) -> None:
        """After a pause: what is overdue is done one after the other, not all at once."""
        late = [self.pop() for _ in range(sum(due < now for due, *_ in self._heap))]
        for at, scene in enumerate(late):
            scene.due = now + CATCH_UP_EVERY * at
            self.add(scene)

    def next_due(self) -> datetime | None:
        """When the next act is due."""
        return self._heap[0][0] if self._heap else None

    def pop(self) -> Scene:
        """The scene whose act is due first."""
        return heapq.heappop(self._heap)[2]

    def play(self, hands: Hands, *, last: datetime) -> None:
        """Carry out what is due until ``last``. A scene that cannot go on is left as it is."""
        while self._heap and self._heap[0][0] <= last:
            self._play_one(hands, last)

    def _play_one(self, hands: Hands, last: datetime) -> None:
        scene = self.pop()
        act = scene.take()
        try:
            hands.do(scene, act)
        except CutShort as cut:
            log.debug("scene ends", code=act, error=str(cut))
            return
        except NotNow:
            scene.acts.insert(0, (0, act))
            scene.due = last + TRY_AGAIN
        if scene.acts:
            self.add(scene)

    def save(self) -> None:
        """Write the plan; it holds receipts, so it is for its owner alone."""
        fresh = self._path.with_suffix(".new")
        fresh.parent.mkdir(parents=True, exist_ok=True)
        fresh.touch(mode=0o600)
        scenes = [asdict(scene) | {"due": scene.due.isoformat()} for _, _, scene in sorted(self._heap)]
        fresh.write_text(json.dumps(scenes, ensure_ascii=False))
        fresh.replace(self._path)


def _read(path: Path) -> list[Scene]:
    if not path.exists():
        return []
    return [
        Scene(**(one | {"due": datetime.fromisoformat(one["due"]), "acts": [tuple(act) for act in one["acts"]]}))
        for one in json.loads(path.read_text(encoding="utf-8"))
    ]
