"""The roster on paper: who is on duty where, in both languages, sealed, and gone after a day."""

from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.dispatch.models import PrintedRoster
from backend.dispatch.printed import keeping
from backend.dispatch.printed.paper import FONT_SETTING, PaperFailed, find_font, make_pdf
from backend.dispatch.printed.reading import paper_of
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.journal import Event
from backend.kernel.sealed import Keyring, RecordKey
from tests.conftest import NOW
from tests.dispatch.conftest import Body
from tests.support.desks import make_desk, put_on_duty
from tests.support.people import make_person, sign_in


@pytest.fixture
def rota(session: Session, ring: Keyring, body: Body) -> UUID:
    """Somebody with a Chinese name and a phone, on duty at a desk."""
    person = make_person(
        session, ring, NOW, roles=["duty_officer"], org=body.org, name="赵敏", phone="+886 900 000 001"
    )
    put_on_duty(session, make_desk(session, body.org), person, now=NOW)
    return person


@pytest.mark.usefixtures("rota")
def test_the_paper_says_who_is_on_duty_where_whom_to_call_and_in_which_order(session: Session, ring: Keyring) -> None:
    paper = paper_of(session, ring, language="zh", zone="Asia/Taipei", now=NOW)
    lines = [line for desk in paper["desks"] for line in desk["rows"]]
    assert ["第一", "赵敏", "+886 900 000 001", "–"] in [line["cells"][1:] for line in lines]
    assert [line["cells"][1] for line in lines].count("副手") == 1
    assert {line["now"] for line in lines} == {True}
    assert any(desk["empty"] for desk in paper["desks"]), "a desk where nobody is says so"
    assert len(paper["ladder"]) >= 3


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.usefixtures("rota")
def test_the_file_is_a_pdf_with_the_font_inside(session: Session, ring: Keyring, language: str) -> None:
    if find_font() is None:
        pytest.skip("no font with Chinese is installed here")
    pdf = make_pdf(paper_of(session, ring, language=language, zone="UTC", now=NOW))
    assert pdf.startswith(b"%PDF")
    assert b"/FontFile" in pdf


def test_without_a_font_what_can_be_set_is_set(session: Session, ring: Keyring, body: Body, tmp_path: Path) -> None:
    pdf = make_pdf(paper_of(session, ring, language="zh", zone="UTC", now=NOW), font=str(tmp_path / "none.ttf"))
    assert b"/Helvetica" in pdf


def test_a_font_that_is_none_is_no_silent_success(session: Session, ring: Keyring, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"words")
    with pytest.raises(PaperFailed):
        make_pdf(paper_of(session, ring, language="en", zone="UTC", now=NOW), font=str(broken))
    assert FONT_SETTING.startswith("LINLI_")


def count(session: Session) -> int:
    act_as(session, SYSTEM)
    return session.scalar(select(func.count()).select_from(PrintedRoster)) or 0


def test_papers_are_made_at_night_in_each_language_and_go_with_their_keys_after_a_day(
    app: Flask, session: Session, clock: MovableClock
) -> None:
    keeping.make_papers(app)  # 17:00 in Taipei
    assert count(session) == 0
    clock.advance(hours=9)
    keeping.make_papers(app)
    assert count(session) == 2
    keys = session.scalars(select(PrintedRoster.id)).all()
    clock.advance(seconds=keeping.KEPT.total_seconds())
    keeping.make_papers(app)
    assert count(session) == 0
    assert session.scalars(select(RecordKey.record_id).where(RecordKey.record_id.in_(keys))).all() == []


def test_those_in_charge_of_people_fetch_it_and_that_is_noted(
    session: Session, ring: Keyring, body: Body, client: FlaskClient
) -> None:
    make_person(session, ring, NOW, roles=["administrator"], org=body.org, login="boss")
    make_person(session, ring, NOW, roles=["coordinator"], org=body.org, login="desk")
    boss, desk = sign_in(client, "boss"), sign_in(client, "desk")
    made = client.post("/api/v1/printed-rosters", json={"language": "en"}, headers=boss).get_json()
    path = f"/api/v1/printed-rosters/{made['id']}.pdf"
    assert client.get(path, headers=desk).status_code == 403
    fetched = client.get(path, headers=boss)
    assert (fetched.status_code, fetched.mimetype, fetched.data[:4]) == (200, "application/pdf", b"%PDF")
    assert "no-store" in fetched.headers["Cache-Control"]
    act_as(session, SYSTEM)
    noted = session.scalars(select(Event.type).where(Event.stream == keeping.STREAM)).all()
    assert list(noted) == ["PrintedRosterRead"]
    assert [one["id"] for one in client.get("/api/v1/printed-rosters", headers=boss).get_json()["items"]] == [
        made["id"]
    ]
