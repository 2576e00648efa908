"""Text messages and services of desks by Apprise: what an answer means, who is not called, and what is logged."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from backend.dispatch.channels import Message
from backend.dispatch.channels.apprise import Service, ServiceRefused, Sms, outcome_of, service_of
from backend.dispatch.rules import Result
from backend.kernel.ids import new_id
from tests.support.webhooks import Receiver, webhook_receiver

NUMBER = "+15550100"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Receiver]:
    with webhook_receiver() as made:
        yield made


def message(address: str) -> Message:
    payload = {"data": {"url": "https://linli.example/console"}}
    return Message(new_id(), address, "No. 7 waits", "Please look.", "en", datetime.now(UTC), payload)


def by(gateway: Receiver) -> str:
    return gateway.url.replace("http://", "json://") + "/{to}"


def test_a_text_message_is_the_subject_and_where_to_read_on(gateway: Receiver) -> None:
    outcome = Sms(by(gateway)).send(message(NUMBER))
    assert (outcome.state, outcome.code) == (Result.HANDED_OVER, "accepted")
    _, body = gateway.calls[-1]
    assert b"No. 7 waits\\nhttps://linli.example/console" in body


@pytest.mark.parametrize(
    "status, expected",
    [
        (200, (Result.HANDED_OVER, "accepted")), (400, (Result.NEVER, "400")), (404, (Result.NEVER, "404")),
        (401, (Result.RETRY, "401")), (429, (Result.RETRY, "429")), (500, (Result.RETRY, "500")),
        (302, (Result.RETRY, "302")),
    ],
)  # fmt: skip
def test_what_an_answer_means(gateway: Receiver, status: int, expected: tuple[Result, str]) -> None:
    gateway.statuses.append(status)
    outcome = Sms(by(gateway)).send(message(NUMBER))
    assert (outcome.state, outcome.code) == expected


def test_a_machine_that_is_not_there_is_worth_another_try() -> None:
    outcome = Sms("json://127.0.0.1:9/{to}").send(message(NUMBER))
    assert (outcome.state, outcome.code) == (Result.RETRY, "unreachable")


def test_nothing_of_the_number_reaches_our_log(gateway: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    gateway.statuses.append(500)
    with caplog.at_level(logging.DEBUG):
        Sms(by(gateway)).send(message(NUMBER))
    assert "5550100" not in caplog.text


@pytest.mark.parametrize(
    "url",
    ["json://10.0.0.1/x", "jsons://example.org", "mailto://a:b@example.org", "syslog://", "nothing://x", "words", ""],
)
def test_a_desks_service_names_no_host_and_is_one_that_apprise_knows(url: str) -> None:
    with pytest.raises(ServiceRefused):
        service_of(url, allow_hosts=False)


def test_a_service_of_fixed_hosts_is_taken_and_follows_no_redirect() -> None:
    found = service_of("pover://user@token?redirect=yes&cto=60", allow_hosts=False)
    assert (found.redirects, found.socket_connect_timeout) == (False, 2.5)


def test_a_desks_message_has_its_words(gateway: Receiver) -> None:
    outcome = Service(allow_hosts=True).send(message(gateway.url.replace("http://", "json://")))
    assert outcome.state is Result.HANDED_OVER
    assert b"Please look." in gateway.calls[-1][1]


def test_without_an_address_nothing_is_sent() -> None:
    assert outcome_of(None, "").state is Result.NEVER
