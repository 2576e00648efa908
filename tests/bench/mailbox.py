"""An SMTP server that keeps nothing but when each letter came: a process of its own, as small as the protocol allows.

``python -m tests.bench.mailbox`` prints its port; at the end of its standard input it prints, as JSON, each letter's
Message-ID without the domain and the moment at which its last line was read, by the machine's monotonic clock.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

ARRIVED: list[tuple[str, float]] = []


class Mailbox:
    """The other side, for whoever measures: ``port`` to send to, ``letters()`` to read at the end."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        assert process.stdout is not None
        self.port = int(process.stdout.readline())

    def letters(self) -> dict[str, float]:
        """When each letter came first, by its id. Ends the server."""
        said, _ = self._process.communicate(timeout=10)
        found: dict[str, float] = {}
        for letter, at in json.loads(said):
            found.setdefault(letter, at)
        return found


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Run the server while the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.mailbox"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Mailbox(process)
        finally:
            process.kill()


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client, from greeting to farewell (RFC 5321)."""
    writer.write(b"220 bench\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go on\r\n")
            letter = await reader.readuntil(b"\r\n.\r\n")
            ARRIVED.append((_id_of(letter), time.monotonic()))
        writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        if verb == b"QUIT":
            break
    writer.close()


def _id_of(letter: bytes) -> str:
    head = letter.lower().partition(b"\r\nmessage-id:")[2]
    return head.partition(b"<")[2].partition(b"@")[0].decode()


async def _serve() -> None:
    server = await asyncio.start_server(_talk, "127.0.0.1", 0, limit=1_000_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps(ARRIVED), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())
