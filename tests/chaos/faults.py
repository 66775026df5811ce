"""Does what the plan says: each target has a thread that begins its faults and ends them, in time."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

from tests.chaos.history import History
from tests.chaos.letters import Letters
from tests.chaos.plan import SERVER_REST, Fault
from tests.chaos.press import Press
from tests.chaos.town import Crew, Town, family, signal_all
from tests.servers.kafka import KafkaBroker
from tests.servers.postgres import PostgresServer
from tests.servers.proxy import Mode, Proxy

Undo = Callable[[], None]
SIGNALS = {"kill": signal.SIGKILL, "restart": signal.SIGTERM, "stop": signal.SIGSTOP}
EXTRA = 'file: passport-services-extra\nrules:\n  - {{id: never, phrases: ["nobody ever says this {0}"]}}\n'


def nothing() -> None:
    """There is nothing to undo."""


class Saboteur:
    """``seed`` picks which messages are delivered twice; everything else is the plan's."""

    def __init__(self, place: Town, crew: Crew, press: Press, history: History, seed: int) -> None:
        self._town, self._crew, self._press, self._history = place, crew, press, history
        self._letters = Letters(place, history, random.Random(f"letters {seed}"))
        self._reloads = 0
        self._given_up = threading.Event()

    def begin(self, faults: Sequence[Fault], threads: ThreadPoolExecutor) -> list[Future[None]]:
        """A lane for each target. The threads must outlive the run: what a thread has started, such as a server, the
        system ends with it."""
        targets = sorted({fault.target for fault in faults})
        return [threads.submit(self._lane, [one for one in faults if one.target == target]) for target in targets]

    def give_up(self) -> None:
        """Faults that have begun end now, no others begin."""
        self._given_up.set()

    def _lane(self, faults: Sequence[Fault]) -> None:
        """A fault is skipped whose target is still coming back from the one before, or has only just done so."""
        ready = 0.0
        for fault in faults:
            told = {"fault": f"{fault.target}@{fault.at}", "target": fault.target, "kind": fault.what}
            if fault.at < ready:
                self._history.note("skipped", **told)
                continue
            if self._given_up.wait(max(0.0, fault.at - self._history.seconds())):
                return
            self._history.note("fault", **told, lasts=fault.lasts, size=fault.size)
            undo = self._begin(fault)
            self._given_up.wait(fault.lasts)
            undo()
            self._history.note("over", **told)
            ready = self._history.seconds() + (SERVER_REST / 2 if fault.target in self._town.servers else 0.0)

    def _begin(self, fault: Fault) -> Undo:
        if fault.target in self._town.proxies:
            return _misbehave(self._town.proxies[fault.target], fault)
        if fault.target in self._town.servers:
            return _hurt(self._town.servers[fault.target], fault.what)
        doing = {
            "disk": self._fill,
            "desk": self._rewrite,
            "messages": self._post,
        }
        return doing.get(fault.target, self._daemon)(fault)

    def _daemon(self, fault: Fault) -> Undo:
        if fault.what == "clock":
            clock = self._town.clock(fault.target)
            clock.write_text(str(fault.size))
            return lambda: clock.unlink()
        while not self._crew.send(fault.target, SIGNALS[fault.what]):
            time.sleep(0.1)
        if fault.what == "stop":
            return lambda: _ignore(self._crew.send(fault.target, signal.SIGCONT))
        return nothing

    def _fill(self, fault: Fault) -> Undo:
        """The files of SQLite hold room that was used before, for seconds of work: it is given back first."""
        for name in ("log.db", "gordon.db"):
            with suppress(sqlite3.Error), closing(sqlite3.connect(self._town.data / name, timeout=5.0)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ballast = self._town.data / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as stream:
            while True:
                stream.write(bytes(4096))
        return lambda: ballast.unlink()

    def _rewrite(self, fault: Fault) -> Undo:
        """A good change gives the desk a file that nothing touches; a broken one makes its queues unreadable."""
        self._reloads += 1
        if fault.what == "reload":
            path = self._town.desk / "files" / "passport-services-extra.yaml"
            _replace(path, EXTRA.format(self._reloads))
            return nothing
        queues = self._town.desk / "queues.yaml"
        before = queues.read_text()
        _replace(queues, before + "\nthis: is [not\n")
        return lambda: _replace(queues, before)

    def _post(self, fault: Fault) -> Undo:
        if fault.what == "killer":
            self._press.publish(killer=True)
        else:
            self._letters.post(fault.what, int(fault.size))
        return nothing


def _ignore(_: object) -> None:
    """What was sent to a daemon that died meanwhile."""


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".fresh")
    fresh.write_text(text)
    os.replace(fresh, path)


def _misbehave(proxy: Proxy, fault: Fault) -> Undo:
    modes: tuple[Mode, ...] = ("delay", "slow", "stall", "cut", "reset")
    proxy.behave(next(mode for mode in modes if mode == fault.what), seconds=0.1, rate=65536)
    return lambda: proxy.behave("pass")


def _hurt(server: KafkaBroker | PostgresServer, what: str) -> Undo:
    """A server is killed, frozen with all its children, or ended in order; then it comes back on its data."""
    everybody = family(server.pid)
    if what == "stop":
        signal_all(everybody, signal.SIGSTOP)
        return lambda: signal_all(everybody, signal.SIGCONT)
    if what == "kill":
        signal_all(everybody, signal.SIGKILL)
    server.stop()
    return server.start
