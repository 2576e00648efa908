"""The channels one by one: code tables, signatures, and targets that are never called."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook as Signer

from backend.dispatch.channels import CHANNELS, Message, open_channels, switched_on
from backend.dispatch.channels import email as email_channel
from backend.dispatch.channels import webhook as webhook_channel
from backend.dispatch.channels.email import Email, EmailFailed
from backend.dispatch.channels.webhook import WebhookChannel, WebhookFailed, is_public, request_of
from backend.dispatch.models import CHANNELS as NAMES
from backend.dispatch.rules import Result
from backend.settings import Settings
from tests.dispatch.conftest import SECRET
from tests.support.smtp import Mailbox
from tests.support.webhooks import Receiver

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).parent.parent.parent
SHARED = Path(os.environ.get("LINLI_SHARED_DATA") or ROOT.parent / "shared" / "data")
VECTORS = SHARED / "standards" / "standard_webhooks_vectors.json"


def message(address: str = "a@example.org", **changed: Any) -> Message:
    values: dict[str, Any] = {
        "id": UUID(int=7), "address": address, "subject": "S", "body": "B", "language": "en", "now": NOW,
        "payload": {"type": "offer_made", "data": {"number": 7}}, "secret": SECRET,
    }  # fmt: skip
    return Message(**values | changed)


def settings(port: int, **chosen: Any) -> Settings:
    return Settings.from_env({}, smtp_host="127.0.0.1", smtp_port=port, smtp_from="Linli <linli@example.org>", **chosen)


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of somebody who takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_every_registered_channel_is_one_that_deliveries_can_name() -> None:
    assert set(CHANNELS) <= set(NAMES)


@pytest.mark.parametrize(
    "host, expected",
    [("", {"in_app", "webhook", "service"}), ("mail.example", {"in_app", "webhook", "service", "email"})],
)
def test_channels_are_on_as_settings_say(host: str, expected: set[str]) -> None:
    chosen = Settings.from_env({}, smtp_host=host)
    assert switched_on(chosen) == expected
    opened = open_channels(chosen)
    assert set(opened) == set(), "each is opened at its first message"
    assert all(opened[name] is opened[name] for name in expected)
    with pytest.raises(KeyError):
        opened["telegram"]


def test_the_inbox_takes_everything() -> None:
    assert open_channels(Settings.from_env({}))["in_app"].send(message()).state is Result.HANDED_OVER


@pytest.mark.parametrize(
    "reply, expected",
    [
        (250, Result.HANDED_OVER), (251, Result.HANDED_OVER),
        (421, Result.RETRY), (450, Result.RETRY), (451, Result.RETRY), (452, Result.RETRY), (454, Result.RETRY),
        (530, Result.RETRY), (534, Result.RETRY), (535, Result.RETRY), (538, Result.RETRY),
        (500, Result.NEVER), (501, Result.NEVER), (521, Result.NEVER), (550, Result.NEVER), (551, Result.NEVER),
        (552, Result.NEVER), (553, Result.NEVER), (554, Result.NEVER), (556, Result.NEVER), (-1, Result.RETRY),
    ],
)  # fmt: skip
def test_smtp_replies_mean_what_the_table_says(reply: int, expected: Result) -> None:
    assert email_channel.outcome_of(reply).state is expected


def test_one_connection_is_kept(mailbox: Mailbox) -> None:
    channel = Email(settings(mailbox.port))
    for _ in range(3):
        channel.send(message())
    assert (mailbox.connections, len(mailbox.letters)) == (1, 3)


def test_a_refused_address_does_not_cost_the_connection(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_self: Mailbox, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.startswith("gone"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    monkeypatch.setattr(Mailbox, "handle_RCPT", refuse, raising=False)
    channel = Email(settings(mailbox.port))
    outcomes = [channel.send(message(address)) for address in ("gone@example.org", "a@example.org")]
    assert [(one.state, one.code) for one in outcomes] == [(Result.NEVER, "550"), (Result.HANDED_OVER, "250")]
    assert (mailbox.connections, len(mailbox.letters)) == (1, 1)


class Moody(threading.Thread):
    """A server that behaves on each connection as the next of ``moods`` says, and keeps what it heard."""

    def __init__(self, listener: socket.socket, *moods: str) -> None:
        super().__init__(daemon=True)
        self.port: int = listener.getsockname()[1]
        self.heard: list[str] = []
        self._listener, self._moods = listener, moods
        self.start()

    def run(self) -> None:
        for mood in self._moods:
            caller, _ = self._listener.accept()
            with caller, suppress(OSError):
                self._talk(caller, caller.makefile("rb"), mood)

    def _talk(self, caller: socket.socket, said: Any, mood: str) -> None:
        caller.sendall(b"220 moody\r\n")
        for line in said:
            self.heard.append(line[:4].decode().strip().upper())
            if mood == "drips":
                while True:
                    caller.sendall(b"250-y\r\n")
                    time.sleep(0.05)
            if self.heard[-1] == "DATA":
                caller.sendall(b"354 go on\r\n")
                while said.readline() != b".\r\n":
                    pass
                self.heard.append("letter")
                if mood == "calm, then takes and falls silent" and self.heard.count("letter") == 2:
                    return
            caller.sendall(b"250 fine\r\n")
            if self.heard[-1] == "letter" and mood == "closes":
                return
            if self.heard[-1] == "letter" and mood == "closes and says so":
                caller.sendall(b"421 idle for too long\r\n")
                return


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.mark.parametrize("mood", ["closes", "closes and says so"])
def test_a_connection_that_the_server_closed_meanwhile_is_replaced(listener: socket.socket, mood: str) -> None:
    server = Moody(listener, mood, "calm")
    channel = Email(settings(server.port))
    assert [channel.send(message()).state for _ in range(2)] == [Result.HANDED_OVER] * 2
    assert (server.heard.count("letter"), server.heard.count("EHLO")) == (2, 2)


def test_a_letter_that_may_have_been_taken_is_not_sent_again_in_the_same_try(listener: socket.socket) -> None:
    server = Moody(listener, "calm, then takes and falls silent", "calm")
    channel = Email(settings(server.port))
    assert channel.send(message()).state is Result.HANDED_OVER
    with pytest.raises(EmailFailed) as failed:
        channel.send(message())
    assert (failed.value.code, server.heard.count("letter"), server.heard.count("EHLO")) == ("unreachable", 2, 1)


@pytest.mark.parametrize("idle_s, asked", [(5.0, 0), (0.0, 1)])
def test_only_a_connection_that_rested_is_asked_whether_it_stands(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch, idle_s: float, asked: int
) -> None:
    monkeypatch.setattr(email_channel, "IDLE_S", idle_s)
    server = Moody(listener, "calm")
    channel = Email(settings(server.port))
    for _ in range(2):
        channel.send(message())
    assert (server.heard.count("NOOP"), server.heard.count("letter")) == (asked, 2)


def test_an_answer_of_a_mail_server_that_drips_without_end_is_broken_off(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_channel, "SEND_WITHIN_S", 0.3)
    server = Moody(listener, "drips")
    with pytest.raises(EmailFailed):
        Email(settings(server.port)).send(message())
    assert server.heard == ["EHLO"]


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org\nBcc: b@example.org", "a@example.org, b@example.org", "a@example.org <b@example.org>", "",
        "a@example.org\n", "a b@example.org", '"a\r\nb"@example.org', "a@b@example.org", "<a@example.org>", "nobody",
        "a\x00b@example.org", "a@example\u2028.org",
    ],
)  # fmt: skip
def test_an_address_that_is_more_than_one_address_is_never_written_to(mailbox: Mailbox, address: str) -> None:
    outcome = Email(settings(mailbox.port)).send(message(address))
    assert (outcome.state, outcome.code, mailbox.letters) == (Result.NEVER, "bad-address", [])


@pytest.mark.parametrize("address", ["a.b+c@example.org", "林@example.org"])
def test_plain_and_international_addresses_are_written_to(mailbox: Mailbox, address: str) -> None:
    assert Email(settings(mailbox.port)).send(message(address)).state is Result.HANDED_OVER


def test_a_subject_stays_one_header(mailbox: Mailbox) -> None:
    Email(settings(mailbox.port)).send(message(subject="A\r\nBcc: b@example.org\r\n\r\nB " + "long " * 60))
    (letter,) = mailbox.letters
    assert (letter["Bcc"], letter.get_content().splitlines()) == (None, ["B"])
    assert letter["Subject"] == "A Bcc: b@example.org B " + " ".join(["long"] * 60)


def test_a_language_that_would_break_its_header_is_not_written(mailbox: Mailbox) -> None:
    assert Email(settings(mailbox.port)).send(message(language="en\r\nBcc: b@example.org")).code == "bad-address"
    assert mailbox.letters == []


def test_the_text_arrives_whole_in_every_script(mailbox: Mailbox) -> None:
    body = "第一行\n.单独的点\n" + "长" * 1200
    Email(settings(mailbox.port)).send(message(subject="您有一条消息", body=body))
    letter = mailbox.letters[0]
    assert letter["Subject"] == "您有一条消息"
    assert letter.get_content().splitlines() == body.splitlines()


def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(EmailFailed) as failed:
        Email(settings(port)).send(message())
    assert failed.value.code == "unreachable"


def test_a_server_without_starttls_gets_no_letter_where_starttls_is_required(mailbox: Mailbox) -> None:
    outcome = Email(settings(mailbox.port, smtp_starttls=True)).send(message())
    assert (outcome.code, mailbox.letters) == ("not-supported", [])


def test_a_server_that_says_nothing_does_not_hold_a_send_for_long(deaf: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_channel, "STEP_S", 0.2)
    with pytest.raises(EmailFailed):
        Email(settings(deaf)).send(message())


def test_a_conversation_that_is_drawn_out_is_broken_off(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_channel, "SEND_WITHIN_S", 0.3)
    mailbox.wait_s = 2.0  # less than one answer may take
    with pytest.raises(EmailFailed):
        Email(settings(mailbox.port)).send(message())


@pytest.mark.parametrize(
    "status, expected",
    [
        (200, Result.DELIVERED), (202, Result.DELIVERED), (204, Result.DELIVERED),
        (301, Result.NEVER), (302, Result.NEVER), (307, Result.NEVER), (308, Result.NEVER),
        (400, Result.NEVER), (410, Result.NEVER), (413, Result.NEVER), (422, Result.NEVER),
        (401, Result.RETRY), (404, Result.RETRY), (408, Result.RETRY), (425, Result.RETRY), (429, Result.RETRY),
        (500, Result.RETRY), (502, Result.RETRY), (503, Result.RETRY), (501, Result.NEVER),
    ],
)  # fmt: skip
def test_http_answers_mean_what_the_table_says(status: int, expected: Result) -> None:
    assert webhook_channel.outcome_of(status).state is expected


@pytest.mark.parametrize(
    "vector", json.loads(VECTORS.read_text()) if VECTORS.exists() else [], ids=lambda vector: vector["name"]
)
def test_published_vectors_are_signed_as_they_say(vector: dict[str, Any]) -> None:
    at = datetime.fromtimestamp(int(vector["webhook-timestamp"]), UTC)
    signed = Signer(vector["secret"]).sign(vector["webhook-id"], at, vector["body"])
    of_time = abs(vector["verify_at_unix"] - int(vector["webhook-timestamp"])) > 300
    assert (signed in vector["webhook-signature"].split()) == (vector["expect_valid"] or of_time)


def test_the_vectors_are_there() -> None:
    if not VECTORS.exists():
        pytest.skip("the shared test data is not here")
    assert len(json.loads(VECTORS.read_text())) >= 10


def test_what_is_sent_is_what_was_signed() -> None:
    body, headers = request_of(message(payload={"said": "三楼", "n": 1}))
    signed = Signer(SECRET).sign(str(UUID(int=7)), NOW, body.decode())
    assert headers["webhook-signature"] == signed
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::",
        "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2001:db8::1", "not an address",
    ],
)  # fmt: skip
def test_an_address_inside_a_private_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url, code",
    [
        ("https://localhost/hook", "private-address"),
        ("https://127.0.0.1/hook", "private-address"),
        ("https://[::1]/hook", "private-address"),
        ("https://[::ffff:127.0.0.1]/hook", "private-address"),
        ("https://2130706433/hook", "private-address"),
        ("https://0x7f.1/hook", "private-address"),
        ("https://169.254.169.254/latest/meta-data/", "private-address"),
        ("http://example.org/hook", "not-https"),
        ("ftp://example.org/hook", "bad-address"),
        ("https://user:secret@example.org/hook", "bad-address"),
        ("https:///hook", "bad-address"),
        ("nonsense", "bad-address"),
    ],
)
def test_a_target_in_a_private_network_or_of_another_kind_is_never_called(url: str, code: str) -> None:
    outcome = WebhookChannel().send(message(url))
    assert (outcome.state, outcome.code) == (Result.NEVER, code)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:192.168.0.1"]])
def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(addresses: list[str]) -> None:
    channel = WebhookChannel(resolve=lambda _host, _port: addresses)
    assert channel.send(message("https://hooks.example.org/in")).code == "private-address"


def test_the_call_goes_to_the_address_that_was_checked_in_the_name_that_was_given(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    channel = WebhookChannel(allow_private=True, resolve=resolve)
    outcome = channel.send(message(f"http://hooks.example.org:{port}"))
    assert (outcome.state, asked) == (Result.DELIVERED, ["hooks.example.org"])
    assert receiver.calls[0][0]["host"] == f"hooks.example.org:{port.partition('/')[0]}"


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.statuses.append(302)
    receiver.location = receiver.url
    outcome = WebhookChannel(allow_private=True).send(message(receiver.url))
    assert (outcome.state, outcome.code, len(receiver.calls)) == (Result.NEVER, "302", 1)


def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:9")
    assert WebhookChannel(allow_private=True).send(message(receiver.url)).state is Result.DELIVERED


def test_a_name_that_nobody_knows_is_tried_again_later() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(WebhookFailed) as failed:
        WebhookChannel(resolve=unknown).send(message("https://nowhere.example/hook"))
    assert failed.value.code == "name-unknown"


def test_a_receiver_that_says_nothing_does_not_hold_a_call_for_long(deaf: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_channel, "ANSWER_WITHIN_S", 0.2)
    with pytest.raises(WebhookFailed) as failed:
        WebhookChannel(allow_private=True).send(message(f"http://127.0.0.1:{deaf}/hook"))
    assert failed.value.code == "timeout"


def test_an_answer_that_drips_without_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(listener: socket.socket) -> None:
        caller, _ = listener.accept()
        with caller:
            try:
                caller.sendall(b"HTTP/1.1 200 OK\r\n")
                while True:
                    caller.sendall(b"X: y\r\n")
                    time.sleep(0.05)
            except OSError:
                return

    monkeypatch.setattr(webhook_channel, "ANSWER_WITHIN_S", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=[listener], daemon=True)
        thread.start()
        with pytest.raises(WebhookFailed):
            WebhookChannel(allow_private=True).send(message(f"http://127.0.0.1:{listener.getsockname()[1]}/"))
        thread.join(5)
    assert not thread.is_alive()


def test_secrets_and_addresses_are_not_in_the_name_of_a_message() -> None:
    shown = repr(message("a@example.org"))
    assert "a@example.org" not in shown
    assert SECRET not in shown
