"""The bot between a Telegram on a loopback port and the real API on another, both over HTTP."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from backend.kernel.database import db
from backend.trust.bots import bot_key
from tests.fakes.telegram import Telegram, telegram
from tests.journeys.browser import serving
from tests.support.application import application, with_baishi
from tests.support.baishi import Baishi

# The library gives lengths of time as such from then on, and does not warn that it will.
os.environ.setdefault("PTB_TIMEDELTA", "true")

from tests.bot.running import SPEED, Running, running


@dataclass
class Town:
    """Everything that stands while the tests of a module run."""

    app: Flask
    baishi: Baishi
    telegram: Telegram
    api: str
    data: Path

    def later(self) -> None:
        """Have the server's clock go on, so that what follows is the newest."""
        self.app.extensions["linli"].clock.advance(seconds=1)

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which a bot finds both."""
        linli = self.app.extensions["linli"]
        return {
            **self.telegram.environment, "LINLI_BOT_KEY": bot_key(linli.settings, linli.keyring),
            "LINLI_API_URL": self.api, "LINLI_DATA": str(self.data), "LINLI_LOG_LEVEL": "error",
        }  # fmt: skip


@pytest.fixture(scope="module")
def town(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The scenarios' world behind the real API, and a Telegram; no bot yet."""
    folder = tmp_path_factory.mktemp("bot")
    now = datetime.now(UTC)  # the bot has the machine's clock, and counts from it how long a duty lasts
    with (
        application(postgres, folder, now, telegram_token="1:" + "t" * 35) as app,
        telegram(speed=SPEED) as town,
        serving(app) as api,
    ):
        yield Town(app, with_baishi(app, now), town, api, folder)
        with app.app_context():
            db.session.remove()


@pytest.fixture(scope="module")
def bot(town: Town) -> Iterator[Running]:
    """A bot that polls."""
    with running(town.environment) as made:
        yield made
