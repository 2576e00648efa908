"""The dead-man alarm: who is told when the worker stops, and by what.

The process of the live stream, which is not the worker, looks every few seconds whether a worker lives; when none does, it
writes to the addresses of ``LINLI_ALARM_EMAIL`` itself, without database, job or gateway. And a worker that works calls
``LINLI_ALARM_PING``, an address of a service outside that alarms when calls stay away: for when nothing of ours runs.
"""

import threading
from contextlib import suppress
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import httpx
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.console.health.reading import read_pulses
from backend.console.health.rules import QUIET_PROBLEM_S
from backend.console.health.silence import Silence, Trouble, turn
from backend.dispatch.channels import ChannelFailed, Message
from backend.kernel.clock import Clock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.languages import say
from backend.kernel.logs import log
from backend.settings import Settings

LOOK_EVERY_S = 5.0
PING_EVERY_S = 60.0
PING_WITHIN_S = 5.0


def ping(app: Flask) -> int:
    """Tell the service outside that this worker works. That it cannot be told is logged: it alarms by itself."""
    address = app.extensions["linli"].settings.alarm_ping
    if not address:
        return 0
    try:
        httpx.get(address, timeout=PING_WITHIN_S, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        log.warning("the alarm outside was not told that we live", error=type(error).__name__)
        return 0
    return 1


class Watch:
    """Looks after the worker from another process; one thread, which ends with the process or by ``stop``."""

    def __init__(self, settings: Settings, engine: Engine, clock: Clock) -> None:
        self._settings, self._engine, self._clock = settings, engine, clock
        self._silence = Silence()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> "Watch":
        """Begin, where there is somebody to tell."""
        if self._settings.alarm_email and self._settings.smtp_host:
            self._thread.start()
        return self

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        with suppress(RuntimeError):  # it was never started
            self._thread.join(1)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> str:
        """Look once, and tell what there is to tell; returns the word that was told."""
        now = self._clock.now()
        self._silence, word = turn(self._silence, self._seen(now), now=now)
        if word:
            log.error("the worker's silence is told", outcome=word, code=self._silence.trouble.value)
            for address in self._settings.alarm_email:
                self._tell(address, word, now)
        return word

    def _seen(self, now: datetime) -> Trouble:
        try:
            with Session(self._engine) as session:
                act_as(session, SYSTEM)
                workers = read_pulses(session, now=now).workers
        except SQLAlchemyError:
            return Trouble.DATABASE
        return Trouble.NONE if any(one.age_s < QUIET_PROBLEM_S for one in workers) else Trouble.WORKER

    def _tell(self, address: str, word: str, now: datetime) -> None:
        from backend.dispatch.channels.email import Email

        language, what = self._settings.languages[0], self._silence.trouble
        key = f"alarm.{word}.{what}" if word == "silent" else "alarm.back"
        message = Message(
            id=uuid5(NAMESPACE_URL, f"{address} {word} {now.isoformat()}"), address=address, language=language, now=now,
            subject=say(f"{key}.subject", language),
            body=say(f"{key}.body", language, url=self._settings.url),
        )  # fmt: skip
        try:
            Email(self._settings).send(message)
        except ChannelFailed as failed:
            log.error("nobody could be told of the worker's silence", code=failed.code)
