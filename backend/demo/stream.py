"""A slow stream of invented reports over HTTP, and the invented staff that works on them: the console is alive."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from random import Random

import httpx

from backend.demo.cities import CODES, City, city
from backend.demo.company import API, Company
from backend.demo.load import ADMINISTRATOR
from backend.demo.reports import Residents, picture
from backend.demo.scenes import CutShort, NotNow, Plan, Scene, scene_of
from backend.demo.sign_ins import SignIn, SignIns, new_password
from backend.settings import Settings

REPORT_EVERY_S = (20.0, 60.0)
LOOK_EVERY_S = 1.0
AGAIN_S = 3.0
TIMEOUT_S = 15.0
PACE = 1.0  # somebody watches, so ordinary matters take minutes
LOCAL = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}  # noqa: S104 - what is listened on, and reached by


class Stream:
    """Residents of ``towns`` report; the staff of all the demo's cities goes on with what is planned."""

    def __init__(
        self, wire: httpx.Client, towns: Sequence[City], *, book: SignIns, plan: Plan, dice: Random | None = None
    ) -> None:
        self._wire, self._towns, self._book, self._plan = wire, towns, book, plan
        # Many people speak through one client: a cookie would end the session of whoever signed in before.
        wire.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._dice = dice or Random()
        self._residents = {town.code: Residents(town, self._dice) for town in towns}
        self._companies = {code: Company(wire, city(code), book, self._sign_in, _now, self._dice) for code in CODES}
        self._any = self._companies[CODES[0]]

    def run(self) -> None:
        """Go on until the process ends."""
        self._plan.catch_up(_now())
        report_at = _now()
        while True:
            if _now() >= report_at:
                report_at = _now() + timedelta(seconds=self._report_or_wait())
            if (self._plan.next_due() or report_at) <= _now():
                try:
                    self._plan.play(self, last=_now())
                finally:
                    self._plan.save()  # also when an act breaks this process: the next one goes on without it
            time.sleep(LOOK_EVERY_S)

    def _report_or_wait(self) -> float:
        """Send a report if the server takes it; return in how many seconds the next one is due."""
        with suppress(CutShort):
            try:
                self.send_report()
            except NotNow:
                return AGAIN_S
            self._plan.save()
        return self._dice.uniform(*REPORT_EVERY_S)

    def send_report(self) -> Scene:
        """Have somebody report, and plan what the staff does about it. Raises CutShort, NotNow."""
        town = self._dice.choice(self._towns)
        draft = self._residents[town.code].draft()
        answer = self._companies[town.code].report(draft, picture(self._dice) if draft.has_photo else None)
        scene = scene_of(draft, answer, town.code, self._dice, pace=PACE, now=_now())
        self._plan.add(scene)
        return scene

    def do(self, scene: Scene, act: str) -> None:
        """Carry out an act of a scene in its town. Raises CutShort, NotNow."""
        self._companies[scene.city].do(scene, act)

    def _sign_in(self, login: str) -> str:
        """Sign somebody in who plays; the administrator lets in who has no password yet. Raises CutShort, NotNow."""
        held = self._book.get(login)
        if held is None:
            raise CutShort(f"{login} is not known here")
        if held.shown:
            return self._open_session(held)
        if held.password:
            with suppress(CutShort):
                return self._open_session(held)
        account = {"login": login, "password": held.password or new_password()}
        self._any.call(ADMINISTRATOR, "POST", f"{API}/people/{held.person}/account", json=account)
        return self._open_session(self._book.admit(login, account["password"]))

    def _open_session(self, held: SignIn) -> str:
        body = {"login": held.login, "password": held.password}
        token: str = self._any.send("POST", f"{API}/session", {}, json=body)["token"]
        return token


def _now() -> datetime:
    return datetime.now(UTC)


def run_stream(settings: Settings, towns: Sequence[City]) -> None:
    """Stream reports to the server of ``settings`` until this process is told to end."""
    address = f"http://{LOCAL.get(settings.host, settings.host)}:{settings.port}"
    with httpx.Client(base_url=address, timeout=TIMEOUT_S) as wire:
        Stream(wire, towns, book=SignIns(settings.data), plan=Plan(settings.data)).run()
