"""Several bots at once behind a webhook: answered only when handled, in order, and only if the secret is shown."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from bot.seal import webhook_path, webhook_secret
from bot.webhook import HEADER
from tests.bot.conftest import Town
from tests.bot.running import running
from tests.bot.test_nothing_is_lost import api_on, free_port
from tests.bot.test_residents import receipt_in, reports, tells_report
from tests.fakes.telegram import Person

OUTSIDE = "https://bot.example.org"


@pytest.fixture(scope="module")
def ports(town: Town) -> Iterator[tuple[int, int]]:
    """Two bots at one address, as behind a balancer; Telegram calls the first, the tests the other as well."""
    first, second = free_port(), free_port()
    environment = town.environment | {"LINLI_TELEGRAM_WEBHOOK": OUTSIDE}
    town.telegram.behind[OUTSIDE] = f"http://127.0.0.1:{first}"
    with running(environment | {"LINLI_BOT_PORT": str(first)}), running(environment | {"LINLI_BOT_PORT": str(second)}):
        yield first, second


def update_of(ann: Person, number: int, text: str) -> dict[str, object]:
    """An update as Telegram would send it."""
    who = {"id": ann.id, "is_bot": False, "first_name": "Ann", "language_code": "en"}
    chat = {"id": ann.id, "type": "private", "first_name": "Ann"}
    message = {"message_id": number, "date": 1_772_442_000, "chat": chat, "from": who, "text": text}
    return {"update_id": number, "message": message}


def call(town: Town, port: int, update: object, secret: str | None = None) -> int:
    """Call a bot as Telegram does; the status of the answer."""
    token = town.telegram.token
    headers = {HEADER: webhook_secret(token) if secret is None else secret}
    return httpx.post(
        f"http://127.0.0.1:{port}{webhook_path(token)}", json=update, headers=headers, timeout=30
    ).status_code


def test_a_report_is_told_through_the_webhook(town: Town, ports: tuple[int, int]) -> None:
    ann = town.telegram.person("Ann")
    before = reports(town)
    tells_report(ann)
    assert reports(town) == before + 1
    assert town.telegram.complaints == []


def test_whoever_does_not_show_the_secret_is_not_heard(town: Town, ports: tuple[int, int]) -> None:
    ann = town.telegram.person("Ann")
    for secret in ("", "x" * 64):
        assert call(town, ports[0], update_of(ann, 9_000_001, "/start"), secret) == 403
    assert httpx.post(f"http://127.0.0.1:{ports[0]}/telegram/guess", json={}).status_code == 404
    assert ann.unseen() == []


def test_two_bots_that_write_one_conversation_lose_nothing(town: Town, ports: tuple[int, int]) -> None:
    ann = town.telegram.person("Ann")
    ann.starts().sees("What do you need?")
    assert call(town, ports[0], update_of(ann, 9_100_000, "/report")) == 200
    statuses = []

    def says(number: int) -> None:
        statuses.append(call(town, ports[number % 2], update_of(ann, 9_100_001 + number, f"word{number}")))

    threads = [threading.Thread(target=says, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 6
    for number, text in ((10, "Skip this"), (11, "Skip this"), (12, "Send, do not write to me")):
        assert call(town, ports[number % 2], update_of(ann, 9_100_000 + number, text)) == 200
    receipt = receipt_in(ann.sees("Your receipt").text)
    shown = httpx.get(f"{town.api}/api/v1/receipt", headers={"Authorization": f"Receipt {receipt}"}).json()
    assert sorted(shown["text"].split()) == [f"word{number}" for number in range(6)]


def test_telegram_is_told_to_come_again_while_the_server_is_away(town: Town, ports: tuple[int, int]) -> None:
    api, port = free_port(), free_port()
    bo = town.telegram.person("Bo")
    bo.starts().sees("What do you need?")
    environment = town.environment | {
        "LINLI_TELEGRAM_WEBHOOK": OUTSIDE, "LINLI_BOT_PORT": str(port), "LINLI_API_URL": f"http://127.0.0.1:{api}",
    }  # fmt: skip
    with running(environment):
        with api_on(town, api):
            assert call(town, port, update_of(bo, 9_200_000, "/start")) == 200
        first, second = update_of(bo, 9_200_001, "Smoke in the hall"), update_of(bo, 9_200_002, "/language")
        assert [call(town, port, first), call(town, port, second), call(town, port, first)] == [503] * 3
        assert sum("cannot reach" in one.text for one in bo.unseen()) == 1
        with api_on(town, api):
            assert call(town, port, second) == 503, "what was said before is still to come"
            assert call(town, port, first) == 200
            assert call(town, port, second) == 200
        assert "Which language?" in bo.unseen()[-1].text
