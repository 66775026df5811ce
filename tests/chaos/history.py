"""The history of a run: one JSON object a line, with the time since its beginning and what happened."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

Event: TypeAlias = dict[str, Any]


class History:
    """May be written by several threads; every line is on the disk when ``note`` returns."""

    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._stream = path.open("w", encoding="utf-8")
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._began = monotonic()

    def begin(self, **more: Any) -> None:
        """From here on time counts; what was noted before was preparation."""
        self._began = self._monotonic()
        self.note("begin", **more)

    def seconds(self) -> float:
        """Since the beginning."""
        return self._monotonic() - self._began

    def note(self, what: str, **more: Any) -> None:
        """``t``: seconds since the beginning; ``at``: the wall clock, for people."""
        with self._lock:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = {"t": round(self.seconds(), 3), "at": now, "what": what, **more}
            self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._stream.flush()

    def close(self) -> None:
        self._stream.close()


@contextmanager
def written(path: Path) -> Iterator[History]:
    """A history that is surely closed."""
    history = History(path)
    try:
        yield history
    finally:
        history.close()


def read(path: Path) -> list[Event]:
    """All events of a history, in order."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
