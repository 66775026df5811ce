"""The listener of a daemon: /metrics, /health/live and /health/ready, on a loopback address unless the desk says else.

Live: the work loop turned within the last 30 seconds. It beats by itself, no thread does so for it: a stuck loop shows.
Ready: live, nothing the daemon depends on is noted as down, and the disk of its data folder is not nearly full.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from gordon.hosts import redact
from gordon.listen import Listening
from gordon.metrics import UNKNOWN, Metrics
from gordon.secrets import veiled

STALE = 30.0
LEAST_FREE = 0.05


class Health:
    """What the loop says of itself. Thread-safe: the loop writes, the listener reads."""

    def __init__(
        self,
        data: Path | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        """``pulse``: called with each beat, in the thread of the loop, for whoever else waits for it."""
        self._data, self._pulse = data, pulse
        self._monotonic = monotonic
        self._last = monotonic()
        self._down: dict[str, str] = {"start": "not started yet"}

    def beat(self) -> None:
        """The work loop turned."""
        self._last = self._monotonic()
        self._pulse()

    def up(self, part: str) -> None:
        """This part (bus, store, desk, start) works."""
        self._down.pop(part, None)

    def down(self, part: str, why: str) -> None:
        """This part does not work; ``why`` is shown to operators, without secrets."""
        self._down[part] = veiled(redact(why, "***@"))

    def live(self) -> str:
        """Empty, or what is wrong."""
        age = self._monotonic() - self._last
        return "" if age < STALE else f"the work loop has not turned for {age:.0f} s"

    def ready(self) -> str:
        """Empty, or what is wrong."""
        wrong = [f"{part}: {why}" for part, why in sorted(self._down.items())]
        wrong += [text for text in (self.live(), self._disk()) if text]
        return "; ".join(wrong)

    def _disk(self) -> str:
        if self._data is None:
            return ""
        free = free_ratio(self._data)
        return f"disk: {free:.1%} free" if free <= LEAST_FREE else ""


def free_ratio(folder: Path) -> float:
    """The share of the folder's disk that is free; NaN where it cannot be told."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return UNKNOWN
    return usage.free / usage.total if usage.total else UNKNOWN


class Listener:
    """Serves one daemon's metrics and health until closed."""

    def __init__(self, metrics: Metrics, health: Health, host: str, port: int) -> None:
        """Raises DeskInvalid where the address cannot be bound. Port 0 takes a free one; see ``port``."""

        class Handler(_Handler):
            answers = _answers(metrics, health)

        remedy = "choose another with --metrics-port or metrics.port; 0 takes a free one"
        self._listening = Listening(ThreadingHTTPServer, Handler, host, port, name="listener", remedy=remedy)
        self.port = self._listening.port

    def close(self) -> None:
        """Stops listening."""
        self._listening.close()


Answer = Callable[[], tuple[int, bytes, str]]


def _answers(metrics: Metrics, health: Health) -> dict[str, Answer]:
    def check(wrong: str) -> tuple[int, bytes, str]:
        body = json.dumps({"status": "wrong" if wrong else "ok", "detail": wrong})
        return (503 if wrong else 200), body.encode(), "application/json"

    return {
        "/metrics": lambda: (200, *metrics.exposition()),
        "/health/live": lambda: check(health.live()),
        "/health/ready": lambda: check(health.ready()),
    }


class _Handler(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, Answer]] = {}
    timeout = 10
    server_version = "Gordon"
    sys_version = ""

    def do_GET(self) -> None:
        answer = self.answers.get(self.path.partition("?")[0])
        status, body, kind = answer() if answer else (404, b"", "text/plain")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are not news."""
