"""What a daemon needs of the machine: enough open files, a folder of its own; and what its SQLite files take of it."""

from __future__ import annotations

import resource
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from gordon.bus.sqlite_file import shorten_log
from gordon.errors import DeskInvalid, Problem

LEAST_FILES = 128
"""Databases, sockets, pipes and listeners of the most modest daemon, twice."""
WAL_KEPT = 64 * 1024**2
"""Bytes of a write-ahead log that nobody minds."""


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


def sqlite_files(*urls: str) -> tuple[Path, ...]:
    """Those of these addresses that are SQLite files."""
    parts = [url.partition("://") for url in urls]
    return tuple(Path(rest[1:].partition("?")[0]) for scheme, _, rest in parts if scheme.startswith("sqlite"))


def shorten(files: Iterable[Path]) -> None:
    """Cuts write-ahead logs that a long reader has made grow, as soon as it is gone."""
    for file in files:
        if wal_bytes([file]) > WAL_KEPT:
            shorten_log(file)


def wal_bytes(files: Iterable[Path]) -> float:
    """The size of the largest write-ahead log beside these files; 0 without any."""
    sizes = [0]
    for file in files:
        with suppress(OSError):  # it comes and goes
            sizes.append(file.with_name(f"{file.name}-wal").stat().st_size)
    return float(max(sizes))
