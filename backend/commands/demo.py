"""``linli demo``: two cities with real boundaries, in which everything else is invented."""

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.commands.database import Refused, data_option, migrate_database
from backend.commands.serve import _Up, port_option, shared_metrics
from backend.settings import Settings

if TYPE_CHECKING:
    from socket import socket

    from flask import Flask

    from backend.demo.cities import City
    from backend.processes import Program

# As in backend.demo.cities, whose import every other command would pay for; a test compares.
CITIES = ("hsinchu", "seattle")


@click.command()
@click.option("--city", type=click.Choice([*CITIES, "all"]), default="all", show_default=True, help="Which city.")
@click.option("--quiet", is_flag=True, help="Bodies, people and rules only: no reports, and nobody who sends any.")
@port_option
@data_option
def demo(city: str, quiet: bool, port: int | None, data: Path | None) -> None:
    """Run the demo: real boundaries; bodies, people and reports that are invented and say so."""
    from backend.demo.cities import AREAS
    from backend.demo.cities import city as city_of

    began = time.monotonic()
    if not AREAS.is_dir():
        raise Refused(f"the boundary files are not in {AREAS}: run the demo from a checkout of Linli")
    towns = [city_of(code) for code in CITIES if city in {code, "all"}]
    settings = _at_home(Settings.from_env(port=port, data=data), towns[0])
    with ExitStack() as undo:
        undo.enter_context(shared_metrics())
        _Demo(settings, undo, towns, quiet=quiet, began=began).run()


def _at_home(settings: Settings, town: "City") -> Settings:
    """The first city's emergency numbers and local time, where nobody chose others; one step is enough to sign in."""
    country = settings.country if "LINLI_COUNTRY" in os.environ else town.country
    timezone = settings.timezone if "LINLI_TIMEZONE" in os.environ else town.timezone
    second_factor = settings.second_factor if "LINLI_SECOND_FACTOR" in os.environ else "offered"
    return replace(settings, country=country, timezone=timezone, second_factor=second_factor)


def _telegram_for(settings: Settings, undo: ExitStack) -> "socket | None":
    """Where the simulated Telegram listens; None with the token of a real bot, and where it is not installed."""
    from backend.demo.chat import is_here
    from backend.serving import listen

    if settings.telegram_token or not is_here():
        return None
    return undo.enter_context(listen("127.0.0.1", 0))


def _talking_to(telegram: "socket | None", settings: Settings) -> Settings:
    """The settings with which bot and worker speak to the simulated Telegram, where there is one."""
    from backend.demo.chat import TOKEN

    if telegram is None:
        return settings
    address = f"http://127.0.0.1:{telegram.getsockname()[1]}"
    return replace(settings, telegram_token=TOKEN, telegram_api=address, telegram_webhook="", public_url=settings.url)


class _Demo(_Up):
    """``linli up`` with the demo in its database, and one process more, which keeps it alive."""

    def __init__(
        self, settings: Settings, undo: ExitStack, towns: "Sequence[City]", *, quiet: bool, began: float
    ) -> None:
        self._telegram = _telegram_for(settings, undo)
        super().__init__(_talking_to(self._telegram, settings), undo)
        self._towns, self._quiet, self._began = towns, quiet, began

    def run(self) -> None:
        """Load what is missing, say where to look, and go on until told to stop."""
        from backend.demo.start import prepare_demo, say_where

        migrate_database(self._settings)
        shown = prepare_demo(self._settings, self._towns, quiet=self._quiet, say=self._say)
        click.echo(say_where(self._settings, shown, chat=self._telegram is not None))
        super().run()

    def _programs(self) -> "Sequence[Program]":
        from backend.demo.chat import run_telegram
        from backend.demo.stream import run_stream
        from backend.processes import Program

        programs = list(super()._programs())
        if self._telegram:
            telegram, data = self._telegram, self._settings.data
            programs.append(Program("telegram", lambda: run_telegram(telegram, data), (telegram,)))
        if not self._quiet:
            settings, towns = self._settings, self._towns
            programs.append(Program("demo", lambda: run_stream(settings, towns)))
        return programs

    def _make_app(self) -> "Flask":
        from backend.demo.chat import chat_page

        app = super()._make_app()
        if self._telegram:
            app.register_blueprint(chat_page(self._telegram.getsockname()[1]))
        return app

    def _say(self, words: str) -> None:
        click.echo(f"{time.monotonic() - self._began:6.1f} s  {words}")
