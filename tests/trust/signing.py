"""Somebody who signs in, step by step, as tests need it."""

from dataclasses import dataclass
from typing import Any

import pyotp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.kernel.clock import MovableClock
from tests.support.authenticator import Authenticator
from tests.support.people import PASSWORD

API = "/api/v1"


@dataclass
class Caller:
    """A client with the cookie of a browser."""

    client: FlaskClient
    clock: MovableClock
    secret: str = ""

    def password(self, login: str = "anna", password: str = PASSWORD, **options: Any) -> TestResponse:
        """The first step."""
        return self.client.post(f"{API}/session", json={"login": login, "password": password}, **options)

    def factor(self, step: str, **shown: Any) -> TestResponse:
        """The second step: ``code`` or ``passkey``."""
        return self.client.post(f"{API}/session/factor", json={"step": step, **shown})

    def code(self, *, ahead: int = 0) -> str:
        """What the app shows, or showed so many intervals ago."""
        return pyotp.TOTP(self.secret).at(int(self.clock.now().timestamp()) + 30 * ahead)

    def set_up_app(self) -> None:
        """Have an app; the clock goes on, so that its next code is a fresh one."""
        self.secret = self.call("POST", "/me/app", 201)["secret"]
        self.call("PUT", "/me/app", 204, code=self.code())
        self.clock.advance(seconds=60)

    def set_up_passkey(self, name: str = "My phone") -> Authenticator:
        """Have a passkey."""
        asked = self.call("POST", "/me/passkeys/options", 201)
        made = Authenticator()
        body = {"step": asked["step"], "name": name, "credential": made.create(asked["options"])}
        self.call("POST", "/me/passkeys", 201, **body)
        return made

    def call(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        """What a call answers, which has to be of this status."""
        answer = self.client.open(f"{API}{path}", method=method, json=body if method != "GET" else None)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json(silent=True)

    def is_in(self) -> bool:
        """Whether the caller may see what their role opens."""
        return self.client.get(f"{API}/incidents").status_code == 200
