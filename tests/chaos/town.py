"""Where a run takes place: servers and the proxies before them, the desk, and the daemons under a supervisor."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from gordon.app.supervise import Process, Supervisor
from gordon.bus import Bus
from gordon.bus.open import open_bus
from gordon.events import Topics
from tests.chaos.history import History
from tests.chaos.plan import DAEMONS, Kind
from tests.flow.news import write_desk
from tests.servers.kafka import KafkaBroker
from tests.servers.postgres import PostgresServer
from tests.servers.proxy import Proxy, proxied

S = TypeVar("S", KafkaBroker, PostgresServer)
SETTINGS = """
[review]
flood_entries = 100000
[route]
tick = "1s"
[worker]
backoff_most = "5s"
"""
CLOCKS = "clocks: {acknowledge: 15s, draft: 40s}"


@dataclass(frozen=True)
class Town:
    """``environ``: of the daemons, who see the proxies; ``bus_url`` and ``database_url``: the direct way, for those
    who look on. ``proxies``, ``servers``: by target of faults."""

    kind: Kind
    desk: Path
    environ: Mapping[str, str]
    bus_url: str
    database_url: str
    proxies: Mapping[str, Proxy]
    servers: Mapping[str, KafkaBroker | PostgresServer]
    queues: tuple[str, ...] = ("passports", "benefits", "duty")
    topics: Topics = field(default_factory=Topics)

    @property
    def data(self) -> Path:
        return self.desk / "data"

    def bus(self) -> Bus:
        """A connection of one's own, past the proxies."""
        return open_bus(self.bus_url)

    def clock(self, daemon: str) -> Path:
        """The file that says how wrong this daemon's clock is."""
        return self.desk.parent / f"clock-{daemon}"


@contextmanager
def town(kind: Kind, folder: Path, port: int, feeds: int) -> Iterator[Town]:
    """Everything but the daemons; gone at the end, but for the desk. Raises Missing where a server is."""
    with ExitStack() as stack:
        paper = stack.enter_context(proxied(port))
        desk = write_desk(folder / "desk", paper.port, feeds)
        _sharpen(desk)
        if kind == "embedded":
            data = desk / "data"
            bus, database_url = f"sqlite:///{data / 'log.db'}", f"sqlite:///{data / 'gordon.db'}"
            yield Town(kind, desk, {}, bus, database_url, {"feeds-net": paper}, {})
            return
        broker = stack.enter_context(_wiped(KafkaBroker))
        database = stack.enter_context(_wiped(lambda path: PostgresServer(path, durable=True)))
        url = database.new_database()
        faulty = stack.enter_context(proxied(database.port))
        stack.callback((before := Proxy(broker.behind, broker.front)).close)
        environ = {
            "GORDON_BUS": f"kafka://127.0.0.1:{broker.front}",
            "GORDON_DATABASE": url.replace(f":{database.port}/", f":{faulty.port}/"),
            "GORDON_KAFKA__SESSION_TIMEOUT": "6s",
        }
        proxies = {"feeds-net": paper, "database-net": faulty, "broker-net": before}
        servers: dict[str, KafkaBroker | PostgresServer] = {"broker": broker, "database": database}
        yield Town(kind, desk, environ, f"kafka://{broker.servers}", url, proxies, servers)


@contextmanager
def _wiped(make: Callable[[Path], S]) -> Iterator[S]:
    """A started server in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="gordon-chaos-"))
    try:
        server = make(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sharpen(desk: Path) -> None:
    """Clocks that run out during the run, and no flood guard: an outage is not a flood."""
    settings = desk / "gordon.toml"
    settings.write_text(settings.read_text().replace("[poll]\n", '[poll]\nlease = "5s"\n') + SETTINGS)
    queues = desk / "queues.yaml"
    text = queues.read_text().replace("clocks: {acknowledge: 30m, draft: 2h}", CLOCKS)
    queues.write_text(text.replace("expertise: lead}\n  duty", f"expertise: lead}}\n    {CLOCKS}\n  duty"))


def family(pid: int) -> list[int]:
    """A process and its children; PostgreSQL's are in sessions of their own."""
    found = [pid]
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found


def signal_all(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Crew:
    """The daemons. Safe to be used by several threads; ``tend`` is called again and again by one."""

    def __init__(self, place: Town, history: History) -> None:
        self._history = history
        self._lock = threading.Lock()
        self._environ = {**os.environ, **place.environ, "GORDON_METRICS__PORT": "0"}
        self.logs = place.desk / "logs"
        self.logs.mkdir(exist_ok=True)
        self._desk = place.desk
        self._supervisor = Supervisor([self._process(place, name) for name in DAEMONS[place.kind]], monotonic=_now)
        self._seen = {process.name: 0 for process in self._supervisor.processes}

    def _process(self, place: Town, name: str) -> Process:
        host = [sys.executable, "-m", "tests.chaos.hosted", str(place.clock(name))]
        command = [*host, name.partition("-")[0], "--desk", str(place.desk), "--metrics-port", "0"]
        return Process(name, command, self._environ, self.logs / f"{name}.log", most_wait=0.5)

    def start(self) -> None:
        """Makes the tables first."""
        done = self.run("db", "upgrade")
        assert done.returncode == 0, done.stderr
        self._supervisor.start()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A gordon command on this desk."""
        command = [sys.executable, "-m", "gordon", *arguments, "--desk", str(self._desk)]
        return subprocess.run(command, env=self._environ, capture_output=True, text=True, timeout=300, check=False)

    def tend(self) -> None:
        """Restarts what died, also what refuses its configuration: the desk may be broken just now."""
        with self._lock:
            self._supervisor.tend()
            for process in self._supervisor.processes:
                if process.restarts > self._seen[process.name]:
                    self._seen[process.name] = process.restarts
                    self._history.note("restarted", target=process.name, exit=process.last_exit)

    def send(self, name: str, number: int) -> bool:
        """A signal; False where the daemon is dead just now."""
        with self._lock:
            process = next(one for one in self._supervisor.processes if one.name == name)
            process.ask(number)
            return process.pid is not None

    def stop(self) -> None:
        with self._lock:
            for process in self._supervisor.processes:
                process.ask(signal.SIGCONT)
            self._supervisor.stop()

    @property
    def restarts(self) -> int:
        return sum(process.restarts for process in self._supervisor.processes)


def _now() -> float:
    return time.monotonic()
