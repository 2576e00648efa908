"""Decisions: what follows from a report, and what never does."""

import json
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.organisations.hours import Hours
from backend.policy.categories import Category
from backend.policy.clocks import Ladder, clocks_of, shipped_ladder, shipped_quiet_hours, terms_of
from backend.policy.decide import DECIDED_MOST, decide
from backend.policy.engine import consult
from backend.policy.facts import DENSITIES, KINDS, VOICES, Facts, Moment
from backend.policy.markers import in_group, marker_codes
from backend.policy.rules import Clause, Layer, Lock, Rule
from backend.policy.ruleset import RuleSet, compile_ruleset
from tests.policy.building import BOOK, CITY, NOW, SO, TOWN, TOWN_LEVEL, VILLAGE, decided, layer, report, rule

R04 = {
    "CN01",
    "CN02",
    "CN04",
    "CN08",
    "CN10",
    "CN16",
    "AID01",
    "AID02",
    "AID03",
    "AID04",
    "AID05",
    "AID09",
    "AID10",
}
POLICE_LED = {"CN11", "DS03", "DS07", "DS08"}


# --- the same again ---


def test_the_same_facts_are_decided_alike_at_another_time_and_say_their_own() -> None:
    rules, facts, later = compile_ruleset(BOOK), report("CN04", "elderly_alone"), NOW + timedelta(hours=1)
    first, again = decide(facts, rules, NOW), decide(facts, rules, later)
    anew = decide(facts, compile_ruleset(BOOK), later)
    assert (again, first.decided_at, again.decided_at) == (anew, NOW, later)


def test_the_same_facts_are_decided_anew_under_other_rules() -> None:
    facts = report("CN04", "elderly_alone")
    urgent = layer(CITY, urgent=rule(then={"grade_at_least": "G1"}))
    assert decide(facts, compile_ruleset(BOOK), NOW).grade != decide(facts, compile_ruleset(BOOK, [urgent]), NOW).grade


def test_what_was_decided_is_kept_for_so_many_reports_and_no_more() -> None:
    rules = compile_ruleset(BOOK)
    for people in range(DECIDED_MOST + 5):
        decide(report("CN04", people_count=people), rules, NOW)
    assert 0 < len(rules.decided) <= DECIDED_MOST


# --- grade ---


@pytest.mark.parametrize(
    ("category", "markers", "more", "grade", "source"),
    [
        ("AID01", ("elderly_alone",), {}, "G3", "R12"),
        ("AID01", ("elderly_alone", "pregnant"), {"repeat_30d": 5}, "G3", "R12"),
        ("AID01", ("elderly_alone", "no_food"), {}, "G3", "up_if"),
        ("CN12", ("not_seen", "elderly_alone"), {}, "G2", "up_if"),
        ("DS09", ("elderly_alone", "cannot_move"), {}, "G2", "category"),
        ("DS06", ("pregnant",), {}, "G1", "R12"),
        ("DS03", ("pregnant",), {}, "G1", "category"),
        ("CN04", (), {"repeat_30d": 2}, "G3", "R12"),
        ("CN04", (), {"suggested_grade": "G2"}, "G2", "suggested"),
        ("CN13", (), {"suggested_grade": "G4"}, "G2", "category"),
        ("CN01", (), {"danger_now": True}, "G2", "up_if"),
        ("CN04", (), {"danger_now": True}, "G1", "R01"),
        ("AID09", ("weapon",), {"kind": "aid_offer"}, "G5", "offer"),
        ("", (), {"kind": "distress"}, "G1", "category"),
        ("", (), {"kind": "concern"}, "G3", "category"),
    ],
)
def test_the_grade_is_the_most_urgent_that_anything_asks_for(
    *, category: str, markers: tuple[str, ...], more: dict[str, Any], grade: str, source: str
) -> None:
    found = decided(category, *markers, **more)
    assert (found.grade, found.grade_source) == (grade, source)


# --- emergency ---


def test_danger_shows_the_number_first_and_goes_to_the_desk() -> None:
    found = decide(report("CN05", "weapon"), compile_ruleset(BOOK, country="CN"), NOW)
    assert found.divert
    assert found.emergency is not None
    assert (found.emergency.number, found.emergency.service) == ("110", "police")
    assert found.emergency.advice["zh"]
    assert "attendance_recorded" in found.close_needs
    assert not found.auto_triage


def test_a_fall_shows_the_ambulance_number_without_being_diverted() -> None:
    found = decide(report("DS09"), compile_ruleset(BOOK, country="TW"), NOW)
    assert not found.divert
    assert found.emergency is not None
    assert found.emergency.number == "119"


def test_self_harm_shows_a_helpline_beside_the_number() -> None:
    found = decide(report("DS05", "plan_now"), compile_ruleset(BOOK, country="US"), NOW)
    assert found.emergency is not None
    assert found.emergency.numbers == (("ambulance", "911"), ("self_harm", "988"))
    assert found.stay_in_contact


def test_a_country_without_numbers_gets_those_of_europe() -> None:
    found = decide(report("DS01"), compile_ruleset(BOOK, country="XX"), NOW)
    assert found.emergency is not None
    assert found.emergency.number == "112"


def test_a_pothole_shows_no_emergency_number() -> None:
    assert decided("CN01").emergency is None


# --- automatic triage (R04) ---


@pytest.mark.parametrize("category", sorted(BOOK.categories))
def test_only_the_short_list_may_be_triaged_by_a_rule(category: str) -> None:
    assert decided(category).auto_triage == (category in R04)


@pytest.mark.parametrize("group", ["danger", "child", "vulnerability"])
def test_no_rule_triages_where_danger_a_child_or_vulnerability_shows(group: str) -> None:
    for marker in in_group(group):
        for category in R04:
            assert not decided(category, marker).auto_triage, f"{category} {marker}"


def test_a_town_may_take_a_category_off_the_short_list() -> None:
    town = layer(TOWN_LEVEL, CN04={"values": {"auto_route": False}})
    assert not decided("CN04", ruleset=compile_ruleset(BOOK, [town])).auto_triage


# --- police (R06, INV-4) ---


def test_police_are_never_allowed_by_a_rule() -> None:
    police = decided("DS03", "weapon", danger_now=True).police.as_dict()
    assert police == {"allowed": False, "needs_named_person": True, "letters": ["a", "b"], "role": "lead"}


def test_a_weapon_in_a_crisis_brings_a_standby_and_no_other_lead() -> None:
    found = decided("DS06", "weapon")
    assert (found.lead, found.fallback, found.police.role, found.police.letters) == (
        "CH",
        ("SW", "DESK"),
        "standby",
        ("a",),
    )
    assert found.volunteers.team == 2


def test_a_town_rule_cannot_send_a_quarrel_to_police_even_if_it_was_saved() -> None:
    town = layer(TOWN_LEVEL, own_1=rule("P", categories=["CN05"]))
    found = decided("CN05", ruleset=compile_ruleset(BOOK, [town]))
    step = next(step for step in found.trace if step.rule == "own-1")
    assert found.lead == "M"
    assert step.result == "outweighed"
    assert "R06" in step.why["en"]


def test_a_category_led_by_police_goes_to_the_desk_when_no_letter_holds() -> None:
    patrol = _category("CN06-patrol", lead="P")
    town = compile_ruleset(BOOK, categories={patrol.code: patrol})
    found = decide(report(patrol.code), town, NOW)
    assert found.lead == "SW"
    assert any(step.rule == "R06" and step.clause == "lead" for step in found.trace)


def _category(code: str, **changes: Any) -> Category:
    return replace(BOOK.categories["CN06"], code=code, parent="CN06", **changes)


MARKERS = st.frozensets(st.sampled_from(sorted(marker_codes())), max_size=6)
REPORTS = st.builds(
    Facts,
    kind=st.sampled_from(KINDS),
    category=st.sampled_from(["", "ZZ99", *BOOK.categories]),
    suggested_grade=st.sampled_from(["", "G1", "G3", "G5"]),
    danger_now=st.booleans(),
    voice=st.sampled_from(VOICES),
    flags=MARKERS,
    hour_local=st.integers(0, 23),
    density=st.sampled_from(DENSITIES),
    repeat_30d=st.integers(0, 4),
    reports_24h_same_source=st.integers(0, 5),
    same_source_place_10d=st.integers(0, 5),
)


@given(REPORTS)
@settings(max_examples=300, deadline=None)
def test_whatever_is_reported_the_promises_hold(facts: Facts) -> None:
    found = decide(facts, TOWN, NOW)
    assert found.owner == "smallest_staffed_desk"
    assert found.failures == ()
    assert found.police.as_dict()["allowed"] is False
    assert "P" not in (*found.parallel, *found.fallback)
    if found.lead == "P":
        assert found.police.letters
        assert found.category in POLICE_LED | {"DS04"}
    if found.auto_triage:
        assert found.category in R04
        assert not facts.danger_now
        assert not facts.flags & (in_group("danger") | in_group("child") | in_group("vulnerability"))
    if found.grade == "G1":
        assert found.divert
        assert found.emergency is not None
    assert found.clocks["acknowledge"] <= found.clocks["contact"]
    assert [rung.due_s for rung in found.ladder] == sorted(rung.due_s for rung in found.ladder)
    assert found.refusal == "" or facts.kind == "concern"


@given(REPORTS)
@settings(deadline=None)
def test_the_same_report_under_the_same_rules_gives_the_same_decision(facts: Facts) -> None:
    first = decide(facts, TOWN, NOW).as_dict()
    stored = json.loads(json.dumps(first))
    again = decide(Facts.from_dict(stored["inputs"]), compile_ruleset(BOOK), NOW).as_dict()
    assert json.loads(json.dumps(again)) == stored


@given(REPORTS, st.sampled_from(sorted(in_group("vulnerability"))))
@settings(deadline=None)
def test_vulnerability_raises_the_grade_and_never_the_force(facts: Facts, marker: str) -> None:
    """R06 (d) names at-risk people who are missing; everything else that R12 does is about time."""
    if "missing" in facts.flags or facts.category == "DS07":
        return
    plain = {name: value for name, value in facts.as_dict().items() if name != "flags"}
    without = decide(Facts.from_dict(plain | {"flags": facts.flags - in_group("vulnerability")}), TOWN, NOW)
    with_it = decide(Facts.from_dict(plain | {"flags": facts.flags - in_group("vulnerability") | {marker}}), TOWN, NOW)
    assert with_it.grade <= without.grade
    assert with_it.police.letters == without.police.letters
    assert with_it.private >= without.private
    assert with_it.safe_mode >= without.safe_mode


# --- clocks, ladder, quiet hours, waves ---


def test_a_village_that_acts_faster_is_named_over_the_product() -> None:
    village = layer(VILLAGE, G4={"values": {"action_s": 5 * 86400}})
    found = decided("CN04", ruleset=compile_ruleset(BOOK, [village]))
    assert found.auto_triage
    assert found.lead == "M"
    assert (found.clocks["contact"], found.clocks["action"]) == (86400, 5 * 86400)
    step = next(step for step in found.trace if step.rule == "G4.action_s")
    assert step.layer == "Taohua Village"
    assert step.why["en"] == "G4.action_s: Taohua Village sets 5 d, over Linli 7 d"
    assert "优先于Linli 7 天" in step.why["zh"]


@pytest.mark.parametrize(
    ("category", "due"),
    [("DS06", [300, 600, 900, 1200, 1800, 3000]), ("DS01", [60, 120, 180, 240, 300, 480])],
)
def test_the_ladder_of_a_grade_is_that_of_the_rule_book(category: str, due: list[int]) -> None:
    assert [rung.due_s for rung in decided(category).ladder] == due


@pytest.mark.parametrize(
    ("category", "grade", "acknowledge", "action"),
    [
        ("CN04", "G4", 86400, 604800),
        ("CN04", "G1", 120, 300),
        ("DS06", "G2", 600, 3600),
        ("CN13", "G3", 900, 7200),
    ],
)
def test_the_clocks_of_a_grade_that_a_person_gave(category: str, grade: str, acknowledge: int, action: int) -> None:
    known = BOOK.categories[category]
    found = clocks_of(TOWN, known, (), grade, known.lead, is_offer=False)
    assert (found["acknowledge"], found["action"]) == (acknowledge, action)


@pytest.mark.parametrize(("hour", "quiet"), [(21, False), (22, True), (2, True), (6, True), (7, False), (12, False)])
def test_quiet_hours_pass_midnight(hour: int, quiet: bool) -> None:
    assert decided("AID01", hour_local=hour).quiet_hours.now is quiet


def test_a_town_shifts_the_quiet_hours() -> None:
    town = compile_ruleset(BOOK, [layer(TOWN_LEVEL, R14={"values": {"start": 21, "end": 6}})])
    assert [decided("AID01", ruleset=town, hour_local=hour).quiet_hours.now for hour in (21, 6)] == [
        True,
        False,
    ]
    assert consult(town, "DeliveryDue", report("AID01", hour_local=21)).effects["needs"] == ("night_opt_in",)
    assert consult(TOWN, "DeliveryDue", report("AID01", hour_local=21)).effects == {}


OFFICE = {"days": [1, 2, 3, 4, 5], "start": "08:30", "end": "17:30"}


@pytest.mark.parametrize(
    ("category", "hours", "most_s"),
    [
        ("DS01", None, 0),
        ("DS06", None, 14_400),
        ("CN07", None, 172_800),
        ("CN04", OFFICE, 864_000),
        ("AID09", OFFICE, 864_000),
    ],
)
def test_a_decision_says_which_hours_count_and_how_long_it_may_wait(
    category: str, hours: dict[str, Any] | None, most_s: int
) -> None:
    said = decided(category).as_dict()
    assert (said["service_hours"], said["service_hours_only"]) == (hours, hours is not None)
    assert said["max_waiting_s"] == most_s


def test_a_town_has_service_hours_of_its_own() -> None:
    own = {"days": [1, 2, 3, 4, 5, 6], "start": "09:00"}
    town = compile_ruleset(BOOK, [layer(TOWN_LEVEL, SERVICE={"values": own})])
    found = decided("CN04", ruleset=town)
    assert found.as_dict()["service_hours"] == OFFICE | own
    assert decided("DS06", ruleset=town).as_dict()["service_hours"] is None
    steps = {step.rule: step.why for step in found.trace}
    assert steps["SERVICE.days"]["en"] == (
        "Service days: Liuyuan Town sets Mon, Tue, Wed, Thu, Fri, Sat, over Linli Mon, Tue, Wed, Thu, Fri"
    )
    assert steps["SERVICE.start"]["zh"] == "服务开始：Liuyuan Town定为 09:00，优先于Linli 08:30"


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
def test_the_ladder_of_a_place_is_that_of_its_layers(grade: int) -> None:
    sooner = {"rung_2": 0.75, "rung_2_g1_s": 90, "rung_7": {"value": 9, "tighter": "lower"}}
    town = compile_ruleset(BOOK, [layer(TOWN_LEVEL, R03={"values": sooner})])
    terms = terms_of(town, f"G{grade}")
    assert terms.ladder == Ladder((0.5, 0.75, 1.5, 2.0, 3.0, 5.0), (60, 90, 180, 240, 300, 480))
    assert [rung.due_s for rung in decided("DS06", ruleset=town).ladder][:2] == [300, 450]
    assert terms_of(TOWN, f"G{grade}").ladder == Ladder() == shipped_ladder()


def test_the_quiet_hours_that_ship_are_those_of_the_rule_book() -> None:
    assert shipped_quiet_hours() == decided("AID01").quiet_hours.hours == Hours(time(22), time(7))


@pytest.mark.parametrize(("density", "radius"), [("urban", 500), ("suburban", 1000), ("rural", 3000)])
def test_the_radius_of_a_wave_follows_the_density(density: str, radius: int) -> None:
    waves = decided("DS09", density=density).volunteers
    assert (waves.allowed, waves.radius_m, waves.wave_sizes, waves.waits_s) == (
        True,
        radius,
        (3, 5, 8),
        (60, 90),
    )


@pytest.mark.parametrize(
    ("category", "markers", "lead"),
    [("AID02", ("handles_money",), "NC"), ("AID01", ("forced_entry",), "NC"), ("AID09", ("weapon",), "NC")],
)
def test_what_is_not_for_volunteers_goes_to_a_professional(category: str, markers: tuple[str, ...], lead: str) -> None:
    found = decided(category, *markers)
    assert not found.volunteers.allowed
    assert found.lead == lead
    assert any(step.rule == "R16" and step.clause == "lead" for step in found.trace)


@pytest.mark.parametrize("category", ["DS02", "DS03", "DS04", "DS05", "DS08", "DS10", "CN13", "CN14"])
def test_volunteers_are_never_asked_for_the_dangerous_categories(category: str) -> None:
    assert not decided(category).volunteers.allowed


# --- scenarios ---


def test_mrs_qian_has_not_been_seen() -> None:
    """A1: G2 with its reason, and police are not told."""
    found = decided("CN12", "not_seen", "alone", "elderly_alone", voice="witness")
    assert found.grade == "G2"
    assert found.police.letters == ()
    assert any("not seen for more than 48 hours" in step.why["en"] for step in found.trace)
    assert "private_facts_to_reporter" in found.forbids


def test_a_man_shouting_at_traffic_is_met_by_care_and_police_are_not_offered() -> None:
    """A3: the chain is social work and a clinician by phone; the trace cites R06 and R07."""
    found = decided("DS06")
    steps = {step.rule: step for step in found.trace}
    assert (found.lead, found.fallback) == ("CH", ("SW", "DESK"))
    assert "clinician_by_phone_if_no_team" in found.needs
    assert steps["R06"].result == "not_applied"
    assert steps["R07"].result == "applied"


def test_a_foreign_looking_man_without_an_act_is_not_stored() -> None:
    """A11 step 1."""
    found = decided("CN07", "appearance_only")
    assert found.refusal == "answered_with_other_help"
    assert found.human_review == "rights_desk"
    assert found.offers


def test_trying_car_doors_is_for_the_triage_desk_and_looks_stay_hidden() -> None:
    """A11 step 2."""
    found = decided("CN07", "act_described", "time_described")
    assert (found.refusal, found.lead, found.private, found.police.letters) == ("", "DESK", True, ())
    assert "appearance_in_notifications" in found.forbids


def test_a_beaten_child_counts_in_full_whoever_reports_it() -> None:
    """A11 steps 4 and 5: a harassment review, and no slower help."""
    found = decided("CN04", "child_hurt", same_source_place_10d=5, reports_24h_same_source=5)
    assert found.grade in {"G1", "G2"}
    assert found.duty
    assert "harassment" in found.reviews
    assert "SW" in (found.lead, *found.parallel)


def test_a_knife_just_now_is_immediate_with_police_by_letter_a() -> None:
    """A7 step 7."""
    found = decided("CN04", "threat", "weapon")
    assert (found.grade, found.divert, found.lead) == ("G1", True, "P")
    assert "a" in found.police.letters


def test_fear_in_the_house_stops_mediation_and_turns_on_safe_contact() -> None:
    """A7 step 5."""
    found = decided("CN05", "domestic_abuse", voice="self")
    assert (found.category, found.lead, found.safe_mode, found.private) == ("DS04", "SW", True, True)
    assert "mediation" in found.forbids
    assert not found.volunteers.allowed


def test_a_local_rule_cannot_force_mediation_on_someone_who_is_threatened() -> None:
    town = layer(TOWN_LEVEL, own_1=rule("M", categories=["CN05"]))
    assert decided("CN05", "coercion", ruleset=compile_ruleset(BOOK, [town])).lead == "SW"


def test_a_bill_and_a_card_need_a_trained_matcher() -> None:
    """A5 step 2."""
    found = decided("AID02", "handles_money")
    assert {"trained_matcher", "checks_done"} <= set(found.needs)


def test_an_offer_of_meals_is_taken_in_by_the_coordinator() -> None:
    found = decided("AID01", kind="aid_offer")
    assert (found.grade, found.lead, found.divert, found.volunteers.allowed) == ("G5", "NC", False, False)


def test_a_watched_phone_turns_on_safe_contact() -> None:
    found = decided("CN15", "watched_phone", voice="self")
    assert found.safe_mode
    assert found.private


def test_an_unknown_category_is_sorted_by_a_person() -> None:
    found = decided("ZZ99")
    assert (found.category, found.reported_category, found.lead, found.auto_triage) == (
        "",
        "ZZ99",
        "DESK",
        False,
    )


def test_a_local_category_obeys_the_rules_of_its_parent() -> None:
    river = _category("CN06-river")
    found = decide(report("CN06-river", "appearance_only"), compile_ruleset(BOOK, categories={river.code: river}), NOW)
    assert found.category == "CN06-river"
    assert found.refusal == "answered_with_other_help"


# --- rules that fail ---


def _with(*clauses: Clause) -> RuleSet:
    broken = Rule("own-1", 3, Lock.LOCAL, driven_by=("ReportReceived", "OfferProposed"), clauses=clauses)
    return compile_ruleset(BOOK, [Layer(2, 2, "Baishi City", (broken,))])


BREAKS = ["hour_local / 0 == 1", "weapn", "$missing > 1"]


@pytest.mark.parametrize("when", BREAKS)
def test_a_rule_that_fails_is_loud_and_people_decide(when: str) -> None:
    found = decided("CN04", ruleset=_with(Clause("a", when, SO, {"lead": "NC"}, Lock.LOCAL)))
    assert [(step.rule, step.version, step.layer, step.result) for step in found.failures] == [
        ("own-1", 3, "Baishi City", "failed")
    ]
    assert found.failures[0] in found.trace
    assert not found.auto_triage
    assert found.lead == "M"


@pytest.mark.parametrize("when", BREAKS)
def test_the_other_clauses_and_rules_are_still_tried(when: str) -> None:
    broken, sound = (
        Clause("a", when, SO, {"lead": "NC"}, Lock.LOCAL),
        Clause("b", "true", SO, {"private": True}, Lock.LOCAL),
    )
    found = decided("CN04", ruleset=_with(broken, sound))
    assert found.private
    assert any(step.rule == "R26" and step.result == "applied" for step in found.trace)


def test_a_rule_that_fails_at_another_event_asks_for_the_desk() -> None:
    ruleset = _with(Clause("a", "hour_local / 0 == 1", SO, {"private": True}, Lock.LOCAL))
    advice = consult(ruleset, "OfferProposed", report("AID01"))
    assert advice.effects["desk"] is True
    assert len(advice.failures) == 1


# --- replacing and versions ---


def test_a_city_replaces_a_default_and_never_a_floor() -> None:
    city = layer(CITY, R20=rule("NC", categories=["CN04"]), R08=rule("SW", categories=["DS05"]))
    ruleset = compile_ruleset(BOOK, [city])
    assert decided("CN04", ruleset=ruleset).lead == "NC"
    assert decided("DS05", ruleset=ruleset).lead == "CH"


def test_a_value_of_a_place_changes_the_condition_that_uses_it() -> None:
    town = compile_ruleset(BOOK, [layer(TOWN_LEVEL, R12={"values": {"reports": 2}})])
    assert decided("CN04", repeat_30d=1).grade == "G4"
    assert decided("CN04", repeat_30d=1, ruleset=town).grade == "G3"


def test_the_fingerprint_tells_rule_sets_apart() -> None:
    town = compile_ruleset(BOOK, [layer(TOWN_LEVEL, R14={"values": {"start": 21}})])
    assert TOWN.version == compile_ruleset(BOOK).version
    assert len({TOWN.version, town.version, compile_ruleset(BOOK, country="CN").version}) == 3


def test_before_its_date_a_rule_changes_nothing() -> None:
    first = NOW + timedelta(days=30)
    town = layer(TOWN_LEVEL, own_1=rule("NC", categories=["CN04"], effective_from=first.isoformat()))
    leads = [decided("CN04", ruleset=compile_ruleset(BOOK, [town], at=at)).lead for at in (NOW, first)]
    assert leads == ["M", "NC"]


def test_the_trace_has_both_languages_and_every_rule_that_was_tried() -> None:
    found = decided("CN05", "threat")
    assert {"R01", "R02", "R06", "R08", "R09", "R12", "R20"} <= {step.rule for step in found.trace}
    assert all(step.why["en"] and any("一" <= sign <= "鿿" for sign in step.why["zh"]) for step in found.trace)
    assert json.loads(json.dumps(found.as_dict()))["trace"]


def test_the_fifth_rung_makes_the_buck_stops_desk_the_owner() -> None:
    advice = consult(TOWN, "RungFired", report("DS06"), Moment(rung=5))
    assert advice.effects["owner"] == "buck_stops_desk"
    assert advice.rules_version == TOWN.version
