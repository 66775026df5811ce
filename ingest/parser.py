"""The pool of guarded parser processes: documents in, parsed feeds out, whatever the documents do to the processes."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from gordon.errors import GordonError
from gordon.settings import Parse
from ingest.expat_version import require_expat
from ingest.raw import Document, Limits, Parsed, Refused

What: TypeAlias = Literal["feed", "page"]
_ROOT = Path(__file__).resolve().parent.parent
_HEADER = 4
_READ = 1 << 18
MOST_RESULT = 256 * 1024**2
MOST_FAILED_STARTS = 3
SLOW = 0.5
MOST_SLOW = 4
NICE = 10
PATIENCE = 3
"""Deadlines that a slow document gets on top."""
START_TIMEOUT = 60.0


class ParserBroken(GordonError):
    """The parser process does not even start: the installation is damaged."""


class Parser(Protocol):
    """What the daemon asks of a parser."""

    def submit(
        self, key: Hashable, body: bytes, content_type: str, url: str, *, known: bytes = b"", what: What = "feed"
    ) -> None:
        """Queues a document under this key; entries whose hashes are in ``known`` need not be parsed."""

    def step(self, timeout: float) -> list[tuple[Any, Parsed]]:
        """Waits at most ``timeout`` seconds; returns what is parsed by now."""

    def fileno(self) -> int:
        """Readable when ``step`` has work to do."""

    def wait(self) -> float | None:
        """Seconds until ``step`` has to be called even though nothing is readable."""

    def backlog(self) -> int:
        """Documents that are queued or being parsed."""

    def close(self) -> None:
        """Ends the processes; what is being parsed is dropped."""


class ParserPool:
    """``settings.workers`` processes. Not thread-safe. ``clock``: monotonic seconds.

    A document that takes too much CPU, memory or time costs its process, which is replaced; its outcome is
    "unparseable", and no other document notices. Nor does one that takes long: after SLOW seconds its process goes on
    with low priority, and another one takes its place meanwhile, as long as there are no more than MOST_SLOW such.
    Raises DeskInvalid where Python's XML parser must not see feeds.
    """

    def __init__(self, settings: Parse, *, clock: Callable[[], float], python: str = sys.executable) -> None:
        require_expat(settings.accept_expat)
        self._settings = settings
        self._clock = clock
        self._python = python
        self._limits = Limits(entries=settings.max_entries, text=settings.max_text, html=settings.html)
        self._selector = selectors.EpollSelector()
        self._queue: deque[tuple[Hashable, bytes]] = deque()
        self._failed_starts = 0
        self._workers = [self._spawn() for _ in range(settings.workers)]

    def submit(
        self, key: Hashable, body: bytes, content_type: str, url: str, *, known: bytes = b"", what: What = "feed"
    ) -> None:
        """Queues a document; its result comes out of a later ``step`` under this key."""
        document = Document(body=body, what=what, known=known, content_type=content_type, url=url, limits=self._limits)
        data = msgspec.msgpack.encode(document)
        self._queue.append((key, len(data).to_bytes(_HEADER, "big") + data))
        self._assign()

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of the processes at this moment."""
        return tuple(worker.pid for worker in self._workers)

    def backlog(self) -> int:
        """Documents that are queued or being parsed."""
        return len(self._queue) + sum(worker.busy for worker in self._workers)

    def fileno(self) -> int:
        """Readable when ``step`` has work to do."""
        return self._selector.fileno()

    def wait(self) -> float | None:
        """Seconds until some document is slow or overdue; None: nothing is being parsed."""
        times = [worker.deadline for worker in self._workers if worker.deadline is not None]
        if self._slow < MOST_SLOW:
            times += [worker.slow_at for worker in self._workers if worker.busy and not worker.slow]
        return max(0.0, min(times) - self._clock()) if times else None

    def step(self, timeout: float) -> list[tuple[Any, Parsed]]:
        """Moves all documents on, waiting at most ``timeout`` seconds for something to happen. Raises ParserBroken
        when processes keep dying before their first document."""
        due = self.wait()
        finished: list[tuple[Any, Parsed]] = []
        for key, events in self._selector.select(timeout if due is None else min(timeout, due)):
            worker: _Worker = key.data
            if worker not in self._workers:  # buried in this very round: it was ready for reading and for writing
                continue
            if events & selectors.EVENT_WRITE:
                worker.send()
            if events & selectors.EVENT_READ:
                finished += self._receive(worker)
        for worker in list(self._workers):
            if worker.deadline is not None and worker.deadline <= self._clock():
                worker.kill()
                seconds = self._settings.deadline * (PATIENCE if worker.slow else 1)
                finished += self._bury(worker, f"parsing took longer than {seconds:g} s")
        self._set_slow_aside()
        self._assign()
        return finished

    def close(self) -> None:
        """Ends the processes; what is being parsed is dropped."""
        for worker in self._workers:
            worker.kill()
            worker.leave(self._selector)
        self._workers = []
        self._selector.close()

    @property
    def _slow(self) -> int:
        return sum(worker.slow for worker in self._workers)

    def _set_slow_aside(self) -> None:
        """Slow documents get a low priority and out of the way of the others."""
        for worker in list(self._workers):
            if worker.busy and not worker.slow and worker.slow_at <= self._clock() and self._slow < MOST_SLOW:
                worker.set_aside()
                self._workers.append(self._spawn())

    def _spawn(self) -> _Worker:
        worker = _Worker(self._settings, self._clock, self._python)
        self._selector.register(worker.output, selectors.EVENT_READ, worker)
        return worker

    def _assign(self) -> None:
        for worker in self._workers:
            if self._queue and worker.ready and not worker.busy:
                worker.take(*self._queue.popleft(), self._selector)

    def _receive(self, worker: _Worker) -> list[tuple[Any, Parsed]]:
        parsed = worker.receive()
        if worker.ended:
            return self._bury(worker, "")
        if worker.ready:
            self._failed_starts = 0
        if parsed is not None and worker.slow:  # its priority cannot be raised again, and its place is taken
            worker.kill()
            self._workers.remove(worker)
            worker.leave(self._selector)
        return [] if parsed is None else [parsed]

    def _bury(self, worker: _Worker, why: str) -> list[tuple[Any, Parsed]]:
        """The process is gone: its document is unparseable, a new process takes its place. A process that ended by
        itself after the document before has not even seen this one: another gets it."""
        detail = why or worker.obituary(self._settings)
        self._workers.remove(worker)
        if worker.busy and worker.left:
            self._queue.appendleft((worker.key, worker.data))
            worker.busy = False
        worker.leave(self._selector)
        self._failed_starts += not worker.ready
        if self._failed_starts >= MOST_FAILED_STARTS:
            raise ParserBroken(
                f"the parser process does not start ({detail}); try: {self._python} -m ingest.parse_child"
            )
        if not worker.slow:
            self._workers.append(self._spawn())
        return [(worker.key, Refused(outcome="unparseable", detail=detail))] if worker.busy else []


class _Worker:
    """One process and what it is doing."""

    def __init__(self, settings: Parse, clock: Callable[[], float], python: str) -> None:
        self._clock, self._seconds = clock, settings.deadline
        limits = (f"{settings.cpu}", f"{settings.memory}", f"{os.getpid()}")
        self._process = subprocess.Popen(
            [python, "-m", "ingest.parse_child", *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self.output = self._process.stdin, self._process.stdout
        os.set_blocking(self._input.fileno(), False)
        os.set_blocking(self.output.fileno(), False)
        self.pid = self._process.pid
        self._outgoing = memoryview(b"")
        self._incoming = bytearray()
        self._selector: selectors.BaseSelector | None = None
        self.key: Hashable = None
        self.data = b""
        self.left = False
        self.ready = self.busy = self.ended = self.slow = False
        self.slow_at = 0.0
        self.deadline: float | None = clock() + START_TIMEOUT

    def take(self, key: Hashable, data: bytes, selector: selectors.BaseSelector) -> None:
        """Begins with a document."""
        self.key, self.data, self.busy = key, data, True
        self._outgoing = memoryview(data)
        self.deadline = self._clock() + self._seconds
        self.slow_at = self._clock() + SLOW
        self._selector = selector
        selector.register(self._input, selectors.EVENT_WRITE, self)

    def send(self) -> None:
        """Writes as much of the document as the pipe takes."""
        try:
            self._outgoing = self._outgoing[os.write(self._input.fileno(), self._outgoing) :]
        except BlockingIOError:
            return
        except OSError:  # the process died; reading will tell
            self._outgoing = memoryview(b"")
        if not self._outgoing:
            self._stop_sending()

    def receive(self) -> tuple[Hashable, Parsed] | None:
        """Reads what is there; a complete result with its key."""
        try:
            data = os.read(self.output.fileno(), _READ)
        except BlockingIOError:
            return None
        self.ended = not data
        self._incoming += data
        if len(self._incoming) < _HEADER:
            return None
        size = int.from_bytes(self._incoming[:_HEADER], "big")
        if size > MOST_RESULT:
            self.kill()
        if len(self._incoming) < _HEADER + size:
            return None
        return self._complete(bytes(self._incoming[_HEADER : _HEADER + size]))

    def _complete(self, data: bytes) -> tuple[Hashable, Parsed] | None:
        self._incoming.clear()
        self.deadline = None
        if not self.ready:  # the first, empty frame says that all is imported
            self.ready = True
            return None
        self.busy, self.data = False, b""
        try:
            return self.key, msgspec.msgpack.decode(data, type=Parsed)
        except msgspec.MsgspecError:
            return self.key, Refused(outcome="unparseable", detail="the parser process answered nonsense")

    def set_aside(self) -> None:
        """From now on the process only gets the CPU time that others leave, and more time on the clock for it."""
        self.slow = True
        self.deadline = self._clock() + PATIENCE * self._seconds
        with suppress(OSError):  # it may have died by now; reading will tell
            os.setpriority(os.PRIO_PROCESS, self.pid, NICE)

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()

    def obituary(self, settings: Parse) -> str:
        """What the process died of."""
        code = self._process.wait()
        self.left = code == 0
        if code == -signal.SIGXCPU:
            return f"parsing used more than {settings.cpu:g} s of CPU"
        return f"the parser process died ({signal.Signals(-code).name if code < 0 else f'exit {code}'})"

    def _stop_sending(self) -> None:
        if self._selector is not None:
            self._selector.unregister(self._input)
            self._selector = None

    def leave(self, selector: selectors.BaseSelector) -> None:
        """Lets go of the dead process."""
        self._stop_sending()
        selector.unregister(self.output)
        self._input.close()
        self.output.close()
        self._process.wait()
