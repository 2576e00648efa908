"""A screen reader at a phone, as far as the browser's accessibility tree tells: reading order, announcements, keyboard."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import CDPSession

from tests.journeys.views import EXAMPLE, SAME_CODE, Visit

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
        """Open a screen."""
        self.visit.open(path)

    @contextmanager
    def step(self, title: str, *, whole: bool = False) -> Iterator[None]:
        """What is done in the block: what is announced, where the focus is then, and with ``whole`` everything in order."""
        page = self.visit.page
        page.evaluate("() => { window.linliHeard.length = 0; }")
        yield
        page.wait_for_load_state("networkidle")
        page.evaluate(PAINTED)
        heard = list(dict.fromkeys(page.evaluate("window.linliHeard")))
        page.evaluate(SAME_CODE, EXAMPLE)
        self.lines += ["", f"**{title}**", "", *(f"- announced {words}" for words in heard)]
        self.lines.append(f"- the focus is on {self.focused()}")
        if whole:
            self.lines += ["- read in order:", *(f"  {line}" for line in self.read())]
            self.lines += ["- by Tab:", *(f"  1. {stop}" for stop in self.by_tab())]

    def opens(self, path: str, title: str) -> None:
        """A screen opens: everything on it. What was announced meanwhile is what a page says that is loading."""
        self.open(path)
        with self.step(title, whole=True):
            pass

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
