"""E-mail by SMTP (RFC 5321), over one connection that each thread keeps open."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP as LINES
from email.utils import format_datetime

from backend.dispatch.channels import SEND_WITHIN_S, ChannelFailed, Message, Outcome
from backend.dispatch.rules import Result
from backend.settings import Settings

STEP_S = 5.0  # for each answer of the server
# Replies of 5xx that are about us and not about the letter: a person mends the settings, and a later try succeeds.
OURS_TO_MEND = frozenset({530, 534, 535, 538})


class EmailFailed(ChannelFailed):
    """The server could not be reached or spoken with."""


def outcome_of(reply: int) -> Outcome:
    """The code table: what an SMTP reply means for a delivery (RFC 5321 section 4.2.1)."""
    if 200 <= reply < 300:
        return Outcome(Result.HANDED_OVER, str(reply))
    if 500 <= reply < 600 and reply not in OURS_TO_MEND:
        return Outcome(Result.NEVER, str(reply))
    return Outcome(Result.RETRY, str(reply))


def letter(message: Message, *, sender: str) -> EmailMessage:
    """The letter of a message. Raises ValueError where the address would break out of its header."""
    made = EmailMessage(policy=LINES)
    made["From"], made["To"], made["Subject"] = sender, message.address, message.subject
    if [one.addr_spec for one in made["To"].addresses] != [message.address]:
        raise ValueError("not one plain address")
    made["Date"] = format_datetime(message.now)
    made["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2].strip('>') or 'localhost'}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
    made["Content-Language"] = message.language
    made.set_content(message.body + "\n")
    return made


class Email:
    """A deployer's SMTP server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept = threading.local()

    def send(self, message: Message) -> Outcome:
        """Hand one letter to the server. Raises EmailFailed."""
        try:
            made = letter(message, sender=self._settings.smtp_from)
        except ValueError:
            return Outcome(Result.NEVER, "bad-address")
        try:
            server = self._server()
            with _within(SEND_WITHIN_S, server):
                server.send_message(made)
        except smtplib.SMTPRecipientsRefused as error:
            return outcome_of(next(iter(error.recipients.values()))[0])
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            raise EmailFailed("unreachable") from error
        except smtplib.SMTPResponseException as error:
            return outcome_of(error.smtp_code)
        except smtplib.SMTPNotSupportedError:
            return Outcome(Result.NEVER, "not-supported")
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise EmailFailed("timeout" if isinstance(error, TimeoutError) else "unreachable") from error
        return outcome_of(250)

    def _server(self) -> smtplib.SMTP:
        """This thread's connection if it still answers, or a new one."""
        kept: smtplib.SMTP | None = getattr(self._kept, "server", None)
        if kept is not None:
            with suppress(smtplib.SMTPException, OSError):
                if kept.noop()[0] == 250:
                    return kept
            self._drop()
        self._kept.server = self._connect()
        return self._kept.server  # type: ignore[no-any-return]

    def _connect(self) -> smtplib.SMTP:
        chosen = self._settings
        # Named after this machine without asking DNS for its full name, which can take seconds.
        server = smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, local_hostname=socket.gethostname(), timeout=STEP_S)
        try:
            if chosen.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if chosen.smtp_user:
                server.login(chosen.smtp_user, chosen.smtp_password)
        except BaseException:
            server.close()
            raise
        return server

    def _drop(self) -> None:
        kept: smtplib.SMTP | None = getattr(self._kept, "server", None)
        if kept is not None:
            kept.close()
            self._kept.server = None


@contextmanager
def _within(seconds: float, server: smtplib.SMTP) -> Iterator[None]:
    """Break off a conversation that the server draws out: each answer is bounded, their sum would not be."""
    ending = threading.Timer(seconds, _hang_up, [server])
    ending.daemon = True
    ending.start()
    try:
        yield
    finally:
        ending.cancel()


def _hang_up(server: smtplib.SMTP) -> None:
    if server.sock is not None:
        with suppress(OSError):
            server.sock.shutdown(socket.SHUT_RDWR)
