"""What words suggest: sentences for every category, what must not be read, and what nothing may mark down."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from backend.intake.lexicon import ABOUT_HARM, Lexicon, Suggestion, load_lexicon, suggest
from backend.policy.files import read_defaults
from backend.policy.markers import marker_codes

SENTENCES = yaml.safe_load(Path(__file__).with_name("lexicon_sentences.yaml").read_text(encoding="utf-8"))
CASES = [
    (code, entry.get("kind"), language, text)
    for code, entry in SENTENCES.items()
    for language in ("en", "zh")
    for text in entry[language]
]
HARMFUL = [text for code, _, _, text in CASES if code in ABOUT_HARM]
HARMLESS = [text for code, _, _, text in CASES if code in {"CN01", "CN02", "CN04", "CN10", "CN16", "AID01", "AID05"}]
KINDS_OF_REPORT = ("concern", "aid_request", "aid_offer", "distress")
# Set by a person, a form or a clock, never by words.
NOT_FROM_WORDS = {"no_answer", "legal_duty", "backup_requested", "item_nine"}


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


def read(text: str, kind: str | None = None, category: str | None = None) -> Suggestion:
    return suggest(text, lexicon=load_lexicon(), kind=kind, category=category)


@pytest.mark.parametrize(("code", "kind", "language", "text"), CASES)
def test_a_plain_sentence_reaches_its_category(code: str, kind: str | None, language: str, text: str) -> None:
    found = read(text, kind)
    assert found.category == code, found.candidates[:3]
    assert found.language_guess == language
    assert found.reasons[0].what == code


def test_every_category_has_sentences_and_words_in_both_languages(lexicon: Lexicon) -> None:
    assert set(SENTENCES) == set(read_defaults("categories.yaml", "categories"))
    assert set(SENTENCES) <= set(lexicon.because)
    assert sum(language == "zh" for _, _, language, _ in CASES) >= 40


def test_the_lexicon_speaks_of_known_markers_only() -> None:
    path = Path(sys.modules["backend.intake.lexicon"].__file__ or "").with_suffix("") / "markers.yaml"
    written = set(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert written - {"looks"} == marker_codes() - NOT_FROM_WORDS - {"appearance_only"}


NOT_READ = [
    ("The smoke detector in the hall keeps beeping.", {"smoke", "fire"}),
    ("I want to get rid of an old gas stove.", {"gas"}),
    ("The fire hydrant needs paint.", {"fire"}),
    ("There is a fire hydrant behind the hedge.", {"fire"}),
    ("There is no smoke and no fire, only dust.", {"smoke", "fire"}),
    ("Nobody has a weapon, nobody is injured.", {"weapon", "injury"}),
    ("The bus almost hit me at the crossing.", {"violence"}),
    ("Kids are shooting off fireworks.", {"weapon", "violence"}),
    ("Workers screamed bloody murder about the parking.", {"serious_crime"}),
    ("An injured squirrel lies in the yard.", {"injury"}),
    ("烟雾报警器一直在响。", {"smoke", "fire"}),
    ("煤气灶旧了，想换一个。", {"gas"}),
    ("消防栓旁边停了车。", {"fire"}),
    ("没有着火，也没有人受伤。", {"fire", "injury"}),
    ("有人在打扫楼道。", {"violence"}),
    ("今天热死了，空调坏了。", {"self_harm"}),
    ("明天请给我打电话。", {"violence", "do_not_call"}),
]


@pytest.mark.parametrize(("text", "absent"), NOT_READ)
def test_words_inside_other_words_and_denials_set_no_marker(text: str, absent: set[str]) -> None:
    assert not read(text).markers & absent


READ = [
    ("He has a knife and threatens to kill me.", {"weapon", "threat"}),
    ("We smell gas in the stairwell.", {"gas"}),
    ("Sparks come out of the transformer.", {"smoke"}),
    ("My husband hits me, please do not call, text only.", {"domestic_abuse", "violence", "do_not_call"}),
    ("He checks my phone.", {"watched_phone"}),
    ("I did not want to live, I took all the pills.", {"self_harm", "self_harm_act"}),
    ("A girl, 8 years old, is alone.", {"child", "under_14", "alone"}),
    ("She is 82 and lives alone.", {"elderly_alone"}),
    ("A 5 months pregnant woman needs help.", {"pregnant"}),
    ("He depends on an oxygen machine and the power is out.", {"medical_device"}),
    ("Someone could trip over the cable.", {"fall_or_hit"}),
    ("The wall is about to collapse.", {"live_danger"}),
    ("She is transferring money to them right now.", {"money_now"}),
    ("There was no answer at the door.", {"silence"}),
    ("Nobody has seen him for five days.", {"not_seen"}),
    ("We ran out of insulin.", {"medicine_out"}),
    ("Seven people became ill after the wedding.", {"many_ill"}),
    ("Please send the police.", {"requests_police"}),
    ("The volunteer stole money from my mother.", {"worry_about_helper"}),
    ("他拿着刀威胁我。", {"weapon", "threat"}),
    ("家裡瓦斯漏氣。", {"gas"}),
    ("老公又打我，不要给我打电话。", {"domestic_abuse", "violence", "do_not_call"}),
    ("他会看我的手机。", {"watched_phone"}),
    ("我不想活了，药就在手里。", {"self_harm"}),
    ("孩子才八岁。", {"child", "under_14"}),
    ("奶奶82岁，独居。", {"elderly_alone"}),
    ("她怀孕了。", {"pregnant"}),
    ("他靠呼吸机，停电了。", {"medical_device"}),
    ("墙快要倒了。", {"live_danger"}),
    ("她正在转账。", {"money_now"}),
    ("敲门没人应。", {"silence"}),
    ("三天没见到他出门。", {"not_seen"}),
    ("胰岛素快用完了。", {"medicine_out"}),
    ("麻烦报警。", {"requests_police"}),
]


@pytest.mark.parametrize(("text", "present"), READ)
def test_words_set_markers_and_say_why(text: str, present: set[str]) -> None:
    found = read(text)
    assert present <= found.markers, found.markers
    assert {reason.what for reason in found.marker_reasons} == found.markers
    assert all(reason.words and reason.en and reason.zh for reason in found.marker_reasons)


@pytest.mark.parametrize(
    ("text", "appearance_only"),
    [
        ("A strange foreign man in a hood.", True),
        ("小区里有个陌生男子。", True),
        ("foreign-looking man hanging around", True),
        ("A foreign-looking man is hanging around", True),
        ("A foreign-looking man hangs around the yard", True),
        ("A shady-looking man was standing at the corner", True),
        ("A strange man is looking into our house", False),
        ("A foreign-looking man is looking at the doors", False),
        ("A foreign-looking man was always looking through windows", False),
        ("A strange man is trying car doors at 2 am.", False),
        ("Suspicious man with a pressure cooker outside.", False),
        ("Strange man drinking in public and yelling profanities", False),
        ("陌生男子拿着一把刀", False),
        ("陌生男子昨晚在拉车门。", False),
        ("A pothole in the road.", False),
    ],
)
def test_looks_without_an_act_are_named_as_such(text: str, appearance_only: bool) -> None:
    assert ("appearance_only" in read(text).markers) == appearance_only


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("We urgently need blankets and drinking water.", "aid_request"),
        ("I can cook and deliver meals.", "aid_offer"),
        ("A man with a knife is attacking people.", "distress"),
        ("Trash has not been picked up for two weeks.", "concern"),
        ("急需棉被和饮用水。", "aid_request"),
        ("我可以免费教老人用手机。", "aid_offer"),
        ("有人拿刀砍人，救命！", "distress"),
        ("楼下的垃圾没人收。", "concern"),
        ("ok", None),
        ("", None),
    ],
)
def test_the_door_is_told_from_the_words(text: str, hint: str | None) -> None:
    assert read(text).kind_hint == hint


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("There is a hole in the road.", "en"),
        ("路上有个坑", "zh"),
        ("Route 9 路上有个大坑，很危险", "zh"),
        ("Hay un hueco grande", None),
        ("12345 !!", None),
        ("", None),
    ],
)
def test_the_language_is_guessed_only_where_it_can_be_told(text: str, language: str | None) -> None:
    assert read(text).language_guess == language


def test_traditional_characters_read_as_simplified_and_are_shown_as_written() -> None:
    traditional, simplified = read("樓下瓦斯漏氣，電線掉了下來"), read("楼下瓦斯漏气，电线掉了下来")
    assert (traditional.category, traditional.markers) == (simplified.category, simplified.markers)
    assert "瓦斯漏氣" in traditional.reasons[0].words


def test_a_tie_is_left_to_a_person_with_reasons_for_each_reading() -> None:
    found = read("A drug deal in the alley.")
    assert found.category is None
    assert found.confidence == 0
    assert {reason.what for reason in found.reasons} >= {"CN06", "CN07"}


def test_the_reporters_choice_counts_but_never_hides_what_the_words_say() -> None:
    chosen = read("Something is broken here.", category="CN01")
    assert chosen.category == "CN01"
    assert chosen.reasons[-1].en == "The reporter chose it."
    assert read("My husband beats me.", kind="concern", category="CN04").category == "DS04"


@pytest.mark.parametrize("choice", sorted(ABOUT_HARM))
def test_a_choice_about_harm_is_never_answered_with_a_lesser_category(choice: str) -> None:
    found = read("The streetlight is broken and there is a pothole.", category=choice)
    assert found.category in {None, choice}
    assert choice in {one.category for one in found.candidates}


@given(
    harmful=st.sampled_from(HARMFUL),
    harmless=st.sampled_from(HARMLESS),
    kind=st.sampled_from([None, *KINDS_OF_REPORT]),
)
def test_harmless_words_beside_it_never_mark_distress_down(harmful: str, harmless: str, kind: str | None) -> None:
    alone, beside = read(harmful, kind), read(f"{harmless} {harmful} {harmless}", kind)
    assert beside.category is None or beside.category in ABOUT_HARM
    assert harm_of(alone) <= harm_of(beside)


@given(text=st.sampled_from([text for _, _, _, text in CASES]))
def test_who_reports_distress_is_suggested_nothing_else(text: str) -> None:
    assert (read(text, kind="distress").category or "DS").startswith("DS")


@given(text=st.text(max_size=300) | st.lists(st.sampled_from([text for _, _, _, text in CASES])).map(" ".join))
def test_any_text_gives_a_suggestion_of_sound_shape(text: str) -> None:
    found = read(text)
    assert found == read(text)
    assert 0 <= found.confidence <= 1
    assert [one.score for one in found.candidates] == sorted((one.score for one in found.candidates), reverse=True)
    assert found.category is None or found.category == found.candidates[0].category or found.confidence > 0
    assert found.markers <= marker_codes()


def test_work_grows_linearly_with_the_text(lexicon: Lexicon) -> None:
    text = " ".join(text for _, _, _, text in CASES) * 2
    without_stops = text.translate(str.maketrans("", "", ".!?。！？;；"))
    for written in (text, without_stops):
        short, long = (calls_of(written[:length], lexicon) for length in (2_000, 10_000))
        assert long < 8 * short
    assert calls_of("hit him " * 1_250, lexicon) < 8 * calls_of("hit him " * 250, lexicon)


def calls_of(text: str, lexicon: Lexicon) -> int:
    """Function calls made to read a text: work without a wall clock."""
    made = 0

    def count(frame: Any, event: str, arg: Any) -> None:
        nonlocal made
        made += 1

    sys.setprofile(count)
    try:
        suggest(text, lexicon=lexicon, kind=None)
    finally:
        sys.setprofile(None)
    return made


def harm_of(found: Suggestion) -> set[str]:
    return {one.category for one in found.candidates if one.category in ABOUT_HARM}
