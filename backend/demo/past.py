"""The two days before the first start: the demo's people act as they do later, while the clock is moved under them.

The application runs inside this process for it, so the actions are given a past ``now``; sweeps that a worker would
have made are made in between.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

import httpx
from flask import Flask

from backend.demo.cities import City
from backend.demo.company import Company
from backend.demo.reports import Residents, picture
from backend.demo.scenes import CutShort, Plan, Scene, scene_of
from backend.demo.sign_ins import SignIns, new_password
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.jobs import SWEEPS
from backend.trust.access import ABSOLUTE, new_token, token_hash
from backend.trust.actions import create_account
from backend.trust.models import SignedIn

SPAN = timedelta(hours=48)
REPORTS = 40
# Ordinary matters take their time, so that at ``now`` they stand at every point of their way.
PACE = 14.0
# Fewer reports lie far back than just behind.
BEND = 1.5
# What a worker would have done meanwhile, and how often it is made up for.
SWEPT = ("offers", "ladder", "shifts")
SWEEP_EVERY = timedelta(minutes=20)


class Past:
    """Some towns in the days before ``now``. ``wire`` reaches the application, whose clock is a MovableClock."""

    def __init__(
        self, app: Flask, wire: httpx.Client, towns: Sequence[City], book: SignIns, plan: Plan, *, now: datetime
    ) -> None:
        self._app, self._towns, self._book, self._plan, self._now = app, towns, book, plan, now
        self._clock: MovableClock = app.extensions["linli"].clock
        self._swept_at = now - SPAN
        self._dice = dice = Random(now.isoformat())
        self._companies: Mapping[str, Company] = {
            town.code: Company(wire, town, book, self._open_session, self._clock.now, dice) for town in towns
        }

    def write(self, told: Callable[[int], object]) -> int:
        """Live through those days; return how many reports came in. ``told`` hears how many there are so far.

        The clock stands at ``now`` afterwards, and what is still to be done is in the plan.
        """
        residents = {town.code: Residents(town, self._dice) for town in self._towns}
        moments = sorted(self._now - SPAN * (1 - self._dice.random()) ** BEND for _ in range(REPORTS))
        for number, moment in enumerate(moments):
            self._live_until(moment)
            code = self._towns[number % len(self._towns)].code
            draft = residents[code].draft()
            answer = self._companies[code].report(draft, picture(self._dice) if draft.has_photo else None)
            self._plan.add(scene_of(draft, answer, code, self._dice, pace=PACE, now=moment))
            told(number + 1)
        self._live_until(self._now)
        return len(moments)

    def do(self, scene: Scene, act: str) -> None:
        """Carry out an act of a scene in its town. Raises CutShort."""
        self._companies[scene.city].do(scene, act)

    def _live_until(self, end: datetime) -> None:
        """Let time pass: scenes are played and sweeps made, each at its time."""
        while (moment := min(self._plan.next_due() or end, self._swept_at + SWEEP_EVERY)) < end:
            self._move_to(moment)
            if moment >= self._swept_at + SWEEP_EVERY:
                self._sweep(moment)
            self._plan.play(self, last=moment)
        self._move_to(end)

    def _move_to(self, moment: datetime) -> None:
        self._clock.advance(seconds=(moment - self._clock.now()).total_seconds())

    def _sweep(self, moment: datetime) -> None:
        self._swept_at = moment
        for name in SWEPT:
            with self._app.app_context():
                SWEEPS[name].look(self._app)

    def _open_session(self, login: str) -> str:
        """A session in those days; who had no account gets one, so that the same person can play on later.

        Raises CutShort.
        """
        held = self._book.get(login)
        if held is None:
            raise CutShort(f"{login} is not known here")
        token, now = new_token(), self._clock.now()
        with self._app.app_context():
            act_as(db.session(), SYSTEM)
            if not held.password:
                made = self._book.admit(login, new_password())
                create_account(db.session(), person_id=held.person, login=login, password=made.password, now=now)
            signed_in = SignedIn(
                token_hash=token_hash(token), person_id=held.person, created_at=now, expires_at=now + ABSOLUTE,
                last_seen_at=now, device="program",
            )  # fmt: skip
            db.session.add(signed_in)
            db.session.commit()
        return token
