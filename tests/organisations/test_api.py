"""The routes of the room."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.areas.models import Area
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.sealed import Keyring
from backend.organisations.actions.desks import create_desk
from backend.organisations.directory import TOP_DESK_ID
from backend.organisations.schemas.bodies import OrganisationCreateSchema
from tests.areas.places import document, feature, polygon, square
from tests.conftest import NOW
from tests.organisations.conftest import Town, hours
from tests.support.people import make_organisation, make_person, sign_in

Headers = dict[str, str]
CARE = {
    "kind": "health",
    "name": "Crisis Care",
    "purpose": "Crisis teams",
    "neutrality": "neutral",
    "resource_modes": ["public_budget"],
    "methods": ["professional_care"],
}
HOME = {"lat": 24.80312, "lon": 120.96875}


@pytest.fixture
def admin(session: Session, ring: Keyring, town: Town, client: FlaskClient) -> Headers:
    """Headers of an administrator of another body than the town's."""
    office = make_organisation(session, NOW, name="Office")
    make_person(session, ring, NOW, roles=["administrator"], org=office, login="root", name="Root")
    return sign_in(client, "root")


@pytest.fixture
def ana(client: FlaskClient, town: Town) -> Headers:
    """Headers of the supervisor of the town's council."""
    return sign_in(client, "ana")


@pytest.fixture
def enrol(session: Session, ring: Keyring, town: Town, client: FlaskClient) -> Callable[[str], Headers]:
    """Make a responder of the council by that name, and give their headers."""

    def enrolled(login: str) -> Headers:
        make_person(session, ring, NOW, roles=["responder"], org=town.council, login=login, name=login)
        return sign_in(client, login)

    return enrolled


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The SQL statements of the block."""
    seen: list[str] = []

    def listen(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)


def iso(at: datetime) -> str:
    return at.isoformat()


def turns(*planned: tuple[float, float, UUID]) -> list[dict[str, Any]]:
    return [
        {"from": iso(hours(start)), "to": iso(hours(end)), "person_id": str(person)} for start, end, person in planned
    ]


def rota_of(town: Town, *planned: tuple[float, float, UUID]) -> dict[str, Any]:
    period = {"from": iso(NOW), "to": iso(hours(24))}
    return period | {"desk_id": str(town.desk.id), "shifts": turns(*planned)}


def test_a_body_is_entered_read_and_changed_by_one_editor_at_a_time(client: FlaskClient, admin: Headers) -> None:
    created = client.post("/api/v1/organisations", json=CARE, headers=admin)
    assert (created.status_code, created.get_json()["is_stale"], created.get_json()["names"]) == (
        201,
        True,
        {"en": "Crisis Care"},
    )
    path = f"/api/v1/organisations/{created.get_json()['id']}"
    tag = client.get(path, headers=admin).headers["ETag"]
    changed = client.patch(path, json={"assured_on": iso(NOW)}, headers=admin | {"If-Match": tag})
    assert (changed.status_code, changed.get_json()["is_stale"]) == (200, False)
    assert changed.headers["ETag"] != tag
    late = client.patch(path, json={"purpose": "Other"}, headers=admin | {"If-Match": tag})
    assert (late.status_code, late.get_json()["code"]) == (412, "changed-meanwhile")


def test_a_profile_of_thirteen_months_is_shown_as_stale(
    client: FlaskClient, admin: Headers, clock: MovableClock
) -> None:
    old = iso(NOW - timedelta(days=395))
    body = client.post("/api/v1/organisations", json=CARE | {"assured_on": old}, headers=admin).get_json()
    assert body["is_stale"] is True
    gaps = client.get("/api/v1/organisations/gaps", headers=admin).get_json()["items"]
    assert ("profile_stale", body["id"]) in {(gap["kind"], gap["organisation_id"]) for gap in gaps}


@pytest.mark.parametrize(
    "change, field",
    [
        ({"kind": "gang"}, "kind"),
        ({"methods": ["magic"]}, "methods"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"names": {"fr": "Soins"}}, "names"),
        ({"status": "suspended"}, "status"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_body_of_the_wrong_shape_names_the_field(change: dict[str, Any], field: str) -> None:
    assert list(OrganisationCreateSchema().validate(CARE | change)) == [field]


def test_bodies_are_found_by_kind_standing_and_name_and_read_in_pages(
    client: FlaskClient, session: Session, admin: Headers
) -> None:
    for number in range(7):
        make_organisation(session, NOW, name=f"Group {number}_x", kind="informal_group")
    path = "/api/v1/organisations?kind=informal_group&limit=3"
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"{path}&cursor={cursor}", headers=admin).get_json()
        seen += [body["name"] for body in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"Group {number}_x" for number in range(7)]
    found = client.get("/api/v1/organisations?q=4_X", headers=admin).get_json()["items"]
    assert [body["name"] for body in found] == ["Group 4_x"]
    assert client.get("/api/v1/organisations?q=%25", headers=admin).get_json()["items"] == []
    assert client.get("/api/v1/organisations?status=suspended", headers=admin).get_json()["items"] == []


def test_a_cursor_that_is_not_ours_is_refused(client: FlaskClient, admin: Headers) -> None:
    for cursor in ("x", "WzEsMl0", "WyJhIl0", "WyJhIiwibm8iXQ", "WyJhXHUwMDAwIiwiYiJd"):
        answer = client.get(f"/api/v1/organisations?cursor={cursor}", headers=admin)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid"), cursor


def test_an_enterprise_may_not_lead_violence(client: FlaskClient, admin: Headers) -> None:
    company = client.post(
        "/api/v1/organisations", json=CARE | {"kind": "enterprise", "name": "Dafeng"}, headers=admin
    ).get_json()
    terms = {
        "organisation_id": company["id"],
        "category": "DS03",
        "route": "NC",
        "role": "lead",
        "basis": "Offer",
    }
    answer = client.post("/api/v1/mandates", json=terms, headers=admin | {"Accept-Language": "zh"})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "mandate-barred")
    assert (answer.get_json()["property"], answer.get_json()["value"]) == ("kind", "enterprise")
    assert "企业不得牵头求助类事件（DS03）" in answer.get_json()["detail"]


def test_a_mandate_is_proposed_signed_and_ended(client: FlaskClient, admin: Headers, town: Town) -> None:
    terms = {
        "organisation_id": str(town.council), "route": "NC", "category": "CN12", "role": "lead",
        "area_id": town.area_id, "basis": "Charter", "obligations": ["visit"],
    }  # fmt: skip
    refused = client.post("/api/v1/mandates", json=terms | {"capacity": {"people": 0}}, headers=admin)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "empty-promise")
    for bad in ({"route": "XX"}, {"category": "cn12"}, {"valid_from": iso(NOW), "valid_to": iso(NOW)}):
        assert client.post("/api/v1/mandates", json=terms | bad, headers=admin).status_code == 422
    mandate = client.post("/api/v1/mandates", json=terms | {"capacity": {"people": 2}}, headers=admin).get_json()
    assert mandate["state"] == "proposed"
    path = f"/api/v1/mandates/{mandate['id']}"
    assert client.post(f"{path}/accept", json={}, headers=admin).get_json()["code"] == "signature-missing"
    signed = client.post(f"{path}/accept", json={"signed_by": "Letter 7"}, headers=admin)
    assert signed.get_json()["accepted_by"].endswith("; Letter 7")
    listed = client.get(f"/api/v1/mandates?organisation={town.council}&state=accepted", headers=admin).get_json()
    assert [entry["id"] for entry in listed["items"]] == [mandate["id"]]
    assert client.post(f"{path}/suspend", headers=admin).get_json()["state"] == "suspended"
    assert client.post(f"{path}/end", headers=admin).get_json()["state"] == "ended"
    assert client.post(f"{path}/end", headers=admin).status_code == 409
    assert client.get(path, headers=admin).get_json()["valid_to"] == "2026-03-02T09:00:00+00:00"


def test_the_sheet_of_a_body_shows_its_duties_and_gaps(client: FlaskClient, admin: Headers, town: Town) -> None:
    terms = {"organisation_id": str(town.council), "route": "NC", "role": "support", "basis": "Charter"}
    client.post("/api/v1/mandates", json=terms | {"rights": ["be told"]}, headers=admin)
    sheet = client.get(f"/api/v1/organisations/{town.council}/sheet", headers=admin).get_json()
    assert [entry["rights"] for entry in sheet["mandates"]] == [["be told"]]
    assert [desk["id"] for desk in sheet["desks"]] == [str(town.desk.id)]
    assert {gap["kind"] for gap in sheet["gaps"]} == {"last_desk_empty", "profile_stale"}


def test_a_desk_is_opened_changed_and_closed(client: FlaskClient, admin: Headers, town: Town) -> None:
    described = {"organisation_id": str(town.council), "kind": "duty", "name": "Day desk"}
    desk = client.post("/api/v1/desks", json=described, headers=admin).get_json()
    path = f"/api/v1/desks/{desk['id']}"
    changed = client.patch(path, json={"email": "day@example.org", "always_staffed": True}, headers=admin)
    assert (changed.get_json()["email"], changed.get_json()["always_staffed"]) == ("day@example.org", True)
    assert client.post(f"{path}/close", headers=admin).get_json()["closed_at"]
    open_desks = client.get(f"/api/v1/desks?organisation={town.council}", headers=admin).get_json()["items"]
    assert [one["id"] for one in open_desks] == [str(town.desk.id)]
    top = "/api/v1/desks/00000000-0000-4000-8000-000000000002/close"
    assert client.post(top, headers=admin).get_json()["code"] == "top-desk-stays"


def test_names_are_shown_only_to_those_who_may_read_them(
    client: FlaskClient, enrol: Callable[[str], Headers], town: Town, ana: Headers
) -> None:
    rui = enrol("rui")
    path = f"/api/v1/people?organisation={town.council}&role=coordinator"
    assert [one["name"] for one in client.get(path, headers=ana).get_json()["items"]] == ["Bo Chen"]
    hidden = client.get(path, headers=rui).get_json()["items"]
    assert [(one["id"], one["name"], one["email"]) for one in hidden] == [(str(town.bo), None, None)]
    assert client.get(f"/api/v1/people/{town.bo}", headers=rui).get_json()["name"] is None


def test_a_list_of_people_takes_the_same_statements_whatever_its_length(
    client: FlaskClient, session: Session, ring: Keyring, town: Town, ana: Headers
) -> None:
    paths = (
        "/api/v1/people",
        "/api/v1/organisations",
        "/api/v1/organisations/gaps",
        f"/api/v1/shifts?desk={town.desk.id}&from=2026-03-02T09:00:00Z&to=2026-03-03T09:00:00Z",
        f"/api/v1/on-duty?desk={town.desk.id}",
    )

    def statements() -> list[int]:
        counts = []
        for path in paths:
            with counted_statements() as seen:
                assert client.get(path, headers=ana).status_code == 200
            counts.append(len(seen))
        return counts

    everyone = [make_person(session, ring, NOW, roles=["triage", "responder"], org=town.council) for _ in range(2)]
    body = rota_of(town, (0, 24, everyone[0]))
    assert client.put("/api/v1/shifts", json=body, headers=ana).status_code == 200
    statements()  # fills what is held by version
    few = statements()
    for number in range(6):
        make_organisation(session, NOW, name=f"Body {number}")
        everyone.append(make_person(session, ring, NOW, roles=["triage", "responder"], org=town.council))
    spans = [(4 * number, 4 * number + 4, person) for number, person in enumerate(everyone[:6])]
    assert client.put("/api/v1/shifts", json=rota_of(town, *spans), headers=ana).status_code == 200
    statements()
    assert statements() == few
    assert max(few) <= 10


def test_a_supervisor_enters_people_of_their_own_body_and_gives_no_role_above_their_own(
    client: FlaskClient, session: Session, town: Town, ana: Headers
) -> None:
    other = make_organisation(session, NOW, name="Other")
    somebody = {"name": "Zhao", "email": "zhao@example.org", "organisation_id": str(town.council)}
    created = client.post("/api/v1/people", json=somebody | {"role": "volunteer"}, headers=ana)
    assert (created.status_code, created.get_json()["name"]) == (201, "Zhao")
    assert [role["role"] for role in created.get_json()["roles"]] == ["volunteer"]
    for body, role in ((town.council, "administrator"), (other, "volunteer")):
        wanted = somebody | {"organisation_id": str(body), "role": role}
        assert client.post("/api/v1/people", json=wanted, headers=ana).status_code == 403
        given = {"organisation_id": str(body), "role": role}
        answer = client.post(f"/api/v1/people/{town.bo}/roles", json=given, headers=ana)
        assert answer.status_code == 403


def test_a_supervisor_decides_only_on_people_whose_roles_are_theirs_to_give(
    client: FlaskClient, session: Session, ring: Keyring, town: Town, ana: Headers
) -> None:
    other = make_organisation(session, NOW, name="Other")
    chief = make_person(session, ring, NOW, roles=["supervisor"], org=town.council)
    shared = make_person(session, ring, NOW, roles=["volunteer"], org=other)
    make_person(session, ring, NOW, roles=["administrator"], org=other)
    for person in (chief, shared):
        assert client.post(f"/api/v1/people/{person}/leave", headers=ana).status_code == 403
        changed = client.patch(f"/api/v1/people/{person}", json={"email": None}, headers=ana)
        assert changed.status_code == 403
        account = {"login": "mallory", "password": "a long enough password"}
        assert client.post(f"/api/v1/people/{person}/account", json=account, headers=ana).status_code == 403
    assert client.post(f"/api/v1/people/{town.bo}/leave", headers=ana).get_json()["left_at"]


def test_a_person_is_let_in_once(
    client: FlaskClient, session: Session, ring: Keyring, town: Town, ana: Headers
) -> None:
    person = make_person(session, ring, NOW, roles=["triage"], org=town.council)
    path, account = f"/api/v1/people/{person}/account", {"login": "New", "password": "long enough words"}
    assert client.post(path, json=account, headers=ana).status_code == 204
    assert sign_in(client, "new", "long enough words")
    assert client.post(path, json=account, headers=ana).get_json()["code"] == "account-exists"


def test_roles_are_given_and_ended(client: FlaskClient, town: Town, ana: Headers) -> None:
    given = {"organisation_id": str(town.council), "role": "triage", "area_id": town.area_id}
    role = client.post(f"/api/v1/people/{town.bo}/roles", json=given, headers=ana)
    assert (role.status_code, role.get_json()["area_id"]) == (201, town.area_id)
    path = f"/api/v1/people/{town.bo}/roles/{role.get_json()['id']}/end"
    assert client.post(path, headers=ana).get_json()["until"]
    roles = client.get(f"/api/v1/people/{town.bo}", headers=ana).get_json()["roles"]
    assert [one["role"] for one in roles] == ["coordinator"]


def test_a_credential_is_issued_by_another_and_proves_nothing_once_its_time_is_over(
    client: FlaskClient, town: Town, ana: Headers, clock: MovableClock
) -> None:
    issued = {"type": "child_safeguarding", "level": "qualified", "valid_to": iso(hours(2))}
    path = f"/api/v1/people/{town.bo}/credentials"
    credential = client.post(path, json=issued, headers=ana).get_json()["items"][0]
    assert (credential["proves"], credential["issued_by"]) == ("qualified", f"person:{town.ana}")
    own = client.post(f"/api/v1/people/{town.ana}/credentials", json=issued, headers=ana)
    assert own.get_json()["code"] == "own-credential"
    suspended = client.post(f"{path}/{credential['id']}/suspend", headers=ana).get_json()["items"][0]
    assert (suspended["state"], suspended["proves"]) == ("suspended", None)
    client.post(f"{path}/{credential['id']}/restore", headers=ana)
    clock.advance(hours=2)
    over = client.get(path, headers=ana).get_json()["items"][0]
    assert (over["state"], over["proves"]) == ("active", None)


def test_a_rota_with_an_empty_last_desk_is_refused_over_http(client: FlaskClient, town: Town, ana: Headers) -> None:
    refused = client.put("/api/v1/shifts", json=rota_of(town, (0, 20, town.ana)), headers=ana)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "last-desk-empty")
    assert "River Town Council must fill it" in refused.get_json()["detail"]
    assert refused.get_json()["must_fill"]["person_ids"] == [str(town.ana)]
    kept = client.put("/api/v1/shifts", json=rota_of(town, (0, 12, town.ana), (12, 24, town.bo)), headers=ana)
    assert [(one["name"], one["rank"]) for one in kept.get_json()["items"]] == [
        ("Ana Lin", 0),
        ("Bo Chen", 0),
    ]
    path = f"/api/v1/shifts/{kept.get_json()['items'][1]['id']}/withdraw"
    assert client.post(path, headers=ana).get_json()["code"] == "last-desk-empty"


def test_a_rota_belongs_to_its_body(client: FlaskClient, session: Session, ring: Keyring, town: Town) -> None:
    other = make_organisation(session, NOW, name="Other")
    make_person(session, ring, NOW, roles=["supervisor"], org=other, login="eve")
    answer = client.put("/api/v1/shifts", json=rota_of(town, (0, 24, town.bo)), headers=sign_in(client, "eve"))
    assert answer.status_code == 403


def test_a_hand_over_note_is_read_by_those_at_the_desk_and_those_who_lead_it(
    client: FlaskClient, enrol: Callable[[str], Headers], town: Town, ana: Headers, clock: MovableClock
) -> None:
    day, night, idle = (enrol(login) for login in ("day", "night", "idle"))
    people = {one["name"]: UUID(one["id"]) for one in client.get("/api/v1/people", headers=ana).get_json()["items"]}
    planned = rota_of(town, (0, 12, people["day"]), (12, 24, people["night"]))
    shift = client.put("/api/v1/shifts", json=planned, headers=ana).get_json()["items"][0]
    path, note = f"/api/v1/shifts/{shift['id']}/hand-over", {"note": "Call number 7"}
    assert client.post(path, json=note, headers=idle).status_code == 403
    told = client.post(path, json=note, headers=day)
    assert (told.status_code, told.get_json()["has_handover_note"]) == (200, True)
    assert client.get(path, headers=night).status_code == 403
    clock.advance(hours=11.99)
    night = sign_in(client, "night")
    assert client.get(path, headers=night).status_code == 403
    clock.advance(hours=0.02)
    assert client.get(path, headers=night).get_json() == {"note": "Call number 7"}
    assert client.get(path, headers=sign_in(client, "idle")).status_code == 403
    assert client.get(path, headers=sign_in(client, "ana")).get_json() == {"note": "Call number 7"}


def test_who_is_on_duty_here_now(client: FlaskClient, town: Town, ana: Headers) -> None:
    client.put("/api/v1/shifts", json=rota_of(town, (0, 24, town.bo)), headers=ana)
    here = client.get(f"/api/v1/on-duty?desk={town.desk.id}", headers=ana).get_json()["items"]
    assert [person["name"] for person in here[0]["people"]] == ["Bo Chen"]
    assert here[0]["is_staffed"]
    assert client.get("/api/v1/on-duty?area=424242", headers=ana).status_code == 404
    for query in ("", f"?area=1&desk={town.desk.id}", "?desk=no"):
        assert client.get(f"/api/v1/on-duty{query}", headers=ana).status_code == 422


def test_the_desks_of_an_area_are_those_from_it_upwards(
    client: FlaskClient, session: Session, town: Town, ana: Headers
) -> None:
    act_as(session, SYSTEM)
    shapes = document(
        feature("city", polygon(square(0, 0, 4)), name="City"),
        feature("east", polygon(square(2, 0, 2)), level=1, parent_id="city", name="East"),
    )
    import_areas(session, document=shapes, source="city", by="a test", now=NOW)
    city, east = session.scalars(select(Area.id).where(Area.source == "city").order_by(Area.level))
    described = {"org_id": town.council, "kind": "duty", "name": "Desk"}
    own = [create_desk(session, described | {"area_id": area}, now=NOW).id for area in (east, city)]
    session.commit()
    here = client.get(f"/api/v1/on-duty?area={east}", headers=ana).get_json()["items"]
    assert [UUID(desk["desk_id"]) for desk in here] == [*own, TOP_DESK_ID]
    listed = client.get(f"/api/v1/desks?area={east}&kind=duty", headers=ana).get_json()["items"]
    assert [UUID(desk["id"]) for desk in listed] == own[:1]


def test_my_duty_is_mine_to_set(client: FlaskClient, town: Town, ana: Headers) -> None:
    assert client.get("/api/v1/me/duty", headers=ana).get_json()["place"] is None
    wish = {"on_duty": True, "until": iso(hours(8)), "place": HOME, "skills": ["first_aid"], "weekly_cap": 2}
    on = client.put("/api/v1/me/duty", json=wish, headers=ana).get_json()
    assert on["place"] == HOME | {"is_exact": True}
    assert (on["on_duty"], on["available"], on["weekly_cap"], on["skills"]) == (True, True, 2, ["first_aid"])
    off = client.put("/api/v1/me/duty", json={"on_duty": False}, headers=ana).get_json()
    assert off["place"]["is_exact"] is False
    assert off["place"]["lat"] != HOME["lat"]
    assert client.put("/api/v1/me/duty", json={"on_duty": False, "daily_cap": 4}, headers=ana).status_code == 422


NOTHING = "00000000-0000-4000-8000-0000000000ff"


def test_routes_are_closed_to_those_without_the_permission(client: FlaskClient, ana: Headers) -> None:
    for method, path, status in (
        ("get", "/organisations", 401),
        ("get", "/people", 401),
        ("put", "/me/duty", 401),
        ("get", f"/organisations/{NOTHING}", 404),
        ("get", f"/people/{NOTHING}", 404),
        ("get", f"/desks/{NOTHING}", 404),
        ("post", "/organisations", 403),
        ("post", f"/mandates/{NOTHING}/end", 403),
        ("post", "/desks", 403),
    ):
        sent: dict[str, str] | None = None if method == "get" else {}
        answer = client.open(f"/api/v1{path}", method=method, headers={} if status == 401 else ana, json=sent)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), path
