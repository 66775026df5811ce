"""The SBOM holds every locked runtime package, is valid CycloneDX, and every licence is one that may be shipped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements-run.lock"
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "LGPL-2.1-only",
    "LGPL-2.1-or-later", "LGPL-3.0-only", "MIT", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib",
}  # fmt: skip
"""Licences under which packages may be used by a program under Apache-2.0: none asks for more than notices, and for the
source of the package itself where that is changed."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sbom")
    command = [sys.executable, str(ROOT / "deploy" / "sbom.py"), str(LOCK), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def requirements() -> list[Requirement]:
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return [Requirement(line.rstrip(" \\")) for line in lines if line and line[0] not in "# "]


def components(made: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((made / "sbom.cdx.json").read_text())["components"]
    return found


def test_it_is_valid_and_names_gordon(made: Path) -> None:
    text = (made / "sbom.cdx.json").read_text()
    bill = json.loads(text)
    version = next(known for known in SchemaVersion if known.to_version() == bill["specVersion"])
    assert JsonStrictValidator(version).validate_str(text) is None
    assert bill["metadata"]["component"]["name"] == "gordon"


def test_every_locked_package_is_in_it_with_its_hashes(made: Path) -> None:
    found = {(one["name"], one["version"]) for one in components(made)}
    wanted = {(each.name, next(iter(each.specifier)).version) for each in requirements()}
    assert len(wanted) > 50 and found == wanted
    assert "sha-256" in (made / "sbom.cdx.json").read_text().lower()


def allowed(expression: str) -> bool:
    """Whether one of the choices that a licence gives asks only for what is allowed."""
    choices = expression.replace("(", " ").replace(")", " ").split(" OR ")
    return any(all(part.strip() in ALLOWED for part in choice.split(" AND ")) for choice in choices)


def test_every_licence_is_known_and_allowed(made: Path) -> None:
    named = {
        one["name"]: [each["expression"] for each in one["licenses"]] for one in components(made) if "licenses" in one
    }
    here = {each.name for each in requirements() if each.marker is None or each.marker.evaluate()}
    assert here <= named.keys()
    assert {name: found for name, found in named.items() if not all(map(allowed, found))} == {}
    listed = (made / "licences.md").read_text().splitlines()
    assert len(listed) == len(requirements()) + 4 and not any("| ? |" in line for line in listed)


@pytest.mark.parametrize(
    ("expression", "fine"),
    [
        ("MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later", True),
        ("GPL-3.0-only", False),
        ("", False),
    ],
)
def test_what_is_allowed(expression: str, fine: bool) -> None:
    assert allowed(expression) is fine
