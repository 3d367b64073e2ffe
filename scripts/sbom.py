#!/usr/bin/env python3
"""Prints a software bill of materials (CycloneDX 1.5, JSON) of the program: the crates that it is linked from.

    scripts/sbom.py TARGET > gradsweep.cdx.json
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def metadata(target: str) -> dict:
    """The resolved dependencies for a target, by `cargo metadata`."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def linked(graph: dict) -> dict[str, list[str]]:
    """The packages that are linked into the program, each with its own linked dependencies."""
    nodes = {node["id"]: node for node in graph["resolve"]["nodes"]}
    found: dict[str, list[str]] = {}
    waiting = [graph["resolve"]["root"]]
    while waiting:
        package = waiting.pop()
        if package in found:
            continue
        # A dependency without a kind is a normal one; the others are those of tests and build scripts.
        normal = [dependency["pkg"] for dependency in nodes[package]["deps"] if any(kind["kind"] is None for kind in dependency["dep_kinds"])]
        found[package] = sorted(normal)
        waiting += normal
    return found


def component(package: dict, checksums: dict[tuple[str, str], str]) -> dict:
    """A crate as a component."""
    name, version = package["name"], package["version"]
    purl = f"pkg:cargo/{name}@{version}"
    own = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if package["license"]:
        own["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if (name, version) in checksums:
        own["hashes"] = [{"alg": "SHA-256", "content": checksums[name, version]}]
    return own


def main() -> None:
    graph = metadata(sys.argv[1])
    packages = {package["id"]: package for package in graph["packages"]}
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    checksums = {(own["name"], own["version"]): own["checksum"] for own in lock["package"] if "checksum" in own}
    crates = linked(graph)
    components = {id: component(packages[id], checksums) for id in crates}
    root = components.pop(graph["resolve"]["root"]) | {"type": "application"}
    reference = {id: f"pkg:cargo/{packages[id]['name']}@{packages[id]['version']}" for id in crates}
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": root},
        "components": sorted(components.values(), key=lambda own: own["bom-ref"]),
        "dependencies": sorted(
            ({"ref": reference[id], "dependsOn": sorted(reference[own] for own in crates[id])} for id in crates), key=lambda own: own["ref"]
        ),
    }
    print(json.dumps(bill, indent=2))


if __name__ == "__main__":
    main()
