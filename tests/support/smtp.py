"""A real SMTP server on a loopback port of the system's choice, which keeps what it gets and answers as it is told."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass(slots=True)
class Mailbox:
    """The server's port and what came in. ``replies`` are given instead of 250, one for each letter."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    arrived_at: list[float] = field(default_factory=list)
    connections: int = 0
    replies: deque[str] = field(default_factory=deque)
    wait_s: float = 0.0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep a letter, or refuse it as told."""
        reply = self.replies.popleft() if self.replies else "250 kept"
        if reply.startswith("250"):
            self.arrived_at.append(time.monotonic())
            self.letters.append(message_from_bytes(envelope.original_content, policy=policy.default))
        await asyncio.sleep(self.wait_s)
        return reply

    @property
    def ids(self) -> list[str]:
        """The message ids of the letters, without the domain."""
        return [letter["Message-ID"].strip("<>").partition("@")[0] for letter in self.letters]

    def wait_for(self, count: int, within_s: float) -> None:
        """Wait until ``count`` letters are here. Raises AssertionError when they are not in time."""
        deadline = time.monotonic() + within_s
        while len(self.letters) < count:
            assert time.monotonic() < deadline, f"{len(self.letters)} of {count} letters"
            time.sleep(0.01)


@contextmanager
def smtp_server() -> Iterator[Mailbox]:
    """Run the server while the block lasts."""
    mailbox, loop = Mailbox(), asyncio.new_event_loop()

    def accept() -> SMTP:
        mailbox.connections += 1
        return SMTP(mailbox, hostname="test", enable_SMTPUTF8=True)

    server = loop.run_until_complete(loop.create_server(accept, "127.0.0.1", 0))
    mailbox.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield mailbox
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for left in asyncio.all_tasks(loop):
            left.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
