"""Files of requests and offers: all rows are taken or none, each wrong one is named, and twice is once."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.aid.matching.files import HEAD, ROWS_MOST, read
from backend.aid.matching.refusals import BadRows, NotAFile
from backend.aid.models import AidListing
from backend.incidents.models import Report
from tests.aid.matching.test_coordinators import API, count
from tests.support.baishi import Baishi
from tests.support.people import sign_in

GOOD = (
    "direction,need,text,lat,lon,days,amount,unit,languages,on_board,consent_by\r\n"
    "request,AID01,Two hot meals,30.45,120.45,week,2,portion,zh hak,yes,themselves\r\n"
    "offer,AID09,A folding bed to lend,30.45,120.45,any,1,piece,zh,yes,\r\n"
    "request,AID05,A tap drips,30.45,120.45,,,,,no,\r\n"
)


def send(client: FlaskClient, text: str | bytes, *, dry_run: bool = False, status: int = 200) -> dict[str, Any]:
    document = text if isinstance(text, bytes) else text.encode()
    data = {"file": (io.BytesIO(document), "list.csv"), "dry_run": "true" if dry_run else "false"}
    answer = client.post(f"{API}/imports", data=data, headers=sign_in(client, "li"))
    assert answer.status_code == status, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def test_every_row_becomes_a_report_with_an_owner_and_a_listing(
    client: FlaskClient, world: Baishi, session: Session
) -> None:
    assert send(client, GOOD) == {"rows": 3, "fresh": 3, "dry_run": False}
    items = client.get(f"{API}/board", headers=sign_in(client, "li")).get_json()["items"]
    assert {(one["direction"], one["need"], one["on_board"]) for one in items} == {
        ("request", "AID01", True), ("offer", "AID09", True), ("request", "AID05", False),
    }  # fmt: skip
    meal = next(one for one in items if one["need"] == "AID01")
    assert (meal["says"]["amount"], meal["says"]["languages"], meal["for_another"]) == (2.0, ["zh", "hak"], True)


def test_the_same_file_twice_is_taken_once(client: FlaskClient, world: Baishi, session: Session) -> None:
    send(client, GOOD)
    assert send(client, GOOD)["fresh"] == 0
    assert count(session, AidListing) == 3


def test_two_rows_that_say_the_same_are_two(client: FlaskClient, world: Baishi, session: Session) -> None:
    row = "request,AID01,Rice,30.45,120.45\r\n"
    assert send(client, "direction,need,text,lat,lon\r\n" + row + row)["fresh"] == 2


def test_a_try_stores_nothing(client: FlaskClient, world: Baishi, session: Session) -> None:
    assert send(client, GOOD, dry_run=True) == {"rows": 3, "fresh": 3, "dry_run": True}
    assert count(session, Report) == 0


def test_one_wrong_row_and_nothing_is_taken(client: FlaskClient, world: Baishi, session: Session) -> None:
    wrong = GOOD + "offer,AID09,x,30.45,120.45,any,0,piece,zh,yes,\r\nask,CN01,x,a,b,,,,,maybe,\r\n"
    told = send(client, wrong, status=422)
    assert (told["code"], told["rows"], set(told["errors"])) == ("bad-rows", 5, {"row 5", "row 6"})
    assert set(told["errors"]["row 6"]) == {"direction", "need", "on_board", "lat", "lon"}
    assert count(session, Report) == 0


# What is wrong with one row, and the columns that are named for it.
ROWS: list[tuple[str, dict[str, str], set[str]]] = [
    ("no direction", {"direction": ""}, {"direction"}),
    ("a category that is no aid", {"need": "CN01"}, {"need"}),
    ("no number", {"lat": "north"}, {"lat"}),
    ("a number that is none", {"amount": "nan"}, {"aid"}),
    ("nothing at all", {"amount": "0"}, {"aid"}),
    ("far too much", {"amount": "9999999"}, {"aid"}),
    ("half a person", {"people": "1.5"}, {"people"}),
    ("days that there are not", {"days": "never"}, {"aid"}),
    ("a unit without an amount", {"unit": "kg"}, {"aid"}),
    ("one half of a place", {"lon": ""}, {"place"}),
    ("off the earth", {"lat": "91"}, {"place"}),
    ("neither words nor a place", {"text": "", "lat": "", "lon": ""}, {"text"}),
    ("an address that is none", {"email": "ada"}, {"contact"}),
]


@pytest.mark.parametrize("name, said, columns", ROWS, ids=[name for name, *_ in ROWS])
def test_what_is_wrong_with_a_row_is_named(name: str, said: dict[str, str], columns: set[str]) -> None:
    row = {"direction": "request", "need": "AID01", "text": "Rice", "lat": "30.45", "lon": "120.45"} | said
    with pytest.raises(BadRows) as refused:
        read(f"{','.join(row)}\r\n{','.join(row.values())}\r\n".encode())
    assert set(refused.value.members["errors"]["row 2"]) == columns


FILES: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("heads alone", b"direction,need\r\n"),
    ("no heads", b"request,AID01\r\n"),
    ("a head that there is not", b"direction,need,name\r\nrequest,AID01,Ada\r\n"),
    ("a head twice", b"direction,need,need\r\nrequest,AID01,AID01\r\n"),
    ("another encoding", "direction,need,text\r\nrequest,AID01,米饭\r\n".encode("gb18030")),
    ("a quotation that does not end", b'direction,need,text\r\nrequest,AID01,"x\r\n'),
    ("too many rows", b"direction,need,text\r\n" + b"request,AID01,x\r\n" * (ROWS_MOST + 1)),
]


@pytest.mark.parametrize("name, document", FILES, ids=[name for name, _ in FILES])
def test_what_is_no_list_is_refused(name: str, document: bytes) -> None:
    with pytest.raises(NotAFile):
        read(document)


def test_the_example_can_be_taken(client: FlaskClient, world: Baishi) -> None:
    example = client.get(f"{API}/imports/example.csv", headers=sign_in(client, "li")).get_data()
    assert example.decode("utf-8-sig").splitlines()[0].split(",") == list(HEAD)
    assert send(client, example, dry_run=True)["rows"] == 1


def test_a_cell_that_a_spreadsheet_guarded_is_read_as_it_was_meant() -> None:
    (report,) = read(b"direction,need,text\r\nrequest,AID01,'=two meals\r\n")
    assert report["text"] == "=two meals"
