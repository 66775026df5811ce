"""``python -m gordon.demo FOLDER PORT PACE``: serves the blogs of FOLDER until SIGTERM or Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from gordon.demo.server import serve
from gordon.desk.units import seconds
from gordon.errors import GordonError

USAGE = "usage: python -m gordon.demo FOLDER PORT PACE\n"
EXIT_USAGE = 2


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 after SIGTERM or Ctrl-C, 2 for wrong use, else that of the error. PACE is a duration: "10s"."""
    try:
        folder, port, pace = arguments
        place, number, tempo = Path(folder), int(port), seconds(pace)
    except ValueError as error:
        sys.stderr.write(f"{USAGE}{error}\n")
        return EXIT_USAGE
    done = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: done.set())
    try:
        with serve(place, number, pace=tempo, now=lambda: datetime.now(UTC)):
            done.wait()
    except GordonError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
