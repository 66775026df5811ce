"""Notices that the files of a desk changed, and waits until they are still: a half-written file is nobody's wish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gordon.desk.load import LEARNED

PATTERNS = (
    "gordon.toml",
    "feeds.opml",
    "people.yaml",
    "queues.yaml",
    "silences.yaml",
    "webhooks.yaml",
    "files/*.yaml",
    "files/*.yml",
    LEARNED,
)
EVERY = 2.0

Fingerprint = frozenset[tuple[str, int, int]]


def fingerprint(folder: Path) -> Fingerprint:
    """Name, size and time of change of every file of the desk."""
    found = set()
    for pattern in PATTERNS:
        for path in folder.glob(pattern):
            try:
                status = path.stat()
            except OSError:  # replaced just now: the next look will see the new one
                continue
            found.add((path.as_posix(), status.st_size, status.st_mtime_ns))
    return frozenset(found)


class FolderWatch:
    """Says once for each change, when two looks in a row saw the same new state."""

    def __init__(self, folder: Path, monotonic: Callable[[], float]) -> None:
        self._folder = folder
        self._monotonic = monotonic
        self._in_force = self._last = fingerprint(folder)
        self._looked = monotonic()
        self._asked = False

    def ask(self) -> None:
        """Whatever is there counts as changed, once it is still."""
        self._asked = True

    def changed(self) -> bool:
        """Whether there is a settled change since the last True. Looks at the disk every two seconds at most."""
        if self._monotonic() - self._looked < EVERY:
            return False
        self._looked = self._monotonic()
        now = fingerprint(self._folder)
        settled, self._last = now == self._last, now
        if settled and (self._asked or now != self._in_force):
            self._in_force, self._asked = now, False
            return True
        return False
