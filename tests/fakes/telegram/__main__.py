"""The simulated Telegram alone, with the page of the demo: ``python -m tests.fakes.telegram``.

``linli demo`` runs it so when there is no token of a real bot.
"""

import argparse
import signal
import socket
import threading
from pathlib import Path

from tests.fakes.telegram.keeping import keep, restore
from tests.fakes.telegram.page import ADDRESS
from tests.fakes.telegram.recording import Recorder
from tests.fakes.telegram.running import Telegram, server
from tests.fakes.telegram.world import TOKEN, World

KEEP_EVERY_S = 2.0
# Who is there at the first start; their names say what they are for.
PEOPLE = (
    ("Ann, resident", "en"), ("陈阿姨（居民）", "zh"), ("Vic, volunteer", "en"), ("小林（志愿者）", "zh"),
)  # fmt: skip


def keep_on(town: Telegram, path: Path, stopped: threading.Event) -> None:
    """Write the world whenever it has changed, until stopped, and then once more."""
    last = None
    while not stopped.wait(KEEP_EVERY_S):
        with town.world.held():
            now = tuple((chat.id, chat.next_id, len(chat.shown)) for chat in town.world.chats.values())
        if now != last:
            last = now
            keep(town.world, path)
    keep(town.world, path)


def main() -> None:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.telegram", description=__doc__)
    parser.add_argument("--token", default=TOKEN, help="token that the bot uses")
    parser.add_argument("--port", type=int, default=8081, help="port on this machine")
    parser.add_argument("--fd", type=int, help="a socket that listens already, instead of the port")
    parser.add_argument("--keep", type=Path, help="file in which people and chats are kept between two starts")
    parser.add_argument(
        "--record", type=Path, help="file to which the conversations that are held are added at the end"
    )
    asked = parser.parse_args()
    town = Telegram(World(token=asked.token, local_links=True))
    if not (asked.keep and restore(town.world, asked.keep)):
        for name, language in PEOPLE:
            town.person(name, language)
    recorder = Recorder(town.world)
    listener = (
        socket.socket(fileno=asked.fd) if asked.fd is not None else socket.create_server(("127.0.0.1", asked.port))
    )
    town.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    if asked.fd is None:
        print(f"Simulated Telegram at {town.url}; talk to the bot at {town.url}{ADDRESS}", flush=True)
    stopped = threading.Event()
    keeping = threading.Thread(target=keep_on, args=(town, asked.keep, stopped)) if asked.keep else None
    if keeping:
        keeping.start()
    # Uvicorn stops at this signal, and raises it again when it has: we then still have to keep what is there.
    signal.signal(signal.SIGTERM, lambda *_: None)
    server(town).run(sockets=[listener])
    stopped.set()
    if keeping:
        keeping.join()
    if asked.record:
        recorder.write(asked.record)


if __name__ == "__main__":
    main()
