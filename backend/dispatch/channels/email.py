"""E-mail by SMTP (RFC 5321), over connections that are kept open and carry one letter at a time."""

import base64
import io
import re
import smtplib
import socket
import ssl
import time
from collections import deque
from contextlib import suppress
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from backend.dispatch.channels import SEND_WITHIN_S, ChannelFailed, Message, Outcome
from backend.dispatch.rules import Result
from backend.settings import Settings

STEP_S = 5.0  # for each answer of the server
IDLE_S = 5.0  # a connection that rested longer is asked whether it still stands
LINE_MOST = 900  # octets; RFC 5321 allows 998
CLOSING = 421  # what a server says that is about to close the connection, for instance because it was idle
# Replies of 5xx that are about us and not about the letter: a person mends the settings, and a later try succeeds.
OURS_TO_MEND = frozenset({530, 534, 535, 538})
# One address, in any script: without what separates, quotes or comments.
PLAIN = re.compile(r"""[^\s"(),:;<>@\[\\\]]+@[^\s"(),:;<>@\[\\\]]+""")


class EmailFailed(ChannelFailed):
    """The server could not be reached or spoken with."""


def outcome_of(reply: int) -> Outcome:
    """The code table: what an SMTP reply means for a delivery (RFC 5321 section 4.2.1)."""
    if 200 <= reply < 300:
        return Outcome(Result.HANDED_OVER, str(reply))
    if 500 <= reply < 600 and reply not in OURS_TO_MEND:
        return Outcome(Result.NEVER, str(reply))
    return Outcome(Result.RETRY, str(reply))


def letter(message: Message, *, sender: str) -> bytes:
    """The letter of a message as it goes over the wire (RFC 5322).

    Written line by line, because the library's classes take ten times as long. Raises ValueError where the address is
    not exactly one, or where a header would break.
    """
    if not PLAIN.fullmatch(message.address):
        raise ValueError("not one plain address")
    head = {
        "From": formataddr(parseaddr(sender)),
        "To": message.address,
        "Date": format_datetime(message.now),
        "Message-ID": f"<{message.id}@{sender.rpartition('@')[2].strip('>') or 'localhost'}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday notice answers it
        "Content-Language": message.language,
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
    }
    if not "".join(head.values()).isprintable():
        raise ValueError("a header would break")
    subject = " ".join(message.subject.split())
    head["Subject"] = Header(subject, header_name="Subject").encode(linesep="\r\n")  # folded where it is long
    lines = message.body.splitlines()
    body = "\r\n".join([*lines, ""])
    if not body.isascii() or max(map(len, lines), default=0) > LINE_MOST:
        head["Content-Transfer-Encoding"] = "base64"
        body = base64.encodebytes(body.encode()).decode().replace("\n", "\r\n")
    return "".join([*(f"{name}: {value}\r\n" for name, value in head.items()), "\r\n", body]).encode()


class Email:
    """A deployer's SMTP server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._resting: deque[Conversation] = deque()

    def send(self, message: Message) -> Outcome:
        """Hand one letter to the server. Raises EmailFailed."""
        try:
            made = letter(message, sender=self._settings.smtp_from)
        except ValueError:
            return Outcome(Result.NEVER, "bad-address")
        try:
            self._hand_over(message.address, made, time.monotonic() + SEND_WITHIN_S)
        except smtplib.SMTPRecipientsRefused as error:
            return outcome_of(next(iter(error.recipients.values()))[0])
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            raise EmailFailed("unreachable") from error
        except smtplib.SMTPResponseException as error:
            return outcome_of(error.smtp_code)
        except smtplib.SMTPNotSupportedError:
            return Outcome(Result.NEVER, "not-supported")
        except (smtplib.SMTPException, OSError) as error:
            raise EmailFailed("timeout" if isinstance(error, TimeoutError) else "unreachable") from error
        return outcome_of(250)

    def _hand_over(self, address: str, made: bytes, until: float) -> None:
        """Send by a kept connection; by a new one when it turns out that the server had closed that meanwhile."""
        kept = self._kept(until)
        if kept is not None:
            try:
                self._send_by(kept, address, made)
                return
            except smtplib.SMTPServerDisconnected:
                if kept.gave_letter:  # it may have been taken: only a later try, under the same id, may follow
                    raise
            except smtplib.SMTPSenderRefused as refused:
                if refused.smtp_code != CLOSING:
                    raise
        self._send_by(self._connect(until), address, made)

    def _send_by(self, server: "Conversation", address: str, made: bytes) -> None:
        """Send one letter and keep the connection, unless it broke."""
        try:
            server.ehlo_or_helo_if_needed()
            options = () if address.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
            if options and not server.has_extn("smtputf8"):
                raise smtplib.SMTPNotSupportedError
            server.sendmail(parseaddr(self._settings.smtp_from)[1], [address], made, options)
        except smtplib.SMTPRecipientsRefused:
            raise  # smtplib has begun anew, ready for the next letter
        except BaseException:
            server.close()  # nobody knows where the talk stands
            raise
        finally:
            if server.sock is not None:
                self._resting.append(server)

    def _kept(self, until: float) -> "Conversation | None":
        """The connection that was used last and still stands."""
        while self._resting:
            try:
                server = self._resting.pop()
            except IndexError:
                break  # another thread was quicker
            is_fresh = server.begin(until) < IDLE_S
            with suppress(smtplib.SMTPException, OSError):
                if is_fresh or server.noop()[0] == 250:
                    return server
            server.close()
        return None

    def _connect(self, until: float) -> "Conversation":
        chosen = self._settings
        server = Conversation(chosen.smtp_host, chosen.smtp_port, until)
        try:
            if chosen.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if chosen.smtp_user:
                server.login(chosen.smtp_user, chosen.smtp_password)
        except BaseException:
            server.close()
            raise
        return server


class Conversation(smtplib.SMTP):
    """A connection that bounds each step, and all steps of a letter together, also where a server draws them out."""

    def __init__(self, host: str, port: int, until: float) -> None:
        self._until, self._used_at, self.gave_letter = until, time.monotonic(), False
        # Named after this machine without asking DNS for its full name, which can take seconds.
        super().__init__(host, port, local_hostname=socket.gethostname(), timeout=STEP_S)

    def begin(self, until: float) -> float:
        """Begin a letter that is to be done by ``until``, on the monotonic clock; return the seconds of rest before."""
        rested = time.monotonic() - self._used_at
        self._until, self.gave_letter = until, False
        return rested

    def hurry(self) -> None:
        """Have the next step on the wire end in time. Raises TimeoutError when none is left."""
        self._used_at = time.monotonic()
        left = self._until - self._used_at
        if left <= 0:
            raise TimeoutError
        assert self.sock is not None
        self.sock.settimeout(min(STEP_S, left))

    def getreply(self) -> tuple[int, bytes]:
        """As of smtplib, in time."""
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Replies(self))
        return super().getreply()

    def send(self, s: Any) -> None:
        """As of smtplib, in time."""
        if self.sock is not None:
            self.hurry()
        super().send(s)

    def data(self, msg: Any) -> tuple[int, bytes]:
        """As of smtplib; from here on the letter may have been taken, whatever becomes of the connection."""
        self.gave_letter = True
        return super().data(msg)


class _Replies(socket.SocketIO):
    """What the server says, each piece of it in time."""

    def __init__(self, server: Conversation) -> None:
        assert server.sock is not None
        super().__init__(server.sock, "r")
        self._server = server

    def readinto(self, buffer: Any) -> int | None:
        """As of any stream."""
        self._server.hurry()
        return super().readinto(buffer)
