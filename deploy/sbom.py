"""What Gordon is made of: a CycloneDX SBOM and a list of licences, from the locked runtime packages.

    python deploy/sbom.py LOCK FOLDER

writes sbom.cdx.json and licences.md into the folder. Every package of the lock that belongs on this machine must be
installed, as its metadata name the licence; exit 1 for a licence that is not known here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
# What packages without an SPDX expression say of themselves, by their classifier or in their licence field.
_NAMES = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_ELSEWHERE = "for other systems or Python versions; not installed here"


@dataclass(frozen=True, slots=True)
class Package:
    """A locked package. ``licence``: an SPDX expression; "" where it is not known; ``here``: whether it belongs on this
    machine."""

    name: str
    version: str
    licence: str
    here: bool


def locked(lock: Path) -> Iterator[Requirement]:
    """The requirements of a lock with hashes."""
    for line in lock.read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        if line and not line.startswith(("#", " ")):
            yield Requirement(line.partition(" --hash")[0].strip())


def packages(lock: Path) -> list[Package]:
    """Every package of the lock, by name and version."""
    found = []
    for each in locked(lock):
        here = each.marker is None or each.marker.evaluate()
        version = next(iter(each.specifier)).version
        found.append(Package(each.name, version, _licence(each.name) if here else "", here))
    return sorted(found, key=lambda one: (one.name, one.version))


def _licence(name: str) -> str:
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return ""
    first = {name: (about.get_all(name) or [""])[0] for name in ("License-Expression", "License")}
    return expression(first["License-Expression"], about.get_all("Classifier") or [], first["License"])


def expression(spdx: str, classifiers: list[str], text: str) -> str:
    """The licence as an SPDX expression, of three ways to say it; "" where none is known."""
    if spdx:
        return spdx
    words = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    known = [_NAMES.get(word, "") for word in words or [text.strip()]]
    if known and all(known):
        return " OR ".join(dict.fromkeys(known))
    try:
        return str(canonicalize_license_expression(text.strip()))
    except InvalidLicenseExpression:
        return ""


def sbom(lock: Path, licences: Mapping[str, str]) -> dict[str, Any]:
    """The SBOM of the lock, with the licences by ``name==version``. The same for the same lock."""
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--of", "JSON", "--output-reproducible"]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), str(lock)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    for component in found["components"]:
        licence = licences.get(f"{component['name']}=={component['version']}")
        if licence:
            component["licenses"] = [{"expression": licence}]
    return found


def table(found: list[Package]) -> str:
    """The list of licences, to be read by people."""
    rows = [f"| {one.name} | {one.version} | {(one.licence or '?') if one.here else _ELSEWHERE} |" for one in found]
    return "\n".join(["# Licences", "", "| package | version | licence |", "|---|---|---|", *rows, ""])


def main() -> int:
    """Writes both files."""
    lock, folder = map(Path, sys.argv[1:])
    found = packages(lock)
    folder.mkdir(parents=True, exist_ok=True)
    bill = sbom(lock, {f"{one.name}=={one.version}": one.licence for one in found})
    (folder / "sbom.cdx.json").write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
    (folder / "licences.md").write_text(table(found), encoding="utf-8")
    unknown = [one.name for one in found if one.here and not one.licence]
    for name in unknown:
        sys.stderr.write(f"{name}: installed? its licence is not known\n")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
