"""A Telegram for tests and for the demo: its Bot API over real HTTP, its people, its limits and its failures.

    with telegram() as town:
        ann = town.person("Ann", language="zh")
        ann.starts()
        ann.taps("报告问题")

``python -m tests.fakes.telegram`` runs it alone, with the page of the demo.
"""

from tests.fakes.telegram.errors import Fault
from tests.fakes.telegram.files import picture, voice_note
from tests.fakes.telegram.people import Group, Person, Shown, Tap
from tests.fakes.telegram.running import Telegram, telegram

__all__ = ["Fault", "Group", "Person", "Shown", "Tap", "Telegram", "picture", "telegram", "voice_note"]
