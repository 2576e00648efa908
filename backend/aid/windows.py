"""When help is wanted or offered: windows as they are kept, and the hours that follow from them.

A window is kept as ``{"start", "end"}`` (aware, UTC, ISO 8601) or, repeating, as ``{"rrule", "from", "to", "zone"}``: a
weekly rule of RFC 5545 whose days are local to ``zone``, with a local time of day that it begins and ends, so that the
same hour of the clock is meant in summer and winter. ``until`` of a repeating one is its last local day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

DAY = timedelta(days=1)
Span = tuple[datetime, datetime]


def kept(windows: Sequence[Mapping[str, Any]], zone: str) -> list[dict[str, Any]]:
    """Windows as they were sent (``intake/wishes.py WindowSchema``), in the form in which they are kept."""
    return [_weekly(one, zone) if "weekly" in one else _once(one) for one in windows]


def _once(window: Mapping[str, Any]) -> dict[str, Any]:
    return {"start": window["start"].isoformat(), "end": window["end"].isoformat()}


def _weekly(window: Mapping[str, Any], zone: str) -> dict[str, Any]:
    rule = f"FREQ=WEEKLY;BYDAY={','.join(window['weekly'])}"
    until = {"until": window["until"].isoformat()} if window.get("until") else {}
    return {"rrule": rule, "from": window["from"], "to": window["to"], "zone": zone} | until


def occurrences(windows: Iterable[Mapping[str, Any]], *, since: datetime, until: datetime) -> list[Span]:
    """The hours that windows mean between ``since`` and ``until``, in order: all that reach into that time, whole."""
    found = {span for window in windows for span in _spans(window, since, until) if span[0] < until and span[1] > since}
    return sorted(found)


def _spans(window: Mapping[str, Any], since: datetime, until: datetime) -> Iterator[Span]:
    if "rrule" not in window:
        yield datetime.fromisoformat(window["start"]), datetime.fromisoformat(window["end"])
        return
    zone = ZoneInfo(window["zone"])
    begins, ends = time.fromisoformat(window["from"]), time.fromisoformat(window["to"])
    # A day earlier: what begins in the evening may reach over midnight into the time that is asked about.
    first = datetime.combine(since.astimezone(zone).date() - DAY, time())
    last = until.astimezone(zone).date()
    if window.get("until"):
        last = min(last, date.fromisoformat(window["until"]))
    for day in rrulestr(window["rrule"], dtstart=first).between(first, datetime.combine(last, time()), inc=True):
        end = datetime.combine(day.date() + (DAY if ends <= begins else timedelta()), ends, zone)
        yield datetime.combine(day.date(), begins, zone), end


def last_end(windows: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When the last of the windows is over; None where there is none, or where one repeats without an end."""
    ends = [_end_of(one) for one in windows]
    known = [end for end in ends if end]
    return max(known) if known and len(known) == len(ends) else None


def _end_of(window: Mapping[str, Any]) -> datetime | None:
    if "rrule" not in window:
        return datetime.fromisoformat(window["end"])
    if not window.get("until"):
        return None
    day = date.fromisoformat(window["until"]) + DAY
    spans = list(_spans(window, *_week_before(day, window["zone"])))
    return max((end for _, end in spans), default=datetime.combine(day, time(), ZoneInfo(window["zone"])))


def _week_before(day: date, zone: str) -> Span:
    end = datetime.combine(day, time(), ZoneInfo(zone))
    return end - 7 * DAY, end


def shown(windows: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Windows as clients read them: the form in which they are sent, times of day local to the place."""
    return [_as_sent(one) for one in windows or ()]


def _as_sent(window: Mapping[str, Any]) -> dict[str, Any]:
    if "rrule" not in window:
        return dict(window)
    days = window["rrule"].partition("BYDAY=")[2].split(",")
    return {"weekly": days} | {name: window[name] for name in ("from", "to", "until") if name in window}
