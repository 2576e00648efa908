"""What people do in the chat, from the first word to what staff sees: the real bot, all processes, a simulated Telegram."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from backend.kernel.languages import say as words
from tests.fakes.telegram import picture, voice_note
from tests.journeys.chatting import House, Talk, house
from tests.support.baishi import NANMEN
from tests.support.processes import eventually

pytestmark = pytest.mark.slow
LANGUAGES = ("en", "zh")
both = pytest.mark.parametrize("language", LANGUAGES)
HERE = (NANMEN["lat"], NANMEN["lon"])


@pytest.fixture(scope="module")
def home(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all journeys; everybody who comes is somebody new."""
    with house(postgres, tmp_path_factory.mktemp("chat")) as running:
        yield running


@pytest.fixture
def talk(home: House, language: str) -> Talk:
    """Somebody who opens the chat."""
    return arriving(home, "Ann", language)


def arriving(home: House, name: str, language: str) -> Talk:
    """Somebody in Nanmen who opens the chat."""
    who = home.town.person(name, language)
    who.at = HERE
    return Talk(home, who, language).begins()


def sent_report(talk: Talk, words: str) -> str:
    """A report by words, a tile and the phone's place, with news in the chat; its receipt."""
    talk.who.says(words)
    talk.sees("topic.concern")
    talk.topic("CN01")
    talk.sees("place.ask")
    talk.tap("menu.place")
    talk.sees("ready.ask")
    talk.tap("button.send:news")
    return talk.receipt()


@both
def test_a_report_by_words_a_tile_and_the_phones_place(home: House, talk: Talk) -> None:
    receipt = sent_report(talk, "The manhole cover in front of No. 12 is loose 井盖松动")
    seen = home.incident_of(receipt)
    (report,) = seen["reports"]
    assert (seen["category"], report["channel"], report["language"]) == ("CN01", "telegram", talk.language)
    assert report["text"] == "The manhole cover in front of No. 12 is loose 井盖松动"
    assert (report["lat"], report["lon"], report["accuracy_m"]) == (*HERE, 12)


@both
def test_a_report_by_buttons_a_landmark_a_photo_and_a_voice_note(home: House, talk: Talk) -> None:
    talk.tap("menu.report")
    talk.sees("topic.concern")
    talk.topic("CN04")
    talk.sees("place.ask")
    talk.who.says("Behind the school, by the second gate")
    talk.sees("place.noted")
    talk.who.sends_photo(picture(with_place=True))
    talk.sees("photo.kept", count=1)
    talk.who.sends_voice(voice_note(3), 3)
    talk.sees("voice.kept")
    talk.tap("button.send:only")
    receipt = talk.receipt()
    seen = home.incident_of(receipt)
    (report,) = seen["reports"]
    assert report["landmark"] == "Behind the school, by the second gate"
    photo = home.api.get(f"/api/v1/photos/{seen['photos'][0]['id']}", headers=home.as_("top"))
    assert dict(Image.open(BytesIO(photo.content)).getexif()) == {}
    (voice,) = seen["voices"]
    heard = home.api.get(f"/api/v1/voice/{voice['id']}", headers=home.as_("top"))
    assert heard.content == voice_note(3)


@both
def test_sos_with_a_live_place_ends_by_the_code_alone(home: House, talk: Talk) -> None:
    talk.who.says("/codes")
    talk.sees("code.ask")
    talk.who.says("lantern 42")
    talk.sees("duress.ask")
    talk.who.says("paper 17")
    talk.sees("code.done")
    talk.tap("menu.sos")
    talk.sees("sos.ask")
    talk.tap("button.sos:go")
    talk.sees("sos.on")
    receipt = home.rows("SELECT kind FROM report WHERE kind = 'distress'")
    assert receipt
    talk.who.shares_location(*HERE, live_s=900).moves(HERE[0] + 0.001, HERE[1])
    talk.who.says("/mine")
    talk.sees("mine.ask")
    talk.tap("mine.button", number=1)
    code = opened_receipt(talk)
    assert eventually(lambda: place_of(home, code) == (HERE[0] + 0.001, HERE[1]))
    talk.tap("menu.sos")
    talk.sees("sos.on")
    talk.tap("button.sos:end")
    talk.sees("sos.code")
    talk.who.says("wrong code")
    talk.sees("sos.code")
    talk.who.says("LANTERN 42")
    talk.sees("sos.ended")
    texts = [one.text for one in talk.who.everything()]
    assert not {"lantern 42", "paper 17", "wrong code", "LANTERN 42"} & set(texts)
    events = {one["type"] for one in home.incident_of(code)["timeline"]}
    assert "AlarmCancelled" in events
    assert "DuressSignalled" not in events


def place_of(home: House, code: str) -> tuple[float, float]:
    """Where staff sees the person now."""
    (report,) = home.incident_of(code)["reports"]
    return report["lat"], report["lon"]


def opened_receipt(talk: Talk) -> str:
    """The receipt of the report that is open."""
    talk.sees("report.ask")
    talk.tap("button.code")
    first = talk.says("report.code", receipt="@").partition("@")[0]
    return talk.who.sees(first).text.partition(first)[2].split("\n")[0].strip()


@both
def test_under_duress_the_chat_looks_the_same_and_the_alarm_goes_on(home: House, talk: Talk) -> None:
    talk.who.says("/codes")
    talk.sees("code.ask")
    talk.who.says("lantern 42")
    talk.sees("duress.ask")
    talk.who.says("paper 17")
    talk.sees("code.done")
    talk.tap("menu.sos")
    talk.sees("sos.ask")
    talk.who.shares_location(*HERE)
    talk.sees("sos.on")
    talk.tap("button.sos:end")
    talk.sees("sos.code")
    talk.who.says("paper 17")
    ended = talk.sees("sos.ended")
    talk.who.says("/mine")
    talk.sees("mine.ask")
    talk.tap("mine.button", number=1)
    seen = home.incident_of(opened_receipt(talk))
    assert seen["status"] not in {"closed", "withdrawn"}
    assert "duress" in str(seen["timeline"]).lower()
    assert "duress" not in ended.text.lower()


@both
@pytest.mark.parametrize("kind", ["aid_request", "aid_offer"])
def test_help_is_asked_for_and_offered_with_a_rough_place(home: House, talk: Talk, kind: str) -> None:
    talk.tap("menu.aid")
    talk.sees("aid.ask")
    talk.tap(f"button.{kind}")
    talk.sees(f"topic.{kind}")
    talk.topic("AID01")
    talk.sees("place.ask_rough")
    talk.tap("menu.place")
    talk.sees("place.kept_rough")
    talk.tap("button.skip")
    talk.sees("ready.ask")
    talk.tap("button.send:news")
    (report,) = home.incident_of(talk.receipt())["reports"]
    assert report["kind"] == kind
    assert abs(report["lat"] - HERE[0]) < 0.01


def asks_or_offers(talk: Talk, kind: str) -> str:
    """Food, at the person's rough place, shown to neighbours; the receipt."""
    talk.tap("menu.aid")
    talk.tap(f"button.{kind}")
    talk.topic("AID01")
    talk.tap("menu.place")
    talk.tap("button.skip")
    talk.sees("ready.no_board")
    talk.tap("button.board:on")
    talk.sees("ready.board")
    talk.tap("button.send:only")
    receipt = talk.receipt()
    with_neighbours(talk)
    return receipt


def with_neighbours(talk: Talk) -> None:
    """Open the newest report and how it stands with neighbours."""
    talk.tap("menu.mine")
    talk.tap("mine.button", number=1)
    talk.tap("button.neighbours")
    talk.sees("near.ask")


def test_two_neighbours_find_each_other_agree_and_stop_what_feels_wrong(home: House) -> None:
    ann, bo = arriving(home, "Ann", "en"), arriving(home, "Bo", "zh")
    receipt = asks_or_offers(ann, "aid_request")
    asks_or_offers(bo, "aid_offer")
    bo.tap("button.around")
    bo.sees("board.ask")
    bo.tap("menu.place")
    bo.sees("distance.under_500m")
    bo.tap("board.button", number=1)
    bo.sees("match.told")
    with_neighbours(ann)
    ann.tap("near.button", number=1)
    ann.sees("match.place_then")
    ann.tap("button.say:accept")
    ann.sees("match.ask")
    ann.who.says("Ring at the gate")
    ann.who.sees("Ring at the gate")
    with_neighbours(bo)
    bo.tap("near.button", number=1)
    bo.who.sees("Ring at the gate")
    bo.tap("button.say:done")
    bo.sees("match.told")
    ann.tap("button.worry")
    ann.sees("worry.ask")
    ann.who.says("He asked for my bank card")
    ann.sees("match.ask_only")
    (match,) = home.receipt(receipt)["matches"]
    assert (match["state"], match["done_by_other"]) == ("frozen", True)


@both
def test_messages_go_both_ways_and_the_chat_is_told_without_a_word_of_them(home: House, talk: Talk) -> None:
    receipt = sent_report(talk, "The street light at the school is broken")
    incident = home.incident_of(receipt)["id"]
    home.post(f"incidents/{incident}/message", home.as_("top"), text="Which of the two lights is it?")
    told = talk.who.sees_what(lambda one: "news" in str(one.message.get("reply_markup")), "a notice with its button")
    assert told.is_protected
    assert "light" not in told.text
    talk.who.taps(told.buttons[0])
    talk.sees("mine.ask")
    talk.tap("mine.button", number=1)
    talk.who.sees("Which of the two lights is it?")
    talk.who.says("The one at the gate")
    talk.sees("report.told.messages")
    assert "The one at the gate" in str(home.get(f"incidents/{incident}", home.as_("top")))


@both
def test_a_report_is_taken_back_from_the_chat(home: House, talk: Talk) -> None:
    receipt = sent_report(talk, "A dog has been barking")
    talk.tap("menu.mine")
    talk.sees("mine.ask")
    talk.tap("mine.button", number=1)
    talk.sees("report.ask")
    talk.tap("button.withdraw")
    talk.sees("withdraw.ask")
    talk.tap("button.withdraw:yes")
    talk.sees("report.told.withdraw")
    assert home.receipt(receipt)["status"] == "withdrawn"


@both
def test_who_asks_to_be_forgotten_is_written_to_no_more(home: House, talk: Talk) -> None:
    receipt = sent_report(talk, "Rubbish beside the stairs")
    incident = home.incident_of(receipt)["id"]
    talk.who.says("/forget")
    talk.sees("forget.ask")
    talk.tap("button.forget:yes")
    gone = talk.who.sees(receipt)
    assert talk.says("forget.done", receipts=receipt) == gone.text
    talk.who.says("/mine")
    talk.sees("mine.none")
    home.post(f"incidents/{incident}/message", home.as_("top"), text="It was taken away")
    other = arriving(home, "Bo", talk.language)
    second = sent_report(other, "Another heap of rubbish")
    home.post(f"incidents/{home.incident_of(second)['id']}/message", home.as_("top"), text="We come tomorrow")
    other.who.sees_what(lambda one: "news" in str(one.message.get("reply_markup")), "the later notice")
    assert [one for one in talk.who.unseen() if "news" in str(one.message.get("reply_markup"))] == []


@both
def test_a_receipt_of_the_page_opens_in_the_chat_and_one_of_the_chat_on_the_page(home: House, talk: Talk) -> None:
    sent = home.report(kind="concern", text="A hole in the road", place=NANMEN, language=talk.language)
    talk.who.says(sent["receipt"].lower())
    talk.sees("report.ask")
    talk.who.says("It is deep")
    talk.sees("report.told.messages")
    assert "It is deep" in str(home.receipt(sent["receipt"])["messages"])
    talk.who.says("/start")
    talk.sees("home.ask")
    own = sent_report(talk, "A bench is broken")
    page = home.api.get("/receipt", headers={"Accept": "text/html"}, params={"lang": talk.language})
    assert page.status_code == 200
    assert home.receipt(own)["status"]


HELPERS = {"en": "helper0", "zh": "helper1"}


def chat_button(name: str, language: str) -> str:
    """What stands on a button of the worker's own messages."""
    return words(f"chat.button.{name}", language)


def linked(home: House, talk: Talk, login: str) -> None:
    """Link the chat to somebody who is signed in."""
    code = home.post("me/chat-code", home.as_(login))["code"]
    talk.who.says(f"/link {code}")
    talk.sees("link.person", label="Nanmen Residents' Committee")


@both
def test_a_volunteer_takes_a_task_in_the_chat_and_learns_the_place_only_then(home: House, talk: Talk) -> None:
    login = HELPERS[talk.language]
    linked(home, talk, login)
    talk.who.says("/duty")
    talk.sees("duty.ask")
    talk.tap("button.hours", hours=2)
    talk.who.sees(talk.says("duty.on", span="@").partition("@")[0])
    sent = home.report(kind="distress", category="DS09", text="I fell and cannot get up", place=NANMEN)
    incident = sent["incident"]["id"]
    home.post(f"incidents/{incident}/triage", home.as_("top"), category="DS09", grade=2, emergency_attends="not_needed")
    seen, accept, decline = (chat_button(name, talk.language) for name in ("seen", "accept", "decline"))
    offer = talk.who.sees_buttons(seen, accept, decline)
    assert offer.is_protected
    before = [one for one in talk.who.everything() if one.place]
    assert before == []
    assert not {"fell", "跌"} & set(offer.text.lower().split())
    talk.who.taps(seen)
    talk.sees("offer.seen")
    talk.tap("button.offer.accept")
    place = talk.who.sees_place()
    assert (place.place, place.is_protected) == (HERE, True)
    for act in ("way", "arrived", "done"):
        talk.tap(f"button.offer.{act}")
        talk.sees(f"offer.{act}")
    told = {one["what"] for one in home.receipt(sent["receipt"])["deliveries"] if one["at"]}
    assert {"arrived"} <= told
    talk.who.says("/unlink")
    talk.sees("link.ended")


@both
def test_a_group_that_is_linked_to_a_desk_gets_its_sos(home: House, talk: Talk) -> None:
    group = home.town.group("Nanmen desk", [talk.who])
    desk = home.world.desks["Nanmen Residents' Committee"]
    code = home.post(f"desks/{desk}/chat-code", home.as_("top"))["code"]
    talk.who.adds_bot(group)
    talk.who.says(f"/link {code}", group)
    group.sees(talk.says("link.desk", label="@").partition("@")[0].strip())
    sent = home.report(kind="distress", category="DS02", danger_now=True, text="Smoke from a window", place=NANMEN)
    notice = group.sees_what(
        lambda one: sent["incident"]["id"] in str(one.message), "a notice that leads to the incident"
    )
    assert notice.is_protected
    assert "moke" not in notice.text
    talk.who.says("/unlink", group)
    group.sees(talk.says("link.ended"))
