"""What a daemon needs of the machine before it begins: enough open files, a folder of its own."""

from __future__ import annotations

import resource
from pathlib import Path

from gordon.errors import DeskInvalid, Problem

LEAST_FILES = 128
"""Databases, sockets, pipes and listeners of the most modest daemon, twice."""


def take_files(most: int) -> None:
    """As many open files as the system gives, up to ``most``. Raises DeskInvalid where that is too few to work."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = wanted_files(soft, hard, most)
    if wanted != soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def wanted_files(soft: int, hard: int, most: int, *, endless: int = resource.RLIM_INFINITY) -> int:
    """The soft limit to set: never a lower one. Raises DeskInvalid."""
    if hard != endless and hard < LEAST_FILES:
        remedy = f"allow {LEAST_FILES} at least, better 16384: ulimit -n, LimitNOFILE= in a unit of systemd"
        raise DeskInvalid([Problem("limit of open files", 0, f"this process may open {hard} files only", remedy)])
    if soft == endless:
        return soft
    return max(soft, most if hard == endless else min(hard, most))


def make_folder(data: Path) -> None:
    """The data folder, made where it is missing. Raises DeskInvalid where it cannot be."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "correct data in gordon.toml, or the rights on the folder above"
        raise DeskInvalid([Problem(str(data), 0, f"cannot be made: {error.strerror}", remedy)]) from error
