"""The bot starts with settings that make sense, and says which does not, never what it holds."""

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from bot.logs import configure_logs, tell
from bot.running import run
from bot.settings import SettingRefused, Settings
from tests.fakes.telegram import telegram

FINE = {"LINLI_TELEGRAM_TOKEN": "123456:AAsecret", "LINLI_BOT_KEY": "k" * 40}


def test_what_is_not_set_has_its_default() -> None:
    settings = Settings.from_env(FINE | {"PORT": "9000"})
    assert settings.api == "http://127.0.0.1:9000"
    assert settings.telegram == "https://api.telegram.org"
    assert settings.port == 8002
    assert not settings.webhook


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINLI_TELEGRAM_TOKEN", ""), ("LINLI_TELEGRAM_TOKEN", "no-token"), ("LINLI_BOT_KEY", ""),
        ("LINLI_TELEGRAM_API", "ftp://x"), ("LINLI_API_URL", "8000"), ("LINLI_TELEGRAM_WEBHOOK", "http://bot.example"),
        ("LINLI_BOT_PORT", "70000"), ("LINLI_BOT_PORT", "x"), ("LINLI_LOG_LEVEL", "loud"),
        ("LINLI_TELEGRAM_SHARERS", "0"), ("LINLI_TELEGRAM_SHARERS", "many"),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        Settings.from_env(FINE | {name: value})
    assert name in str(refused.value)
    assert "AAsecret" not in str(refused.value)


def test_without_a_token_the_program_ends_with_one_line() -> None:
    ended = subprocess.run([sys.executable, "-m", "bot"], capture_output=True, text=True, check=False, env={})
    assert ended.returncode == 2
    assert ended.stderr.startswith("LINLI_TELEGRAM_TOKEN")
    assert ended.stderr.count("\n") == 1


def test_logs_withhold_what_is_not_known_to_be_safe(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    tell("something happened", code="x", words="he is at the door")
    line = json.loads(capsys.readouterr().err)
    assert line["code"] == "x"
    assert line["words"] == "[withheld]"


def test_the_token_is_in_no_log_whatever_telegram_does(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    configure_logs("debug")
    logging.getLogger().setLevel(logging.DEBUG)
    with telegram() as town:
        town.fails("down", "getMe", times=1)
        settings = Settings.from_env(
            FINE
            | town.environment
            | {"LINLI_DATA": str(tmp_path), "LINLI_API_URL": "http://127.0.0.1:9", "LINLI_LOG_LEVEL": "debug"}
        )

        async def briefly() -> None:
            stop = asyncio.Event()
            running = asyncio.create_task(run(settings, stop))
            while not town.calls("getUpdates"):
                await asyncio.sleep(0.05)
            stop.set()
            await running

        asyncio.run(asyncio.wait_for(briefly(), 20))
        assert town.token.partition(":")[2] not in caplog.text
        assert town.calls("getMe")
