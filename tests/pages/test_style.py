"""The one style: enough contrast in light and dark, targets that a thumb hits, nothing that moves."""

import re
from pathlib import Path

import pytest

import backend.pages

STYLE = (Path(backend.pages.__file__).parent / "static" / "linli.css").read_text(encoding="utf-8")
ROOTS = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)


def tokens(which: int) -> dict[str, str]:
    """The colours of the light (0) or dark (1) scheme."""
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", ROOTS[which]))


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2, 1 to 21."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


# WCAG 2.2: 4.5 for words (1.4.3), 3 for the edges of what can be used (1.4.11).
PAIRS = [
    *((words, ground, 4.5) for words in ("ink", "soft", "deep") for ground in ("ground", "paper", "tint")),
    ("ink", "danger-tint", 4.5), ("ink", "warn-tint", 4.5), ("ink", "good-tint", 4.5), ("warn", "warn-tint", 4.5),
    ("warn", "paper", 4.5), ("warn", "ground", 4.5), ("soft", "danger-tint", 4.5), ("deep", "warn-tint", 4.5),
    ("danger-ink", "danger", 4.5), ("deep-ink", "deep", 4.5), ("paper", "ink", 4.5),
    ("edge", "paper", 3), ("edge", "ground", 3), ("danger", "ground", 3), ("warn", "warn-tint", 3),
]  # fmt: skip


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("words", "ground", "least"), PAIRS)
def test_words_stand_out_from_their_ground(scheme: int, words: str, ground: str, least: float) -> None:
    colours = tokens(scheme)
    assert contrast(colours[words], colours[ground]) >= least


def test_nothing_comes_from_elsewhere_and_nothing_moves() -> None:
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "@keyframes" not in STYLE
    assert "prefers-reduced-motion" in STYLE
