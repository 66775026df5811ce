"""A small disk that can be full: a tmpfs for the data folder, in a mount namespace of the run's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.chaos.run import Wish
    from tests.chaos.town import Town

INSIDE = "CHAOS_NAMESPACE"
MEGABYTES, MORE_A_MINUTE = 32, 8


def enter(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Runs this module's program again in a mount namespace of its own, where that is possible; else returns."""
    unshare = shutil.which("unshare")
    if INSIDE in environ or not unshare:
        return
    options = ["-m"] if os.geteuid() == 0 else ["-Urm"]
    probe = [unshare, *options, "mount", "-t", "tmpfs", "none", "/mnt"]
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        command = [unshare, *options, sys.executable, "-m", "tests.chaos", *arguments]
        os.execve(unshare, command, {**environ, INSIDE: "1"})


@contextmanager
def small_disk(place: Town, wish: Wish) -> Iterator[bool]:
    """Whether the data folder lies on a small disk from now on."""
    size = MEGABYTES + int(MORE_A_MINUTE * wish.minutes)
    place.data.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}m", "none", str(place.data)]
    wanted = place.kind == "embedded" and wish.disk and INSIDE in os.environ
    mounted = wanted and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place.data)], capture_output=True, check=False)
