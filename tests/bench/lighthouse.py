"""What Lighthouse says of the phone page: the scores of a page served as people get it, in each language.

``lighthouse`` of ``pwa/package.json`` drives Debian's Chromium as a middling phone on a slow mobile network.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, at_least
from tests.bench.serving import web
from tests.bench.world import World
from tests.journeys.browser import ARGUMENTS, CHROMIUM

PROGRAM = Path(__file__).parents[2] / "pwa" / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = {
    "performance": "performance", "accessibility": "accessibility", "best-practices": "best practices", "seo": "SEO",
}  # fmt: skip
SCREENS = {"home": "/", "report": "/report", "my reports": "/reports", "SOS": "/sos", "aid": "/aid"}
TAGS = {"en": "en-GB,en", "zh": "zh-CN,zh"}
GOAL, FLOOR = 100, 95
WITHIN_S = 120
# Chromium now and then reports no beginning of the navigation: what was measured is no answer, and is asked again.
ASK_AGAIN = {"NO_NAVSTART", "NO_FCP", "NO_TRACING_STARTED"}


class NotMeasured(Exception):
    """Lighthouse gave no answer, twice; the text says why."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores from 0 to 100 by category, and the audits that cost something, in Lighthouse's words."""

    of: Mapping[str, int]
    lost: Sequence[str]


@dataclass(frozen=True, slots=True)
class Device:
    """How an address is looked at: on a phone or at a desk, and with whose session, which a browser of its own lacks."""

    at_desk: bool = False
    cookie: str = ""


PHONE = Device()


def scores(
    address: str, language: str, categories: Sequence[str] = tuple(CATEGORIES), device: Device = PHONE
) -> Scores:
    """Look at an address in a language, in a browser of its own. Raises NotMeasured."""
    for _ in range(2):
        found = _once(address, language, categories, device)
        error = found.get("runtimeError", {}).get("code", "")
        if not error:
            return _scores(found)
        if error not in ASK_AGAIN:
            break
    raise NotMeasured(f"{address} ({language}): {error}")


def _once(address: str, language: str, categories: Sequence[str], device: Device) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="linli-lighthouse-") as folder:
        path, headers = Path(folder) / "found.json", Path(folder) / "headers.json"
        # In a file: what a program is called with, every other one can read.
        sent = {"Accept-Language": TAGS[language]} | ({"Cookie": device.cookie} if device.cookie else {})
        headers.write_text(json.dumps(sent), encoding="utf-8")
        done = subprocess.run(
            [
                str(PROGRAM), address, "--quiet", "--output=json", f"--output-path={path}",
                f"--only-categories={','.join(categories)}", f"--chrome-flags={' '.join(ARGUMENTS)}",
                "--extra-headers", str(headers), "--locale=en", *(["--preset=desktop"] if device.at_desk else []),
            ],
            env={**os.environ, "CHROME_PATH": str(CHROMIUM), "TMPDIR": folder}, capture_output=True, text=True,
            timeout=WITHIN_S, check=False,
        )  # fmt: skip
        if not path.exists():
            return {
                "runtimeError": {"code": next((one for one in ASK_AGAIN if one in done.stderr), done.stderr[-500:])}
            }
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


def _scores(found: Mapping[str, Any]) -> Scores:
    of = {name: round(100 * one["score"]) for name, one in found["categories"].items()}
    lost = [
        f"{name}: {audit['title']} ({audit['id']})"
        for name, category in found["categories"].items()
        for ref in category["auditRefs"]
        if ref["weight"] and (audit := found["audits"][ref["id"]])["score"] not in {None, 1}
    ]
    return Scores(of, lost)


def measured(port: int, screens: Sequence[str] = tuple(SCREENS)) -> Iterator[Figure]:
    """The scores of some screens in both languages."""
    for screen in screens:
        for language in TAGS:
            found = scores(f"http://127.0.0.1:{port}{SCREENS[screen]}", language)
            for category, score in found.of.items():
                lost = "; ".join(one for one in found.lost if one.startswith(f"{category}:"))
                yield at_least(f"Lighthouse, {screen} ({language}), {CATEGORIES[category]}", score, "", GOAL, note=lost)


def run(world: World, *, screens: Sequence[str] = tuple(SCREENS)) -> list[Figure]:
    """Measure ``linli web``."""
    with web(world.environment) as port:
        return list(measured(port, screens))
