"""Lists as CSV."""

import csv
import io

import pytest

from backend.kernel.sheets import MARK, lines


def read(*rows: list[object]) -> list[list[str]]:
    text = "".join(lines(["a", "b"], rows))
    assert text.startswith(MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(MARK))))


def test_text_of_any_kind_comes_back_as_it_was() -> None:
    assert read(["陈, 安", 'says "no"\nand more'], [None, 3]) == [
        ["a", "b"],
        ["陈, 安", 'says "no"\nand more'],
        ["", "3"],
    ]


@pytest.mark.parametrize("formula", ["=1+1", "+86 123", "-cmd", "@sum", "\tx", "\rx"])
def test_no_cell_is_taken_for_a_formula(formula: str) -> None:
    assert read([formula, -5])[1] == [f"'{formula}", "-5"]
