"""How soon ``gordon up`` polls for the first time, and what each process weighs at rest.

    python -m bench.start [--rest 20]

On the embedded parts, with eight feeds on loopback. Memory is the proportional share (PSS) of each process and what
is below it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.processes import children, memory_mib
from gordon.errors import GordonError
from store.database import open_database
from store.feeds import feeds
from tests.flow.news import News, posts, served, write_desk
from tests.flow.stack import Address, Stack

FEEDS = 8
PATIENCE = 60.0


def first_poll(database: Path, began: float) -> float:
    """Seconds from ``began`` (wall clock) to the first recorded poll."""
    while time.time() - began < PATIENCE:
        try:
            opened = open_database(f"sqlite:///{database}")
            polls = [state.last_poll.timestamp() for _, state in feeds(opened) if state.last_poll]
            opened.close()
        except GordonError:  # not there yet, or without its tables
            polls = []
        if polls:
            return min(polls) - began
        time.sleep(0.02)
    raise SystemExit("no poll within a minute")


def name_of(pid: int) -> str:
    """The stage that a process is, or its program."""
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return next((word for word in words if word in ("up", "ingest", "classify", "route")), words[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rest", type=float, default=20.0, help="seconds until memory is read")
    options = parser.parse_args()
    paper = News(posts(60, FEEDS), FEEDS)
    paper.publish(len(paper.everything))
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name, served(paper) as port:
        desk = write_desk(Path(name) / "desk", port, FEEDS)
        environ = Stack(desk, Address("embedded", {})).environ
        began = time.time()
        command = [sys.executable, "-m", "gordon", "up", "--no-view", "--desk", str(desk)]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            print(f"start of gordon up to the first poll: {first_poll(desk / 'data' / 'gordon.db', began):.2f} s")
            time.sleep(options.rest)
            stages = [
                pid
                for pid in children(process.pid)
                if pid != process.pid and name_of(pid) in ("ingest", "classify", "route")
            ]
            print(f"  up        {memory_mib(process.pid) - sum(memory_mib(pid) for pid in stages):6.0f} MiB")
            for pid in stages:
                print(f"  {name_of(pid):9} {memory_mib(pid):6.0f} MiB")
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
