"""Facts hold codes from closed lists, and come back from storage as they went in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.policy.facts import DENSITIES, KINDS, VOICES, Facts
from backend.policy.markers import GROUPS, in_group, marker_codes, markers


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "rumour"},
        {"kind": "concern", "voice": "neighbour"},
        {"kind": "concern", "density": "dense"},
        {"kind": "concern", "flags": frozenset({"wepon"})},
        {"kind": "concern", "hour_local": 24},
        {"kind": "concern", "weekday_local": 0},
        {"kind": "concern", "suggested_grade": "G6"},
    ],
)
def test_a_value_outside_its_list_is_our_mistake_and_says_so(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Facts(**wrong)


@given(
    kind=st.sampled_from(KINDS),
    voice=st.sampled_from(VOICES),
    density=st.sampled_from(DENSITIES),
    flags=st.frozensets(st.sampled_from(sorted(marker_codes()))),
    levels=st.lists(st.text(max_size=5)).map(tuple),
    hour=st.integers(0, 23),
)
def test_facts_come_back_from_storage_as_they_went_in(
    *, kind: str, voice: str, density: str, flags: frozenset[str], levels: tuple[str, ...], hour: int
) -> None:
    facts = Facts(kind, voice=voice, density=density, flags=flags, area_level_names=levels, hour_local=hour)
    assert Facts.from_dict(json.loads(json.dumps(facts.as_dict()))) == facts


def test_every_marker_has_a_group_and_words_in_both_languages() -> None:
    assert {marker.group for marker in markers().values()} == set(GROUPS)
    for marker in markers().values():
        assert marker.label["en"]
        assert any("一" <= sign <= "鿿" for sign in marker.label["zh"])


def test_the_markers_of_a_group_are_told_apart() -> None:
    assert "weapon" in in_group("danger")
    assert "pregnant" in in_group("vulnerability")
    assert in_group("danger").isdisjoint(in_group("child"))
