"""The spoken pass of ``docs/accessibility.md``, from the browser's own accessibility tree: ``python -m tests.journeys.spoken``.

What stands in the document before the mark is written by hand; what follows is made here, so that it cannot go stale.
"""

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, CDPSession, expect

from backend.kernel.database import owner_engine
from backend.kernel.migrate import migrate
from tests.conftest import NOW
from tests.journeys.browser import chromium, serving
from tests.journeys.views import EXAMPLE, REPLIED, SAME_CODE, Visit, sent, shown
from tests.support.application import application, with_baishi
from tests.support.postgres import cluster, create_database

DOCUMENT = Path(__file__).parents[2] / "docs" / "accessibility.md"
MARK = "<!-- What follows is made by `python -m tests.journeys.spoken`. -->\n"
# Roles as they are said; those that are not here are not said themselves, only what they hold.
SAID_AS = {
    "banner": "banner", "main": "main", "navigation": "navigation", "region": "region", "dialog": "dialog",
    "heading": "heading", "link": "link", "button": "button", "checkbox": "tick box", "switch": "switch",
    "radio": "radio button", "textbox": "text field", "group": "group", "list": "list", "status": "status",
    "alert": "alert", "image": "picture", "DisclosureTriangle": "disclosure",
}  # fmt: skip
# These are said by their name, which is what they hold.
WHOLE = {"heading", "link", "button", "checkbox", "switch", "radio", "textbox", "image", "DisclosureTriangle"}
STATES = {
    "checked": {"true": "ticked", "false": "not ticked"}, "pressed": {"true": "pressed", "false": "not pressed"},
    "expanded": {"true": "unfolded", "false": "folded"}, "invalid": {"true": "invalid"}, "disabled": {"true": "off"},
}  # fmt: skip
# Everything that a live region says, with its manner, as soon as the page says it. A status that comes together with
# its words is said by some readers and not by others; an alert is said by all.
LISTEN = """
window.linliHeard = [];
const live = "[role=alert], [role=status], [aria-live]";
const known = new WeakSet();
const say = (region, words) => {
  const isAlert = region.getAttribute("role") === "alert";
  const manner = isAlert ? "at once" : known.has(region) ? "when quiet" : "on appearing";
  const said = words.replace(/\\s+/g, " ").trim();
  if (said) linliHeard.push(`${manner}: “${said}”`);
};
const hear = (node) => {
  const element = node.nodeType === 1 ? node : node.parentElement;
  const region = element?.closest?.(live);
  if (region?.hasAttribute("role")) say(region, region.innerText);
  else if (region && known.has(region)) say(region, element.innerText);
  else if (node.nodeType === 1) for (const one of node.querySelectorAll("[role=alert], [role=status]")) say(one, one.innerText);
};
new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    if (type === "characterData") hear(target);
    else for (const node of addedNodes) hear(node);
  }
  for (const region of document.querySelectorAll(live)) known.add(region);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
# Effects of what was shown come after it was painted.
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"
FROM_THE_TOP = (
    "() => { document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex'); }"
)


class Reader:
    """A screen reader at a phone: reads what stands there, follows the keyboard, hears what is announced."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.lines = visit, list[str]()
        visit.page.add_init_script(LISTEN)
        self.session: CDPSession = visit.page.context.new_cdp_session(visit.page)

    def open(self, path: str) -> None:
        """Open a screen, and wait until it can do without a network."""
        self.visit.open(path)
        self.visit.page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")

    def step(self, title: str, act: Callable[[], object] | None = None, *, whole: bool = False) -> None:
        """One step: what is announced, where the focus is, and with ``whole`` everything in its order."""
        page = self.visit.page
        page.evaluate("linliHeard.length = 0")
        if act:
            act()
        page.wait_for_load_state("networkidle")
        page.evaluate(PAINTED)
        page.evaluate(SAME_CODE, EXAMPLE)
        heard = list(dict.fromkeys(page.evaluate("linliHeard")))
        self.lines += ["", f"**{title}**", ""]
        self.lines += [f"- announced {words}" for words in heard] if act else []
        self.lines.append(f"- the focus is on {self.focused()}")
        if whole:
            self.lines += ["- read in order:", *(f"  {line}" for line in self.read())]
            self.lines += ["- by Tab:", *(f"  1. {stop}" for stop in self.by_tab())]

    def read(self) -> Iterator[str]:
        """What stands on the page, in reading order, as a list whose depth is that of the page's own parts."""
        nodes = {node["nodeId"]: node for node in self.session.send("Accessibility.getFullAXTree")["nodes"]}
        root = next(node for node in nodes.values() if "parentId" not in node)
        lines = list(_read(root, nodes, 0))
        # The label of a field is said with it, and not again beside it.
        names = [_named(line) for line in lines]
        for at, line in enumerate(lines):
            beside = {*names[max(0, at - 1) : at], *names[at + 1 : at + 3]}
            if not (line.lstrip().startswith("- “") and line.strip(" -“”") in beside):
                yield line

    def focused(self) -> str:
        """What the focus is on."""
        if self.visit.page.evaluate("document.activeElement === document.body"):
            return "nothing: reading goes on from where it was"
        found = self.session.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]["objectId"]
        asked = {"objectId": found, "fetchRelatives": False}
        return _words(self.session.send("Accessibility.getPartialAXTree", asked)["nodes"][0])

    def by_tab(self) -> Iterator[str]:
        """Where the keyboard goes from the beginning of the page until it leaves it."""
        page = self.visit.page
        page.evaluate(FROM_THE_TOP)
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                return
            yield self.focused()
        raise AssertionError("the keyboard does not leave the page")


def _read(node: dict[str, Any], nodes: dict[str, Any], depth: int) -> Iterator[str]:
    role = node.get("role", {}).get("value", "")
    if role == "StaticText" and not node.get("ignored"):
        if words := node["name"]["value"].strip():
            yield f"{'  ' * depth}- “{words}”"
        return
    said = not node.get("ignored") and role in SAID_AS and (role != "group" or node.get("name", {}).get("value"))
    if said:
        yield f"{'  ' * depth}- {_words(node)}"
        if role in WHOLE:
            return
    for child in node.get("childIds", ()):
        if child in nodes:
            yield from _read(nodes[child], nodes, depth + bool(said))


def _named(line: str) -> str | None:
    found = re.match(r" *- \w.*?“(.*?)”", line)
    return found[1] if found else None


def _words(node: dict[str, Any]) -> str:
    """A node as it is said: role, name, states, description."""
    role, of = (
        node.get("role", {}).get("value", ""),
        {one["name"]: one["value"].get("value") for one in node.get("properties", ())},
    )
    name = re.sub(r"\s+", " ", node.get("name", {}).get("value", "")).strip()
    parts = [SAID_AS.get(role, "a part of the page" if role in {"none", "generic", "paragraph"} else role)]
    parts += [str(of["level"])] if role == "heading" else []
    said = [" ".join(parts) + (f" “{name}”" if name else "")]
    said += [words[str(of[state]).lower()] for state, words in STATES.items() if str(of.get(state)).lower() in words]
    value = node.get("value", {}).get("value")
    said += [f"holds “{value}”"] if role == "textbox" and value else []
    about = node.get("description", {}).get("value", "")
    return ", ".join(said) + (f" ({about})" if about and about != name else "")


def report(reader: Reader) -> None:
    """A report from its beginning to its code."""
    visit, page = reader.visit, reader.visit.page
    reader.open("/report")
    reader.step("The screen opens", whole=True)
    reader.step(
        "Send, with nothing said", lambda: (visit.press("report.send"), page.wait_for_selector("[aria-invalid=true]"))
    )
    reader.step("Danger is ticked", lambda: page.locator("[name=danger_now]").check())
    page.locator("[name=danger_now]").uncheck()
    reader.step(
        "Use my place",
        lambda: (visit.press("report.place"), expect(page.locator("main")).to_contain_text("18")),
    )
    reader.step(
        "Something else: the dialog of topics",
        lambda: (page.get_by_text(visit.words("report.other"), exact=True).click(), page.wait_for_selector("dialog")),
    )
    page.keyboard.press("Escape")
    page.locator("label.tile").first.click()
    reader.step("Without a network", lambda: (page.context.set_offline(True), page.wait_for_selector("main .note")))
    page.context.set_offline(False)
    reader.step(
        "Send",
        lambda: (
            visit.press("report.send"),
            page.wait_for_url(re.compile("/sent/")),
            page.wait_for_selector("main .card"),
        ),
        whole=True,
    )


def sos(reader: Reader) -> None:
    """An SOS for whoever cannot hold, until it is ended."""
    visit, page = reader.visit, reader.visit.page
    reader.open("/sos")
    reader.step("The screen opens", whole=True)
    reader.step("I cannot hold: tap instead", lambda: visit.press("sos.tap"))
    reader.step(
        "Yes, send SOS: five seconds",
        lambda: (visit.press("sos.sure_yes"), page.wait_for_selector(".count")),
        whole=True,
    )
    reader.step(
        "Do not wait, send now: it arrives",
        lambda: (
            visit.press("sos.now"), page.wait_for_selector("#arrived"),
            expect(page.locator("main")).to_contain_text("18", timeout=15_000),
        ),
        whole=True,
    )  # fmt: skip
    reader.step(
        "What is happening: one tap",
        lambda: (page.locator("button.tile").first.click(), page.wait_for_selector("button.tile[aria-pressed=true]")),
    )
    reader.step("I am safe, end SOS", lambda: (visit.press("sos.end_ask"), page.wait_for_selector("dialog[open]")))
    reader.step(
        "Yes, end it",
        lambda: (visit.press("sos.end_yes"), expect(page.locator("h1")).to_have_text(visit.words("sos.title_ended"))),
    )


def my_report(reader: Reader) -> None:
    """A report that was sent, with an answer from the desk."""
    visit, page = reader.visit, reader.visit.page
    sent(visit)
    visit.desk("acknowledge")
    visit.desk("message", text="Thank you. Is the lamp out, or is it loose?")
    reader.open("/reports")
    expect(page.locator("main")).to_contain_text(visit.words("mine.news_status"))
    reader.step("The list opens", whole=True)
    reader.step("One of them", lambda: (page.locator("a.card").click(), page.wait_for_selector("#message")), whole=True)
    page.locator("#message").fill(REPLIED["en"])
    reader.step(
        "A message is sent", lambda: (visit.press("thread.send"), expect(page.locator("#message")).to_have_value(""))
    )
    reader.step("Take this report back: asked first", lambda: visit.press("thread.withdraw_label"))


def aid(reader: Reader) -> None:
    """Asking a neighbour for help."""
    visit, page = reader.visit, reader.visit.page
    reader.open("/aid")
    reader.step("The screen opens", whole=True)
    reader.step("Ask, with nothing chosen", lambda: (visit.press("aid.send"), page.wait_for_selector("[role=alert]")))
    page.locator("label.tile").nth(2).click()
    reader.step(
        "Ask",
        lambda: (
            visit.press("aid.send"),
            page.wait_for_url(re.compile("/sent/")),
            page.wait_for_selector("main .card"),
        ),
    )


def language(reader: Reader) -> None:
    """The other language, and the way out."""
    page = reader.visit.page
    reader.open("/")
    reader.step("The first screen opens", whole=True)
    reader.step(
        "中文", lambda: (page.locator(".top .bare").click(), page.wait_for_selector("html[lang=zh-Hans]")), whole=True
    )
    page.context.set_offline(True)
    reader.step(
        "Leave now, off line",
        lambda: (page.locator("#exit").click(), page.wait_for_url(re.compile("/neutral$"))),
        whole=True,
    )


JOURNEYS: dict[str, Callable[[Reader], None]] = {
    "A report": report, "SOS": sos, "My report": my_report, "Help between neighbours": aid, "Language and the way out": language,
}  # fmt: skip


def make(browser: Browser, app: Flask, url: str) -> str:
    """The made part of the document."""
    lines: list[str] = []
    for title, journey in JOURNEYS.items():
        with shown(browser, app, url, None, "en") as visit:
            reader = Reader(visit)
            journey(reader)
            lines += ["", f"## {title}", *reader.lines]
    return "\n".join([*lines, ""])


def made(document: str) -> str:
    """What follows the mark in a document."""
    return document.partition(MARK)[2]


def main() -> None:
    """Write the document anew."""
    with tempfile.TemporaryDirectory() as folder, cluster("embedded", Path(folder) / "postgres") as dsn:
        engine = owner_engine(create_database(dsn, "linli_template"))
        migrate(engine)
        engine.dispose()
        with application(dsn, Path(folder), NOW) as app, chromium() as browser:
            with_baishi(app, NOW)
            with serving(app) as url:
                text = make(browser, app, url)
    by_hand = DOCUMENT.read_text(encoding="utf-8").partition(MARK)[0]
    DOCUMENT.write_text(by_hand + MARK + text, encoding="utf-8")
    print(f"{len(text.splitlines())} lines in {DOCUMENT.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
