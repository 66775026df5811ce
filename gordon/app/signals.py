"""Signals of a daemon: SIGTERM and SIGINT drain, the second one ends at once, SIGHUP reloads. During the start, while
there is nothing to finish, the first one ends it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from types import FrameType

EXIT_UNFINISHED = 1
_PR_SET_PDEATHSIG = 1


class Signals:
    """What was asked for from outside. Create it in the main thread."""

    def __init__(self, drain: float) -> None:
        """``drain``: seconds after SIGTERM until the process ends even in the middle of its work, which is safe:
        what is not committed comes again."""
        self._drain = drain
        self._begun = False
        self._stopping = False
        self._reload = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, self._hang_up)

    def begin(self) -> None:
        """From now on there is something to finish."""
        self._begun = True

    def stopping(self) -> bool:
        """Whether the daemon was asked to end."""
        return self._stopping

    def stop(self) -> None:
        """Asks the daemon to end, from inside."""
        self._stopping = True

    def reload_asked(self) -> bool:
        """Whether SIGHUP came since the last call."""
        asked, self._reload = self._reload, False
        return asked

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            os._exit(128 + number)
        self._stopping = True
        signal.signal(signal.SIGALRM, _give_up)
        signal.setitimer(signal.ITIMER_REAL, self._drain)
        if not self._begun:  # whatever waits for a lock or a network; a migration is all or nothing
            raise SystemExit(0)

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        self._reload = True


def leave_quietly() -> None:
    """Until ``Signals`` takes over: SIGTERM and SIGINT end the process, which has done nothing yet, with code 0; SIGHUP
    is for those who have read the desk."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _give_up(number: int, frame: FrameType | None) -> None:
    with suppress(OSError):  # a full disk of the log must not keep the process from ending
        os.write(2, b"could not finish in time; what is not committed comes again\n")
    os._exit(EXIT_UNFINISHED)


def die_with_parent(parent: int) -> None:
    """Makes the kernel end this process (SIGTERM) when process ``parent`` dies. Linux only; elsewhere no effect."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
