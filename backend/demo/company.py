"""The invented staff, volunteers and residents of a city: they act over HTTP, each signed in as themselves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx

from backend.demo.cities import City
from backend.demo.reports import Draft, words
from backend.demo.scenes import CutShort, NotNow, Scene
from backend.demo.sign_ins import SignIns

API = "/api/v1"
PHOTO = ("photo.jpg", "image/jpeg")
# R06: the letter under which the duty officer asks police for what the demo reports (rules.md).
LETTERS = {"CN11": "f", "DS03": "a", "DS07": "d", "DS08": "a"}
WAIT = timedelta(hours=2)  # no longer than G2 may wait

# Opens a session for a login and returns its token. Raises CutShort.
Door = Callable[[str], str]


@dataclass
class Company:
    """Who acts in one city. ``wire`` reaches the server; ``clock`` says what time it is there."""

    wire: httpx.Client
    town: City
    book: SignIns
    door: Door
    clock: Callable[[], datetime]
    dice: Random
    _tokens: dict[str, str] = field(default_factory=dict)
    _by_body: dict[str, str] = field(default_factory=dict)

    def report(self, draft: Draft, photo: bytes | None) -> dict[str, Any]:
        """Send a report, with a photo when there is one. Raises CutShort, NotNow."""
        body = dict(draft.body)
        if photo:
            name, kind = PHOTO
            kept = self.send("POST", f"{API}/photos", {}, files={"photo": (name, photo, kind)})
            body["photo_ids"] = [kept["id"]]
        return self.send("POST", f"{API}/reports", {}, json=body)

    def do(self, scene: Scene, act: str) -> None:
        """Carry out one act of a scene. Raises CutShort, NotNow."""
        getattr(self, f"_{act}")(scene)

    def _triage(self, scene: Scene) -> None:
        said = {"category": scene.category, "grade": scene.grade}
        who = self.town.district_login(scene.district)
        try:
            self._act(who, scene, "triage", **said)
        except CutShort:
            # Danger was reported: who attends has to be said first.
            self._act(who, scene, "triage", **said, emergency_attends="attending")

    def _police(self, scene: Scene) -> None:
        logins = {login: organisation for organisation, login in self._logins().items()}
        police, letter = logins[self.town.body("police").login], LETTERS.get(scene.category, "a")
        self._act(self._office, scene, "offer", route="P", organisation_id=police, letter=letter)

    def _volunteer(self, scene: Scene) -> None:
        """One of those who play a volunteer goes there, if one was asked; the others were not, or have not seen it."""
        asked = {one["person_id"]: one["id"] for one in self._open_offers(scene, "volunteer")}
        for login in self.book.logins(f"{self.town.code}-volunteer"):
            held = self.book.get(login)
            if held and (offer := asked.get(str(held.person))):
                self.call(login, "POST", f"{API}/offers/{offer}/seen")
                self.call(login, "POST", f"{API}/offers/{offer}/accept", json={})
                self.call(login, "POST", f"{API}/offers/{offer}/arrived")
                return

    def _decline(self, scene: Scene) -> None:
        self._answer_offer(scene, "decline", reason=self._words(scene, "refusal"))

    def _accept(self, scene: Scene) -> None:
        scene.owner = self._answer_offer(scene, "accept", read_back=self._words(scene, "read_back"))

    def _answer_offer(self, scene: Scene, name: str, **said: str) -> str:
        """Have the body that was asked to lead answer; return its login."""
        offers = self._open_offers(scene, "lead")
        login = self._logins().get(offers[0]["org_id"]) if offers else None
        if login is None:
            raise CutShort("nobody of the demo is asked")
        self._act(login, scene, name, offer_id=offers[0]["id"], **said)
        return login

    def _open_offers(self, scene: Scene, part: str) -> list[dict[str, Any]]:
        whole = self.call(self._office, "GET", f"{API}/incidents/{scene.incident}")
        return [one for one in whole["offers"] if one["part"] == part and one["state"] in {"proposed", "seen"}]

    def _logins(self) -> dict[str, str]:
        """Who acts for each of the city's bodies, by the body's id."""
        if not self._by_body:
            names = {body.names["en"]: body.login for body in self.town.bodies}
            page = self.call(self._office, "GET", f"{API}/organisations?limit=200")
            self._by_body = {one["id"]: names[one["name"]] for one in page["items"] if one["name"] in names}
        return self._by_body

    def _start(self, scene: Scene) -> None:
        self._act(scene.owner, scene, "start", contact=self.dice.random() < 0.6)

    def _answer(self, scene: Scene) -> None:
        self._act(scene.owner, scene, "message", text=self._words(scene, "answer"))

    def _note(self, scene: Scene) -> None:
        self._act(scene.owner, scene, "note", text=self._words(scene, "note"))

    def _wait(self, scene: Scene) -> None:
        next_s = scene.acts[0][0] if scene.acts else WAIT.total_seconds()
        wake_at = self.clock() + min(WAIT, timedelta(seconds=next_s * 0.8))
        self._act(scene.owner, scene, "wait", reason=self._words(scene, "waiting"), wake_at=wake_at.isoformat())

    def _check(self, scene: Scene) -> None:
        who = self._closer(scene)
        goals = self.call(who, "GET", f"{API}/incidents/{scene.incident}")["goals"]
        met = [
            {"id": goal["id"], "state": "met", "evidence": self._words(scene, "evidence")}
            for goal in goals
            if goal["state"] == "open"
        ]
        self._act(who, scene, "check-goals", goals=met, view=self._words(scene, "view"))

    def _close(self, scene: Scene) -> None:
        outcome = "need_met" if scene.category.startswith("AID") else "resolved"
        self._act(self._closer(scene), scene, "close", outcome=outcome)

    def _ask(self, scene: Scene) -> None:
        self._as_resident(scene, "messages", text=self._words(scene, "asks"))

    def _withdraw(self, scene: Scene) -> None:
        self._as_resident(scene, "withdraw")

    def _rate(self, scene: Scene) -> None:
        self._as_resident(scene, "feedback", contacted=True, resolved=True, satisfied=self.dice.choice([3, 4, 4, 5]))

    @property
    def _office(self) -> str:
        return self.town.body("office").login

    def _closer(self, scene: Scene) -> str:
        """G1 and G2 are closed by a supervisor."""
        return self._office if scene.grade <= 2 else scene.owner

    def _words(self, scene: Scene, what: str) -> str:
        return self.dice.choice(words()[what][scene.language])

    def _act(self, login: str, scene: Scene, name: str, **said: Any) -> dict[str, Any]:
        return self.call(login, "POST", f"{API}/incidents/{scene.incident}/{name}", json=said)

    def _as_resident(self, scene: Scene, name: str, **said: Any) -> None:
        self.send("POST", f"{API}/receipt/{name}", {"Authorization": f"Receipt {scene.receipt}"}, json=said)

    def call(self, login: str, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """A call of somebody who signs in when there is no session, or when it has ended. Raises CutShort, NotNow."""
        for _ in range(2):
            if login not in self._tokens:
                self._tokens[login] = self.door(login)
            try:
                return self.send(method, path, {"Authorization": f"Bearer {self._tokens[login]}"}, **sent)
            except _SessionOver:
                del self._tokens[login]
        raise CutShort(f"{login} cannot sign in")

    def send(self, method: str, path: str, headers: dict[str, str], **sent: Any) -> dict[str, Any]:
        """One call and the JSON of its answer. Raises CutShort when it is refused, NotNow when it cannot be served."""
        try:
            answer = self.wire.request(method, path, headers=headers, **sent)
        except httpx.TransportError as error:
            raise NotNow(type(error).__name__) from error
        if answer.status_code >= 500 or answer.status_code == 429:
            raise NotNow(str(answer.status_code))
        if answer.status_code == 401 and headers.get("Authorization", "").startswith("Bearer"):
            raise _SessionOver
        if answer.status_code >= 400:
            raise CutShort(f"{path}: {answer.status_code} {answer.text[:200]}")
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


class _SessionOver(Exception):
    """The session has ended; a new one is opened."""
