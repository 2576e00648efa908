"""What a start of the demo does before the server runs: load what is missing, and say where to look."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import httpx
from flask import Flask
from sqlalchemy import select

from backend.app import create_app
from backend.demo.chat import ADDRESS
from backend.demo.cities import City
from backend.demo.load import load_demo
from backend.demo.past import Past
from backend.demo.scenes import Plan
from backend.demo.sign_ins import FILE, SignIn, SignIns
from backend.incidents.models import Incident
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db
from backend.settings import Settings

TOLD_EVERY = 10
NO_CHAT = (
    "The simulated chat with the bot is part of a checkout; with LINLI_TELEGRAM_TOKEN set, the bot talks in Telegram."
)
ONE_STEP = (
    "One step is enough to sign in to the demo: a second one is offered. Elsewhere staff need it (LINLI_SECOND_FACTOR)."
)
NO_FILE = "The passwords were made at the first start and kept in {file}, which is gone."


def prepare_demo(settings: Settings, towns: Sequence[City], *, quiet: bool, say: Callable[[str], None]) -> list[SignIn]:
    """Have the towns in the database, with two days of reports unless ``quiet``; return the sign-ins to show.

    Raises NotADemo.
    """
    now = datetime.now(UTC)
    app = create_app(settings, clock=MovableClock(now))
    book = SignIns(settings.data)
    try:
        with app.app_context():
            for town in towns:
                load_demo(db.session(), town, ring=app.extensions["linli"].keyring, book=book, now=now, say=say)
        if not quiet and not _has_incidents(app):
            _write_past(app, towns, book, Plan(settings.data), now, say)
    finally:
        with app.app_context():
            db.engine.dispose()  # the processes that are forked next open connections of their own
    return book.shown()


def _has_incidents(app: Flask) -> bool:
    with app.app_context():
        act_as(db.session(), SYSTEM)
        return db.session.scalar(select(Incident.id).limit(1)) is not None


def _write_past(
    app: Flask, towns: Sequence[City], book: SignIns, plan: Plan, now: datetime, say: Callable[[str], None]
) -> None:
    def told(count: int) -> None:
        if count % TOLD_EVERY == 0:
            say(f"{count} invented reports of the last two days")

    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://demo") as wire:
        Past(app, wire, towns, book, plan, now=now).write(told)
    plan.save()


def say_where(settings: Settings, shown: Sequence[SignIn], *, chat: bool = False) -> str:
    """The addresses and sign-ins, as a table for a terminal; ``chat``: whether one can talk to the bot here."""
    url = settings.url
    places = {"residents": "/", "staff": "/console", "API document": "/api/v1/openapi.json"}
    places |= {"chat with bot": ADDRESS} if chat else {}
    lines = ["", *(f"  {who:<15}{url}{path}" for who, path in places.items()), ""]
    lines += [] if chat or settings.telegram_token else [f"  {NO_CHAT}", ""]
    if not shown:
        return "\n".join([*lines, f"  {NO_FILE.format(file=settings.data / FILE)}", ""])
    widths = [max(len(getattr(one, name)) for one in shown) + 3 for name in ("login", "password")]
    lines += [f"  {'sign in as':<{widths[0]}}{'password':<{widths[1]}}who (every body and person is invented)"]
    lines += [f"  {one.login:<{widths[0]}}{one.password:<{widths[1]}}{one.whose}" for one in shown]
    lines += ["", f"  {ONE_STEP}"] if settings.second_factor == "offered" else []
    return "\n".join([*lines, f"  (kept in {settings.data / FILE}, which only you can read)", ""])
