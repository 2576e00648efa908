"""From a form to what the API takes."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from backend.pages.forms import client_id_of, errors_of, form_id, keeps_contact, load_report, number_in, report_of

TOPICS = {"CN04": "concern", "AID01": "aid_request", "DS02": "distress"}


def sent(**form: str) -> dict[str, Any]:
    return report_of(form, language="en", topics=TOPICS)


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ({"kind": "concern", "text": " a\r\nb "}, {"kind": "concern", "text": "a\nb"}),
        ({"kind": "concern", "category": "CN04"}, {"category": "CN04"}),
        ({"kind": "aid_request", "category": "AID01"}, {"category": "AID01"}),
        ({"kind": "aid_offer", "category": "AID01"}, {"kind": "aid_offer", "category": "AID01"}),
        ({"danger_now": "yes"}, {"kind": "distress", "danger_now": True}),
        ({"kind": "concern", "danger_now": "yes"}, {"kind": "concern", "danger_now": True}),
        ({"kind": "concern", "lat": "30,45", "lon": "−120.5°"}, {"place": {"lat": 30.45, "lon": -120.5}}),
        ({"kind": "concern", "landmark": "gate", "accuracy_m": "9"}, {"place": {"landmark": "gate"}}),
        ({"kind": "concern", "email": "a@b.org", "consent": "yes"}, {"contact": {"email": "a@b.org", "consent": True}}),
    ],
)
def test_a_form_becomes_a_report(form: dict[str, str], found: dict[str, Any]) -> None:
    report = sent(**form)
    assert {name: report.get(name) for name in found} == found


@pytest.mark.parametrize(
    ("kind", "category"), [("distress", "CN04"), ("concern", "DS02"), ("aid_offer", "CN04"), ("aid_request", "DS02")]
)
def test_a_topic_of_another_kind_was_hidden_and_does_not_count(kind: str, category: str) -> None:
    assert "category" not in sent(kind=kind, category=category)


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ({"consent": "yes"}, True),
        ({}, False),
        ({"anonymous": "yes"}, False),
        ({"consent": "yes", "anonymous": "yes"}, False),
    ],
)
def test_an_address_is_kept_only_with_a_clear_yes(form: dict[str, str], kept: bool) -> None:
    assert keeps_contact(form) is kept
    assert ("contact" in sent(kind="concern", email="a@b.org", **form)) is kept


@pytest.mark.parametrize("raw", ["north", "1,2,3", "", "12 30"])
def test_what_is_no_number_stays_for_the_schema_to_refuse(raw: str) -> None:
    assert number_in(raw) == raw


BAD = {"kind": "", "text": "lamp", "lat": "91", "lon": "nan", "email": "nobody", "consent": "yes", "category": "x"}


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({}, {"kind": "kind"}),
        ({"kind": "banana", "text": "x"}, {"kind": "kind"}),
        ({"kind": "concern"}, {"text": "empty"}),
        ({"kind": "concern", "text": " \r\n "}, {"text": "empty"}),
        ({"kind": "concern", "text": "x" * 10_001}, {"text": "long"}),
        ({"kind": "concern", "text": "x\x00"}, {"text": "long"}),
        ({"kind": "concern", "landmark": "x" * 501}, {"landmark": "landmark"}),
        ({"kind": "concern", "text": "x", "lat": "30"}, {"lat": "pair"}),
        ({"kind": "concern", "text": "x", "lat": "north", "lon": "181"}, {"lat": "lat", "lon": "lon"}),
        ({"kind": "concern", "text": "x", "email": "no", "consent": "yes"}, {"email": "email"}),
        (BAD, {"kind": "kind", "lat": "lat", "lon": "lon", "category": "category", "email": "email"}),
    ],
)
def test_each_mistake_is_shown_at_its_field(form: dict[str, str], errors: dict[str, str]) -> None:
    report = sent(**form)
    with pytest.raises(ValidationError) as refused:
        load_report({**report, "client_id": str(uuid4())})
    assert errors_of(refused.value.messages_dict, report) == errors


@pytest.mark.parametrize(
    ("form", "left_out"),
    [
        ({"lat": "91", "lon": "1"}, ("place",)),
        ({"email": "no", "consent": "yes"}, ("contact",)),
        ({"lat": "30", "category": "nonsense", "email": "no", "consent": "yes"}, ("category", "contact", "place")),
        ({}, ()),
    ],
)
def test_nothing_that_can_be_spared_holds_up_an_sos(form: dict[str, str], left_out: tuple[str, ...]) -> None:
    loaded, spoilt = load_report({**sent(kind="distress", text="help", **form), "client_id": str(uuid4())})
    assert (loaded["text"], spoilt) == ("help", left_out)


def test_an_unreadable_form_id_gets_a_fresh_one() -> None:
    held = uuid4()
    assert form_id({"client_id": str(held)}) == held
    assert form_id({"client_id": "x"}) != form_id({})


def test_a_report_has_the_id_of_its_form_and_content() -> None:
    form, said = uuid4(), sent(kind="concern", text="a")
    first = client_id_of(form, said, [b"photo"])
    assert first == client_id_of(form, dict(reversed(said.items())), [b"photo"])
    others = [
        client_id_of(uuid4(), said, [b"photo"]),
        client_id_of(form, sent(kind="concern", text="b"), [b"photo"]),
        client_id_of(form, said, [b"another"]),
        client_id_of(form, said, []),
    ]
    assert len({first, *others}) == 5


NAMES = [
    "kind",
    "text",
    "landmark",
    "lat",
    "lon",
    "accuracy_m",
    "category",
    "email",
    "consent",
    "anonymous",
    "danger_now",
]
VALUES = st.text(max_size=20) | st.sampled_from(["concern", "distress", "1e999", "-0", "CN04", "a@b.org"])


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_whatever_is_typed_is_a_report_or_names_fields_of_the_form(form: dict[str, str]) -> None:
    report = report_of(form, language="zh", topics=TOPICS)
    assert _named(report) or _kind(report) in {"concern", "aid_request", "aid_offer", "distress"}


def _named(report: dict[str, Any]) -> dict[str, str]:
    try:
        load_report({**report, "client_id": str(UUID(int=1))})
    except ValidationError as error:
        return errors_of(error.messages_dict, report)
    return {}


def _kind(report: dict[str, Any]) -> str:
    return str(load_report({**report, "client_id": str(UUID(int=1))})[0]["kind"])
