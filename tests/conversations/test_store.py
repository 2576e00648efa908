"""The bot's own store: nobody else gets in, one of two at once is told that it was slower, and what is old is forgotten."""

import base64
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.kernel.clock import MovableClock
from backend.kernel.jobs import PERIODIC
from backend.trust.bots import bot_key

KEY = "ab" * 32
PATH = f"/api/v1/bot/conversations/{KEY}"


def code(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def bot(app: Flask) -> dict[str, str]:
    carried = app.extensions["linli"]
    return {"Authorization": f"Bot {bot_key(carried.settings, carried.keyring)}"}


def put(client: FlaskClient, bot: dict[str, str], said: bytes, version: int = 0) -> Any:
    return client.put(PATH, json={"sealed": code(said), "version": version}, headers=bot)


@pytest.mark.parametrize(
    "shown", [None, "Bot ", "Bot wrong", "Bearer {key}", "{key}", "Bot {key}x", "Bot {key} ", "bot\x00{key}"]
)
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_the_bot_gets_in(client: FlaskClient, bot: dict[str, str], method: str, shown: str | None) -> None:
    key = bot["Authorization"].split()[1]
    headers = {"Authorization": shown.format(key=key)} if shown else {}
    if shown == "Bot {key} ":
        headers = {"Authorization": f"Bot {key}-"}  # a server strips what stands at the end
    answer = client.open(PATH, method=method, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "not-signed-in")


def test_a_deployment_may_choose_the_key(app: Flask, client: FlaskClient) -> None:
    from dataclasses import replace

    carried = app.extensions["linli"]
    chosen = "a key that the deployment chose for its bot"
    app.extensions["linli"] = replace(carried, settings=replace(carried.settings, bot_key=chosen))
    assert client.get(PATH, headers={"Authorization": f"Bot {chosen}"}).status_code == 404


def test_a_conversation_goes_on_from_what_was_read(client: FlaskClient, bot: dict[str, str]) -> None:
    assert client.get(PATH, headers=bot).status_code == 404
    assert put(client, bot, b"one").get_json() == {"version": 1}
    assert put(client, bot, b"two", 1).get_json() == {"version": 2}
    assert client.get(PATH, headers=bot).get_json() == {"sealed": code(b"two"), "version": 2}
    assert client.delete(PATH, headers=bot).status_code == 204
    assert client.get(PATH, headers=bot).status_code == 404
    assert client.delete(PATH, headers=bot).status_code == 204


@pytest.mark.parametrize("version", [0, 1, 3])
def test_whoever_read_something_older_is_told(client: FlaskClient, bot: dict[str, str], version: int) -> None:
    put(client, bot, b"one")
    put(client, bot, b"two", 1)
    late = put(client, bot, b"late", version)
    assert (late.status_code, late.get_json()["code"]) == (409, "stale")
    assert client.get(PATH, headers=bot).get_json()["sealed"] == code(b"two")


def test_a_conversation_that_was_forgotten_meanwhile_is_read_again(client: FlaskClient, bot: dict[str, str]) -> None:
    assert put(client, bot, b"two", 1).get_json()["code"] == "stale"


@pytest.mark.parametrize("version", [0, 1])
def test_of_many_at_once_one_is_kept_and_the_others_are_told(app: Flask, bot: dict[str, str], version: int) -> None:
    if version:
        put(app.test_client(), bot, b"first")
    answers: list[tuple[int, bytes]] = []
    start = threading.Barrier(3)

    def write(number: int) -> None:
        said = f"from {number}".encode()
        start.wait()
        answers.append((put(app.test_client(), bot, said, version).status_code, said))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(status for status, _ in answers) == {200: 1, 409: 2}
    (won,) = [said for status, said in answers if status == 200]
    kept = app.test_client().get(PATH, headers=bot).get_json()
    assert kept == {"sealed": code(won), "version": version + 1}


@pytest.mark.parametrize(
    "body",
    [{}, {"sealed": ""}, {"sealed": "a+b"}, {"sealed": "a"}, {"sealed": "a" * 87_383}, {"sealed": "aa", "version": -1}],
)
def test_what_is_no_sealed_conversation_is_refused(client: FlaskClient, bot: dict[str, str], body: Any) -> None:
    assert client.put(PATH, json=body, headers=bot).get_json()["code"] == "invalid"


def test_64_kb_are_taken(client: FlaskClient, bot: dict[str, str]) -> None:
    assert put(client, bot, bytes(64 * 1024)).status_code == 200


@pytest.mark.parametrize("key", ["ab" * 31, "AB" * 32, "zz" * 32, "ab" * 33, "ab " * 32])
def test_what_is_no_key_is_not_found(client: FlaskClient, bot: dict[str, str], key: str) -> None:
    answer = client.put(f"/api/v1/bot/conversations/{key}", json={"sealed": "aa"}, headers=bot)
    assert answer.status_code == 404


def test_a_write_that_is_sent_twice_is_done_once(client: FlaskClient, bot: dict[str, str]) -> None:
    first = put(client, bot | {"Idempotency-Key": "k"}, b"one")
    again = put(client, bot | {"Idempotency-Key": "k"}, b"one")
    assert (first.get_json(), again.get_json(), again.headers["Idempotency-Replayed"]) == (
        {"version": 1}, {"version": 1}, "true",
    )  # fmt: skip


def forget(app: Flask) -> None:
    with app.app_context():
        PERIODIC["chats"].work(app)


def test_what_nobody_went_on_with_is_forgotten_after_90_days(
    app: Flask, client: FlaskClient, bot: dict[str, str], clock: MovableClock
) -> None:
    put(client, bot, b"one")
    clock.advance(hours=timedelta(days=89).total_seconds() / 3600)
    forget(app)
    assert client.get(PATH, headers=bot).status_code == 200
    clock.advance(hours=48)
    forget(app)
    assert client.get(PATH, headers=bot).status_code == 404
