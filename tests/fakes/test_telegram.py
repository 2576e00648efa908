"""The simulated Telegram answers as the real one: held against its published description, and read by a real client."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, Location
from telegram import ReplyKeyboardMarkup as Keys
from telegram import error as errors
from telegram.request import HTTPXRequest

from tests.fakes.telegram import Telegram, picture, telegram, voice_note
from tests.fakes.telegram.contract import published
from tests.fakes.telegram.limits import Meter
from tests.fakes.telegram.methods import METHODS
from tests.support.processes import eventually, free_port
from tests.support.webhooks import webhook_receiver

Doing = Callable[[Bot], Awaitable[Any]]
YES_NO = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Yes", callback_data="y"), InlineKeyboardButton("No", callback_data="n")]]
)


@pytest.fixture(autouse=True)
def durations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the client name durations as it will from its next version on."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def town() -> Iterator[Telegram]:
    """A Telegram of the test's own; nothing that was called or answered may differ from the description."""
    with telegram(local_links=False) as running:
        yield running
        assert running.complaints == []


def client(town: Telegram, doing: Doing, token: str | None = None) -> Any:
    """What a real client's bot does and is answered."""

    async def run() -> Any:
        request = HTTPXRequest(read_timeout=3, connect_timeout=3)
        bot = Bot(
            token or town.token, base_url=f"{town.url}/bot", base_file_url=f"{town.url}/file/bot", request=request,
            get_updates_request=HTTPXRequest(read_timeout=3),
        )  # fmt: skip
        async with bot:
            return await doing(bot)

    return asyncio.run(run())


def raw(town: Telegram, method: str, **given: Any) -> httpx.Response:
    """A call without a client library."""
    return httpx.post(f"{town.url}/bot{town.token}/{method}", json=given, timeout=5)


def updates(town: Telegram, **given: Any) -> list[dict[str, Any]]:
    """What is fetched now."""
    found: list[dict[str, Any]] = raw(town, "getUpdates", **given).json()["result"]
    return found


# Answers


async def everything(bot: Any, chat: int) -> list[Any]:
    """Each method that is simulated, once, as a bot uses it."""
    sent = await bot.send_message(
        chat, "Hello <b>you</b>", parse_mode="HTML", reply_markup=YES_NO, protect_content=True
    )
    photo = await bot.send_photo(chat, picture(), caption="A photo")
    again = await bot.send_photo(chat, photo.photo[-1].file_id)
    live = await bot.send_location(chat, 24.8, 120.9, live_period=600)
    voice = await bot.send_voice(chat, voice_note(), duration=2)
    loaded = await (await bot.get_file(voice.voice.file_id)).download_as_bytearray()
    assert bytes(loaded) == voice_note()
    return [
        await bot.get_me(),
        await bot.edit_message_text("Other words", chat, sent.message_id),
        await bot.edit_message_reply_markup(chat, sent.message_id, reply_markup=YES_NO),
        await bot.edit_message_caption(chat, again.message_id, caption="Other"),
        await bot.edit_message_live_location(chat, live.message_id, latitude=24.9, longitude=121.0),
        await bot.stop_message_live_location(chat, live.message_id),
        await bot.send_venue(chat, 24.8, 120.9, "The school", "Main street 1"),
        await bot.send_document(chat, b"text", filename="a.txt"),
        await bot.send_chat_action(chat, "typing"),
        await bot.pin_chat_message(chat, sent.message_id),
        await bot.delete_message(chat, photo.message_id),
        await bot.set_my_commands([BotCommand("report", "Report something")], language_code="zh"),
        await bot.get_my_commands(language_code="zh"),
        await bot.delete_my_commands(),
        await bot.set_my_name("Linli"),
        await bot.get_my_name(),
        await bot.set_my_description("Neighbourhood safety"),
        await bot.get_my_description(),
        await bot.set_my_short_description("Neighbourhood safety", language_code="en"),
        await bot.get_my_short_description(language_code="en"),
        await bot.set_chat_menu_button(chat),
        await bot.get_chat(chat),
        await bot.get_chat_member(chat, chat),
        await bot.get_chat_member_count(chat),
        await bot.set_webhook("https://bot.example.org/x", secret_token="abc", allowed_updates=["message"]),
        await bot.get_webhook_info(),
        await bot.delete_webhook(),
        await bot.get_updates(),
    ]


def test_a_real_client_accepts_every_answer(town: Telegram) -> None:
    town.world.meter.enforced = False
    ann = town.person().starts()
    group = town.group("Desk", [ann])
    ann.adds_bot(group)
    found = client(town, lambda bot: everything(bot, ann.id))
    administrators = client(town, lambda bot: bot.get_chat_administrators(group.chat.id))
    assert None not in found
    assert administrators[0].user.id == ann.id
    client(town, lambda bot: bot.leave_chat(group.chat.id))
    called = {call.method for call in town.calls()}
    assert called - {"getUpdates"} == METHODS.keys() - {"answerCallbackQuery"}


def test_every_method_that_is_simulated_exists() -> None:
    contract = published()
    if contract is None:
        pytest.skip("the description of the Bot API is not on this machine")
    assert METHODS.keys() <= set(contract.names())


@pytest.mark.parametrize(
    "method, given, complaint",
    [
        ("sendMessage", {"chat_id": 1}, "sendMessage needs text"),
        ("sendMessage", {"chat_id": 1, "text": 5}, "sendMessage: text is no String"),
        ("sendMessage", {"chat_id": 1, "text": "a", "colour": "red"}, "sendMessage takes no colour"),
        ("sendLocation", {"chat_id": 1, "latitude": "north", "longitude": 1}, "sendLocation: latitude is no Float"),
        ("sendMessage", {"chat_id": 1, "text": "a", "reply_markup": {"inline_keyboard": [[{"data": "x"}]]}}, "reply_markup is no"),
        ("sendMassage", {}, "sendMassage is not simulated"),
    ],
)  # fmt: skip
def test_a_call_that_differs_from_the_description_is_noticed(
    method: str, given: dict[str, Any], complaint: str
) -> None:
    if published() is None:
        pytest.skip("the description of the Bot API is not on this machine")
    with telegram() as town:
        raw(town, method, **given)
        assert any(complaint in one for one in town.complaints), town.complaints


def test_without_the_description_everything_works_and_nothing_is_held_against_it() -> None:
    with telegram(contract=None) as town:
        ann = town.person().starts()
        assert raw(town, "sendMessage", chat_id=ann.id, text="Hello", colour="red").json()["ok"]
        assert (ann.sees("Hello").text, town.complaints) == ("Hello", [])


# Errors


def to(method: str, **given: Any) -> Callable[[int], Doing]:
    return lambda chat: lambda bot: getattr(bot, method)(chat, **given)


REFUSED: list[tuple[Callable[[int], Doing], type[errors.TelegramError], str]] = [
    (lambda _: lambda bot: bot.send_message(77, "Hello"), errors.BadRequest, "Chat not found"),
    (to("send_message", text=" "), errors.BadRequest, "Message text is empty"),
    (to("send_message", text="a" * 4097), errors.BadRequest, "Message is too long"),
    (to("send_message", text="<b>a", parse_mode="HTML"), errors.BadRequest, "Can't parse entities"),
    (to("send_message", text="a", reply_to_message_id=99), errors.BadRequest, "Message to be replied not found"),
    (to("send_photo", photo="nonsense"), errors.BadRequest, "Wrong remote file identifier"),
    (to("send_location", latitude=99, longitude=0), errors.BadRequest, "Invalid location specified"),
    (to("delete_message", message_id=99), errors.BadRequest, "Message to delete not found"),
    (lambda chat: lambda bot: bot.edit_message_text("a", chat, 99), errors.BadRequest, "Message to edit not found"),
    (lambda chat: lambda bot: bot.edit_message_text("a", chat, 1), errors.BadRequest, "Message can't be edited"),
    (lambda _: lambda bot: bot.get_file("nonsense"), errors.BadRequest, "Invalid file_id"),
    (lambda _: lambda bot: bot.answer_callback_query("1"), errors.BadRequest, "Query is too old"),
    (lambda _: lambda bot: bot.set_webhook("http://bot.example.org"), errors.BadRequest, "https url must be provided"),
    (lambda _: lambda bot: bot.set_my_commands([BotCommand("Report!", "x")]), errors.BadRequest, "Bot_command_invalid"),
    (to("send_message", text="a", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="b" * 65)]])),
     errors.BadRequest, "Button_data_invalid"),
    (to("send_message", text="a", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("a", url="http://localhost:8000/x")]])),
     errors.BadRequest, "wrong http url"),
]  # fmt: skip


@pytest.mark.parametrize("doing, kind, words", REFUSED, ids=[words for _, _, words in REFUSED])
def test_what_telegram_refuses_is_refused_in_its_words(
    town: Telegram, doing: Callable[[int], Doing], kind: type[errors.TelegramError], words: str
) -> None:
    ann = town.person().starts()
    with pytest.raises(kind, match=words):
        client(town, doing(ann.id))


def test_a_message_that_stays_the_same_is_not_modified(town: Telegram) -> None:
    ann = town.person().starts()

    async def twice(bot: Any) -> None:
        sent = await bot.send_message(ann.id, "Hello", reply_markup=YES_NO)
        with pytest.raises(errors.BadRequest, match="Message is not modified"):
            await bot.edit_message_text("Hello", ann.id, sent.message_id, reply_markup=YES_NO)
        changed = await bot.edit_message_text("Hello", ann.id, sent.message_id)
        assert changed.reply_markup is None  # a keyboard that is not given again goes

    client(town, twice)


def test_a_person_who_never_wrote_or_who_blocked_is_not_reached(town: Telegram) -> None:
    ann = town.person()
    with pytest.raises(errors.Forbidden, match="can't initiate conversation"):
        client(town, to("send_message", text="Hello")(ann.id))
    ann.starts().blocks()
    with pytest.raises(errors.Forbidden, match="bot was blocked by the user"):
        client(town, to("send_message", text="Hello")(ann.id))
    ann.unblocks()
    client(town, to("send_message", text="Hello")(ann.id))
    assert ann.sees().text == "Hello"
    standings = [one["my_chat_member"]["new_chat_member"]["status"] for one in updates(town) if "my_chat_member" in one]
    assert standings == ["member", "kicked", "member"]


@pytest.mark.parametrize(
    "token, status, said",
    [("7100000001:AAAnotherTokenThatIsNotTheBots00000", 401, "Unauthorized"), ("nonsense", 404, "Not Found")],
)
def test_a_wrong_token_is_refused(town: Telegram, token: str, status: int, said: str) -> None:
    answer = httpx.get(f"{town.url}/bot{token}/getMe")
    assert (answer.status_code, answer.json()["error_code"], answer.json()["description"]) == (status, status, said)


def test_a_method_that_does_not_exist_is_not_found(town: Telegram) -> None:
    answer = raw(town, "sendMassage")
    assert (answer.status_code, answer.json()["description"]) == (404, "Not Found: method not found")
    town.world.complaints.clear()


def test_a_group_that_grew_says_where_it_went(town: Telegram) -> None:
    ann = town.person().starts()
    group = town.group("Desk", [ann])
    ann.adds_bot(group)
    grown = group.upgrades()
    with pytest.raises(errors.ChatMigrated) as moved:
        client(town, to("send_message", text="Hello")(group.chat.id))
    assert moved.value.new_chat_id == grown.chat.id


@pytest.mark.parametrize(
    "kind, kept",
    [
        ("down", errors.NetworkError), ("cut", errors.NetworkError), ("unauthorized", errors.InvalidToken),
        ("flood", errors.RetryAfter), ("blocked", errors.Forbidden), ("conflict", errors.Conflict), ("bad", errors.BadRequest),
    ],
)  # fmt: skip
def test_what_is_to_go_wrong_goes_wrong_once(town: Telegram, kind: Any, kept: type[errors.TelegramError]) -> None:
    ann = town.person().starts()
    town.fails(kind, "sendMessage", wait_s=7)
    with pytest.raises(kept) as raised:
        client(town, to("send_message", text="Hello")(ann.id))
    assert ann.unseen() == []
    if isinstance(raised.value, errors.RetryAfter):
        assert raised.value.retry_after == timedelta(seconds=7)
    client(town, to("send_message", text="Hello")(ann.id))
    assert ann.sees().text == "Hello"


def test_an_answer_that_is_cut_off_afterwards_was_carried_out(town: Telegram) -> None:
    ann = town.person().starts()
    town.fails("cut after", "sendMessage")
    with pytest.raises(errors.NetworkError):
        client(town, to("send_message", text="Hello")(ann.id))
    assert ann.sees().text == "Hello"


def test_a_slow_answer_comes_after_the_client_has_gone(town: Telegram) -> None:
    ann = town.person().starts()
    town.fails("slow", "sendMessage", wait_s=1.0)
    with pytest.raises(errors.TimedOut):
        client(town, lambda bot: bot.send_message(ann.id, "Hello", read_timeout=0.1))
    assert ann.sees("Hello").text == "Hello"


# Limits


@pytest.mark.parametrize(
    "chats, spacing_s, burst, let_through",
    [
        ([1], 0.0, 1, 1), ([1], 0.0, 3, 3), ([1], 1.0, 1, 50), ([1], 0.5, 1, 25),
        (list(range(1, 51)), 0.0, 1, 30), (list(range(1, 51)), 1 / 30, 1, 50), ([-1], 1.0, 3, 20), ([-1], 3.0, 1, 50),
    ],
)  # fmt: skip
def test_the_limits_let_through_what_telegram_documents(
    chats: list[int], spacing_s: float, burst: int, let_through: int
) -> None:
    meter = Meter(burst)
    asked = [meter.ask(chats[at % len(chats)], 1000 + at * spacing_s * 1.000001) for at in range(50)]
    assert asked.count(0) == let_through
    assert meter.refused == 50 - let_through


def test_who_waits_as_long_as_told_is_let_through() -> None:
    meter, now = Meter(1), 1000.0
    for _ in range(60):
        if wait_s := meter.ask(-1, now):
            assert meter.ask(-1, now + wait_s) == 0
        now += 3.0


def test_limits_run_on_the_simulations_clock() -> None:
    with telegram(speed=1000.0, burst=1) as town:
        ann = town.person().starts()
        answers = [raw(town, "sendMessage", chat_id=ann.id, text=f"{at}").json()["ok"] for at in range(20)]
        town.world.clock.run(0.001)
        refused = [raw(town, "sendMessage", chat_id=ann.id, text="too early") for _ in range(2)][-1]
    assert all(answers)
    assert (refused.status_code, refused.json()["parameters"]) == (429, {"retry_after": 1})
    assert refused.json()["description"] == "Too Many Requests: retry after 1"


# Updates


def test_updates_come_again_until_they_are_confirmed(town: Telegram) -> None:
    ann = town.person().starts().says("one").says("two")
    everything = updates(town)
    assert [one.get("message", {}).get("text") for one in everything] == [None, "/start", "one", "two"]
    assert updates(town) == everything
    assert updates(town, limit=2) == everything[:2]
    rest = updates(town, offset=everything[1]["update_id"] + 1)
    assert rest == everything[2:] == updates(town)
    assert updates(town, offset=-1) == everything[3:]
    assert updates(town, offset=everything[3]["update_id"] + 1) == []
    ann.says("three")
    assert len(updates(town)) == 1


def test_a_confirmation_that_is_lost_gives_the_same_again(town: Telegram) -> None:
    town.person().starts()
    first = updates(town)
    town.repeats_updates()
    after = {"offset": first[-1]["update_id"] + 1}
    assert updates(town, **after) == first
    assert (updates(town, **after), updates(town)) == ([], [])


def test_a_poll_waits_until_something_comes(town: Telegram) -> None:
    ann = town.person().starts()
    after = updates(town)[-1]["update_id"] + 1

    async def poll(bot: Bot) -> Any:
        waiting = asyncio.create_task(bot.get_updates(offset=after, timeout=2))
        await asyncio.sleep(0.1)
        ann.says("now")
        return await waiting

    assert [one.message.text for one in client(town, poll)] == ["now"]


def test_only_the_kinds_that_are_wanted_are_kept(town: Telegram) -> None:
    updates(town, allowed_updates=["message"])
    ann = town.person().starts().blocks()
    ann.unblocks().says("Hello")
    assert [list(one) for one in updates(town)] == [["update_id", "message"]] * 2


def test_of_two_pollers_the_older_is_told_to_stop(town: Telegram) -> None:
    async def both(bot: Bot) -> Any:
        older = asyncio.create_task(bot.get_updates(timeout=2))
        await asyncio.sleep(0.2)
        newer = await bot.get_updates(timeout=0)
        with pytest.raises(errors.Conflict, match="terminated by other getUpdates request"):
            await older
        return newer

    assert client(town, both) == ()


def test_nothing_is_fetched_while_a_webhook_is_set(town: Telegram) -> None:
    raw(town, "setWebhook", url="https://bot.example.org/hook")
    with pytest.raises(errors.Conflict, match="webhook is active"):
        client(town, lambda bot: bot.get_updates())


def test_a_webhook_gets_every_update_with_the_secret_again_until_it_is_taken(town: Telegram) -> None:
    with webhook_receiver() as receiver:
        town.behind["https://bot.example.org"] = receiver.url.removesuffix("/hook")
        receiver.statuses.extend([500, 502])
        raw(town, "setWebhook", url="https://bot.example.org/hook", secret_token="a_secret")
        town.person().starts().says("one").says("two")
        assert eventually(lambda: town.waiting == 0)
        bodies = [json.loads(body) for _, body in receiver.calls]
    texts = [body.get("message", {}).get("text") for body in bodies]
    assert texts == [None, None, None, "/start", "one", "two"]
    assert {headers["x-telegram-bot-api-secret-token"] for headers, _ in receiver.calls} == {"a_secret"}
    told = client(town, lambda bot: bot.get_webhook_info())
    assert told.last_error_message == "Wrong response from the webhook: 502 Bad Gateway"


def test_a_webhook_that_does_not_answer_keeps_everything(town: Telegram) -> None:
    town.behind["https://bot.example.org"] = f"http://127.0.0.1:{free_port()}"
    raw(town, "setWebhook", url="https://bot.example.org/hook")
    town.person().starts()
    assert eventually(lambda: raw(town, "getWebhookInfo").json()["result"].get("last_error_message"))
    assert town.waiting == 2
    raw(town, "deleteWebhook")
    assert len(updates(town)) == 2


# People


def test_people_tap_buttons_and_see_what_comes_of_it(town: Telegram) -> None:
    ann = town.person(language="zh").starts()

    async def talk(bot: Any) -> None:
        await bot.send_message(ann.id, "Are you well?", reply_markup=YES_NO)
        tap = ann.taps("Yes")
        found = (await bot.get_updates())[-1].callback_query
        assert (found.data, found.from_user.language_code, found.message.text) == ("y", "zh", "Are you well?")
        await found.answer("Noted")
        await found.edit_message_text("Good.")
        assert tap.answer() == "Noted"

    client(town, talk)
    assert ann.sees().buttons == ["Yes", "No"]
    seen = ann.sees()
    assert (seen.text, seen.changed, seen.buttons) == ("Good.", True, [])


def test_the_keyboard_sends_its_text_or_the_place_of_the_phone(town: Telegram) -> None:
    ann = town.person().starts()
    keys = Keys([[KeyboardButton("Send my place", request_location=True)], ["Skip"]], one_time_keyboard=True)
    client(town, to("send_message", text="Where?", reply_markup=keys)(ann.id))
    assert ann.keyboard == ["Send my place", "Skip"]
    ann.taps("Send my place")
    assert ann.keyboard == []
    place = client(town, lambda bot: bot.get_updates())[-1].message.location
    assert (place.latitude, place.longitude, place.horizontal_accuracy) == (*ann.at, 12.0)
    group = town.group("Desk", [ann])
    ann.adds_bot(group)
    with pytest.raises(errors.BadRequest, match="private chats only"):
        client(town, to("send_message", text="Where?", reply_markup=keys)(group.chat.id))


def test_a_place_that_moves_is_told_as_changes_of_its_message(town: Telegram) -> None:
    town.person().shares_location(24.80, 120.90, live_s=900).moves(24.81, 120.91).stops_sharing()
    first, *changes = [one for one in client(town, lambda bot: bot.get_updates()) if not one.my_chat_member]
    assert first.message.location.to_dict()["live_period"] == 900
    places: list[Location] = [change.edited_message.location for change in changes]
    assert [(place.latitude, "live_period" in place.to_dict()) for place in places] == [(24.81, True), (24.81, False)]
    assert {change.edited_message.message_id for change in changes} == {first.message.message_id}


def test_photos_come_in_sizes_and_without_what_the_camera_wrote_beside(town: Telegram) -> None:
    town.person().sends_photo(picture(with_place=True), "Broken")

    async def load(bot: Any) -> Any:
        message = (await bot.get_updates())[-1].message
        sizes = [(one.width, one.height) for one in message.photo]
        content = await (await bot.get_file(message.photo[-1].file_id)).download_as_bytearray()
        return message.caption, sizes, Image.open(BytesIO(bytes(content)))

    caption, sizes, photo = client(town, load)
    assert (caption, sizes, photo.size) == ("Broken", [(90, 68), (320, 240), (800, 600), (1024, 768)], (1024, 768))
    assert dict(photo.getexif()) == {}
    assert dict(Image.open(BytesIO(picture(with_place=True))).getexif())


def test_in_a_group_the_bot_hears_what_is_meant_for_it(town: Telegram) -> None:
    ann, bo = town.person("Ann").starts(), town.person("Bo").starts()
    group = town.group("Desk", [ann, bo])
    ann.adds_bot(group, "CODE").says("Good morning", group).says("/status", group)
    bo.says("/start@another_bot", group).says("@linli_bot are you there?", group)
    heard = [one["message"] for one in updates(town) if one.get("message", {}).get("chat", {}).get("type") == "group"]
    assert [one.get("text") for one in heard] == [None, "/start@linli_bot CODE", "/status", "@linli_bot are you there?"]
    assert heard[0]["new_chat_members"][0]["username"] == "linli_bot"
    client(town, to("send_message", text="Here")(group.chat.id))
    assert group.sees().text == "Here"
    ann.removes_bot(group)
    with pytest.raises(errors.Forbidden, match="bot was kicked from the group chat"):
        client(town, to("send_message", text="Here")(group.chat.id))


def test_what_is_not_seen_in_time_says_what_was(town: Telegram) -> None:
    ann = town.person().starts()
    client(town, to("send_message", text="Something else")(ann.id))
    with pytest.raises(AssertionError, match=r"'Hello' was not seen by Ann in 0.01 s, but \['Something else'\]"):
        ann.sees("Hello", within_s=0.01)
    with pytest.raises(AssertionError, match="there is no button 'Yes'"):
        ann.taps("Yes", within_s=0.01)


# Control


def test_everything_can_be_done_over_http(town: Telegram) -> None:
    with httpx.Client(base_url=f"{town.url}/control") as control:
        number = control.post("/people", json={"name": "Bo", "language": "zh"}).json()["id"]
        for act, said in [
            ("say", {"text": "/start"}),
            ("place", {"lat": 24.8, "lon": 120.9, "live_s": 60}),
            ("photo", {}),
            ("voice", {}),
        ]:
            assert control.post(f"/chats/{number}/{act}", json=said).status_code == 204
        assert (
            control.post(
                f"/chats/{number}/photo", content=picture(), headers={"Content-Type": "image/jpeg"}
            ).status_code
            == 204
        )
        raw(town, "sendMessage", chat_id=number, text="Hello", reply_markup=YES_NO.to_dict())
        seen = control.get(f"/chats/{number}").json()
        assert control.get(f"/chats/{number}", params={"version": seen["version"]}).status_code == 204
        assert [one["kind"] for one in seen["messages"]] == ["text", "location", "photo", "voice", "photo", "text"]
        assert control.get(f"/files/{seen['messages'][2]['file']}").headers["content-type"] == "image/jpeg"
        control.post(f"/chats/{number}/tap", json={"label": "No", "message": seen["messages"][-1]["id"]})
        assert control.get(f"/chats/{number}").json()["tap"]["waits"]
        control.post("/faults", json={"kind": "down", "method": "getMe", "times": None})
        assert raw(town, "getMe").status_code == 502
        control.delete("/faults")
        assert raw(town, "getMe").status_code == 200
        assert control.post("/clock", json={"advance_s": 3600, "speed": 2}).json()["speed"] == 2
        assert {one["method"] for one in control.get("/calls").json()} == {"sendMessage", "getMe"}
        assert control.get("/limits").json()["refused"] == 0
    assert [one.callback_query.data for one in client(town, lambda bot: bot.get_updates()) if one.callback_query] == [
        "n"
    ]


def test_what_another_site_can_send_does_nothing(town: Telegram) -> None:
    ann = town.person().starts()
    forged = httpx.post(f"{town.url}/control/chats/{ann.id}/say", data={"text": "Hello"})
    assert forged.status_code >= 400
    assert [one.text for one in ann.everything()] == ["/start"]
