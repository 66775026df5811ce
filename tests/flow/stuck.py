"""A program for test_watchdog.py: the real loop of a daemon around a stage that is stuck in C code, all other threads
free to run."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence
from pathlib import Path

from gordon.app.connect import connect_bus
from gordon.app.daemon import Daemon
from gordon.app.loop import work
from gordon.events import Event
from gordon.settings import Settings


class Stuck:
    """Takes a message and never comes back."""

    name, reads, batch = "classify", ("gordon.mentions",), 10

    def handle(self, events: Sequence[Event]) -> Sequence[Event]:
        """Sleeps in the kernel, without Python's lock."""
        Path(sys.argv[1], "stuck").touch()
        select.select([], [], [])
        return ()


def main() -> None:
    """Runs until it is killed."""
    folder, settings = Path(sys.argv[1]), Settings()
    with Daemon("classify", folder, settings, os.environ, metrics_port=0) as daemon:
        bus = connect_bus(settings, folder)
        bus.ensure(["gordon.mentions", "gordon.dead"])
        work(daemon, Stuck(), bus, lambda: connect_bus(settings, folder), chores=[])


if __name__ == "__main__":
    main()
