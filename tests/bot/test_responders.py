"""Those who help, by chat: linked by a code, on duty, asked, accepting, on the way, there, done; and a desk's group."""

from typing import Any
from uuid import uuid4

import httpx

from tests.bot.conftest import Town
from tests.bot.running import Running
from tests.fakes.telegram import Person
from tests.support.baishi import NANMEN
from tests.support.people import PASSWORD


def token_of(town: Town, login: str) -> dict[str, str]:
    answer = httpx.post(f"{town.api}/api/v1/session", json={"login": login, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def post(town: Town, who: dict[str, str], path: str, **body: Any) -> Any:
    answer = httpx.post(f"{town.api}/api/v1/{path}", json=body, headers=who)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


def links(town: Town, login: str, person: Person) -> dict[str, str]:
    """Link somebody's chat as they would: a code from the console, typed in the chat."""
    who = token_of(town, login)
    code = post(town, who, "me/chat-code")["code"]
    person.says(f"/link {code.lower()}").sees("This chat is now linked")
    return who


def offered(town: Town, category: str, *, triaged: bool) -> str:
    """An incident whose lead is offered to the body of its route, by a rule or by the desk; its id."""
    sent = {"client_id": str(uuid4()), "kind": "concern", "category": category, "place": NANMEN, "text": "It happened"}
    report = httpx.post(f"{town.api}/api/v1/reports", json=sent).json()
    incident = str(report["incident"]["id"])
    if triaged:
        post(town, token_of(town, "li"), f"incidents/{incident}/triage", category=category, grade=2)
    return incident


def test_a_wrong_code_links_nothing_and_is_asked_for_again(town: Town, bot: Running) -> None:
    gao = town.telegram.person("Gao")
    gao.says("/link").sees("Type the one-time code")
    gao.says("ABCD-EFGH").sees("Type the one-time code")
    for command in ("/offers", "/duty"):
        assert "not linked" in gao.says(command).sees("Type the one-time code").text


def test_an_offer_is_accepted_and_followed_to_its_end(town: Town, bot: Running) -> None:
    gao = town.telegram.person("Gao")
    links(town, "gao", gao)
    gao.says("/offers").sees("Nobody asks you")
    offered(town, "CN01", triaged=False)
    gao.says("/offers")
    asked = gao.sees("1. Answer within")
    assert "It happened" not in asked.text
    gao.taps("Seen")
    gao.sees("Seen is noted")
    gao.says("/offers").sees("1. Answer within")
    gao.taps("Accept")
    accepted = gao.sees("You accepted")
    assert accepted.changed  # the offer itself says so now, and can be accepted no second time
    assert accepted.buttons == ["On my way", "I am there", "Done"]
    assert gao.sees_place().place == (NANMEN["lat"], NANMEN["lon"])
    gao.taps("On my way")
    assert gao.sees("On the way is noted").buttons == ["I am there", "Done"]
    gao.taps("I am there")
    gao.sees("Your arrival is noted")
    gao.taps("Done")
    gao.sees("Done is noted")


def test_an_urgent_offer_needs_the_read_back_and_a_body_says_why_it_declines(town: Town, bot: Running) -> None:
    he = town.telegram.person("He")
    links(town, "he", he)
    for answer, asks, words, done in (
        ("Decline", "why you decline", "Nobody is free before noon", "You declined"),
        ("Accept", "in your own words", "An old man who did not open", "You accepted"),
    ):
        offered(town, "CN14", triaged=True)
        he.says("/offers").sees("1. Answer within")
        he.taps(answer)
        he.sees(asks)
        assert he.says(words).sees(done).text


def test_duty_asks_for_the_place_that_is_missing_and_ends_by_a_button(town: Town, bot: Running) -> None:
    song = town.telegram.person("Song")
    links(town, "song", song)
    song.says("/duty").sees("You are off duty")
    song.taps("4 h")
    song.sees("Where can you be called?")
    song.shares_location(30.45, 120.45).sees("You are on duty")
    song.taps("Off duty")
    assert "Off duty" in song.sees("You are off duty").buttons


def test_a_link_that_was_ended_gives_no_right_any_more(town: Town, bot: Running) -> None:
    lin = town.telegram.person("Lin")
    who = links(town, "lin", lin)
    lin.says("/offers").sees("Nobody asks you")
    assert httpx.delete(f"{town.api}/api/v1/me/chat", headers=who).status_code == 204
    lin.says("/offers").sees("Type the one-time code")
    lin.says("/unlink").sees("The link is ended")


def test_a_group_is_linked_to_its_desk_and_is_no_place_for_reports(town: Town, bot: Running) -> None:
    li = town.telegram.person("Li")
    group = town.telegram.group("Nanmen desk", [li])
    who = token_of(town, "duty")
    desk = town.baishi.desks["Nanmen Residents' Committee"]
    code = post(town, who, f"desks/{desk}/chat-code")["code"]
    li.adds_bot(group)
    li.says("/report", group)
    group.sees("Here I only bring the notices of a desk")
    li.says(f"/link {code}", group)
    assert "Nanmen" in group.sees("This chat is now linked").text
    li.says("/unlink", group)
    group.sees("The link is ended")
