"""Keeps processes running: one a stage, restarted when it dies, ended together."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gordon.app.signals import die_with_parent

LEAST_WAIT, MOST_WAIT = 0.2, 10.0
STEADY = 10.0
EXIT_CONFIGURATION = 78
GRACE = 20.0


class Process:
    """One child: its command, how often it was restarted, and when it may be started again.

    A child that died after less than ten seconds waits longer each time, up to ``most_wait`` seconds."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        log: Path | None,
        *,
        most_wait: float = MOST_WAIT,
    ) -> None:
        self.name = name
        self.restarts = 0
        self.last_exit: int | None = None
        self._command, self._environ, self._log = list(command), dict(environ), log
        self._child: subprocess.Popen[bytes] | None = None
        self._started = self._not_before = 0.0
        self._failures = 0
        self._most_wait = most_wait

    @property
    def pid(self) -> int | None:
        """The running child's, or None."""
        return self._child.pid if self._child else None

    def start(self, monotonic: float) -> None:
        """Starts the child; its standard error goes to the log file, else to ours."""
        parent = os.getpid()
        stream = self._log.open("ab") if self._log else None
        try:
            self._child = subprocess.Popen(
                self._command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
        finally:
            if stream:
                stream.close()
        self._started = monotonic

    def tend(self, monotonic: float) -> bool:
        """Restarts a dead child when its wait is over. True while all is well or mending; False when the child says
        that its configuration is wrong (exit 78), which no restart can mend."""
        if self._child is None:
            if monotonic >= self._not_before:
                self.restarts += 1
                self.start(monotonic)
            return True
        code = self._child.poll()
        if code is None:
            return True
        self._child, self.last_exit = None, code
        self._failures = 0 if monotonic - self._started > STEADY else self._failures + 1
        wait = min(self._most_wait, LEAST_WAIT * 2.0 ** min(self._failures, 10)) if self._failures > 1 else 0.0
        self._not_before = monotonic + wait
        return code != EXIT_CONFIGURATION

    def ask(self, number: int) -> None:
        """Sends a signal to the child, if it runs."""
        if self._child and self._child.poll() is None:
            self._child.send_signal(number)

    def wait(self, seconds: float) -> None:
        """Waits for the child's end; after ``seconds`` it is killed, which loses nothing but time."""
        if self._child is None:
            return
        try:
            self.last_exit = self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self.last_exit = self._child.wait()
        self._child = None


class Supervisor:
    """A group of processes."""

    def __init__(
        self,
        processes: Sequence[Process],
        *,
        monotonic: Callable[[], float],
        alive: Callable[[], object] = lambda: None,
    ) -> None:
        """``alive``: called at each turn."""
        self.processes = tuple(processes)
        self._alive = alive
        self._monotonic = monotonic

    def start(self) -> None:
        """Starts all of them."""
        for process in self.processes:
            process.start(self._monotonic())

    def tend(self) -> Process | None:
        """Restarts what died; returns the process that refuses its configuration, if one does."""
        self._alive()
        for process in self.processes:
            if not process.tend(self._monotonic()):
                return process
        return None

    def reload(self) -> None:
        """Hands SIGHUP on."""
        for process in self.processes:
            process.ask(signal.SIGHUP)

    def stop(self) -> None:
        """Ends all of them: SIGTERM, and SIGKILL to what is still there after 20 seconds."""
        for process in self.processes:
            process.ask(signal.SIGTERM)
        until = self._monotonic() + GRACE
        for process in self.processes:
            process.wait(max(0.1, until - self._monotonic()))
