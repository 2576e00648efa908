"""Whatever is sent, the answer says what is wrong, nothing is stored, and nothing that is good is changed."""

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import NOW
from tests.intake.test_photos import gif_bomb, jpeg_bomb, picture, png_bomb, png_with_comment
from tests.support.application import Counted, acting_session, application
from tests.support.people import make_organisation, make_person, sign_in

CLIENT_ID = "5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f11"
GOOD: dict[str, Any] = {"client_id": CLIENT_ID, "kind": "concern", "text": "A loose cover"}
JSON = "application/json"
COMPRESSED = {"headers": {"Content-Encoding": "gzip"}}


@pytest.fixture(scope="module")
def shared(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with application(postgres, tmp_path_factory.mktemp("bad_input"), NOW) as app:
        yield app


@pytest.fixture
def client(shared: Flask) -> FlaskClient:
    return shared.test_client()


@pytest.fixture(scope="module")
def counted(shared: Flask) -> Iterator[Counted]:
    found = Counted(shared)
    yield found
    found.close()


@pytest.fixture(scope="module")
def officer(shared: Flask) -> dict[str, str]:
    """The headers of somebody who may read the configuration."""
    with acting_session(shared) as session:
        ring, body = shared.extensions["linli"].keyring, make_organisation(session, NOW)
        make_person(session, ring, NOW, roles=["administrator"], org=body, login="officer")
    return sign_in(shared.test_client(), "officer")


@pytest.fixture
def nothing_stored(shared: Flask, counted: Counted) -> Iterator[None]:
    """The test leaves every table with as many rows as it found, and no photo behind."""
    photos = shared.extensions["linli"].photos
    before = counted.rows(), sorted(photos.glob("*"))
    yield
    assert (counted.rows(), sorted(photos.glob("*"))) == before


def send(client: FlaskClient, raw: bytes | str, path: str = "/api/v1/reports", **options: Any) -> TestResponse:
    return client.post(path, data=raw, **{"content_type": JSON, **options})


def refused(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem in an answer, which has to be one."""
    assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    assert answer.content_type == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer.get_data())
    assert (problem["code"], problem["status"], problem["type"]) == (code, status, f"/problems/{code}")
    assert problem["title"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return problem


# What is no JSON that we read, whichever call it is sent to.
UNREADABLE: dict[str, tuple[bytes, dict[str, Any], int, str]] = {
    "not JSON": (b"help me", {}, 400, "unreadable"),
    "cut off": (b'{"client_id": "5f0e', {}, 400, "unreadable"),
    "two documents": (b"{} {}", {}, 400, "unreadable"),
    "not UTF-8": (b'{"text": "\xff\xfe"}', {}, 400, "unreadable"),
    "UTF-16": (json.dumps(GOOD).encode("utf-16-le"), {"content_type": f"{JSON}; charset=utf-16le"}, 400, "unreadable"),
    "a byte order mark": (b"\xef\xbb\xbf{}", {}, 400, "unreadable"),
    "NaN": (b'{"place": {"lat": NaN, "lon": 1}}', {}, 400, "unreadable"),
    "infinity": (b'{"place": {"lat": Infinity, "lon": 1}}', {}, 400, "unreadable"),
    "minus infinity": (b'{"place": {"lat": -Infinity, "lon": 1}}', {}, 400, "unreadable"),
    "a number beyond floats": (b'{"place": {"lat": 1e400, "lon": 1}}', {}, 400, "unreadable"),
    "an integer of 10,000 digits": (b'{"people_count": 1' + b"0" * 10_000 + b"}", {}, 400, "unreadable"),
    "a key twice": (b'{"kind": "concern", "kind": "distress"}', {}, 400, "unreadable"),
    "a key twice, deeper": (b'{"place": {"lat": 1, "lat": 2}}', {}, 400, "unreadable"),
    "21 levels": (b"[" * 21 + b"]" * 21, {}, 400, "unreadable"),
    "100,000 brackets": (b"[" * 100_000, {}, 400, "unreadable"),
    "100,000 brackets that close": (b"[" * 100_000 + b"]" * 100_000, {}, 400, "unreadable"),
    "100,000 objects": (b'{"a":' * 100_000, {}, 400, "unreadable"),
    "an array": (json.dumps([GOOD]).encode(), {}, 422, "invalid"),
    "a text": (b'"help"', {}, 422, "invalid"),
    "a number": (b"7", {}, 422, "invalid"),
    "null": (b"null", {}, 422, "invalid"),
    "true": (b"true", {}, 422, "invalid"),
    "10 MB": (b'"' + b"a" * 10_000_000 + b'"', {}, 413, "too-large"),
    "one byte over 1 MB": (b'"' + b"a" * 999_999 + b'"', {}, 413, "too-large"),
    "a form": (b"kind=concern", {"content_type": "application/x-www-form-urlencoded"}, 415, "not-json"),
    "plain text": (json.dumps(GOOD).encode(), {"content_type": "text/plain"}, 415, "not-json"),
    "no media type": (json.dumps(GOOD).encode(), {"content_type": None}, 415, "not-json"),
    "compressed": (gzip.compress(json.dumps(GOOD).encode()), COMPRESSED, 415, "compressed"),
    "compressed twice": (gzip.compress(gzip.compress(b"{}")), {"headers": {"Content-Encoding": "gzip, gzip"}}, 415, "compressed"),
    "compressed by another way": (b"\x0b\x00\x80{}\x03", {"headers": {"Content-Encoding": "br"}}, 415, "compressed"),
    "a bomb": (gzip.compress(bytes(10**8)), COMPRESSED, 415, "compressed"),
    "compressed and not said": (gzip.compress(json.dumps(GOOD).encode()), {}, 400, "unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("path", ["/api/v1/reports", "/api/v1/receipt/messages", "/api/v1/session"])
@pytest.mark.usefixtures("nothing_stored")
def test_a_body_that_cannot_be_read_is_refused(client: FlaskClient, name: str, path: str) -> None:
    raw, options, status, code = UNREADABLE[name]
    refused(send(client, raw, path, **options), status, code)


@pytest.mark.usefixtures("nothing_stored")
def test_a_body_without_an_announced_length_is_read_no_further_than_1_mb(client: FlaskClient) -> None:
    endless = io.BytesIO(b'{"text": "' + b"a" * 5_000_000)
    answer = client.post(
        "/api/v1/reports", input_stream=endless, content_type=JSON, headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    refused(answer, 413, "too-large")
    assert endless.tell() <= 1_100_000


# Members of a report that are wrong, with the member that the answer names.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no client_id": ({"client_id": None}, "client_id"),
    "a client_id that is none": ({"client_id": "first"}, "client_id"),
    "an empty client_id": ({"client_id": ""}, "client_id"),
    "a number as client_id": ({"client_id": 5}, "client_id"),
    "a client_id of 33 digits": ({"client_id": "5" * 33}, "client_id"),
    "an unknown kind": ({"kind": "complaint"}, "kind"),
    "kind in capitals": ({"kind": "CONCERN"}, "kind"),
    "kind with a line break": ({"kind": "concern\n"}, "kind"),
    "kinds": ({"kind": ["concern"]}, "kind"),
    "an unknown field": ({"lattitude": 4}, "lattitude"),
    "an unknown field inside": ({"place": {"lat": 1, "lon": 1, "alt": 1}}, "place"),
    "a category that looks like none": ({"category": "noise"}, "category"),
    "a category with a line break": ({"category": "CN01\n"}, "category"),
    "a number as text": ({"text": 4}, "text"),
    "an object as text": ({"text": {"en": "x"}}, "text"),
    "text with NUL": ({"text": "a\x00b"}, "text"),
    "text with half a character": ({"text": "a\ud800b"}, "text"),
    "10,001 characters": ({"text": "a" * 10_001}, "text"),
    "10,001 emoji": ({"text": "🚲" * 10_001}, "text"),
    "latitude 91": ({"place": {"lat": 91, "lon": 0}}, "place"),
    "latitude -90.001": ({"place": {"lat": -90.001, "lon": 0}}, "place"),
    "longitude 181": ({"place": {"lat": 0, "lon": 181}}, "place"),
    "a huge integer as latitude": ({"place": {"lat": 10**400, "lon": 0}}, "place"),
    "true as latitude": ({"place": {"lat": True, "lon": 0}}, "place"),
    "a text as latitude": ({"place": {"lat": "1", "lon": 0}}, "place"),
    "latitude alone": ({"place": {"lat": 1}}, "place"),
    "longitude alone": ({"place": {"lon": 1}}, "place"),
    "an array as place": ({"place": [1, 2]}, "place"),
    "a text as place": ({"place": "home"}, "place"),
    "accuracy below 0": ({"place": {"lat": 0, "lon": 0, "accuracy_m": -1}}, "place"),
    "a landmark with NUL": ({"place": {"landmark": "\x00"}}, "place"),
    "a landmark of 501 characters": ({"place": {"landmark": "a" * 501}}, "place"),
    "1900": ({"happened_at": "1900-01-01T00:00:00Z"}, "happened_at"),
    "2100": ({"happened_at": "2100-01-01T00:00:00Z"}, "happened_at"),
    "the year 0": ({"happened_at": "0000-01-01T00:00:00Z"}, "happened_at"),
    "the year 1 east of Greenwich": ({"happened_at": "0001-01-01T00:00:00+14:00"}, "happened_at"),
    "a 13th month": ({"happened_at": "2026-13-01T00:00:00Z"}, "happened_at"),
    "seconds since 1970": ({"happened_at": 1_760_000_000}, "happened_at"),
    "yesterday": ({"happened_at": "yesterday"}, "happened_at"),
    "a 25th hour": ({"happened_at": "2026-03-01T25:00:00Z"}, "happened_at"),
    "30 February": ({"happened_at": "2026-02-30T00:00:00Z"}, "happened_at"),
    "an offset of 99 hours": ({"happened_at": "2026-03-01T00:00:00+99:00"}, "happened_at"),
    "a year of six digits": ({"happened_at": "+102026-03-01T00:00:00Z"}, "happened_at"),
    "a fix in 1900": ({"place": {"lat": 0, "lon": 0, "taken_at": "1900-01-01T00:00:00Z"}}, "place"),
    "1 as danger_now": ({"danger_now": 1}, "danger_now"),
    "a text as danger_now": ({"danger_now": "true"}, "danger_now"),
    "null as danger_now": ({"danger_now": None}, "danger_now"),
    "a language with a line break": ({"language": "en\n"}, "language"),
    "a language of words": ({"language": "in English, please"}, "language"),
    "a number as contact": ({"contact": 5}, "contact"),
    "an address that is none": ({"contact": {"email": "me"}}, "contact"),
    "an address with half a character": ({"contact": {"email": "a\ud800@example.org"}}, "contact"),
    "a phone of 41 digits": ({"contact": {"phone": "1" * 41}}, "contact"),
    "an unknown safe channel": ({"safe_contact": {"channel": "pigeon"}}, "safe_contact"),
    "safe hours that are none": (
        {"safe_contact": {"channel": "sms", "hours": {"from": "25:00", "to": "07:00"}}}, "safe_contact",
    ),
    "a photo id that is none": ({"photo_ids": ["1"]}, "photo_ids"),
    "a photo id instead of a list": ({"photo_ids": CLIENT_ID}, "photo_ids"),
    "9 photos": ({"photo_ids": [CLIENT_ID] * 9}, "photo_ids"),
    "people below 0": ({"people_count": -1}, "people_count"),
    "half a person": ({"people_count": 1.5}, "people_count"),
    "a text of people": ({"people_count": "3"}, "people_count"),
    "true people": ({"people_count": True}, "people_count"),
    "10**400 people": ({"people_count": 10**400}, "people_count"),
    "an unknown voice": ({"voice": "neighbour"}, "voice"),
    "an unknown channel": ({"channel": "fax"}, "channel"),
    "a code of 3 characters": ({"kind": "distress", "codes": {"cancel": "123"}}, "codes"),
    "a duress code alone": ({"kind": "distress", "codes": {"duress": "1234"}}, "codes"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.usefixtures("nothing_stored")
def test_a_member_that_is_wrong_is_named(client: FlaskClient, name: str) -> None:
    members, field = WRONG[name]
    problem = refused(send(client, json.dumps(GOOD | members)), 422, "invalid")
    assert list(problem["errors"]) == [field]


@pytest.mark.parametrize(
    "report, field",
    [
        ({"client_id": CLIENT_ID, "kind": "concern"}, "text"),
        ({"client_id": CLIENT_ID, "kind": "concern", "text": " \n\t"}, "text"),
        ({"client_id": CLIENT_ID, "kind": "concern", "place": {}}, "text"),
        ({"client_id": CLIENT_ID, "kind": "concern", "place": {"landmark": "  "}}, "text"),
        ({"client_id": CLIENT_ID, "text": "A loose cover"}, "kind"),
        ({"kind": "concern", "text": "A loose cover"}, "client_id"),
        ({}, "client_id"),
    ],
)
@pytest.mark.usefixtures("nothing_stored")
def test_what_is_missing_is_named(client: FlaskClient, report: dict[str, Any], field: str) -> None:
    assert field in refused(send(client, json.dumps(report)), 422, "invalid")["errors"]


@pytest.mark.usefixtures("nothing_stored")
def test_no_body_at_all_is_refused(client: FlaskClient) -> None:
    assert "client_id" in refused(client.post("/api/v1/reports"), 422, "invalid")["errors"]


@pytest.mark.usefixtures("nothing_stored")
def test_the_reason_is_said_in_the_readers_language(client: FlaskClient) -> None:
    answer = send(client, b"{", headers={"Accept-Language": "zh-CN"})
    assert refused(answer, 400, "unreadable")["title"] == "无法读取该请求"
    assert answer.headers["Content-Language"] == "zh"
    problem = refused(client.post("/api/v1/reports?lang=zh", json=GOOD | {"text": "a" * 10_001}), 422, "invalid")
    assert problem["errors"] == {"text": ["超过最大长度10000。"]}


@pytest.mark.usefixtures("nothing_stored")
def test_a_photo_that_was_not_uploaded_refuses_the_report(client: FlaskClient) -> None:
    refused(send(client, json.dumps(GOOD | {"photo_ids": [CLIENT_ID]})), 422, "no-such-photo")


PHOTOS: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 422, "not-a-photo"),
    "a text": (b"not a photo", 422, "not-a-photo"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "not-a-photo"),
    "a cut JPEG": (picture("JPEG")[:200], 422, "not-a-photo"),
    "BMP": (picture("BMP"), 422, "not-a-photo"),
    "TIFF": (picture("TIFF"), 422, "not-a-photo"),
    "a web page": (b"<!doctype html><script>alert(1)</script>", 422, "not-a-photo"),
    "a PNG without pixels": (png_bomb(100)[:33], 422, "not-a-photo"),
    "a PNG whose comment unpacks to 100 MB": (png_with_comment(100_000_000), 422, "not-a-photo"),
    "compressed": (gzip.compress(picture("JPEG")), 422, "not-a-photo"),
    "3,600 megapixels in 1 kB": (png_bomb(), 413, "photo-too-large"),
    "52 megapixels in 1 kB": (png_bomb(7_200), 413, "photo-too-large"),
    "a GIF of 65,535 by 65,535": (gif_bomb(), 413, "photo-too-large"),
    "a JPEG of 65,500 by 65,500": (jpeg_bomb(), 413, "photo-too-large"),
    "a byte over 12 MB": (bytes(12_000_001), 413, "photo-too-large"),
    "20 MB": (bytes(20_000_000), 413, "too-large"),
}


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.usefixtures("nothing_stored")
def test_a_photo_that_is_none_is_refused(client: FlaskClient, name: str) -> None:
    raw, status, code = PHOTOS[name]
    form = {"photo": (io.BytesIO(raw), "photo.jpg")}
    refused(client.post("/api/v1/photos", data=form, content_type="multipart/form-data"), status, code)


@pytest.mark.usefixtures("nothing_stored")
def test_a_photo_is_not_taken_compressed(client: FlaskClient) -> None:
    form = {"photo": (io.BytesIO(picture("JPEG")), "photo.jpg")}
    answer = client.post("/api/v1/photos", data=form, content_type="multipart/form-data", **COMPRESSED)
    assert "Content-Encoding" in refused(answer, 415, "compressed")["advice"]


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize("encoding", ["identity", "IDENTITY", ""])
def test_what_is_not_compressed_may_say_so(client: FlaskClient, encoding: str) -> None:
    refused(send(client, b"{}", headers={"Content-Encoding": encoding}), 422, "invalid")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"data": picture("JPEG"), "content_type": "image/jpeg"},
        {"data": {"photo": "a text"}, "content_type": "multipart/form-data"},
        {"data": b"--x", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"--x", "content_type": "multipart/form-data"},
        {"data": {"another": (io.BytesIO(picture("JPEG")), "a.jpg")}, "content_type": "multipart/form-data"},
    ],
)
@pytest.mark.usefixtures("nothing_stored")
def test_a_photo_sent_another_way_is_refused(client: FlaskClient, options: dict[str, Any]) -> None:
    refused(client.post("/api/v1/photos", **options), 422, "not-a-photo")


RECEIPTS = ["", "Receipt", "Receipt ", "Receipt nonsense", "Receipt 0000-0000-0000-0000", "Bearer 7KQF-2M9D-X4TB-0WHR",
            "Receipt \u00e9", "Receipt " + "7" * 5000, "receipt\t7KQF"]  # fmt: skip
RESIDENT_CALLS = ["messages", "withdraw", "location", "cancel", "reopen", "feedback"]


@pytest.mark.parametrize("shown", RECEIPTS)
@pytest.mark.usefixtures("nothing_stored")
def test_a_receipt_that_is_none_is_refused(client: FlaskClient, shown: str) -> None:
    refused(client.get("/api/v1/receipt", headers={"Authorization": shown}), 401, "wrong-receipt")


@pytest.mark.parametrize("call", RESIDENT_CALLS)
@pytest.mark.usefixtures("nothing_stored")
def test_no_call_of_a_resident_works_without_a_receipt(client: FlaskClient, call: str) -> None:
    body = {"messages": {"text": "x"}, "location": {"lat": 1, "lon": 1}, "cancel": {"code": "1234"}}.get(call, {})
    refused(client.post(f"/api/v1/receipt/{call}", json=body), 401, "wrong-receipt")


RESIDENT_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("messages", {}, "text"),
    ("messages", {"text": ""}, "text"),
    ("messages", {"text": "a" * 10_001}, "text"),
    ("messages", {"text": "\x00"}, "text"),
    ("messages", {"text": "\udfff"}, "text"),
    ("messages", {"text": "x", "words": "x"}, "words"),
    ("withdraw", {"text": "a" * 2001}, "text"),
    ("withdraw", {"why": "x"}, "why"),
    ("location", {"lat": 1}, "lon"),
    ("location", {"lat": 91, "lon": 1}, "lat"),
    ("location", {"lat": 10**400, "lon": 1}, "lat"),
    ("location", {"lat": 1, "lon": 1, "taken_at": "2100-01-01T00:00:00Z"}, "taken_at"),
    ("cancel", {}, "code"),
    ("cancel", {"code": 1357}, "code"),
    ("cancel", {"code": "1" * 41}, "code"),
    ("reopen", {"text": ["x"]}, "text"),
    ("feedback", {"satisfied": 6}, "satisfied"),
    ("feedback", {"satisfied": True}, "satisfied"),
    ("feedback", {"resolved": "yes"}, "resolved"),
]


@pytest.fixture(scope="module")
def sent(shared: Flask) -> dict[str, Any]:
    """A report that was taken, with its receipt."""
    report = {"client_id": str(uuid4()), "kind": "distress", "codes": {"cancel": "1357"}}
    answer = shared.test_client().post("/api/v1/reports", json=report)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.mark.parametrize("call, body, field", RESIDENT_BODIES)
@pytest.mark.usefixtures("nothing_stored")
def test_what_a_resident_sends_wrongly_is_named(
    client: FlaskClient, sent: dict[str, Any], call: str, body: dict[str, Any], field: str
) -> None:
    headers = {"Authorization": f"Receipt {sent['receipt']}"}
    answer = send(client, json.dumps(body), f"/api/v1/receipt/{call}", headers=headers)
    assert list(refused(answer, 422, "invalid")["errors"]) == [field]


@pytest.mark.usefixtures("nothing_stored")
def test_a_wrong_code_leaves_the_alarm_as_it_is(client: FlaskClient, sent: dict[str, Any]) -> None:
    headers = {"Authorization": f"Receipt {sent['receipt']}"}
    refused(client.post("/api/v1/receipt/cancel", json={"code": "9999"}, headers=headers), 403, "wrong-code")


@pytest.mark.parametrize(
    "method, path, status, code",
    [
        ("GET", "/api/v1/reports", 405, "method-not-allowed"),
        ("PUT", "/api/v1/reports", 405, "method-not-allowed"),
        ("HEAD", "/api/v1/reports", 405, ""),
        ("TRACE", "/api/v1/reports", 405, "method-not-allowed"),
        ("BREW", "/api/v1/reports", 405, "method-not-allowed"),
        ("GET", "/api/v1/report", 404, "not-found"),
        ("POST", "/api/v1/reports/", 404, "not-found"),
        ("GET", "/api/v1/photos/1", 404, "not-found"),
        ("GET", "/api/v1/photos/%00", 404, "not-found"),
        ("GET", "/api/v1/%ff", 404, "not-found"),
        ("GET", "/" + "a" * 5000, 404, "not-found"),
        ("GET", "/../../etc/passwd", 404, "not-found"),
    ],
)
@pytest.mark.usefixtures("nothing_stored")
def test_an_address_or_method_that_does_not_exist_is_refused(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)
    if method == "HEAD":
        assert (answer.status_code, answer.get_data()) == (status, b"")
    else:
        refused(answer, status, code)
    assert status != 405 or set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.parametrize(
    "query, field",
    [
        ("lat=1&lon=1&lattitude=1", "lattitude"), ("lat=91&lon=1", "lat"), ("lat=1", "lon"), ("lat=NaN&lon=1", "lat"),
        ("lat=1e999&lon=1", "lat"), ("lat=&lon=1", "lat"), ("lat=1&lon=1&at=1900-01-01", "at"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("nothing_stored")
def test_a_filter_that_is_wrong_is_named(client: FlaskClient, officer: dict[str, str], query: str, field: str) -> None:
    answer = client.get(f"/api/v1/areas/locate?{query}", headers=officer)
    assert list(refused(answer, 422, "invalid")["errors"]) == [field]


@pytest.mark.usefixtures("nothing_stored")
def test_head_and_options_answer_without_a_body(client: FlaskClient) -> None:
    head, options = client.head("/api/v1/config"), client.options("/api/v1/reports")
    assert (head.status_code, head.get_data()) == (200, b"")
    assert (options.status_code, set(options.headers["Allow"].split(", "))) == (200, {"OPTIONS", "POST"})


KEPT: dict[str, str] = {
    "emoji": "🚲🔥 👨‍👩‍👧‍👦 🏳️‍🌈 e\u0301",
    "right to left": "שלום עולם \u200f مرحبا \u202eabc\u202c",
    "combining marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "not normalised": "e\u0301 é \u212b Å ﬁ",
    "spaces and lines": "  first\r\n\tsecond\u00a0\u3000\u2028third  ",
    "signs of other languages": "<script>alert(1)</script> '; DROP TABLE report; -- {{7*7}} ${x} %s %(x)s \\ \\u0041",
    "other planes": "𠮷野家 𝒜 \U0010fffd",
    "control characters": "\x01\x02\x1b[31m\x7f\x85",
    "private and no characters": "\ue000 \ufffe \uffff \ufeff",
    "10,000 characters": "救" * 9_999 + "🚲",
}


@pytest.mark.parametrize("name", KEPT)
def test_words_are_kept_exactly_as_they_were_sent(client: FlaskClient, name: str) -> None:
    report = {"client_id": str(uuid4()), "kind": "concern", "text": KEPT[name], "place": {"landmark": KEPT[name][:500]}}
    taken = client.post("/api/v1/reports", json=report)
    assert taken.status_code == 201, taken.get_data(as_text=True)
    headers = {"Authorization": f"Receipt {taken.get_json()['receipt']}"}
    assert client.get("/api/v1/receipt", headers=headers).get_json()["text"] == KEPT[name]
    written = client.post("/api/v1/receipt/messages", json={"text": KEPT[name]}, headers=headers)
    assert written.get_json()["messages"][-1]["words"] == KEPT[name]


@pytest.mark.parametrize(
    "members",
    [
        {"place": {"lat": 90, "lon": 180}},
        {"place": {"lat": -90, "lon": -180}},
        {"place": {"lat": 0, "lon": 0}},
        {"place": {"lat": -0.0, "lon": 5e-324}},
        {"happened_at": "2000-01-01T00:00:00Z"},
        {"happened_at": "2026-03-01T23:59:59+14:00"},
        {"people_count": 100_000},
        {"people_count": 0},
        {"category": "CN99"},
        {"language": "zh-Hant-TW"},
        {"contact": {}},
        {"photo_ids": []},
        {"kind": "distress", "text": None},
    ],
)
def test_what_is_odd_but_good_is_taken(client: FlaskClient, members: dict[str, Any]) -> None:
    report = {name: value for name, value in (GOOD | members).items() if value is not None}
    answer = client.post("/api/v1/reports", json=report | {"client_id": str(uuid4())})
    assert answer.status_code == 201, answer.get_data(as_text=True)


def test_one_id_written_in_other_ways_is_one_report(client: FlaskClient) -> None:
    fresh = uuid4()
    ways = [str(fresh), str(fresh).upper(), fresh.hex, f"{{{fresh}}}", fresh.urn]
    answers = [client.post("/api/v1/reports", json=GOOD | {"client_id": way}) for way in ways]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200]
    assert len({answer.get_json()["receipt"] for answer in answers}) == 1


def test_an_uploaded_photo_belongs_to_one_report_only(client: FlaskClient, counted: Counted) -> None:
    form = {"photo": (io.BytesIO(picture("JPEG")), "a.jpg")}
    photo_id = client.post("/api/v1/photos", data=form, content_type="multipart/form-data").get_json()["id"]
    report = GOOD | {"photo_ids": [photo_id, photo_id]}
    first = client.post("/api/v1/reports", json=report | {"client_id": str(uuid4())})
    assert first.status_code == 201
    before = counted.rows()
    refused(client.post("/api/v1/reports", json=report | {"client_id": str(uuid4())}), 422, "no-such-photo")
    assert counted.rows() == before
