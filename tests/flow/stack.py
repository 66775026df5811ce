"""A running Gordon for the flow tests: real daemons as processes, on the embedded parts or on Kafka and PostgreSQL."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gordon.app.supervise import Process, Supervisor

ROOT = Path(__file__).parents[2]
STAGES = ("ingest", "classify", "route")
SLOW = 5.0
"""How many times as slow as a quiet one a machine may be."""


@dataclass(frozen=True)
class Address:
    """Where bus and database are; empty: embedded, in the data folder of the desk."""

    name: str
    environ: Mapping[str, str]


class Stack:
    """Daemons of one desk, tended by a supervisor that restarts what dies."""

    def __init__(self, desk: Path, address: Address, stages: tuple[str, ...] = STAGES) -> None:
        self.desk = desk
        self.environ = {**os.environ, **address.environ, "GORDON_METRICS__PORT": "0"}
        self.logs = desk / "logs"
        self.logs.mkdir(exist_ok=True)
        commands = {
            f"{stage}-{number}": [sys.executable, "-m", "gordon", stage, "--desk", str(desk), "--metrics-port", "0"]
            for number, stage in enumerate(stages)
        }
        processes = [
            Process(name, command, self.environ, self.logs / name, most_wait=0.3) for name, command in commands.items()
        ]
        self.supervisor = Supervisor(processes, monotonic=time.monotonic)

    def start(self) -> None:
        done = self.run("db", "upgrade")
        assert done.returncode == 0, done.stderr
        self.supervisor.start()

    def stop(self) -> None:
        self.supervisor.stop()

    def tend(self) -> None:
        refused = self.supervisor.tend()
        assert refused is None, (self.logs / refused.name).read_text() if refused else ""

    def kill_one(self, chance: random.Random) -> str:
        """Kills one of the processes; waits until one is alive. Says which."""
        while not (alive := [process for process in self.supervisor.processes if process.pid]):
            self.tend()
        chosen = chance.choice(alive)
        chosen.ask(signal.SIGKILL)
        return chosen.name

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A gordon command on this desk."""
        command = [sys.executable, "-m", "gordon", *arguments, "--desk", str(self.desk)]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=300, check=False)

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    def until(self, what: Callable[[], bool], seconds: float, why: str) -> None:
        """Tends the processes until ``what()``; fails with the logs after SLOW times ``seconds``."""
        end = time.monotonic() + SLOW * seconds
        while not what():
            self.tend()
            assert time.monotonic() < end, f"{why}\n{self.tails()}"
            time.sleep(0.2)

    def settled(self, found: int) -> bool:
        """Whether so many mention revisions were found and all of them are accounted for, with nothing under way."""
        state = self.json("status")
        rest = state["balanced"] and state["in_flight"] == 0 and state["outbox"] == 0
        return bool(rest and state["found"] == found and sum((state["lag"] or {"": 1}).values()) == 0)

    def items(self) -> list[dict[str, Any]]:
        """The items of all queues, as ``queue show --json`` prints them."""
        queues = [line["queue"] for line in self.json("queue", "list")]
        return [item for queue in queues for item in self.json("queue", "show", queue)]

    def tails(self) -> str:
        parts = [f"--- {path.name}\n" + "\n".join(path.read_text().splitlines()[-15:]) for path in self.logs.iterdir()]
        return "\n".join(parts)


@contextmanager
def running(desk: Path, address: Address, stages: tuple[str, ...] = STAGES) -> Iterator[Stack]:
    """A started stack that is surely stopped."""
    stack = Stack(desk, address, stages)
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()
