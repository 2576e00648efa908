"""A resident in a chat: telling, asking, following up, and being forgotten, against the real API."""

import re
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import func, select

from backend.conversations.models import Conversation
from backend.incidents.models import Report
from backend.intake.models import Photo, VoiceNote
from backend.intake.thread import by_receipt
from backend.kernel.database import Base
from tests.bot.conftest import Town
from tests.bot.running import Running
from tests.fakes.telegram import Person, picture
from tests.journeys.steps import act, whole
from tests.support.application import acting_session
from tests.support.people import sign_in
from tests.support.processes import eventually

RECEIPT = re.compile(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}")


def receipt_in(text: str) -> str:
    found = RECEIPT.search(text)
    assert found, text
    return found[0]


def reports(town: Town) -> int:
    with acting_session(town.app) as session:
        return len(session.scalars(select(Report.id)).all())


def shown(town: Town, receipt: str) -> dict[str, Any]:
    """The report as its receipt opens it."""
    found: dict[str, Any] = httpx.get(
        f"{town.api}/api/v1/receipt", headers={"Authorization": f"Receipt {receipt}"}
    ).json()
    return found


def tells_report(ann: Person) -> str:
    ann.starts().sees("What do you need?")
    ann.taps("Report something")
    ann.sees_buttons("All topics", "‹ Back", "Cancel", "Start over")
    ann.taps("Something broken or dangerous in the street")
    ann.sees("Where is it?")
    ann.shares_location(30.45, 120.45, accuracy_m=12).sees("Your place is noted")
    ann.says("A manhole cover is loose").sees("Nothing is sent yet")
    ann.taps("Send, and write to me here")
    return receipt_in(ann.sees("Your receipt").text)


def test_a_report_is_told_by_buttons_place_and_words(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    first = ann.starts().sees("In danger? Call first: 110")
    assert "not an emergency service" in first.text
    assert ann.keyboard[:2] == ["🆘 SOS", "📍 Send my place"]
    before = reports(town)
    receipt = tells_report(ann)
    assert reports(town) == before + 1
    ann.taps("My reports")
    listed = ann.sees("1. Sent")
    assert "manhole" not in listed.text
    ann.taps("Report 1")
    ann.sees("Status: Sent")
    ann.says("It is near the school").sees("Your message is passed on")
    ann.taps("Show the receipt")
    ann.sees(receipt)


def test_what_was_written_is_seen_once_it_stands_in_the_chat(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    receipt = tells_report(ann)
    desk = town.app.test_client()
    who = sign_in(desk, "duty")
    incident = shown(town, receipt)["incident"]["id"]
    act(desk, who, incident, "message", text="We come at noon")

    def seen() -> list[bool]:
        return [one["seen_at"] is not None for one in whole(desk, who, incident)["messages"] if one["written_by"]]

    ann.taps("My reports")
    ann.sees("1. ")
    assert seen() == [False]
    ann.taps("Report 1")
    ann.sees("We come at noon")
    assert eventually(lambda: seen() == [True])


def test_a_voice_note_alone_is_a_report(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    ann.starts().sees("What do you need?")
    ann.sends_voice().sees("What is it about?")
    ann.taps("Skip this")
    ann.taps("Skip this")
    ann.sees("Voice notes: 1")
    ann.taps("Send, do not write to me")
    receipt = receipt_in(ann.sees("Your receipt").text)
    assert shown(town, receipt)["text"] == "Voice note"
    with acting_session(town.app) as session:
        assert session.scalar(select(func.count()).select_from(VoiceNote)) == 1


def test_photos_with_words_under_them_go_with_the_report(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    ann.starts().sees("What do you need?")
    ann.sends_photo(caption="The stairs have no rail").sees("Photos noted: 1")
    ann.sends_photo().sees("Photos noted: 2")
    ann.sends_file(picture(), "rail.jpg", "image/jpeg").sees("Photos noted: 3")
    ann.taps("Skip this")
    ann.says("Pine Road, by the bakery").sees("Nothing is sent yet")
    ann.taps("Send, do not write to me")
    receipt = receipt_in(ann.sees("Your receipt").text)
    assert shown(town, receipt)["text"] == "The stairs have no rail"
    with acting_session(town.app) as session:
        assert session.scalar(select(func.count()).select_from(Photo).where(Photo.report_id.is_not(None))) == 3


def test_the_number_comes_first_where_somebody_is_in_danger(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    ann.says("/report").sees("What is it about?")
    ann.taps("⚠️ Somebody is in danger now")
    assert ann.sees("What is it about?").text.startswith("Call first: 110")
    ann.says("A man lies on the road and does not move").sees("Your words are noted")
    ann.taps("Skip this")
    ann.taps("Skip this")
    ann.sees("Nothing is sent yet")
    ann.taps("Send, do not write to me")
    assert ann.sees("Your receipt").text.startswith("Call 1")


def test_a_private_matter_is_answered_here_only_when_that_was_said_to_be_safe(town: Town, bot: Running) -> None:
    kept = []
    for button in ("Send. Do not write to me", "Send. It is safe to write here"):
        ann = town.telegram.person("Ann")
        ann.says("/report").sees("What is it about?")
        ann.taps("I am worried about a child")
        ann.sees("Where is it?")
        ann.taps("Skip this")
        ann.says("She comes to school hungry").sees("Who else can read this chat?")
        ann.taps(button)
        kept.append(shown(town, receipt_in(ann.sees("Your receipt").text))["reached_by"])
    assert kept == [[], ["telegram"]]


def test_help_is_asked_for_with_a_rough_place_in_chinese(town: Town, bot: Running) -> None:
    wang = town.telegram.person("Wang", language="zh-hans")
    wang.starts().sees("有危险？请先拨打：110")
    wang.taps("求助或帮忙")
    wang.taps("我需要帮助")
    wang.taps("食物和餐食")
    wang.sees("大概在哪里")
    wang.shares_location(30.45678, 120.45678).sees("已记下您的大概位置")
    wang.taps("跳过")
    wang.taps("发送，不要写给我")
    receipt_in(wang.sees("您的回执码").text)
    with acting_session(town.app) as session:
        report = session.scalars(select(Report).where(Report.kind == "aid_request")).one()
        assert (report.lat, report.lon, report.category) == (30.457, 120.457, "AID01")


def test_a_report_moves_to_the_page_and_back_by_its_receipt(town: Town, bot: Running) -> None:
    sent = httpx.post(
        f"{town.api}/api/v1/reports", json={"client_id": str(uuid4()), "kind": "concern", "text": "From the page"}
    ).json()
    ann = town.telegram.person("Ann")
    ann.says(sent["receipt"].lower().replace("-", " ")).sees("Status: Sent")
    ann.taps("You may write to me here")
    ann.sees("We write to you here")
    assert shown(town, sent["receipt"])["reached_by"] == ["telegram"]
    ann.says("0000-0000-0000-0001").sees("No report has this receipt")


def test_a_report_is_taken_back(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    receipt = tells_report(ann)
    ann.says("/mine").sees_buttons("Report 1")
    ann.taps("Report 1")
    ann.taps("Take it back")
    ann.sees("You cannot undo this")
    ann.taps("Yes, take it back")
    ann.sees("Taken back")
    assert shown(town, receipt)["status"] == "withdrawn"


def test_forgetting_leaves_no_trace_of_the_chat(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    receipt = tells_report(ann)
    assert shown(town, receipt)["reached_by"] == ["telegram"]
    with acting_session(town.app) as session:
        before = session.scalar(select(func.count()).select_from(Conversation))
    ann.says("/privacy").sees("/forget erases")
    ann.taps("Forget me")
    ann.taps("Yes, forget me")
    assert receipt in ann.sees("Forgotten").text
    assert shown(town, receipt)["reached_by"] == []
    with acting_session(town.app) as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == (before or 0) - 1
    ann.says("/mine").sees("No report was sent from this chat yet")


def test_the_language_is_changed_and_kept(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann", language="fr")
    ann.says("/language").sees("Which language?")
    ann.taps("中文")
    ann.sees("从现在起使用中文")
    assert ann.keyboard[0] == "🆘 紧急求助"
    ann.says("/help").sees("报告情况")


def test_what_is_not_understood_is_answered_with_the_way_on(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    ann.says("/report").sees("What is it about?")
    ann.sends_sticker()
    assert "Cancel" in ann.sees("not this").buttons
    ann.says("/nonsense").sees("I do not know this command")
    ann.says("about a dog")
    ann.corrects("about a cat")
    ann.sees("I look only at new messages")
    assert town.telegram.complaints == []


def test_no_readable_chat_id_is_kept_in_any_table(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    tells_report(ann)
    number = str(ann.id).encode()
    found = []
    with acting_session(town.app) as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)).all():
                found += [table.name for value in row if number in repr(value).encode()]
    assert set(found) == set()
    assert len(Base.metadata.sorted_tables) > 20


def test_a_live_place_begins_a_report_and_follows_it_without_burying_the_chat(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    ann.starts().sees("What do you need?")
    ann.shares_location(30.45, 120.45, live_s=900).sees("Your place is noted")
    for step in range(1, 6):
        ann.moves(30.45 + step / 1000, 120.45)
    ann.taps("Skip this")
    ann.says("A dog is on the road").sees("Nothing is sent yet")
    ann.taps("Send, do not write to me")
    receipt = receipt_in(ann.sees("Your receipt").text)
    with acting_session(town.app) as session:
        found = by_receipt(session, receipt, ring=town.app.extensions["linli"].keyring).report
        assert found.lat == 30.455
    ann.moves(30.47, 120.45)
    ann.says("/help").sees("/report")
    said = [call for call in town.telegram.calls("sendMessage") if str(call.given["chat_id"]) == str(ann.id)]
    assert len(said) == 4


def test_a_file_that_telegram_does_not_give_is_said_so(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    ann.starts().sees("What do you need?")
    town.telegram.fails("bad", "getFile", times=1)
    ann.sends_photo()
    assert "send it again" in ann.sees("did not give us this file").text
    town.telegram.fails("down", "getFile", times=1)
    ann.sends_photo().sees("Photos noted: 1")
