"""``python -m bot``: the chat bot, by long polling or, where a webhook is set, behind an https address."""

import asyncio
import logging
import os
import signal
import sys

from bot.logs import configure_logs, tell
from bot.settings import SettingRefused, Settings


def main() -> int:
    """Run until told to stop. Returns the exit status."""
    # PTB then gives lengths of time as such, and does not warn that it will.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    try:
        settings = Settings.from_env()
    except SettingRefused as refused:
        print(refused, file=sys.stderr)
        return 2
    configure_logs(settings.log_level)
    from bot.running import run

    stop = asyncio.Event()

    async def until_stopped() -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        await run(settings, stop)

    tell("the bot starts", mode="webhook" if settings.webhook else "polling", pid=os.getpid())
    try:
        asyncio.run(until_stopped())
    except Exception as error:  # noqa: BLE001 - its text may hold the token
        from bot.logs import where_it_broke

        tell("the bot ended", level=logging.ERROR, error=type(error).__name__, where=where_it_broke(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
