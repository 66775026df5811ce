"""The stream under the log: it never raises and never blocks. A full disk, a closed or a forgotten pipe costs lines of
the log, not the service; how many were lost is said as soon as lines get through again."""

from __future__ import annotations

import io
import os
import select
import threading
from collections.abc import Callable

PIECE = select.PIPE_BUF
"""Bytes that a pipe or socket which polls as writable takes without blocking."""
PATIENCE = 100
"""Milliseconds that a reader may be behind before lines are lost; none while they are being lost."""


class LogStream(io.TextIOBase):
    """Writes to an open file descriptor. Thread-safe: lines are not mixed. ``note``: the line, without its end, that
    says how many were lost."""

    def __init__(self, file: int, note: Callable[[int], str]) -> None:
        self._file, self._note = file, note
        self._poller = select.poll()
        self._poller.register(file, select.POLLOUT)
        self._lock = threading.Lock()
        self._lost = 0
        self._cut = False

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str, /) -> int:
        """Takes whole lines; what cannot be written now is lost."""
        with self._lock:
            if self._lost and self._send(f"{self._note(self._lost)}\n"):
                self._lost = 0
            if self._lost or not self._send(text):
                self._lost += text.count("\n")
        return len(text)

    def _send(self, text: str) -> bool:
        """Whether all of it is out. What follows a line that was cut off begins a new one."""
        data = (("\n" if self._cut else "") + text).encode("utf-8", "backslashreplace")
        left = memoryview(data)
        try:
            while left:
                if not self._ready():
                    raise BlockingIOError
                left = left[os.write(self._file, left[:PIECE]) :]
        except OSError:
            self._cut = self._cut or len(left) < len(data)
            return False
        self._cut = False
        return True

    def _ready(self) -> bool:
        return any(state & select.POLLOUT for _, state in self._poller.poll(0 if self._lost else PATIENCE))
