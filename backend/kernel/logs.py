"""Structured logs, redacted by construction: only names on this list are written with their values."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Names that never hold words, names, addresses or coordinates of people.
SAFE = frozenset(
    {
        "event", "level", "timestamp", "logger", "request_id", "method", "route", "status", "took_ms", "incident_id",
        "report_id", "delivery_id", "offer_id", "clock_id", "rung", "count", "code", "error", "room", "version",
        "rule", "layer", "task", "lane", "channel", "outcome", "attempt", "port", "pid", "signal", "where", "process",
        "revision", "late_s", "seconds", "area_id", "org_id", "stream", "job_id",
    }
)  # fmt: skip


def _only_safe(_logger: object, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: value if name in SAFE else "[withheld]" for name, value in entry.items()}


def where_it_broke(error: BaseException) -> str:
    """File, line and function of the innermost frame of ours, without values: tracebacks may quote what people wrote."""
    found = "unknown"
    frame = error.__traceback__
    while frame:
        code = frame.tb_frame.f_code
        if "/backend/" in code.co_filename:
            found = f"{code.co_filename.rpartition('/backend/')[2]}:{frame.tb_lineno} {code.co_name}"
        frame = frame.tb_next
    return found


def configure_logs(level: str) -> None:
    """Write one JSON object a line to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_safe,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


log = structlog.get_logger()
