"""What is refused, in the form of the specification, in either format and language; nothing of it is stored."""

import gzip
import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import OperationalError
from sqlalchemy.exc import OperationalError as DatabaseAway

from backend.intake.open311.schemas import NewRequestSchema
from tests.intake.open311.conftest import COVER, V2, House, errors
from tests.support.application import Counted

FORM = "application/x-www-form-urlencoded"
REQUESTS = f"{V2}/requests"
ID = "5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f11"


@pytest.fixture(scope="module")
def counter(house: House) -> Iterator[Counted]:
    found = Counted(house.app)
    yield found
    found.close()


@pytest.fixture
def nothing_stored(counter: Counted) -> Iterator[None]:
    before = counter.rows()
    yield
    assert counter.rows() == before


# What is wrong with a form, and how the first description begins.
FORMS: dict[str, tuple[dict[str, str], int, str]] = {
    "nothing": (dict.fromkeys(COVER, ""), 400, "service_code: Missing"),
    "no service": ({"service_code": ""}, 400, "service_code: Missing"),
    "a service that is none": ({"service_code": "potholes"}, 404, "There is no such service_code"),
    "a service that is not offered here": ({"service_code": "DS04"}, 404, "There is no such service_code"),
    "aid": ({"service_code": "AID01"}, 404, "There is no such service_code"),
    "a service of another shape": ({"service_code": "CN01" * 9}, 400, "service_code: Longer"),
    "no place": ({"lat": "", "long": ""}, 400, "lat: Say where"),
    "latitude alone": ({"long": ""}, 400, "lat: lat and long belong together"),
    "longitude alone": ({"lat": ""}, 400, "lat: lat and long belong together"),
    "longitude alone with words": ({"lat": "", "address_string": "here"}, 400, "lat: lat and long belong together"),
    "latitude 91": ({"lat": "91"}, 400, "lat: Must be"),
    "longitude -181": ({"long": "-181"}, 400, "long: Must be"),
    "NaN": ({"lat": "NaN"}, 400, "lat: Not a valid number."),
    "infinity": ({"lat": "1e400"}, 400, "lat: Not a valid number."),
    "a comma in a number": ({"lat": "30,45"}, 400, "lat: Not a valid number."),
    "a number of other digits": ({"lat": "３０"}, 400, "lat: Not a valid number."),
    "4,001 characters": ({"description": "a" * 4001}, 400, "description: Longer"),
    "NUL": ({"description": "a\x00b"}, 400, "description: holds a NUL"),
    "an address that is none": ({"email": "me"}, 400, "email: Not a valid email"),
    "a phone of 41 digits": ({"phone": "1" * 41}, 400, "phone: Longer"),
    "a file of this machine": ({"media_url": "file:///etc/passwd"}, 400, "media_url: Not a valid URL."),
    "a script": ({"media_url": "javascript:alert(1)"}, 400, "media_url: Not a valid URL."),
    "an address of 2,001 characters": ({"media_url": "http://example.org/" + "a" * 1982}, 400, "media_url: Longer"),
    "a misspelt name": ({"adress_string": "here"}, 400, "adress_string: Unknown field."),
    "an unknown attribute": ({"attribute[WHISHETN]": "123"}, 400, "attribute[WHISHETN]: Unknown field."),
    "an attribute's value that is none": ({"attribute[danger_now]": "perhaps"}, 400, "attribute[danger_now]: Must be one of"),
    "a time in 1900": ({"attribute[happened_at]": "1900-01-01T00:00:00Z"}, 400, "attribute[happened_at]: lies before"),
    "no time": ({"attribute[happened_at]": "yesterday"}, 400, "attribute[happened_at]: Not a valid"),
    "a channel": ({"channel": "operator"}, 400, "channel: Unknown field."),
    "only what somebody looks like": (
        {"service_code": "CN16", "description": "a foreign-looking man hanging around"}, 400, "Please say what is",
    ),
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["json", "xml"])
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.usefixtures("nothing_stored")
def test_a_form_that_is_wrong_is_refused_and_the_field_named(client: FlaskClient, name: str, suffix: str) -> None:
    changed, status, said = FORMS[name]
    assert errors(client.post(f"{REQUESTS}.{suffix}", data=COVER | changed), status)[0].startswith(said)


@pytest.mark.usefixtures("nothing_stored")
def test_everything_that_is_wrong_is_named_at_once(client: FlaskClient) -> None:
    said = errors(client.post(f"{REQUESTS}.xml", data=COVER | {"lat": "91", "email": "me", "x": "y"}), 400)
    assert {one.partition(":")[0] for one in said} == {"lat", "email", "x"}


# What is no form that can be read.
BODIES: dict[str, tuple[Any, dict[str, Any], int]] = {
    "JSON": (b'{"service_code": "CN01"}', {"content_type": "application/json"}, 415),
    "multipart": (b"--x--", {"content_type": "multipart/form-data; boundary=x"}, 415),
    "no media type": (b"service_code=CN01", {}, 415),
    "not UTF-8": (b"service_code=CN01&description=\xff", {"content_type": FORM}, 400),
    "escapes that are not UTF-8": (b"service_code=CN01&description=%ff%fe", {"content_type": FORM}, 400),
    "half of a character": (b"service_code=CN01&description=%ed%a0%80", {"content_type": FORM}, 400),
    "a name twice": (b"service_code=CN01&lat=1&long=1&lat=2", {"content_type": FORM}, 400),
    "an empty body": (b"", {"content_type": FORM}, 400),
    "300 fields": (b"&".join(b"a%d=1" % at for at in range(300)), {"content_type": FORM}, 400),
    "2 MB": (b"description=" + b"a" * 2_000_000, {"content_type": FORM}, 413),
    "compressed": (gzip.compress(b"service_code=CN01"), {"content_type": FORM, "headers": {"Content-Encoding": "gzip"}}, 415),
    "a key of 201 characters": (
        b"service_code=CN01&lat=1&long=1", {"content_type": FORM, "headers": {"Idempotency-Key": "k" * 201}}, 400,
    ),
    "fields in the address": (b"", {"content_type": FORM, "query_string": COVER}, 400),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.usefixtures("nothing_stored")
def test_a_body_that_is_no_form_is_refused(client: FlaskClient, name: str) -> None:
    raw, options, status = BODIES[name]
    assert errors(client.post(f"{REQUESTS}.xml", data=raw, **options), status)


@pytest.mark.usefixtures("nothing_stored")
def test_a_form_without_an_announced_length_is_read_no_further_than_1_mb(client: FlaskClient) -> None:
    endless = io.BytesIO(b"description=" + b"a" * 5_000_000)
    answer = client.post(
        f"{REQUESTS}.json", input_stream=endless, content_type=FORM, headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    errors(answer, 413)
    assert endless.tell() <= 1_100_000


ADDRESSES: list[tuple[str, str, int]] = [
    ("GET", "services.html", 406),
    ("GET", "services.", 404),
    ("GET", "services", 404),
    ("GET", "services.JSON", 406),
    ("POST", "requests.csv", 406),
    ("GET", "requests/1.pdf", 406),
    ("GET", "tokens/1.rss", 406),
    ("GET", "discovery.html", 406),
    ("GET", "services/DS04.json", 404),
    ("GET", "services/CN06.xml", 404),
    ("GET", "services/nothing.xml", 404),
    ("GET", f"requests/{ID}.json", 404),
    ("GET", f"requests/{ID}.xml", 404),
    ("GET", "requests/638344.json", 404),
    ("GET", "requests/%00.json", 404),
    ("GET", "requests/' OR 1=1.json", 404),
    ("GET", f"tokens/{ID}.json", 404),
    ("GET", "tokens/12345.xml", 404),
    ("GET", "nowhere.json", 404),
    ("GET", "", 404),
    ("POST", "services.json", 405),
    ("DELETE", f"requests/{ID}.json", 405),
    ("PUT", "requests.xml", 405),
    ("GET", "services.json?page=1", 400),
    ("GET", "requests.json?status=opne", 400),
    ("GET", "requests.json?status=open,done", 400),
    ("GET", "requests.json?service_code=DS04", 404),
    ("GET", "requests.json?service_code=CN01,none", 404),
    ("GET", "requests.json?start_date=yesterday", 400),
    ("GET", "requests.json?start_date=1900-01-01T00:00:00Z", 400),
    ("GET", "requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-04-02T00:00:00Z", 400),
    ("GET", "requests.json?start_date=2026-02-02T00:00:00Z&end_date=2026-02-01T00:00:00Z", 400),
    ("GET", "requests.json?start_date=2026-01-01T00:00:00Z&start_date=2026-01-02T00:00:00Z", 400),
    ("GET", "requests.json?page=0", 400),
    ("GET", "requests.json?page_size=1001", 400),
    ("GET", "requests.json?page=1.5", 400),
    ("GET", "requests.json?updated_after=2026-01-01T00:00:00Z", 400),
    ("GET", "requests.json?lat=1&long=1&radius=1", 400),
    ("GET", "requests.json?service_request_id=" + ",".join(["x"] * 51), 400),
    ("GET", "requests.json?%ff=1", 400),
]


@pytest.mark.parametrize("method, path, status", ADDRESSES)
@pytest.mark.usefixtures("nothing_stored")
def test_an_address_format_or_filter_that_does_not_exist_is_refused(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(f"{V2}/{path}", method=method)
    errors(answer, status)
    assert answer.mimetype == ("application/json" if path.partition("?")[0].endswith(".json") else "text/xml")
    assert status != 405 or answer.headers["Allow"]


def test_a_refusal_is_said_in_the_readers_language(client: FlaskClient) -> None:
    answer = client.post(f"{REQUESTS}.xml", data=COVER | {"lat": "91"}, headers={"Accept-Language": "zh"})
    assert errors(answer, 400) == ["lat: 须在-90与90之间。"]
    assert errors(client.get(f"{V2}/requests/1.json?lang=zh"), 404)[0].startswith(
        "没有此service_request_id。请检查编号。"
    )


def test_a_browser_gets_no_page_in_place_of_an_answer(client: FlaskClient) -> None:
    assert errors(client.get(f"{V2}/requests/1.xml", headers={"Accept": "text/html"}), 404)


@pytest.mark.parametrize("cause, status", [(RuntimeError("Mei, Willow Lane 7"), 500), (None, 503)])
def test_what_breaks_says_nothing_but_its_number(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, cause: Exception | None, status: int
) -> None:
    broken = cause or DatabaseAway("SELECT 'Mei'", {}, OperationalError("Willow Lane 7"))

    def fail(*_: object, **__: object) -> None:
        raise broken

    monkeypatch.setattr("backend.intake.open311.api.services_of", fail)
    answer = client.get(f"{V2}/services.xml")
    (said,) = errors(answer, status)
    assert "Mei" not in said
    assert "Willow" not in said
    assert (answer.headers["X-Request-Id"] in said) == (status == 500)
    assert (answer.headers.get("Retry-After") is not None) == (status == 503)


NAMES = st.sampled_from(
    [*(field.data_key or name for name, field in NewRequestSchema().fields.items()), "", "x", "attribute[]"]
)
VALUES = st.text(max_size=40) | st.sampled_from(["CN01", "CN04", "30.45", "120.45", "yes", "2026-03-01T00:00:00Z"])
BYTES = st.binary(max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(form=st.dictionaries(NAMES, VALUES), raw=st.none() | BYTES, suffix=st.sampled_from(["json", "xml", "csv"]))
def test_whatever_is_sent_is_answered_in_the_form_of_the_specification(
    client: FlaskClient, form: dict[str, str], raw: bytes | None, suffix: str
) -> None:
    content: dict[str, Any] = {"data": raw if raw is not None else form, "content_type": FORM}
    for answer in (
        client.post(f"{REQUESTS}.{suffix}", **content),
        client.get(f"{REQUESTS}.{suffix}", query_string=form),
    ):
        assert answer.status_code in {200, 400, 404, 406}
        if answer.status_code != 200:
            errors(answer, answer.status_code)
