"""Marks in texts: those that Telegram finds itself, and those that a bot sends as HTML. Offsets count UTF-16 units."""

import re
from html.parser import HTMLParser
from typing import Any

from tests.fakes.telegram.errors import bad

FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w+)?)|(?P<mention>(?<!\w)@\w{3,})|(?P<url>https?://\S+)"
)
TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre", "a": "text_link",
    "blockquote": "blockquote", "tg-spoiler": "spoiler",
}  # fmt: skip


def units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def marks_in(text: str) -> list[dict[str, Any]]:
    """Commands, mentions and addresses in a text that a person wrote."""
    return [
        {"type": str(found.lastgroup), "offset": units(text[: found.start()]), "length": units(found[0])}
        for found in FOUND.finditer(text)
    ]


def from_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """The text and its marks. Raises Refused for what Telegram cannot parse."""
    parser = _Html()
    parser.feed(source)
    parser.close()
    if parser.open:
        raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{parser.open[-1][0]}\"")
    return parser.text, [mark for mark in parser.marks if mark["length"]]


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.marks: list[dict[str, Any]] = []
        self.open: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a mark."""
        if tag not in TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {len(self.text.encode())}')
        mark: dict[str, Any] = {"type": TAGS[tag], "offset": units(self.text), "length": 0}
        if tag == "a":
            mark["url"] = dict(attrs).get("href") or ""
        self.open.append((tag, mark))

    def handle_endtag(self, tag: str) -> None:
        """Close the mark."""
        if not self.open or self.open[-1][0] != tag:
            raise bad(f"can't parse entities: Unexpected end tag at byte offset {len(self.text.encode())}")
        _, mark = self.open.pop()
        mark["length"] = units(self.text) - mark["offset"]
        self.marks.append(mark)

    def handle_data(self, data: str) -> None:
        """Add text."""
        self.text += data
