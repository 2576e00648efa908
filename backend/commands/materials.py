"""The software bill of materials: what is installed here, in CycloneDX 1.6, with the hashes that were locked."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from backend.settings import Settings

ROOT = Path(__file__).parents[2]
_LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")


@click.command("bill-of-materials")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def bill_of_materials(file: Path) -> None:
    """Write what this installation is made of to FILE (CycloneDX 1.6, JSON), the packages of the pages included."""
    Settings.from_env()
    found = [*python_parts(), *page_parts()]
    file.write_text(json.dumps(document(found), indent=1) + "\n", encoding="utf-8")
    click.echo(f"{file}: {len(found)} components.")


def document(components: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole document."""
    made = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    linli = {"type": "application", "name": "linli", "version": _version()}
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{uuid4()}", "version": 1,
        "metadata": {"timestamp": made, "component": linli},
        "components": sorted(components, key=lambda one: str(one["purl"])),
    }  # fmt: skip


def _version() -> str:
    return next((one.version for one in distributions() if one.metadata["Name"] == "linli"), "0")


def python_parts() -> Iterator[dict[str, Any]]:
    """Every distribution that is installed beside us, once."""
    hashes = locked_hashes()
    seen = set()
    for one in distributions():
        name = re.sub(r"[-_.]+", "-", str(one.metadata["Name"])).lower()
        if name == "linli" or name in seen:
            continue
        seen.add(name)
        yield _part("pypi", name, one.version, licence=_licence(one), hashes=hashes.get((name, one.version), []))


def _licence(one: Distribution) -> str:
    held = one.metadata.json
    said = str(held.get("license_expression") or held.get("license") or "")
    classed = [value for value in held.get("classifier") or () if value.startswith("License ::")]
    short = said.strip().splitlines()[0] if said.strip() else ""
    return short or (classed[0].rpartition("::")[2].strip() if classed else "")


def locked_hashes() -> dict[tuple[str, str], list[str]]:
    """The SHA-256 hashes that the lock files allow for each version; none where there is no lock file."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        held: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if named := _LOCKED.match(line):
                key = (re.sub(r"[-_.]+", "-", named[1]).lower(), named[2])
                held = found.setdefault(key, [])
            held += [one for one in re.findall(r"--hash=sha256:([0-9a-f]{64})", line) if one not in held]
    return found


def page_parts() -> Iterator[dict[str, Any]]:
    """The packages that the pages are built from."""
    lock = ROOT / "pwa" / "package-lock.json"
    if not lock.exists():
        return
    for path, one in json.loads(lock.read_text(encoding="utf-8"))["packages"].items():
        name = path.rpartition("node_modules/")[2]
        if name and not one.get("dev") and one.get("version"):
            yield _part("npm", name, one["version"], licence=str(one.get("license") or ""), hashes=[])


def _part(kind: str, name: str, version: str, *, licence: str, hashes: list[str]) -> dict[str, Any]:
    part: dict[str, Any] = {
        "type": "library", "name": name, "version": version, "purl": f"pkg:{kind}/{name.replace('@', '%40')}@{version}",
        "bom-ref": f"{kind}:{name}@{version}",
    }  # fmt: skip
    if licence:
        part["licenses"] = [{"license": {"name": licence[:120]}}]
    if len(hashes) == 1:  # of several files it is not known which was installed
        part["hashes"] = [{"alg": "SHA-256", "content": hashes[0]}]
    return part
