"""Builds Gordon's wheel so that the same commit gives the same bytes, wherever and whenever it is built.

    python deploy/wheel.py FOLDER

What is built is the last commit, not what lies in the work tree: a copy without leftovers, with the times of the commit
and with permissions that do not depend on the umask. Prints the file and its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(tree: Path, folder: Path) -> Path:
    """The wheel of the last commit of ``tree``, in ``folder``."""
    moment = _git(tree, "log", "-1", "--format=%ct").decode().strip()
    with tempfile.TemporaryDirectory(prefix="gordon-wheel-") as name:
        source, made = Path(name) / "source", Path(name) / "made"
        with tarfile.open(fileobj=BytesIO(_git(tree, "archive", "--format=tar", "HEAD"))) as archive:
            archive.extractall(source, filter="data")
        for path in source.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        environ = {**os.environ, "SOURCE_DATE_EPOCH": moment, "PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"}
        command += ["--disable-pip-version-check", "--wheel-dir", str(made), str(source)]
        subprocess.run(command, check=True, env=environ, umask=0o022)
        (wheel,) = made.iterdir()
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / wheel.name
        target.write_bytes(wheel.read_bytes())
    return target


def _git(tree: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(tree), *words], check=True, capture_output=True).stdout


if __name__ == "__main__":
    found = build(ROOT, Path(sys.argv[1]))
    print(f"{found}  sha256 {hashlib.sha256(found.read_bytes()).hexdigest()}")
