"""What residents see is ready for languages that are written from right to left: no style says left or right."""

import re
from pathlib import Path

HERE = Path(__file__).parents[2]
STYLED = sorted(
    path
    for folder in (
        "pwa/src/resident",
        "pwa/src/shared",
        "pwa/public",
        "backend/pages/static",
        "backend/pages/templates",
    )
    for path in (HERE / folder).rglob("*")
    if path.suffix in {".css", ".tsx", ".html"}
)
# A side by name: as a property of its own (left, margin-left, border-left-color, scroll-padding-right, the two upper
# corners of a radius), or as the value of one that aligns or floats; in style sheets and in styles within code.
SIDED = re.compile(
    r"(?<![\w-])(?:[a-z]+-)*(?:left|right)(?:-[a-z]+)*\s*:"
    r"|(?:text-align|float|clear|caption-side|justify-[a-z]+)\s*:\s*(?:left|right)"
    r"|(?:margin|padding|border|scrollMargin|scrollPadding)(?:Left|Right)[A-Za-z]*\b|textAlign:\s*[\"'](?:left|right)"
)
# Four lengths in a row name the right side second and the left side last; four radii both upper corners first.
FOUR = re.compile(r"(?<![\w-])(margin|padding|inset|border-(?:width|radius|color|style))\s*:\s*([^;{}]+)")


def sided(text: str) -> list[str]:
    """What in a style names a side of the screen rather than the beginning or the end of a line."""
    found = [match.group(0) for match in SIDED.finditer(text)]
    for match in FOUR.finditer(text):
        parts = re.sub(r"\([^()]*\)", "()", match.group(2)).split()
        if len(parts) == 4 and _differs(match.group(1), parts):
            found.append(match.group(0))
    return found


def _differs(name: str, parts: list[str]) -> bool:
    if name == "border-radius":
        return parts[0] != parts[1] or parts[2] != parts[3]
    return parts[1] != parts[3]


def test_no_style_of_the_page_names_a_side_of_the_screen() -> None:
    assert len(STYLED) > 20
    assert {path.name: found for path in STYLED if (found := sided(path.read_text(encoding="utf-8")))} == {}


def test_a_style_that_names_a_side_would_be_found() -> None:
    wrong = (
        "a { left: 0 }", "a { margin-left: 1px }", "a { border-right-color: red }", "a { text-align: right }",
        "a { float: left }", "a { border-top-left-radius: 2px }", "a { padding: 0 1px 0 2px }",
        "a { border-radius: 0 1px 1px 0 }",
        "<p style={{ marginLeft: 3 }}>",
    )  # fmt: skip
    right = (
        "a { inset-inline-start: 0 }", "a { text-align: start }", "a { padding: 0 1px 2px }", "a { margin: 0 1px 0 1px }",
        "a { inset: 0 }", "a { border-radius: 1px 1px 0 0 }",
    )  # fmt: skip
    assert [one for one in wrong if not sided(one)] == []
    assert [one for one in right if sided(one)] == []
