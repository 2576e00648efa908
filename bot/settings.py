"""What the bot reads from its environment, once, at start. The names are those of ``docs/settings.md``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingRefused(Exception):
    """A setting has a value with which the bot must not start; the text names the setting, never its value."""


SHARERS_MOST = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the bot speaks to, and with which secrets."""

    token: str
    telegram: str
    webhook: str
    key: str
    api: str
    host: str
    port: int
    page: str
    data: Path
    log_level: str
    sharers: int = 1

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read every setting. Raises SettingRefused."""
        env = os.environ if env is None else env

        def text(name: str, default: str = "") -> str:
            return env.get(name, "").strip() or default

        settings = cls(
            token=text("LINLI_TELEGRAM_TOKEN"),
            telegram=text("LINLI_TELEGRAM_API", "https://api.telegram.org").rstrip("/"),
            webhook=text("LINLI_TELEGRAM_WEBHOOK").rstrip("/"),
            key=text("LINLI_BOT_KEY"),
            api=text("LINLI_API_URL", f"http://127.0.0.1:{text('PORT', '8000')}").rstrip("/"),
            host=text("LINLI_HOST", "127.0.0.1"),
            port=_port(text("LINLI_BOT_PORT", "8002")),
            page=text("LINLI_PUBLIC_URL").rstrip("/"),
            data=Path(text("LINLI_DATA", "instance")),
            log_level=text("LINLI_LOG_LEVEL", "info"),
            sharers=_sharers(text("LINLI_TELEGRAM_SHARERS", "1")),
        )
        _check(settings)
        return settings


def _port(raw: str) -> int:
    if not raw.isdigit() or not 0 <= int(raw) < 65536:
        raise SettingRefused("LINLI_BOT_PORT: must lie between 0 and 65535")
    return int(raw)


def _sharers(raw: str) -> int:
    if not raw.isdigit() or not 1 <= int(raw) <= SHARERS_MOST:
        raise SettingRefused(f"LINLI_TELEGRAM_SHARERS: must lie between 1 and {SHARERS_MOST}")
    return int(raw)


def _check(settings: Settings) -> None:
    number, _, secret = settings.token.partition(":")
    if not number.isdigit() or not secret:
        raise SettingRefused("LINLI_TELEGRAM_TOKEN: the bot needs the token that BotFather gave")
    if not settings.key:
        raise SettingRefused("LINLI_BOT_KEY: the bot needs it to call the API; `linli bot` derives it by itself")
    for name, address in (("LINLI_TELEGRAM_API", settings.telegram), ("LINLI_API_URL", settings.api)):
        if not address.startswith(("http://", "https://")):
            raise SettingRefused(f"{name}: must begin with http:// or https://")
    if settings.webhook and not settings.webhook.startswith("https://"):
        raise SettingRefused("LINLI_TELEGRAM_WEBHOOK: Telegram calls https:// addresses only")
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise SettingRefused("LINLI_LOG_LEVEL: debug, info, warning or error")
