"""Marker strings through every surface, then a search of all that is written down: ``python -m tests.chaos.markers``.

Names, phones, addresses, coordinates and words, none of which occurs anywhere else, go in by reports, messages, notes,
requests, wrong calls. Afterwards they are looked for in logs, metrics, letters, error pages, public answers, the files of
the database and its write-ahead log, photos and a backup, as they are and in the codings in which they may hide.
``--plant`` puts one into each of these places, which the search then has to find.
"""

import argparse
import base64
import io
import json
import os
import re
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

WORD, HAN, PHONE, PLACE = "zqxjvk", "槑囧烎", "+99917", "30.45171"
STEMS = (WORD, HAN, PHONE, PLACE)


class Markers:
    """Hands out markers, each once, and counts them."""

    def __init__(self) -> None:
        self._next = count(10_000)

    @property
    def used(self) -> int:
        return int(repr(self._next).strip("count()")) - 10_000

    def word(self) -> str:
        return f"{WORD}{next(self._next)} {HAN}{next(self._next)}"

    def name(self) -> str:
        return f"{WORD.title()}{next(self._next)}"

    def mail(self) -> str:
        return f"{WORD}{next(self._next)}@example.org"

    def phone(self) -> str:
        return f"{PHONE}{next(self._next)}"

    def place(self) -> dict[str, Any]:
        at = next(self._next) % 10_000
        return {"lat": float(f"{PLACE}{at:04}"), "lon": 120.45, "landmark": self.word()}


def codings(stem: str) -> set[bytes]:
    """A stem as it is and in the codings in which it may hide."""
    plain = stem.encode()
    found = {
        plain,
        plain.hex().encode(),
        quote(stem).encode(),
        stem.encode("utf-16-le"),
        json.dumps(stem)[1:-1].encode(),
    }
    for shift in range(3):  # base64 looks different by where a word begins
        coded = base64.b64encode(b"\0" * shift + plain)
        found.add(coded[(shift * 8 + 5) // 6 : (shift + len(plain)) * 8 // 6])
    return {one for one in found if len(one) > 4}


SOUGHT = re.compile(b"|".join(re.escape(one) for stem in STEMS for one in sorted(codings(stem))), re.IGNORECASE)


# Positions are numbers in the database, and in a backup their digits; docs/threat-model.md says what follows from that.
AS_NUMBERS = re.compile(re.escape(PLACE.encode()))


def found_in(content: bytes) -> int:
    """How often a marker is found."""
    return len(SOUGHT.findall(content))


def files_of(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


def archive_of(path: Path) -> Iterator[bytes]:
    with tarfile.open(path) as archive:
        for member in archive:
            body = archive.extractfile(member)
            yield body.read() if body else b""


class Run:
    """One application in the scenarios' world, and what is sent through it."""

    def __init__(self, app: Any, world: Any, mailbox: Any) -> None:
        from tests.support.people import sign_in

        self.app, self.world, self.mailbox, self.mark = app, world, mailbox, Markers()
        self.answers: dict[str, list[bytes]] = {"error pages": [], "public answers": []}
        self.client = app.test_client()
        self.staff = {login: sign_in(self.client, login) for login in ("li", "zhou", "he", "wei", "tao", "duty")}

    def call(self, method: str, path: str, body: Any, *expected: int, **headers: str) -> Any:
        answer = self.client.open(path, method=method, json=body, headers=headers)
        assert answer.status_code in (expected or (200, 201)), (path, answer.status_code, answer.get_json())
        return answer

    def photo(self) -> str:
        from PIL import Image

        exif = Image.Exif()
        exif[0x010E], exif[0x013B] = self.mark.word(), self.mark.name()  # what it shows, who took it
        raw = io.BytesIO()
        Image.new("RGB", (40, 30), "olive").save(raw, "JPEG", exif=exif)
        form = {"photo": (io.BytesIO(raw.getvalue()), f"{self.mark.name()}.jpg")}
        return str(self.client.post("/api/v1/photos", data=form, content_type="multipart/form-data").get_json()["id"])

    def report(self, **said: Any) -> tuple[str, dict[str, str]]:
        mark = self.mark
        body = {
            "client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": mark.word(), "place": mark.place(),
            "contact": {"email": mark.mail(), "phone": mark.phone(), "consent": True}, "photo_ids": [self.photo()],
            # The code word is meant to be read in letters.
            "safe_contact": {"channel": "email", "code_word": "lantern"},
        }  # fmt: skip
        answer = self.call("POST", "/api/v1/reports", body | said, **{"Idempotency-Key": str(uuid4())}).get_json()
        return answer["incident"]["id"], {"Authorization": f"Receipt {answer['receipt']}"}

    def once(self) -> None:
        """One round through the surfaces."""
        incident, receipt = self.report()
        self.resident(receipt)
        self.desk(incident, receipt)
        self.neighbours()
        self.wrong(incident, receipt)
        self.public()

    def resident(self, receipt: dict[str, str]) -> None:
        mark, key = self.mark, {"Idempotency-Key": str(uuid4())}
        self.call("POST", "/api/v1/receipt/messages", {"text": mark.word()}, **receipt, **key)
        self.call("PUT", "/api/v1/receipt/contact", {"email": mark.mail(), "consent": True}, **receipt)
        self.call(
            "POST", "/api/v1/receipt/rights", {"kind": "correct", "words": mark.word(), "text": mark.word()}, **receipt
        )
        self.call("GET", "/api/v1/receipt", None, **receipt)
        self.call("GET", "/api/v1/receipt/copy", None, **receipt)

    def desk(self, incident: str, receipt: dict[str, str]) -> None:
        mark, path, li = self.mark, f"/api/v1/incidents/{incident}", self.staff["li"]
        for name in ("note", "message", "tasks"):
            self.call("POST", f"{path}/{name}", {"text": mark.word()}, **li)
        self.call("POST", f"{path}/dispute", {"kind": "lead", "position": mark.word()}, **li)
        self.call("POST", "/api/v1/incidents/search", {"q": mark.word()}, **li)
        opened = {"incident_id": incident, "reason": mark.word()}
        self.call("POST", "/api/v1/break-glass", opened, 201, 409, **self.staff["tao"])
        police = str(self.world.bodies["Baishi Police"])
        share = {"to_organisation_id": police, "decision": "shared", "fields": ["exists"], "basis": "legal_duty"}
        self.call("POST", f"{path}/shares", share | {"reason": mark.word()}, **li)
        asked = self.call("GET", "/api/v1/receipt/rights", None, **receipt).get_json()["requests"][0]["id"]
        said = {"decision": "grant", "words": mark.word()}
        self.call("POST", f"/api/v1/rights-requests/{asked}/answer", said, **li)

    def neighbours(self) -> None:
        place = self.mark.place()
        both = [self.report(kind=kind, category="AID01", place=place, aid={"on_board": kind == "aid_request"})
                for kind in ("aid_request", "aid_offer")]  # fmt: skip
        near = {"near": {name: place[name] for name in ("lat", "lon")}}
        items = self.call("POST", "/api/v1/aid/listings/search", near).get_json()["items"]
        body = {"listing_id": items[0]["id"], "text": self.mark.word()}
        self.call("POST", "/api/v1/receipt/aid/answers", body, 200, 409, **both[1][1])
        self.answers["public answers"].append(json.dumps([one | {"place": None} for one in items]).encode())

    def wrong(self, incident: str, receipt: dict[str, str]) -> None:
        """Calls that are refused, or that no route takes, with markers wherever one can be put."""
        mark = self.mark
        calls = [
            ("POST", "/api/v1/reports", {"kind": mark.word(), "text": [mark.word()], "client_id": mark.word()}, {}),
            ("POST", "/api/v1/reports", {"client_id": str(uuid4()), "kind": "concern", "place": {"lat": mark.word()}}, {}),
            ("POST", "/api/v1/receipt/messages", {"text": {"a": mark.word()}}, receipt),
            ("POST", "/api/v1/session", {"login": mark.mail(), "password": mark.word()}, {}),
            ("GET", "/api/v1/receipt", None, {"Authorization": f"Receipt {mark.name()}"}),
            ("POST", f"/api/v1/incidents/{incident}/note", {"text": 7, "x": mark.word()}, self.staff["li"]),
            ("POST", f"/api/v1/incidents/{uuid4()}/note", {"text": mark.word()}, self.staff["li"]),
            ("POST", "/api/v1/break-glass", {"reason": mark.word()}, self.staff["tao"]),
            ("PUT", "/api/v1/receipt/contact", {"email": f"{mark.mail()} x", "phone": mark.phone()}, receipt),
        ]  # fmt: skip
        for method, path, body, headers in calls:
            answer = self.client.open(path, method=method, json=body, headers=headers)
            assert answer.status_code >= 400, path
            self.answers["error pages"].append(answer.get_data())

    def public(self) -> None:
        for path in ("/metrics", "/open311/v2/requests.json", "/api/v1/config", "/", "/form"):
            self.answers["public answers"].append(self.client.get(path).get_data())

    def send(self) -> None:
        """Have everything sent that waits to be."""
        from tests.support.jobs import run_jobs

        run_jobs(self.app)


def run(wanted: int, folder: Path, *, plant: bool) -> dict[str, Any]:
    """Send at least ``wanted`` markers, then search; how many there were, and how many were found where."""
    import psycopg

    from backend.app import create_app
    from backend.archive import write_archive
    from backend.kernel.clock import MovableClock
    from backend.kernel.database import db, owner_engine
    from backend.kernel.migrate import migrate
    from backend.settings import Settings
    from tests.conftest import NOW
    from tests.support.application import with_baishi
    from tests.support.postgres import cluster, create_database
    from tests.support.smtp import smtp_server

    with cluster("embedded", folder / "cluster") as dsn, smtp_server() as mailbox:
        url = create_database(dsn, "linli")
        engine = owner_engine(url)
        migrate(engine)
        engine.dispose()
        settings = Settings.from_env(
            {}, database_url=url, data=folder / "data", smtp_host="127.0.0.1", smtp_port=mailbox.port, log_level="debug",
            pool_size=3, second_factor="offered",
        )  # fmt: skip
        app = create_app(settings, clock=MovableClock(NOW))
        made = Run(app, with_baishi(app, NOW), mailbox)
        while made.mark.used < wanted:
            made.once()
            made.send()
        if plant:
            plant_everywhere(made, url, folder)
        with app.app_context():
            db.engine.dispose()
        write_archive(url, folder / "data" / "photos", folder / "backup.tar.gz")
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute("CHECKPOINT")
        sys.stderr.flush()
        return {"markers": made.mark.used, "letters": len(mailbox.letters), "found": searched(made, folder)}


def plant_everywhere(made: Run, url: str, folder: Path) -> None:
    """One marker in each of the places that are searched, as a mistake would put it there."""
    import psycopg

    print(f"a fault quoting {made.mark.word()}", file=sys.stderr, flush=True)
    for place in made.answers.values():
        place.append(made.mark.word().encode())
    made.mailbox.letters.append(made.mark.word())
    with psycopg.connect(url) as owner:
        owner.execute("CREATE TABLE planted AS SELECT %s AS words, repeat('x', 10) AS rest", [made.mark.word()])
    (folder / "data" / "photos" / "planted").write_text(made.mark.name())


def searched(made: Run, folder: Path) -> dict[str, int]:
    """What is found, by place."""
    letters = (letter if isinstance(letter, str) else letter.as_string() for letter in made.mailbox.letters)
    decoded = (
        letter.get_body().get_content()
        for letter in made.mailbox.letters
        if not isinstance(letter, str) and letter.get_body()
    )
    # Whom a letter goes to stands in it; nothing else of anybody may.
    said = (re.sub(r"(?im)^(to|x-\S+): .*$", "", one).encode() for one in (*letters, *decoded))
    places: dict[str, Iterator[bytes]] = {
        "log": iter([(folder / "log").read_bytes()]),
        "letters": said,
        "database files": files_of(folder / "cluster" / "base")
        if (folder / "cluster" / "base").exists()
        else files_of(folder / "cluster"),
        "write-ahead log": (one for path in (folder / "cluster").rglob("pg_wal") for one in files_of(path)),
        "photos": files_of(folder / "data" / "photos"),
        "backup": archive_of(folder / "backup.tar.gz"),
        **{name: iter(answers) for name, answers in made.answers.items()},
    }
    counted: Counter[str] = Counter()
    for name, contents in places.items():
        for content in contents:
            numbers = len(AS_NUMBERS.findall(content)) if name == "backup" else 0
            counted[name] += found_in(content) - numbers
    return dict(counted)


def main() -> None:
    """Run in a folder that is there; the log is standard error, which goes to a file in it."""
    parser = argparse.ArgumentParser(prog="tests.chaos.markers", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--plant", action="store_true")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    kept = os.dup(2)
    log = os.open(chosen.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 2)
    try:
        result = run(chosen.count, chosen.folder, plant=chosen.plant)
    except BaseException:
        os.dup2(kept, 2)
        raise
    print(json.dumps(result, indent=1))
    sys.exit(0 if chosen.plant or not any(result["found"].values()) else 1)


if __name__ == "__main__":
    main()
