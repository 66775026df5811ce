"""Several ingest daemons on one database: they share the hosts, stay polite together, and inherit from the dead."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from store.database import open_database
from tests.flow.hosts import Publisher, published
from tests.flow.stack import SLOW

HOSTS, FEEDS, ENTRIES = 24, 2, 5
HOST_DELAY = 0.2
SETTINGS = f"""
[http]
allow_networks = ["127.0.0.0/8"]
[poll]
least_interval = "1s"
most_interval = "2s"
host_delay = "{HOST_DELAY}s"
lease = "3s"
"""


class Daemon:
    """One ``gordon ingest`` with its log and its metrics."""

    def __init__(self, desk: Path, environ: Mapping[str, str], name: str) -> None:
        self.log = desk / f"{name}.log"
        command = [sys.executable, "-m", "gordon", "ingest", "--desk", str(desk), "--metrics-port", "0"]
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=stream, stderr=stream)

    def metric(self, name: str) -> float:
        """The sum over all series of a metric; 0 while the daemon does not listen yet."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        address = next((line["metrics"] for line in lines if line.get("event") == "started"), None)
        if address is None:
            return 0.0
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
            found = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", answer.read().decode(), re.MULTILINE)
        return sum(map(float, found))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(25) == 0, self.log.read_text()[-2000:]


@contextmanager
def daemons(desk: Path, environ: Mapping[str, str], number: int) -> Iterator[list[Daemon]]:
    command = [sys.executable, "-m", "gordon", "db", "upgrade", "--desk", str(desk)]
    subprocess.run(command, env={**os.environ, **environ}, check=True, capture_output=True)
    started = [Daemon(desk, environ, f"ingest-{each}") for each in range(number)]
    try:
        yield started
        for daemon in started:
            daemon.stop()
    finally:
        for daemon in started:
            daemon.kill()


def write_desk(folder: Path, addresses: Sequence[str]) -> Path:
    folder.mkdir()
    (folder / "gordon.toml").write_text(SETTINGS)
    outlines = "".join(f'<outline type="rss" text="{url}" xmlUrl="{url}"/>' for url in addresses)
    (folder / "feeds.opml").write_text(f'<opml version="2.0"><head/><body>{outlines}</body></opml>')
    (folder / "people.yaml").write_text("- {id: gordon, disciplines: [policy]}\n")
    (folder / "queues.yaml").write_text("queues: {desk: {}}\nroutes: [{queue: desk}]\n")
    return folder


def until(what: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    end = time.monotonic() + SLOW * seconds
    while not what():
        assert time.monotonic() < end, why()
        time.sleep(0.2)


def visits(publishers: Sequence[Publisher]) -> list[int]:
    return [len(publisher.visits) for publisher in publishers]


@pytest.mark.postgres
@pytest.mark.hostile(28, 96)
def test_two_daemons_share_the_hosts_and_one_inherits_from_the_dead(
    new_postgres_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_postgres_database()
    environ = {"GORDON_DATABASE": url}
    with published(HOSTS, feeds=FEEDS, entries=ENTRIES) as (publishers, addresses):
        desk = write_desk(tmp_path / "desk", addresses)
        with daemons(desk, environ, 2) as (first, second):

            def logs() -> str:
                return f"{visits(publishers)}\n{first.log.read_text()[-3000:]}\n{second.log.read_text()[-3000:]}"

            until(lambda: min(visits(publishers)) >= 2 * FEEDS, 60, logs)
            until(lambda: min(first.metric("gordon_polls_total"), second.metric("gordon_polls_total")) >= 10, 60, logs)
            first.kill()
            before = visits(publishers)
            until(
                lambda: all(now >= was + FEEDS for now, was in zip(visits(publishers), before, strict=True)), 60, logs
            )
        database = open_database(url)
        with database.reading() as connection:
            found = connection.scalar(text("SELECT count(*) FROM revisions"))
            assert connection.scalar(text("SELECT count(*) FROM outbox WHERE stage = 'ingest'")) == found
            assert connection.scalar(text("SELECT count(*) FROM hosts WHERE owner <> ''")) == 0
        database.close()
    assert found == HOSTS * FEEDS * ENTRIES
    assert [publisher.overlapping for publisher in publishers] == [0] * HOSTS
    # The publisher sees an answer's beginning a little earlier or later than the daemon sent its request.
    assert min(publisher.least_gap for publisher in publishers) > 0.7 * HOST_DELAY


@pytest.mark.hostile(96)
def test_on_sqlite_the_second_waits_and_takes_over(tmp_path: Path) -> None:
    with published(4, feeds=1, entries=1) as (publishers, addresses):
        desk = write_desk(tmp_path / "desk", addresses)
        with daemons(desk, {}, 2) as both:

            def logs() -> str:
                return "\n".join(daemon.log.read_text()[-3000:] for daemon in both)

            until(lambda: sum(daemon.metric("gordon_ingest_standby") for daemon in both) == 1, 40, logs)
            until(lambda: min(visits(publishers)) >= 2, 40, logs)
            waits = next(daemon for daemon in both if daemon.metric("gordon_ingest_standby") == 1)
            works = next(daemon for daemon in both if daemon is not waits)
            assert waits.metric("gordon_polls_total") == 0
            works.kill()
            until(lambda: waits.metric("gordon_polls_total") >= 4, 40, logs)
            assert waits.metric("gordon_ingest_standby") == 0
