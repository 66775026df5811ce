"""Wake-up of waiting readers without busy polling: one named pipe a subscription, in a folder beside the log.

A publisher writes a byte to every pipe; a pipe nobody reads belongs to a dead process and is removed.
"""

from __future__ import annotations

import os
import select
import uuid
from contextlib import suppress
from pathlib import Path

from gordon.errors import BusUnavailable

COMING = "."
"""Prefix of a pipe that is not open yet: publishers leave it alone, or they would take it for a dead one's."""


class Bell:
    """The reading end of one subscription."""

    def __init__(self, folder: Path) -> None:
        name = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self.path = folder / name
        coming = folder / f"{COMING}{name}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            os.mkfifo(coming, 0o600)
            # Open for writing as well: without a writer of its own the pipe would be at its end, and always readable.
            self._fd = os.open(coming, os.O_RDWR | os.O_NONBLOCK)
            coming.rename(self.path)
        except OSError as error:
            raise BusUnavailable(f"{folder} takes no named pipes ({error.strerror}): use a local folder") from error

    def wait(self, seconds: float) -> None:
        """Returns when rung, or after ``seconds``."""
        if select.select([self._fd], [], [], max(0.0, seconds))[0]:
            self.hush()

    def hush(self) -> None:
        """Forgets the rings so far."""
        with suppress(BlockingIOError):
            while len(os.read(self._fd, 4096)) == 4096:
                pass

    def close(self) -> None:
        with suppress(OSError):
            self.path.unlink()
        with suppress(OSError):
            os.close(self._fd)


def ring(folder: Path) -> None:
    """Wakes every waiting reader. Never raises: a reader that misses it looks again within half a second."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        if not name.startswith(COMING):
            _ring_one(os.path.join(folder, name))


def _ring_one(path: str) -> None:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # ENXIO: nobody reads; ENOENT: just removed
        with suppress(OSError):
            os.unlink(path)
        return
    with suppress(OSError):  # full: it will wake anyway
        os.write(fd, b"!")
    os.close(fd)
