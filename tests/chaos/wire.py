"""The other side of the wire: an SMTP server and webhook receivers in a process of their own, well or ill as they are told.

``python -m tests.chaos.wire`` prints its two ports. A line of its standard input, such as ``smtp hang``, changes how
letters are received, and ``tell`` has it print what arrived; a webhook's path says how that receiver behaves. It ends with its input.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum

FLOOD_BYTES = 1_000_000_000
PIECE = b"x" * 65_536


class Manner(StrEnum):
    """How a receiver behaves: as it should, without an answer, with an error, a redirect, 1 GB, or half an answer."""

    WELL = "well"
    HANG = "hang"
    BROKEN = "broken"
    REDIRECT = "redirect"
    FLOOD = "flood"
    HALF = "half"


ILL = tuple(manner for manner in Manner if manner is not Manner.WELL)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that came whole: by which channel, its id, when (monotonic clock), and how its receiver behaved then."""

    channel: str
    id: str
    at: float
    manner: str

    @property
    def is_taken(self) -> bool:
        """Whether the sender was told that it was taken."""
        return self.manner == Manner.WELL


class Receivers:
    """The process, for whoever measures."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._process = process
        self.smtp_port, self.http_port = (int(port) for port in process.stdout.readline().split())

    def hook(self, manner: Manner = Manner.WELL) -> str:
        """The address of a receiver of webhooks that behaves so."""
        return f"http://127.0.0.1:{self.http_port}/{manner}"

    def letters(self, manner: Manner) -> None:
        """Have letters received so from now on."""
        self._say(f"smtp {manner}")

    def arrivals(self) -> list[Arrival]:
        """All that arrived until now."""
        assert self._process.stdout is not None
        self._say("tell")
        return [Arrival(*row) for row in json.loads(self._process.stdout.readline())]

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


@contextmanager
def receivers() -> Iterator[Receivers]:
    """Run them while the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.wire"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Receivers(process)
        finally:
            process.kill()


_arrived: list[tuple[str, str, float, str]] = []
_letters = [Manner.WELL]


async def _take_letters(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client of the SMTP server, from greeting to farewell (RFC 5321)."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        writer.write(b"220 chaos\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await _end_letter(await reader.readuntil(b"\r\n.\r\n"), writer)
            else:
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                break
    writer.close()


async def _end_letter(letter: bytes, writer: asyncio.StreamWriter) -> None:
    manner, head = _letters[0], letter.lower().partition(b"\r\nmessage-id:")[2]
    _arrived.append(("email", head.partition(b"<")[2].partition(b"@")[0].decode(), time.monotonic(), manner))
    if manner is Manner.HANG:
        await asyncio.sleep(3600)
    elif manner is Manner.HALF:
        writer.write(b"25")
        writer.close()
    elif manner is Manner.FLOOD:
        await _flood(writer, b"250-")
    else:
        writer.write(b"250 kept\r\n" if manner is Manner.WELL else b"451 later\r\n")


async def _take_calls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One call of a webhook; every call has a connection of its own."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        manner = Manner(head.split(maxsplit=2)[1].decode().strip("/"))
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        name = head.lower().partition(b"webhook-id:")[2].partition(b"\r\n")[0].strip().decode()
        _arrived.append(("webhook", name, time.monotonic(), manner))
        await _answer_call(manner, writer)
    writer.close()


async def _answer_call(manner: Manner, writer: asyncio.StreamWriter) -> None:
    if manner is Manner.HANG:
        await asyncio.sleep(3600)
    elif manner is Manner.HALF:
        writer.write(b"HTTP/1.1 20")
    elif manner is Manner.FLOOD:
        await _flood(writer, b"HTTP/1.1 200 OK\r\nX-Long: ")
    elif manner is Manner.REDIRECT:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    else:
        status = b"204 No Content" if manner is Manner.WELL else b"500 Broken"
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status)


async def _flood(writer: asyncio.StreamWriter, head: bytes) -> None:
    writer.write(head)
    for _ in range(FLOOD_BYTES // len(PIECE)):
        writer.write(PIECE)
        await writer.drain()


def _hear() -> None:
    for line in sys.stdin:
        if line == "tell\n":
            print(json.dumps(_arrived), flush=True)
        else:
            _letters[:] = [Manner(line.split()[1])]


async def _serve() -> None:
    servers = [
        await asyncio.start_server(take, "127.0.0.1", 0, limit=1_000_000) for take in (_take_letters, _take_calls)
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, _hear)
    os._exit(0)  # whoever still talks is not waited for


def main() -> None:
    """Serve until the end of the input."""
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
