"""The staff's pages: sign-in, list, incident, acts; what is refused says why, and what is allowed."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.kernel.clock import MovableClock
from backend.kernel.languages import say
from tests.pages.conftest import HTML, act, form, incident_of, reported, staff, token_in, words
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import PASSWORD

PLACE = {name: str(value) for name, value in NANMEN.items()}


def opened(client: FlaskClient, **said: Any) -> str:
    """An incident in Nanmen; its id."""
    return incident_of(client, reported(client, **({"text": "Please come and look"} | PLACE | said)))


def path(incident: str) -> str:
    return f"/console/plain/incidents/{incident}"


def test_whoever_is_not_signed_in_does_so_and_goes_on(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client)
    asked = client.get(path(incident), headers=HTML)
    assert asked.status_code == 303
    form_page = client.get(asked.headers["Location"], headers=HTML)
    assert say("page.sign_in.first", "en") in words(form_page)
    said = {"login": "li", "password": PASSWORD, "next": path(incident)}
    answer = client.post("/console/plain/sign-in", data=said, headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, path(incident))
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get(path(incident), headers=HTML).status_code == 200


def test_the_api_says_it_in_its_own_way(client: FlaskClient) -> None:
    answer = client.get("/api/v1/incidents", headers=HTML)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/console/plain/../../x",
        "/console/plain\r\nX: y",
        "data:x",
        "",
    ],
)
def test_after_signing_in_nobody_is_led_elsewhere(client: FlaskClient, wanted: str) -> None:
    said = {"login": "li", "password": PASSWORD, "next": wanted}
    answer = client.post("/console/plain/sign-in", data=said, headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/plain")


@pytest.mark.parametrize(
    "said", [{"login": "li", "password": "wrong"}, {"login": "nobody", "password": PASSWORD}, {}, {"login": "\x00" * 9}]
)
def test_a_wrong_sign_in_does_not_tell_what_is_wrong(client: FlaskClient, said: dict[str, str]) -> None:
    for language, title in (("en", "Login or password is wrong"), ("zh", "用户名或密码错误")):
        answer = client.post(f"/console/plain/sign-in?lang={language}", data=said, headers=HTML)
        assert answer.status_code == 422
        assert title in words(answer)
        assert "Set-Cookie" not in answer.headers


def test_another_site_can_neither_sign_in_nor_act_nor_read(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client)
    foreign = HTML | {"Sec-Fetch-Site": "cross-site"}
    said = {"login": "li", "password": PASSWORD}
    for headers in (foreign, HTML | {"Origin": "https://evil.example"}, HTML | {"Origin": "null"}):
        assert client.post("/console/plain/sign-in", data=said, headers=headers).status_code == 403
    token = token_in(staff(client, "li").get(path(incident), headers=HTML))
    assert client.get(path(incident), headers=foreign).status_code == 303
    note = {"token": token, "text": "x"}
    refused = client.post(f"{path(incident)}/note", data=note, headers=foreign)
    assert refused.headers["Location"].startswith("/console/plain/sign-in")
    assert client.post(f"{path(incident)}/note", data=note, headers=HTML).status_code == 303


def test_a_form_without_this_sessions_token_is_refused(app: Flask, client: FlaskClient, world: Baishi) -> None:
    incident = opened(client)
    other = token_in(staff(app.test_client(), "li").get("/console/plain", headers=HTML))
    staff(client, "li")
    for token in ("", "x", other):
        answer = client.post(f"{path(incident)}/note", data={"token": token, "text": "x"}, headers=HTML)
        assert answer.status_code == 403
        assert client.post("/console/plain/sign-out", data={"token": token}, headers=HTML).status_code == 403


def test_signing_out_ends_the_session(client: FlaskClient, world: Baishi) -> None:
    token = token_in(staff(client, "li").get("/console/plain", headers=HTML))
    answer = client.post("/console/plain/sign-out", data={"token": token}, headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/plain/sign-in")
    assert client.get("/console/plain", headers=HTML).status_code == 303


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_list_says_what_how_urgent_whose_and_by_when(
    client: FlaskClient, world: Baishi, clock: MovableClock, language: str
) -> None:
    opened(client, category="CN04", text="Drilling at night")
    opened(client, kind="distress", category="DS09", text="I fell", danger_now="yes")
    shown = words(staff(client, "li").get(f"/console/plain?lang={language}", headers=HTML))
    for label in ("Nanmen Community", {"en": "Noise or nuisance", "zh": "噪音扰民"}[language], "SOS"):
        assert label in shown
    assert say("page.queue.unseen", language) in shown
    clock.advance(minutes=11)
    late = words(client.get(f"/console/plain?lang={language}", headers=HTML))
    assert say("page.clock.late", language, span="1").split("1")[0] in late


def test_an_sos_is_pinned_above_everything_else(client: FlaskClient, world: Baishi) -> None:
    opened(client, category="CN04")
    opened(client, kind="distress", category="DS02", danger_now="yes")
    shown = words(staff(client, "li").get("/console/plain", headers=HTML))
    main = shown[shown.index("<h1") :]
    pinned = main[: main.index("</section>")]
    assert 'class="pinned"' in pinned
    assert "Fire, explosion" in pinned
    assert "Noise or nuisance" not in pinned
    assert say("page.queue.unanswered", "en") in pinned
    assert "Noise or nuisance" in main


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category=AID07", True),
        ("category=AID08", False),
        ("category=AID07&status=received", True),
        ("category=AID07&status=closed", False),
        ("category=AID07&grade=4", True),
        ("category=AID07&grade=1", False),
        ("category=AID07&q=zebra", True),
        ("category=AID07&q=giraffe", False),
        ("category=AID07&sort=newest", True),
        ("category=AID07&status=&grade=&area=&q=&refresh=on", True),
    ],
)
def test_the_list_is_narrowed_by_filters(client: FlaskClient, world: Baishi, query: str, found: bool) -> None:
    opened(client, kind="aid_request", category="AID07", text="The zebra form is too hard")
    shown = words(staff(client, "li").get(f"/console/plain?{query}", headers=HTML))
    assert ('class="row"' in shown[shown.index('class="counts"') :]) is found
    assert (say("page.queue.none_found", "en") in shown) is not found


def test_the_list_is_narrowed_to_an_area(client: FlaskClient, world: Baishi) -> None:
    opened(client, category="CN10")
    staff(client, "li")
    shown = words(client.get(f"/console/plain?category=CN10&area={world.areas['nanmen']}", headers=HTML))
    assert "Environment" in shown[shown.index('class="rows"') :]
    assert say("page.queue.none_found", "en") in words(
        client.get(f"/console/plain?category=CN10&area={world.areas['taohua']}", headers=HTML)
    )


@pytest.mark.parametrize("query", ["status=odd", "grade=9", "cursor=nonsense", "owner=x", "category=x", "area=x"])
def test_a_filter_that_does_not_exist_is_named(client: FlaskClient, world: Baishi, query: str) -> None:
    answer = staff(client, "li").get(f"/console/plain?{query}", headers=HTML)
    assert answer.status_code == 422
    assert query.partition("=")[0] in words(answer)


def test_a_long_list_goes_on_by_pages(client: FlaskClient, world: Baishi) -> None:
    made = {opened(client, category="CN08", text=f"Number {number} made me ill") for number in range(27)}
    staff(client, "li")
    pages, address = [], "/console/plain?category=CN08"
    while address:
        shown = words(client.get(address, headers=HTML))
        shown = shown[shown.index('class="counts"') :]
        pages.append(re.findall(r'class="row-link" href="/console/plain/incidents/([0-9a-f-]{36})"', shown))
        following = re.search(r'href="([^"]*cursor=[^"]*)">' + say("page.queue.more", "en"), shown)
        address = following[1].replace("&amp;", "&") if following else ""
    listed = [incident for page in pages for incident in page]
    assert len(pages) == 2
    assert sorted(listed) == sorted(made)


def test_the_page_looks_again_by_itself_only_when_asked(client: FlaskClient, world: Baishi) -> None:
    staff(client, "li")
    assert "http-equiv" not in words(client.get("/console/plain", headers=HTML))
    assert '<meta http-equiv="refresh" content="30">' in words(client.get("/console/plain?refresh=on", headers=HTML))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_incident_says_everything_around_it(client: FlaskClient, world: Baishi, language: str) -> None:
    text = "Nobody has seen <Mrs Qian>, 81, for three days. She lives alone."
    incident = opened(client, category="CN12", text=text, landmark="Building 3")
    shown = words(staff(client, "li").get(f"{path(incident)}?lang={language}", headers=HTML))
    assert "Nobody has seen &lt;Mrs Qian&gt;, 81" in shown
    assert "Building 3" in shown
    assert "Qinghe County › Baishi City › Liuyuan Town › Nanmen Community" in shown
    for key in ("said", "place", "owner", "clocks", "goals", "offers", "why", "deliveries", "timeline"):
        assert say(f"page.incident.{key}", language) in shown
    assert "<b>CN12</b>" in shown
    assert {"en": "not seen for more than 48 hours", "zh": "超过48小时未见"}[language] in shown
    assert say("page.why.where", language, layer="Linli", lock=say("page.lock.floor", language), version=1) in shown
    assert say("page.why.no_police", language) in shown
    assert say("page.event.OwnershipMoved", language) in shown
    assert "Lin Example" in shown


def test_reading_an_incident_counts_as_seen_and_the_reporter_hears_it(client: FlaskClient, world: Baishi) -> None:
    code = reported(client, text="The lamp is broken", **PLACE)
    incident = incident_of(client, code)
    assert "Nobody has seen it yet." in words(client.post("/receipt", data={"code": code}))
    assert say("page.told.seen", "en") in words(staff(client, "li").get(path(incident), headers=HTML))
    assert "A person has seen it." in words(client.post("/receipt", data={"code": code}))


def test_names_are_shown_only_to_those_who_may_read_people(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client, category="CN01")
    shown = words(staff(client, "gao").get(path(incident), headers=HTML))
    assert "Lin Example" not in shown
    assert 'id="act-accept"' in shown
    assert 'id="act-triage"' not in shown


def test_the_whole_way_is_walked_by_forms(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client, text="Please come and look")
    li = staff(client, "li")

    def do(name: str, **said: str) -> str:
        answer = act(client, incident, name, **said)
        assert answer.status_code == 303, words(answer)
        shown = words(client.get(answer.headers["Location"], headers=HTML))
        assert say(f"page.done.{name}", "en") in shown
        return shown

    assert say("page.queue.unseen", "en") not in do("acknowledge")
    do("note", text="Known to us")
    assert "Liuyuan Mediators" in do("triage", category="CN04", grade="4", reason="Nobody is hurt")
    lin = staff(client, "lin")
    assert say("page.queue.asked", "en") in words(lin.get("/console/plain", headers=HTML))
    assert "Liuyuan Mediators desk" in do("accept")
    do("start", contact="yes")
    do("message", text="We talk to both sides")
    do("regrade", grade="3")
    do("stabilise")
    goals = {goal["id"]: goal for goal in client.get(f"/api/v1/incidents/{incident}").get_json()["goals"]}
    settled = {f"goal-{one}": "met" for one in goals} | {f"evidence-{one}": "agreed" for one in goals}
    assert "agreed" in do("check-goals", view="both content", **settled)
    assert say("page.status.closed", "en") in do("close", outcome="resolved")
    assert say("page.status.triaged", "en") in do("reopen")
    assert li is lin


def test_declining_asks_the_next(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client, category="CN01")
    staff(client, "gao")
    refused = act(client, incident, "decline")
    assert refused.status_code == 422
    assert "A body says why it declines." in words(refused)
    assert act(client, incident, "decline", reason="No crew today").status_code == 303
    assert say("page.offer.declined", "en") in words(client.get(path(incident), headers=HTML))


def test_a_refused_act_says_why_and_what_is_allowed_and_keeps_the_words(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client, kind="distress", category="DS02", danger_now="yes")
    staff(client, "li")
    answer = act(client, incident, "triage", category="DS02", grade="1", reason="Smoke was seen")
    shown = words(answer)
    assert answer.status_code == 409
    assert "first record whether the emergency service is attending" in shown
    assert "Smoke was seen</textarea>" in shown
    assert f'href="#act-note">{say("page.act.note", "en")}' in shown
    assert '<details class="act" id="act-triage" open>' in shown
    done = act(client, incident, "triage", category="DS02", grade="1", emergency_attends="attending")
    assert done.status_code == 303


@pytest.mark.parametrize(
    ("name", "said", "refused"),
    [
        ("close", {"outcome": "resolved"}, (409, "cannot be moved by")),
        ("close", {}, (422, "How did it end?")),
        ("close", {"outcome": "nonsense"}, (422, "How did it end?")),
        ("start", {}, (409, "cannot be moved by")),
        ("accept", {}, (404, "Nobody asks you about this incident.")),
        ("note", {}, (422, "Your words")),
        ("message", {"text": " \r\n"}, (422, "Your words")),
        ("regrade", {"grade": "5"}, (409, "Lowering the grade needs a reason.")),
        ("regrade", {"grade": "seven"}, (422, "Grade")),
        ("triage", {"category": "CN99", "grade": "4"}, (422, "This category does not exist here.")),
        ("triage", {"category": "CN04", "grade": "9"}, (422, "Grade")),
        ("check-goals", {"goal-x": "met"}, (422, "Goals")),
        ("wake", {}, (409, "cannot be moved by")),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    client: FlaskClient, world: Baishi, name: str, said: dict[str, str], refused: tuple[int, str]
) -> None:
    incident = opened(client, text="Please come and look")
    staff(client, "li")
    answer = act(client, incident, name, **said)
    assert answer.status_code == refused[0]
    assert refused[1] in words(answer)
    assert say("page.refused.heading", "en", act=say(f"page.act.{name}", "en")) in words(answer)


def test_a_change_meanwhile_is_not_overwritten(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client)
    token = token_in(staff(client, "li").get(path(incident), headers=HTML))
    old = {"token": token, "version": "1"}
    said = {"category": "CN04", "grade": "4", "reason": "Nobody is hurt"}
    assert client.post(f"{path(incident)}/triage", data=old | said, headers=HTML).status_code == 303
    answer = client.post(f"{path(incident)}/regrade", data=old | {"grade": "3"}, headers=HTML)
    assert answer.status_code == 412
    assert "changed by somebody else meanwhile" in words(answer)
    assert client.post(f"{path(incident)}/note", data=old | {"text": "x"}, headers=HTML).status_code == 303


def test_leaving_g1_asks_for_a_second_person_by_name(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client, kind="distress", category="DS09", danger_now="yes", text="I fell and nobody answers")
    staff(client, "li")
    act(client, incident, "triage", category="DS09", grade="1", emergency_attends="attending")
    second = str(world.people["zhou"])
    assert f'<option value="{second}"' in words(client.get(path(incident), headers=HTML))
    alone = act(client, incident, "regrade", grade="2", reason="She is up")
    assert alone.status_code == 409
    both = act(client, incident, "regrade", grade="2", reason="She is up", second_person_id=second, contact_made="yes")
    assert both.status_code == 303


def test_a_hand_over_is_read_and_accepted_with_a_read_back(app: Flask, client: FlaskClient, world: Baishi) -> None:
    incident = opened(client)
    said = {"organisation_id": str(world.bodies["Nanmen Social Work Station"]), "situation": "She is alone <now>"}
    staff(client, "li")
    assert client.post(f"/api/v1/incidents/{incident}/hand-over", json=said).status_code == 200
    receiver = staff(app.test_client(), "he")
    assert "She is alone &lt;now&gt;" in words(receiver.get(path(incident), headers=HTML))
    unread = act(receiver, incident, "accept")
    assert unread.status_code == 422
    assert "Read back what you take over." in words(unread)
    assert act(receiver, incident, "accept", read_back="She is alone").status_code == 303
    shown = words(receiver.get(path(incident), headers=HTML))
    assert say("page.handover.accepted", "en") in shown
    assert say("page.moved.handover", "en") in shown


def test_an_offer_leads_to_its_incident(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client, category="CN01")
    staff(client, "gao")
    offers = client.get("/api/v1/offers").get_json()["items"]
    offer = next(one["id"] for one in offers if one["incident_id"] == incident)
    answer = client.get(f"/console/plain/offers/{offer}", headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, path(incident))
    assert client.get(f"/console/plain/offers/{incident}", headers=HTML).status_code == 404


def test_police_find_no_aid_in_list_or_by_address(client: FlaskClient, world: Baishi) -> None:
    incident = opened(client, kind="aid_request", category="AID01", text="We have no food today")
    wei = staff(client, "wei")
    assert say("page.queue.none_found", "en") in words(wei.get("/console/plain?category=AID01", headers=HTML))
    answer = wei.get(path(incident), headers=HTML)
    assert answer.status_code == 404
    assert "There is no such incident" in words(answer)


def test_an_empty_list_says_so(client: FlaskClient, world: Baishi, clock: MovableClock) -> None:
    shown = words(staff(client, "tao").get("/console/plain", headers=HTML))
    assert say("page.queue.none", "en") in shown


def test_photos_wait_until_they_are_asked_for(client: FlaskClient, world: Baishi) -> None:
    from tests.pages.test_report_page import photo

    answer = client.post("/form", data=form(text="The lamp is broken", **PLACE) | {"photo": [photo()]}, headers=HTML)
    code = re.search(r'class="code"[^>]*>([^<]+)<', words(answer))
    assert code
    shown = words(staff(client, "li").get(path(incident_of(client, code[1])), headers=HTML))
    source = re.search(r'<details class="photo"><summary>[^<]*</summary><img loading="lazy" src="([^"]+)"', shown)
    assert source
    assert client.get(source[1]).mimetype == "image/jpeg"


def test_whoever_is_not_safe_to_call_is_reached_through_linli_only(client: FlaskClient, world: Baishi) -> None:
    incident = opened(
        client, kind="distress", category="DS04", text="He hurts me", email="ann@example.org", consent="yes"
    )
    shown = words(staff(client, "li").get(path(incident), headers=HTML))
    assert say("page.incident.safe_mode", "en") in shown
    assert "ann@example.org" not in shown
