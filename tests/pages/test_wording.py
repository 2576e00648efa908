"""Times and spans as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.pages.wording import say_clock, say_span, say_when

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "zone", "en", "zh"),
    [
        (1.5, "UTC", "today at 10:30", "今天10:30"),
        (1.5, "Asia/Shanghai", "today at 18:30", "今天18:30"),
        (15, "UTC", "tomorrow at 00:00", "明天00:00"),
        (8, "Asia/Shanghai", "tomorrow at 01:00", "明天01:00"),
        (-10, "UTC", "yesterday at 23:00", "昨天23:00"),
        (72, "UTC", "on 5 March at 09:00", "3月5日09:00"),
        (24 * 365, "UTC", "on 2 March 2027 at 09:00", "2027年3月2日09:00"),
    ],
)
def test_a_moment_is_said_in_local_time(hours: float, zone: str, en: str, zh: str) -> None:
    at = NOW + timedelta(hours=hours)
    assert say_when(at, now=NOW, language="en", zone=zone) == en
    assert say_when(at, now=NOW, language="zh", zone=zone) == zh


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 secs", "0秒"),
        (119.9, "119 secs", "119秒"),
        (120, "2 mins", "2分钟"),
        (7199, "119 mins", "119分钟"),
        (7200, "2 hrs", "2小时"),
        (2 * 86_400, "2 days", "2天"),
        (-5, "0 secs", "0秒"),
    ],
)
def test_a_span_is_never_rounded_up(seconds: float, en: str, zh: str) -> None:
    assert (say_span(seconds, "en"), say_span(seconds, "zh")) == (en, zh)


@pytest.mark.parametrize(
    ("left_s", "en", "zh", "late"),
    [
        (180, "due in 3 mins", "3分钟后到期", False),
        (0, "due in 0 secs", "0秒后到期", False),
        (-150, "late by 2 mins", "已超时2分钟", True),
    ],
)
def test_a_promise_says_how_long_it_has_or_how_late_it_is(left_s: int, en: str, zh: str, late: bool) -> None:
    due = NOW + timedelta(seconds=left_s)
    found = {language: say_clock(due, now=NOW, language=language) for language in ("en", "zh")}
    assert (found["en"].words, found["zh"].words, found["en"].late) == (en, zh, late)
