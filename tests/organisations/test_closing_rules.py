"""What hangs on a desk alone, and who may go on with it: every combination as a table."""

from uuid import UUID

import pytest

from backend.organisations.rules.closing import WORDS, OpenDesk, Part, can_succeed, parts_of

OWN, FOREIGN = UUID(int=1), UUID(int=2)
CITY, TOWN, VILLAGE = 1, 2, 3
ABOVE = (CITY, TOWN)  # of a desk in the town


def desk(kind: str, area: int | None = TOWN, org: UUID = OWN, number: int = 9) -> OpenDesk:
    return OpenDesk(UUID(int=number), org, area, kind)


@pytest.mark.parametrize(
    "closing, others, has_mandate, parts",
    [
        (desk("buck_stops"), [], False, {Part.LAST_DESK}),
        (desk("buck_stops"), [desk("duty", org=FOREIGN)], True, {Part.LAST_DESK, Part.ONLY_OF_BODY}),
        (desk("duty"), [], False, {Part.ONLY_DESK}),
        (desk("duty"), [desk("organisation")], True, {Part.ONLY_DESK}),
        (desk("duty"), [desk("duty", VILLAGE), desk("duty", CITY)], False, {Part.ONLY_DESK}),
        (desk("duty"), [desk("duty", org=FOREIGN)], False, set()),
        (desk("duty"), [desk("buck_stops", org=FOREIGN)], False, set()),
        (desk("duty", None), [], False, set()),
        (desk("organisation"), [], False, set()),
        (desk("organisation"), [desk("organisation", org=FOREIGN)], True, {Part.ONLY_OF_BODY}),
        (desk("organisation"), [desk("duty", VILLAGE)], True, set()),
    ],
)
def test_what_hangs_on_a_desk(closing: OpenDesk, others: list[OpenDesk], has_mandate: bool, parts: set[Part]) -> None:
    assert set(parts_of(closing, others, has_mandate=has_mandate)) == parts


@pytest.mark.parametrize(
    "other, part, can",
    [
        (desk("duty"), Part.LAST_DESK, True),
        (desk("duty", CITY), Part.LAST_DESK, False),
        (desk("buck_stops", CITY), Part.LAST_DESK, True),
        (desk("buck_stops", None), Part.LAST_DESK, True),
        (desk("buck_stops", VILLAGE), Part.LAST_DESK, False),
        (desk("organisation"), Part.LAST_DESK, False),
        (desk("duty", CITY), Part.ONLY_DESK, True),
        (desk("duty", None), Part.ONLY_DESK, True),
        (desk("duty", VILLAGE), Part.ONLY_DESK, False),
        (desk("organisation", CITY), Part.ONLY_DESK, False),
        (desk("duty"), Part.ONLY_OF_BODY, False),
    ],
)
def test_who_may_go_on_with_it(other: OpenDesk, part: Part, can: bool) -> None:
    kind = "buck_stops" if part is Part.LAST_DESK else "duty"
    assert can_succeed(other, desk(kind, number=8), [part], above=ABOVE) is can


def test_every_part_is_explained_in_both_languages() -> None:
    assert {part: set(words) for part, words in WORDS.items()} == {part: {"en", "zh"} for part in Part}
