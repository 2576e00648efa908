"""Many are written to at once, and an SOS must pass them. ``python -m tests.chaos.bot_storm`` prints the figures."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import update

from backend.app import create_app
from backend.incidents.models import Report
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.outbox import Notice, announce
from backend.settings import Settings
from tests.conftest import TEST_KEY
from tests.fakes.telegram import Group
from tests.journeys.chatting import House
from tests.support.baishi import NANMEN
from tests.support.incidents import add_report, open_incident
from tests.support.processes import eventually

SOS_EVERY_S, SOS_MOST_S = 20.0, 5.0
AT_ONCE = 500


@dataclass
class Flood:
    """What came of writing to many: how long it took, how soon each SOS passed, and how close to the limits it went."""

    recipients: int
    arrived: int = 0
    twice: int = 0
    took_s: float = 0.0
    passed_s: list[float] = field(default_factory=list)
    peak: int = 0
    refused: int = 0


def flood(home: House, *, recipients: int) -> Flood:
    """Write to so many residents, and raise an SOS every now and then meanwhile."""
    meter, found = home.town.world.meter, Flood(recipients)
    meter.refused, meter.overall.peak = 0, 0
    group, chats = _desk_group(home), _residents(home, recipients)
    began = time.monotonic()
    _write_to_all(home, chats)

    def arrived() -> int:
        with home.town.world.held():
            return sum(bool(home.town.world.chats[chat].shown) for chat in chats)

    assert eventually(lambda: arrived() > 0), "nobody was written to"
    while (before := arrived()) < recipients:
        found.passed_s.append(_sos_passes(home, group))
        deadline = time.monotonic() + SOS_EVERY_S
        while time.monotonic() < deadline and arrived() < recipients:
            time.sleep(0.2)
        assert arrived() > before, "no more messages go out"
    found.arrived = arrived()
    found.took_s = time.monotonic() - began
    found.twice = sum(len(home.town.world.chats[chat].shown) > 1 for chat in chats)
    found.peak, found.refused = meter.overall.peak, meter.refused
    return found


def _desk_group(home: House) -> Group:
    who = home.town.person("Coordinator").starts()
    group = home.town.group("Nanmen desk", [who])
    desk = home.world.desks["Nanmen Residents' Committee"]
    code = home.post(f"desks/{desk}/chat-code", home.as_("top"))["code"]
    who.adds_bot(group)
    who.says(f"/link {code}", group)
    group.sees("/unlink")
    return group


def _residents(home: House, count: int) -> list[int]:
    """People who let the bot write to them once."""
    people = home.town.people(count)
    with home.town.world.held():
        for one in people:
            one.chat.bot = "member"
    return [one.id for one in people]


def _write_to_all(home: House, chats: Sequence[int]) -> None:
    """An incident that all of them reported, and news of it."""
    settings = Settings.from_env(
        {}, second_factor="offered", database_url=home.database_url, data=home.folder, master_key=TEST_KEY, log_level="error",
        telegram_token=home.town.token, telegram_api=home.town.url,
    )  # fmt: skip
    app, now = create_app(settings), datetime.now(UTC)
    with app.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        incident = open_incident(session, now, grade=4)
        session.commit()
        for at in range(0, len(chats), AT_ONCE):
            act_as(session, SYSTEM)
            ring = app.extensions["linli"].keyring
            ids = [
                add_report(session, ring, now, incident_id=incident, contact={"telegram": str(chat), "consent": True})
                for chat in chats[at : at + AT_ONCE]
            ]
            session.execute(update(Report).where(Report.id.in_(ids)).values(reach=["telegram"]))
            told = [Notice("reporter_answer", incident, report_id=one, lane="bulk") for one in ids]
            announce(session, told, now=now)
            session.commit()
        db.session.remove()
        db.engine.dispose()


def _sos_passes(home: House, group: Group) -> float:
    """Seconds from sending an SOS on the page until the desk's group has it."""
    began = time.monotonic()
    sent = home.report(kind="distress", category="DS02", danger_now=True, text="Smoke from a window", place=NANMEN)
    incident = sent["incident"]["id"]
    group.sees_what(lambda one: incident in str(one.message), "the notice of the SOS", within_s=60)
    passed_s = time.monotonic() - began
    # Somebody answers it, as at a desk that is staffed: reminders of what nobody reads would fill the group.
    home.post(f"incidents/{incident}/message", home.as_("top"), text="We are coming")
    return passed_s
