"""A program on a small disk of its own: a tmpfs in a mount namespace that ends with it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.missing import Missing

ROOT = Path(__file__).parents[2]


class SmallDisk:
    """``run``: a module of the tests, with a folder on the disk as its argument."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self._folder, self._megabytes = folder, megabytes
        self._unshare = shutil.which("unshare") or ""
        probe = self._in_namespace("true") if self._unshare else ["false"]
        if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
            raise Missing(
                "no file system may be mounted here, so the tests of a full disk cannot run: run them as root"
            )

    def run(self, module: str) -> subprocess.CompletedProcess[str]:
        command = shlex.join([sys.executable, "-m", module, str(self._folder)])
        return subprocess.run(
            self._in_namespace(f"exec {command}"), cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
        )

    def _in_namespace(self, command: str) -> list[str]:
        options = ["-m"] if os.geteuid() == 0 else ["-Urm"]
        mount = shlex.join(["mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m", "none", str(self._folder)])
        return [self._unshare, *options, "sh", "-c", f"{mount} && {command}"]


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Raises Missing where nothing can be mounted."""
    folder.mkdir(exist_ok=True)
    yield SmallDisk(folder, megabytes)


class Filler:
    """What takes the room of a disk, but for some pages of 4 KiB."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filler"

    def fill(self, pages: int) -> None:
        """Leaves so much."""
        with self._path.open("ab", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while file.write(b"\0" * size) == size:
                        pass
                except OSError:
                    pass
            file.truncate(max(0, file.tell() // 4096 - pages) * 4096)

    def free(self) -> None:
        """Gives all of it back."""
        self._path.unlink(missing_ok=True)
