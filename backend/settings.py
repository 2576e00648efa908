"""Settings: frozen, typed, read once from the environment, refused at start when they make no sense.

Every setting is documented in ``docs/settings.md``; a guard test keeps the two equal.
"""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

# Names of ours that other places read.
ALSO_READ: Mapping[str, str] = {
    "LINLI_POSTGRES_BIN": "folder with the programs of the PostgreSQL that is to be used as the embedded one",
    "LINLI_SHARED_DATA": "folder with real data for tests and measures; what needs it is skipped without it",
}


BOT_KEY_LEAST = 32


class SettingRefused(Exception):
    """A setting has a value with which Linli must not start; the text names the setting."""


def _setting(env: str, default: str, meaning: str) -> Any:
    return field(metadata={"env": env, "default": default, "meaning": meaning})


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a deployer can choose; see each field's meaning."""

    database_url: str = _setting("DATABASE_URL", "", "PostgreSQL 15 or newer of your own; empty: the embedded one")
    port: int = _setting("PORT", "8000", "port of the web server")
    data: Path = _setting("LINLI_DATA", "instance", "folder for the embedded database, keys and photos")  # noqa: RUF009 - a field
    host: str = _setting("LINLI_HOST", "127.0.0.1", "address that the web server listens on")
    trusted_proxies: tuple[str, ...] = _setting(
        "LINLI_TRUSTED_PROXIES",
        "127.0.0.1,::1",
        "addresses or networks of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed",
    )
    public_url: str = _setting(
        "LINLI_PUBLIC_URL", "", "address that residents use, for links; empty: made from host and port"
    )
    master_key: bytes = _setting(
        "LINLI_MASTER_KEY", "", "32 bytes in base64 that wrap every record key; empty: a file in the data folder"
    )
    country: str = _setting("LINLI_COUNTRY", "CN", "country whose emergency numbers are shown by default")
    languages: tuple[str, ...] = _setting("LINLI_LANGUAGES", "en,zh", "languages offered, the first is the default")
    timezone: str = _setting("LINLI_TIMEZONE", "UTC", "local time where an area names none")
    smtp_host: str = _setting("LINLI_SMTP_HOST", "", "SMTP server; empty: no e-mail is sent and the screens say so")
    smtp_port: int = _setting("LINLI_SMTP_PORT", "25", "port of the SMTP server")
    smtp_user: str = _setting("LINLI_SMTP_USER", "", "user at the SMTP server, if it asks for one")
    smtp_password: str = _setting("LINLI_SMTP_PASSWORD", "", "password at the SMTP server")
    smtp_starttls: bool = _setting("LINLI_SMTP_STARTTLS", "false", "whether to require STARTTLS")
    smtp_from: str = _setting("LINLI_SMTP_FROM", "linli@localhost", "sender of e-mails")
    apprise_url: str = _setting(
        "LINLI_APPRISE_URL",
        "",
        "address of the service for text messages as Apprise writes it, with {to} where the number goes; empty: none are sent",
    )
    font: str = _setting(
        "LINLI_FONT",
        "",
        "font file with Chinese for the printed roster; empty: one of the system's, such as Noto Sans CJK",
    )
    telegram_token: str = _setting("LINLI_TELEGRAM_TOKEN", "", "token of the Telegram bot; empty: the channel is off")
    telegram_api: str = _setting("LINLI_TELEGRAM_API", "https://api.telegram.org", "address of Telegram's Bot API")
    telegram_sharers: int = _setting(
        "LINLI_TELEGRAM_SHARERS",
        "1",
        "into how many equal shares the 30 messages a second are split: as many as bots and workers that speak at once",
    )
    telegram_webhook: str = _setting(
        "LINLI_TELEGRAM_WEBHOOK", "", "https address at which Telegram reaches the bot; empty: the bot asks for updates"
    )
    bot_port: int = _setting("LINLI_BOT_PORT", "8002", "port on which the bot listens, where it has an address")
    bot_key: str = _setting(
        "LINLI_BOT_KEY", "", "secret by which the bot shows itself, 32 characters or more; empty: from the master key"
    )
    api_url: str = _setting(
        "LINLI_API_URL", "", "address at which the bot reaches the API; empty: PORT of this machine"
    )
    webhook_private_targets: bool = _setting(
        "LINLI_WEBHOOK_PRIVATE_TARGETS", "false", "whether webhooks may go to private addresses (tests only)"
    )
    web_workers: int = _setting("LINLI_WEB_WORKERS", "2", "processes of the web server")
    web_threads: int = _setting("LINLI_WEB_THREADS", "8", "threads of each web process")
    worker_concurrency: int = _setting("LINLI_WORKER_CONCURRENCY", "8", "jobs that one worker runs at a time")
    pool_size: int = _setting("LINLI_POOL_SIZE", "8", "database connections kept open by each process")
    stream_port: int = _setting("LINLI_STREAM_PORT", "0", "port of the live stream; 0: the web port plus one")
    metrics_token: str = _setting("LINLI_METRICS_TOKEN", "", "bearer token for /metrics; empty: only from loopback")
    retention: str = _setting(
        "LINLI_RETENTION", "", "file that says how long what is kept; empty: backend/policy/defaults/retention.yaml"
    )
    alarm_email: tuple[str, ...] = _setting(
        "LINLI_ALARM_EMAIL", "", "addresses that the live stream writes to when no worker or no database is alive"
    )
    alarm_ping: str = _setting(
        "LINLI_ALARM_PING",
        "",
        "address that a worker calls each minute; whoever is behind it alarms when calls stay away",
    )
    log_level: str = _setting("LINLI_LOG_LEVEL", "info", "debug, info, warning or error")
    second_factor: str = _setting(
        "LINLI_SECOND_FACTOR",
        "required",
        "whether staff need a second factor to sign in: required, or offered (the demo; volunteers everywhere)",
    )
    oidc_issuer: str = _setting(
        "LINLI_OIDC_ISSUER", "", "issuer of an agency's own sign-in (OpenID Connect); empty: there is none"
    )
    oidc_client_id: str = _setting("LINLI_OIDC_CLIENT_ID", "", "by what name Linli is known at that sign-in")
    oidc_client_secret: str = _setting("LINLI_OIDC_CLIENT_SECRET", "", "Linli's secret at that sign-in, if it has one")
    oidc_name: str = _setting(
        "LINLI_OIDC_NAME", "", "what the agency is called on the button; empty: the issuer's host"
    )
    oidc_acr: str = _setting(
        "LINLI_OIDC_ACR",
        "",
        "authentication class (acr) that stands for a second factor at that sign-in; empty: Linli asks for its own",
    )
    simulated_clock: bool = _setting(
        "LINLI_SIMULATED_CLOCK", "false", "whether the time may be moved by tests and exercises"
    )

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, **chosen: Any) -> "Settings":
        """Read every setting from ``env``; ``chosen`` values win. Raises SettingRefused, naming the setting."""
        env = os.environ if env is None else env
        known = {f.metadata["env"] for f in fields(cls)} | ALSO_READ.keys()
        unknown = sorted(name for name in env if name.startswith("LINLI_") and name not in known)
        if unknown:
            raise SettingRefused(f"{unknown[0]} is not a setting of Linli; see docs/settings.md")
        values = {f.name: _read(f.name, f.type, f.metadata, env) for f in fields(cls)}
        settings = cls(**(values | {name: value for name, value in chosen.items() if value is not None}))
        _check(settings)
        return settings

    @property
    def stream_port_used(self) -> int:
        """Port of the live stream process."""
        return self.stream_port or self.port + 1

    @property
    def stream_port_seen(self) -> int | None:
        """Port at which browsers find the live stream; None where a proxy leads to it under our own address."""
        return None if self.public_url not in {"", self._own_url} else self.stream_port_used

    @property
    def url(self) -> str:
        """Address that residents and staff use."""
        return self.public_url or self._own_url

    @property
    def oidc_name_shown(self) -> str:
        """What the agency's sign-in is called; empty where there is none."""
        return self.oidc_name or urlsplit(self.oidc_issuer).hostname or ""

    @property
    def _own_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def api_url_used(self) -> str:
        """Address at which the bot reaches the API."""
        return self.api_url or f"http://127.0.0.1:{self.port}"


def _read(name: str, kind: object, meta: Mapping[str, Any], env: Mapping[str, str]) -> Any:
    raw = env.get(meta["env"], "") or meta["default"]
    try:
        return _PARSERS.get(getattr(kind, "__name__", str(kind)), str)(raw)
    except ValueError as error:
        raise SettingRefused(f"{meta['env']}: {error}") from error


def _truth(raw: str) -> bool:
    if raw.lower() not in {"true", "false", "1", "0", "yes", "no"}:
        raise ValueError(f"{raw!r} is neither true nor false")
    return raw.lower() in {"true", "1", "yes"}


def _key(raw: str) -> bytes:
    key = base64.b64decode(raw, validate=True)
    if raw and len(key) != 32:
        raise ValueError("must be 32 bytes in base64")
    return key


_PARSERS: Mapping[str, Any] = {
    "int": int,
    "bool": _truth,
    "bytes": _key,
    "Path": Path,
    "tuple": lambda raw: tuple(part.strip() for part in raw.split(",") if part.strip()),
    "str": str,
}


_AT_LEAST_ONE = frozenset({"web_workers", "web_threads", "worker_concurrency", "pool_size"})


def _check(settings: Settings) -> None:
    if not 0 < settings.port < 65536:
        raise SettingRefused("PORT: must lie between 1 and 65535")
    if settings.database_url and not settings.database_url.startswith(("postgresql://", "postgres://")):
        raise SettingRefused("DATABASE_URL: must begin with postgresql://")
    if not settings.languages or set(settings.languages) - {"en", "zh"}:
        raise SettingRefused("LINLI_LANGUAGES: a list of en and zh")
    ports = {"STREAM": settings.stream_port, "SMTP": settings.smtp_port, "BOT": settings.bot_port}
    for name, value in ports.items():
        if not 0 <= value < 65536:
            raise SettingRefused(f"LINLI_{name}_PORT: must lie between 0 and 65535")
    for one in fields(settings):
        if one.name in _AT_LEAST_ONE and getattr(settings, one.name) < 1:
            raise SettingRefused(f"{one.metadata['env']}: must be 1 or more")
    _check_outside(settings)
    _check_sign_in(settings)
    for proxy in settings.trusted_proxies:
        try:
            ip_network(proxy)
        except ValueError as error:
            raise SettingRefused(f"LINLI_TRUSTED_PROXIES: {error}") from error
    if settings.timezone not in available_timezones():
        raise SettingRefused("LINLI_TIMEZONE: must be a time zone such as Asia/Taipei")
    if not re.fullmatch("[A-Z]{2}", settings.country):
        raise SettingRefused("LINLI_COUNTRY: must be two capital letters such as CN")
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise SettingRefused("LINLI_LOG_LEVEL: debug, info, warning or error")


def _check_outside(settings: Settings) -> None:
    if not 1 <= settings.telegram_sharers <= 10:
        raise SettingRefused("LINLI_TELEGRAM_SHARERS: must lie between 1 and 10")
    if settings.telegram_token and not re.fullmatch("[0-9]+:[A-Za-z0-9_-]+", settings.telegram_token):
        raise SettingRefused("LINLI_TELEGRAM_TOKEN: must look like 123456:ABC-def, as BotFather gave it")
    for name, address, scheme in (
        ("LINLI_TELEGRAM_API", settings.telegram_api, "https?"),
        ("LINLI_TELEGRAM_WEBHOOK", settings.telegram_webhook, "https"),
        ("LINLI_API_URL", settings.api_url, "https?"),
        ("LINLI_ALARM_PING", settings.alarm_ping, "https?"),
    ):
        if address and not re.fullmatch(rf"{scheme}://[^\s/]+(/\S*)?", address):
            raise SettingRefused(f"{name}: must be an address that begins with {scheme.replace('?', '')}://")
    if settings.bot_key and len(settings.bot_key) < BOT_KEY_LEAST:
        raise SettingRefused(f"LINLI_BOT_KEY: must have {BOT_KEY_LEAST} characters or more")


def _check_sign_in(settings: Settings) -> None:
    if settings.second_factor not in {"required", "offered"}:
        raise SettingRefused("LINLI_SECOND_FACTOR: required or offered")
    if not settings.oidc_issuer:
        return
    # Only to this machine itself may a token travel in the open.
    if not re.fullmatch(
        r"https://[^\s/?#]+(/[^\s?#]*)?|http://(localhost|127\.0\.0\.1)(:\d+)?(/[^\s?#]*)?", settings.oidc_issuer
    ):
        raise SettingRefused("LINLI_OIDC_ISSUER: must be an address that begins with https://")
    if not settings.oidc_client_id:
        raise SettingRefused("LINLI_OIDC_CLIENT_ID: must be set where LINLI_OIDC_ISSUER is")
