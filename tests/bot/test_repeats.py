"""Nothing is done twice, and what is broken in one update stops no other."""

import pytest

from tests.bot.conftest import Town
from tests.bot.running import Running
from tests.bot.test_residents import reports, tells_report


def test_a_lost_confirmation_makes_no_second_report_and_no_second_answer(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    before = reports(town)
    town.telegram.repeats_updates(20)
    tells_report(ann)
    ann.says("/help").sees("/report")
    assert reports(town) == before + 1
    assert sum("Your receipt" in one.text for one in ann.everything()) == 1


def test_the_same_button_pressed_twice_sends_once(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    before = reports(town)
    ann.says("Loose cover").sees("What is it about?")
    ann.taps("Skip this")
    ann.sees("Where is it?")
    ann.taps("Skip this")
    ready = ann.sees("Nothing is sent yet")
    ann.taps("Send, do not write to me")
    ann.taps_again(ready, "Send, do not write to me")
    ann.sees("Your receipt")
    ann.sees("That button is from earlier")
    assert reports(town) == before + 1


def test_a_bug_in_one_update_is_answered_and_stops_nothing(
    town: Town, bot: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from bot.conversation import table

    whole = table.chosen

    def broken(talk, said, world):  # type: ignore[no-untyped-def]
        if said.value == "poison in the well":
            raise RuntimeError(said.value)
        return whole(talk, said, world)

    monkeypatch.setattr(table, "chosen", broken)
    ann, bo = town.telegram.person("Ann"), town.telegram.person("Bo")
    before = bot.counts["poison"]
    ann.says("poison in the well").sees("Something of ours broke")
    bo.starts().sees("What do you need?")
    ann.starts().sees("What do you need?")
    assert bot.counts["poison"] == before + 1
    logged = "".join(str(vars(record)) for record in caplog.records)
    assert "RuntimeError" in logged
    assert "poison in the well" not in logged
    assert str(ann.id) not in logged
