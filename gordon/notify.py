"""Tells the service manager how the daemon does: the sd_notify protocol over the socket that $NOTIFY_SOCKET names.

Written here because it is one datagram: no library for it is both well kept and smaller than this file.
The watchdog is pinged by ``beat``, which the work loop calls; there is no thread that could ping for a stuck loop.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from gordon.hosts import redact
from gordon.secrets import HIDDEN, veiled

MOST_OFTEN = 1.0
"""Seconds between two pings at least, however short the loop's turns."""
MOST_STATUS = 400


class Notifier:
    """Speaks to the service manager that started this process; to nobody, without a sound, where there is none."""

    def __init__(
        self, environ: Mapping[str, str], *, pid: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """``pid``: of this process; a watchdog that is meant for another one is not ours to ping."""
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._every = _every(environ, pid)
        self._monotonic = monotonic
        self._next = 0.0
        self._ready = False
        self._status = ""

    def ready(self, status: str = "") -> None:
        """The start is over; only the first call says so. ``status``: one line for people."""
        self._send({"READY": "" if self._ready else "1", "STATUS": self._new(status)})
        self._ready = True

    def status(self, text: str) -> None:
        """One line for people, without secrets, where it is another than before."""
        self._send({"STATUS": self._new(text)})

    def reloading(self) -> None:
        """The desk is being read anew, until ``reloaded``. systemd asks for the time, too."""
        if self._ready:
            self._send({"RELOADING": "1", "MONOTONIC_USEC": str(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)})

    def reloaded(self) -> None:
        """The reload is over, whether the desk was taken or refused."""
        if self._ready:
            self._send({"READY": "1"})

    def stopping(self) -> None:
        """The daemon finishes what is in hand and ends."""
        self._send({"STOPPING": "1"})

    def beat(self) -> bool:
        """The work loop turned: pings the watchdog, if any, once a second at most and twice within its time at least.
        Whether it did."""
        if self._every is None or self._monotonic() < self._next:
            return False
        self._next = self._monotonic() + self._every
        self._send({"WATCHDOG": "1"})
        return True

    def _new(self, status: str) -> str:
        text = " ".join(veiled(redact(status, f"{HIDDEN}@")).split())[:MOST_STATUS]
        if text == self._status:
            return ""
        self._status = text
        return text

    def _send(self, fields: Mapping[str, str]) -> None:
        lines = "\n".join(f"{key}={value}" for key, value in fields.items() if value)
        if self._address is None or not lines:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            # A manager that does not listen must not hold up the work: neither blocked nor failed for it.
            out.setblocking(False)
            out.sendto(lines.encode(), self._address)


def without_manager(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for children, which do not speak for us."""
    return {
        key: value for key, value in environ.items() if key not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
    }


def _address(name: str) -> str | None:
    """A path, or the name of an abstract socket; other families of addresses are for virtual machines."""
    if name.startswith("@"):
        return "\0" + name[1:]
    return name if name.startswith("/") else None


def _every(environ: Mapping[str, str], pid: int) -> float | None:
    """Seconds between two pings, or None where nobody waits for them."""
    microseconds, whose = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(pid))
    if not (microseconds.isascii() and microseconds.isdigit()) or whose != str(pid) or not int(microseconds):
        return None
    return min(MOST_OFTEN, int(microseconds) / 1e6 / 2)
