"""SOS by chat: sent at once, followed by the live place, ended by a code; the second code looks just the same."""

from typing import NamedTuple

from sqlalchemy import select

from backend.incidents.models import Incident, Report
from backend.incidents.reading import timeline
from tests.bot.conftest import Town
from tests.bot.running import Running
from tests.bot.test_residents import receipt_in
from tests.fakes.telegram import Person
from tests.fakes.telegram.world import Made
from tests.support.application import acting_session


class Newest(NamedTuple):
    """The newest report and its incident."""

    kind: str
    grade: int
    language: str | None
    at: tuple[float | None, float | None]
    facts: list[str]


def newest(town: Town) -> Newest:
    with acting_session(town.app) as session:
        report = session.scalars(select(Report).order_by(Report.received_at.desc(), Report.id.desc())).first()
        assert report is not None
        incident = session.get_one(Incident, report.incident_id)
        facts = [str(event["type"]) for event in timeline(session, incident.id)]
        return Newest(incident.kind, incident.grade, report.language, (report.lat, report.lon), facts)


def sets_codes(ann: Person) -> None:
    ann.says("/codes").sees("A code ends your next SOS")
    ann.says("Blue Door").sees("You can set a second code")
    ann.says("red door").sees("Your codes go with your next SOS")


def sends_sos(town: Town, ann: Person) -> None:
    town.later()
    ann.taps("🆘 SOS")
    asked = ann.sees("Nothing is sent yet")
    assert asked.text.startswith("Call first: 110")
    ann.taps("🆘 Send SOS now")
    ann.sees("SOS is on")


def test_an_sos_goes_out_with_two_taps_and_follows_the_live_place(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    ann.starts().sees("What do you need?")
    sends_sos(town, ann)
    assert newest(town).kind == "distress"
    assert newest(town).at == (None, None)
    ann.shares_location(30.45, 120.45, live_s=900)
    ann.moves(30.451, 120.451)
    ann.moves(30.452, 120.452)
    ann.says("He is at the door").sees("Passed on")
    found = newest(town)
    assert found.at == (30.452, 120.452)
    assert found.facts.count("PositionUpdated") == 3
    assert found.facts.count("ReporterWrote") == 1
    ann.taps("I am safe, end SOS")
    ann.taps("Yes, end it")
    ann.sees("You ended the SOS")
    ann.moves(30.46, 120.46)
    ann.says("/help").sees("/report")
    assert newest(town).at == (30.452, 120.452)


def told_of(call: Made) -> dict[str, object]:
    """What a call gives, but for the number of the chat."""
    return {name: value for name, value in call.given.items() if name != "chat_id"}


def test_a_code_and_the_duress_code_are_answered_alike_to_the_last_byte_in_the_same_order(
    town: Town, bot: Running
) -> None:
    seen, made = [], []
    for person, code, fact in (("Ann", " BLUE  door", "AlarmCancelled"), ("Bo", "Red Door", "DuressCodeUsed")):
        one = town.telegram.person(person)
        one.starts().sees("What do you need?")
        sets_codes(one)
        sends_sos(town, one)
        one.unseen()
        one.taps("I am safe, end SOS")
        one.sees("Type your code")
        one.says("not this").sees("does not end the alarm")
        before = len(town.telegram.calls())
        one.says(code)
        seen.append(one.sees("You ended the SOS").text)
        calls = [call for call in town.telegram.calls()[before:] if call.method != "getUpdates"]
        made.append([(call.method, call.size, told_of(call)) for call in calls])
        assert newest(town).facts[-1] == fact
        typed = [shown.text for shown in one.everything()]
        assert not {code, "not this", "Blue Door", "red door"} & set(typed)
    assert seen[0] == seen[1]
    assert made[0] == made[1]
    assert [size > 0 for _, size, _ in made[0]] == [True] * len(made[0])


def test_an_sos_by_words_alone_in_chinese(town: Town, bot: Running) -> None:
    town.later()
    wang = town.telegram.person("Wang", language="zh-hans")
    wang.says("/sos").sees("请先拨打：110")
    wang.says("有人砸门").sees("求助进行中")
    assert newest(town).language == "zh"
    assert newest(town).grade == 1
    wang.taps("可以在这里写给我")
    wang.sees("有消息时会在这里告诉您")
    wang.says("/report").sees("是关于什么的")
    wang.taps("取消")
    wang.sees("您的求助仍在进行中")


def test_a_photo_sends_the_sos_first_and_follows_it(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    town.later()
    ann.says("/sos").sees("Nothing is sent yet")
    ann.sends_photo().sees("SOS is on")
    assert newest(town).facts.count("ReporterWrote") == 1


def test_a_receipt_is_shown_for_the_sos_too(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    ann.says("/sos").sees("Nothing is sent yet")
    ann.taps("🆘 Send SOS now")
    ann.sees("SOS is on")
    ann.says("/mine").sees_buttons("Report 1")
    ann.taps("Report 1")
    ann.taps("Show the receipt")
    assert receipt_in(ann.sees("Receipt:").text)
