"""Logs of the bot: one JSON object a line, with no word, no position, no chat and no token in it."""

import json
import logging
import sys
from datetime import UTC, datetime

# These write whole addresses, and with them the token, or what was sent.
TALKATIVE = ("httpx", "httpcore", "telegram", "uvicorn.access")
SAFE = frozenset(
    {"error", "where", "code", "status", "count", "seconds", "outcome", "port", "pid", "mode", "api_ms", "chat_ms"}
)
_log = logging.getLogger("linli.bot")


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat()
        entry = {"event": record.msg, "level": record.levelname.lower(), "timestamp": at, "process": "bot"}
        return json.dumps(entry | getattr(record, "told", {}), ensure_ascii=False)


def configure_logs(level: str) -> None:
    """Write to standard error; libraries that would write addresses say nothing below an error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    _log.handlers = [handler]
    _log.setLevel(level.upper())
    silence()


def silence() -> None:
    """Keep the libraries' own lines, which hold the token, out of every log."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def tell(event: str, *, level: int = logging.INFO, **told: object) -> None:
    """Log an event with values whose names are on the list of safe ones; others are withheld."""
    safe = {name: value if name in SAFE else "[withheld]" for name, value in told.items()}
    _log.log(level, event, extra={"told": safe})


def where_it_broke(error: BaseException) -> str:
    """File, line and function of the innermost frame of ours, without values: tracebacks may quote people."""
    found, frame = "unknown", error.__traceback__
    while frame:
        code = frame.tb_frame.f_code
        if "/bot/" in code.co_filename:
            found = f"{code.co_filename.rpartition('/bot/')[2]}:{frame.tb_lineno} {code.co_name}"
        frame = frame.tb_next
    return found
