"""Debian's Prometheus for the tests: its programs, a server on what deploy/prometheus says, and its answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.ports import free_ports, wait_for_port, with_parent

DEPLOY = Path(__file__).parents[2] / "deploy"
START = 60.0


def program(name: str) -> str:
    """Where it is; its absence is a skip on a laptop and a failure in CI."""
    found = shutil.which(name)
    if found is None:
        remedy = f"{name} is missing; on Debian: apt install prometheus"
        pytest.fail(remedy) if os.environ.get("CI") == "true" else pytest.skip(remedy)
    return found


def address_of(desk: Path, stage: str) -> str:
    """Where the daemon of this stage answers."""
    return (desk / "data" / f"{stage}.metrics").read_text().strip()


class Prometheus:
    """A running server."""

    def __init__(self, port: int, folder: Path) -> None:
        self._home, self._log = f"http://127.0.0.1:{port}", folder / "prometheus.log"

    def ready(self) -> bool:
        """Whether it takes questions: its port answers earlier."""
        try:
            with urllib.request.urlopen(f"{self._home}/-/ready", timeout=60) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return False

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer; fails with what Prometheus says where it refuses."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self._home}/api/v1/{path}?{query}", timeout=60) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            pytest.fail(f"{parameters}: {error.read().decode()}")

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The labels and the value of each series."""
        found = self.ask("query", query=expression)
        if found["resultType"] == "scalar":
            return [({}, float(found["result"][1]))]
        return [(series["metric"], float(series["value"][1])) for series in found["result"]]

    def log(self) -> str:
        return self._log.read_text()[-2000:]


@contextmanager
def running_prometheus(folder: Path, configuration: Path) -> Iterator[Prometheus]:
    """Prometheus on a free port of loopback, with its data in ``folder``."""
    (port,) = free_ports(1)
    command = [
        program("prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with open(folder / "prometheus.log", "ab") as log:
        process = subprocess.Popen(
            with_parent(command, "KILL"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        assert wait_for_port(port, process, START), (folder / "prometheus.log").read_text()[-2000:]
        server, end = Prometheus(port, folder), time.monotonic() + START
        while not server.ready():
            assert time.monotonic() < end, server.log()
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
