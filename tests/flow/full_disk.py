"""A real route daemon whose disk is full: ``python -m tests.flow.full_disk FOLDER``, run by test_full_disk. The data
folder is on the small disk FOLDER; an AssertionError is what went wrong."""

from __future__ import annotations

import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

from gordon.bus.open import open_bus
from gordon.codec import encode
from tests.flow.stack import Address, Stack, running
from tests.route.route_desk import mention, tagged, write_desk
from tests.servers.small_disk import Filler

STORIES = 40


def publish(data: Path, first: int) -> None:
    """Stories that are tagged, on the bus."""
    bus = open_bus(f"sqlite:///{data / 'log.db'}")
    numbers = range(first, first + STORIES)
    titles = {number: f"Ferry {number} {'x' * number} grounded off harbour {number * 7}" for number in numbers}
    stories = [mention(f"story-{number}", title, f"{title}. " * 40) for number, title in titles.items()]
    bus.publish([encode(tagged(story)) for story in stories])
    bus.close()


def ready(data: Path) -> tuple[int, str]:
    """What /health/ready says."""
    address = (data / "route.metrics").read_text().strip()
    try:
        with urllib.request.urlopen(f"http://{address}/health/ready", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def found(stack: Stack) -> int:
    """Mentions that are recorded."""
    counts: int = stack.json("status")["tagged"]
    return counts


def main(data: Path) -> None:
    with TemporaryDirectory(prefix="gordon-desk-") as folder:
        desk = Path(folder)
        write_desk(desk)
        (desk / "gordon.toml").write_text(f'data = "{data}"\n[worker]\nbackoff_most = "1s"\n')
        filler = Filler(data)
        with running(desk, Address("embedded", {}), ("route",)) as stack:
            publish(data, 0)
            stack.until(lambda: found(stack) == STORIES, 60, "the first stories did not arrive")
            stack.until(lambda: ready(data)[0] == 200, 30, "it is not ready")
            (route,) = stack.supervisor.processes
            route.ask(signal.SIGSTOP)
            publish(data, STORIES)
            filler.fill(2)
            route.ask(signal.SIGCONT)
            stack.until(lambda: "store" in ready(data)[1], 60, "it does not say that it cannot write")
            assert ready(data)[0] == 503 and "disk" in ready(data)[1]
            pid = route.pid
            filler.free()
            stack.until(lambda: found(stack) == 2 * STORIES, 60, "it did not go on when there was room again")
            stack.until(lambda: ready(data)[0] == 200, 30, "it is not ready again")
            assert (route.pid, route.restarts) == (pid, 0), "it took a restart"
            done = stack.run("db", "check")
            assert done.returncode == 0, done.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))
