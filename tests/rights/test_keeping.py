"""What has been kept for as long as it may be goes by itself; erased stays erased, also after a restore."""

import json
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from backend.kernel.journal import broken_chains
from backend.kernel.sealed import seals_of
from backend.rights import erasing, retention
from backend.rights.erasing import LIST_NAME, carry_out, catch_up, listed
from backend.rights.keeping import keeping_of
from backend.rights.rules import Part
from tests.rights.conftest import SAID, House
from tests.support.application import acting_session


def sweep(house: House) -> int:
    linli = house.app.extensions["linli"]
    with acting_session(house.app) as session:
        done = retention.expire(session, keeping_of(linli.settings), ring=linli.keyring, now=house.clock.now())
        session.commit()
    return done


def gone(house: House, sent: Mapping[str, object]) -> set[str]:
    """Which parts of a report are gone, as its resident is told."""
    return {one["code"] for one in house.mine(dict(sent), "/rights").get_json()["kept"] if one["gone"]}


@pytest.fixture
def settled(house: House) -> House:
    """Nothing else is due."""
    with acting_session(house.app) as session:
        session.execute(text("UPDATE incident SET duty_open = true WHERE closed_at IS NOT NULL"))
        session.commit()
    return house


STAGES = [
    (89, set()),
    (90, {"contact"}),
    (180, {"contact", "position", "pictures"}),
    (365, {"contact", "position", "pictures", "words"}),
    (1095, {"contact", "position", "pictures", "words", "staff_words"}),
]


def test_each_part_goes_when_its_own_time_is_over(settled: House) -> None:
    house, photo = settled, settled.photo()
    sent = house.sent(photo_ids=[photo])
    house.staff("li", "POST", f"/incidents/{sent['incident']['id']}/note", {"text": "A note"})
    house.over(sent)
    passed = 0
    for days, parts in STAGES:
        house.clock.advance(seconds=timedelta(days=days - passed).total_seconds())
        passed = days
        sweep(house)
        assert (days, gone(house, sent)) == (days, parts)
        assert (house.mine(sent).get_json()["text"] == SAID) is (days < 365)
        assert house.keys(photo) == (days < 180)
    assert house.mine(sent).get_json()["erased_at"]
    assert house.keys(sent["id"]) == 0
    notes = house.rows("SELECT id FROM note WHERE incident_id = :id", id=sent["incident"]["id"])
    assert [house.keys(str(one[0])) for one in notes] == [0]
    assert sweep(house) == 0


@pytest.mark.parametrize("change", ["duty_open = true", "disputed = true", "closed_at = NULL, state = 'in_progress'"])
def test_an_open_duty_a_dispute_or_an_open_incident_keeps_it(settled: House, change: str) -> None:
    house = settled
    sent = house.sent()
    house.over(sent)
    with acting_session(house.app) as session:
        session.execute(text(f"UPDATE incident SET {change} WHERE id = :id"), {"id": sent["incident"]["id"]})
        session.commit()
    house.clock.advance(seconds=timedelta(days=4000).total_seconds())
    sweep(house)
    assert gone(house, sent) == set()


def test_a_hold_or_a_waiting_request_keeps_it(settled: House) -> None:
    house = settled
    held, asked = house.sent(), house.sent()
    for one in (held, asked):
        house.over(one)
    house.staff("li", "PUT", f"/incidents/{held['incident']['id']}/legal-hold", {"reason": "claim"})
    house.mine(asked, "/rights", {"kind": "object", "words": "No"})
    house.clock.advance(seconds=timedelta(days=4000).total_seconds())
    sweep(house)
    assert (gone(house, held), gone(house, asked)) == (set(), set())


def test_one_row_that_fails_holds_up_no_other_and_is_tried_again(
    settled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = settled
    first, second = house.sent(), house.sent()
    for one in (first, second):
        house.over(one)
    house.clock.advance(seconds=timedelta(days=91).total_seconds())
    whole = erasing.erase

    def breaks(session: Session, wanted: erasing.Wanted, **how: object) -> object:
        if str(wanted.incident_id) == first["incident"]["id"]:
            raise ValueError("broken")
        return whole(session, wanted, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(retention, "erase", breaks)
    sweep(house)
    assert (gone(house, first), gone(house, second)) == (set(), {"contact"})
    monkeypatch.undo()
    assert sweep(house) == 0
    house.clock.advance(seconds=retention.RETRY.total_seconds())
    sweep(house)
    assert gone(house, first) == {"contact"}


def test_what_stays_is_sealed_anew_so_that_the_old_key_opens_nothing(settled: House) -> None:
    house = settled
    sent, ring = house.sent(), house.app.extensions["linli"].keyring
    house.over(sent)
    report = UUID(sent["id"])
    with acting_session(house.app) as session:
        before = seals_of(session, ring, [report])[report]
    house.clock.advance(seconds=timedelta(days=91).total_seconds())
    sweep(house)
    (row,) = house.rows("SELECT text, contact FROM report WHERE id = :id", id=sent["id"])
    assert row.contact is None
    with pytest.raises(Exception, match="text of"):
        before.open("text", bytes(row.text))
    assert house.mine(sent).get_json()["text"] == SAID


def test_files_go_and_the_list_outside_names_ids_alone(settled: House) -> None:
    house, photo = settled, settled.photo()
    sent = house.sent(photo_ids=[photo])
    house.over(sent)
    file = house.data / "photos" / f"{photo}.sealed"
    assert file.exists()
    house.mine(sent, "/rights", {"kind": "erase"})
    with acting_session(house.app) as session:
        carry_out(session, data=house.data, now=house.clock.now())
        session.commit()
    assert not file.exists()
    (mine,) = [one for one in listed(house.data / LIST_NAME) if one["report_id"] == sent["id"]]
    assert mine.keys() == {"id", "incident_id", "report_id", "parts", "why", "at"}
    assert mine["why"] == "request"


def test_whoever_was_erased_stays_erased_in_a_database_restored_from_before(settled: House) -> None:
    house = settled
    sent, ring = house.sent(), house.app.extensions["linli"].keyring
    house.over(sent)
    with acting_session(house.app) as session:
        saved = {
            table: session.execute(text(f"SELECT * FROM {table} WHERE {key} = :id"), {"id": sent["id"]})
            .mappings()
            .one()
            for table, key in (("report", "id"), ("record_key", "record_id"))
        }
    house.mine(sent, "/rights", {"kind": "erase"})
    with acting_session(house.app) as session:
        carry_out(session, data=house.data, now=house.clock.now())
        session.commit()
    entries = [one for one in listed(house.data / LIST_NAME) if one["report_id"] == sent["id"]]
    owner_puts_back(house, sent["id"], saved)
    assert house.mine(sent).get_json()["text"] == SAID
    with acting_session(house.app) as session:
        assert catch_up(session, entries, ring=ring, now=house.clock.now()) == 1
        assert catch_up(session, entries, ring=ring, now=house.clock.now()) == 0
        session.commit()
        assert list(broken_chains(session)) == []
    assert (house.keys(sent["id"]), house.mine(sent).get_json()["text"]) == (0, None)


def owner_puts_back(house: House, report: str, saved: Mapping[str, RowMapping]) -> None:
    """The rows of a report as an older backup has them, and no erasure."""
    from backend.kernel.database import owner_engine

    engine = owner_engine(house.app.extensions["linli"].settings.database_url)
    with engine.begin() as owner:
        owner.execute(text("SELECT set_config('linli.scope', 'system', true)"))
        owner.execute(text("DELETE FROM erasure WHERE report_id = :id"), {"id": report})
        key = saved["record_key"]
        owner.execute(
            text(
                "INSERT INTO record_key (record_id, key_id, wrapped, created_at) VALUES (:record_id, :key_id, :wrapped, :created_at)"
            ),
            dict(key),
        )
        row = saved["report"]
        owner.execute(
            text(
                "UPDATE report SET text = :text, contact = :contact, lat = :lat, lon = :lon, erased_at = NULL WHERE id = :id"
            ),
            {name: row[name] for name in ("text", "contact", "lat", "lon", "id")},
        )
    engine.dispose()


def test_a_list_that_was_cut_off_keeps_its_whole_lines(house: House) -> None:
    path = house.data / "cut.log"
    path.write_text(json.dumps({"id": "a"}) + "\n" + '{"id": "b', encoding="utf-8")
    assert [one["id"] for one in listed(path)] == ["a"]
    assert {part.value for part in Part} == set(STAGES[-1][1])
