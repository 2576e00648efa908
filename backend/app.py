"""create_app: the only place where everything is wired."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

import backend.models
from backend.kernel import web
from backend.kernel.clock import Clock, MovableClock, SystemClock
from backend.kernel.database import db, engine_options, prepare, sqlalchemy_url
from backend.kernel.logs import configure_logs
from backend.kernel.sealed import Keyring, load_keyring
from backend.openapi import ContractApi
from backend.settings import Settings
from backend.wiring import blueprints, wire

OPENAPI = {
    "API_TITLE": "Linli",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api/v1",
    "OPENAPI_JSON_PATH": "openapi.json",
}


@dataclass(frozen=True, slots=True)
class Linli:
    """What an application carries: settings, keys, clock."""

    settings: Settings
    keyring: Keyring
    clock: Clock
    photos: Path


class _Application(Flask):
    """Flask, which asks of every function at every call whether it is a coroutine. None of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(settings: Settings, *, clock: Clock | None = None, **config: Any) -> Flask:
    """Make the application for ``settings``. ``clock`` replaces the machine's for tests and exercises."""
    configure_logs(settings.log_level)
    app = _Application("linli", root_path=str(Path(__file__).parent), static_folder=None)
    app.config |= OPENAPI
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(settings.database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(pool_size=settings.pool_size)
    app.config |= config
    chosen = clock or (MovableClock() if settings.simulated_clock else SystemClock())
    keyring = load_keyring(settings.data, settings.master_key)
    app.extensions["linli"] = Linli(settings, keyring, chosen, settings.data / "photos")
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    api = ContractApi(app)
    web.install(app)
    for blueprint in blueprints():
        api.register_blueprint(blueprint)
    wire(app)
    return app


__all__ = ["backend", "create_app"]
