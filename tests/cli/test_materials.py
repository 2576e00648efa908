"""The bill of materials names what is installed and what the pages are built from."""

import json
from pathlib import Path

from backend.commands.materials import document, locked_hashes, page_parts, python_parts
from tests.support.processes import linli


def test_what_is_installed_is_named_with_version_and_address(tmp_path: Path) -> None:
    file = tmp_path / "bom.json"
    done = linli("bill-of-materials", file, env={})
    assert (done.status, done.complained) == (0, "")
    found = json.loads(file.read_text())
    assert (found["bomFormat"], found["specVersion"], found["metadata"]["component"]["name"]) == (
        "CycloneDX",
        "1.6",
        "linli",
    )
    addresses = [one["purl"] for one in found["components"]]
    assert any(one.startswith("pkg:pypi/flask@") for one in addresses)
    assert any(one.startswith("pkg:npm/preact@") for one in addresses)
    assert len(addresses) == len(set(addresses))


def test_each_part_has_a_version_and_nothing_of_ours_is_among_them() -> None:
    parts = [*python_parts(), *page_parts()]
    assert [one["name"] for one in parts if not one["version"]] == []
    assert "linli" not in {one["name"] for one in parts}
    assert document(parts)["components"]


def test_the_lock_files_are_read_with_their_hashes() -> None:
    found = locked_hashes()
    assert all(len(one) == 64 for hashes in found.values() for one in hashes)
    assert any(name == "flask" and hashes for (name, _), hashes in found.items())
