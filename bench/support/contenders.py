"""The feed readers that are compared: Gordon's real daemon, Miniflux and lemon24/reader, each driven round by round."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import func, select, update

from bench.processes import cpu_seconds, memory_mib
from bench.support.desk import feeds_opml, write_desk
from store.database import Database, open_database
from store.outbox import Outbox
from store.tables import entries, feeds

PATIENCE = 900.0


@dataclass
class Cost:
    """What a round cost. ``wall``: seconds; ``cpu``: of the contender with its children, ``database``: of PostgreSQL;
    ``memory``: peak MiB (PSS); ``entries``: found in this round."""

    polls: int
    wall: float
    cpu: float
    database: float = 0.0
    memory: float = 0.0
    entries: int = 0


class Contender(Protocol):
    """``subscribe`` once, then ``poll`` as often as wanted: every feed of ``counted`` is polled once and recorded."""

    name: str

    def subscribe(self, urls: Sequence[str]) -> None: ...

    def poll(self, counted: Sequence[str], first_request: Callable[[], float]) -> Cost: ...

    def close(self) -> None: ...


@dataclass
class Watch:
    """Peak memory of a process and everything below it, looked at now and then."""

    pid: int
    peak: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            self.peak = max(self.peak, memory_mib(self.pid))


class Gordon:
    """``gordon ingest`` as a process, polling what its database says is due; a round makes all feeds due."""

    def __init__(
        self,
        folder: Path,
        root: Path,
        *,
        database: str = "",
        server: int = 0,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.name = "gordon, PostgreSQL" if database else "gordon, SQLite"
        self.desk = write_desk(folder / "desk")
        self._server, self._root = server, root
        self._environ = os.environ | {"PYTHONPATH": str(root), **(settings or {})}
        if database:
            self._environ["GORDON_DATABASE"] = database
        self._run("db", "upgrade")
        self.database: Database = open_database(database or f"sqlite:///{self.desk / 'data' / 'gordon.db'}")
        self._log = folder / "ingest.log"
        with open(self._log, "wb") as log:
            command = self._command("ingest", "--metrics-port", "0")
            self.process = subprocess.Popen(command, env=self._environ, cwd=root, stderr=log)
        self._until(lambda: _idle(self.process.pid), "gordon ingest does not come to rest")

    def subscribe(self, urls: Sequence[str]) -> None:
        """Takes effect with the first round: the reload is part of it."""
        (self.desk / "feeds.opml").write_text(feeds_opml(urls), encoding="utf-8")

    def poll(self, counted: Sequence[str], first_request: Callable[[], float]) -> Cost:
        before, server, known = cpu_seconds(self.process.pid), self._database_seconds(), self._entries()
        since = datetime.now(UTC)
        with Watch(self.process.pid) as watch:
            self._make_due(since)
            self._until(lambda: self._polled(since, counted)[0] == len(counted), "not all feeds are polled")
            outbox = Outbox(self.database)
            self._until(lambda: outbox.size("ingest") == 0, "the outbox does not empty")
        _, last = self._polled(since, counted)
        spent, database = cpu_seconds(self.process.pid) - before, self._database_seconds() - server
        wall = last.timestamp() - first_request()
        return Cost(len(counted), wall, spent, database, watch.peak, self._entries() - known)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.database.close()

    def _until(self, reached: Callable[[], bool], why: str) -> None:
        end = time.monotonic() + PATIENCE
        while not reached():
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit(f"{why}\n{self._log.read_text()[-2000:]}")
            time.sleep(0.2)

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "gordon", *words, "--desk", str(self.desk)]

    def _run(self, *words: str) -> None:
        subprocess.run(self._command(*words), env=self._environ, cwd=self._root, check=True, capture_output=True)

    def _database_seconds(self) -> float:
        return cpu_seconds(self._server) if self._server else 0.0

    def _make_due(self, now: datetime) -> None:
        with self.database.writing() as connection:
            known = connection.execute(update(feeds).where(feeds.c.subscribed).values(next_due=now)).rowcount
        if not known:
            self.process.send_signal(signal.SIGHUP)

    def _polled(self, since: datetime, counted: Sequence[str]) -> tuple[int, datetime]:
        """How many of these were polled since then, and when the last was."""
        query = select(func.count(), func.max(feeds.c.last_poll)).where(feeds.c.last_poll >= since)
        if not all("/feed" in url for url in counted):
            raise ValueError("only feeds that answer can be waited for")
        with self.database.reading() as connection:
            number, last = connection.execute(query.where(feeds.c.url.like("%/feed%"))).one()
        return number, last or since

    def _entries(self) -> int:
        with self.database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(entries)) or 0


class Miniflux:
    """``miniflux -refresh-feeds``, a process a round. ``program``: a binary; ``database``: a libpq address."""

    name = "Miniflux, PostgreSQL"

    def __init__(self, program: Path, database: str, server: int, workers: int) -> None:
        self._program, self._database, self._server = program, database, server
        self._environ = os.environ | {
            "DATABASE_URL": f"{database}?sslmode=disable",
            "DATABASE_MAX_CONNS": "20",
            "LOG_LEVEL": "error",
            "WORKER_POOL_SIZE": str(workers),
            "BATCH_SIZE": "1000000",
            "POLLING_LIMIT_PER_HOST": "0",
            "POLLING_PARSING_ERROR_LIMIT": "0",
            "FETCHER_ALLOW_PRIVATE_NETWORKS": "1",
            "HTTP_CLIENT_TIMEOUT": "30",
        }
        admin = {"CREATE_ADMIN": "1", "ADMIN_USERNAME": "bench", "ADMIN_PASSWORD": "benchbench"}
        for step in ("-migrate", "-refresh-feeds"):  # any start makes the administrator
            subprocess.run([program, step], env=self._environ | admin, check=True, capture_output=True)

    def subscribe(self, urls: Sequence[str]) -> None:
        """Straight into the database. Every feed has an icon already: looking for one would leave loopback."""
        with psycopg.connect(self._database) as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO feeds (feed_url, site_url, title, category_id, user_id) SELECT %s, %s, %s, c.id, u.id"
                " FROM users u JOIN categories c ON c.user_id = u.id LIMIT 1",
                [(url, url, url) for url in urls],
            )
            cursor.execute("INSERT INTO icons (hash, mime_type, content) VALUES ('x', 'image/png', '') RETURNING id")
            icon = cursor.fetchone()
            cursor.execute("INSERT INTO feed_icons (feed_id, icon_id) SELECT id, %s FROM feeds", icon)

    def poll(self, counted: Sequence[str], first_request: Callable[[], float]) -> Cost:
        known, server = self._count(), cpu_seconds(self._server)
        self._execute("UPDATE feeds SET next_check_at = now() - interval '1 second'")
        began = time.time()
        process = subprocess.Popen([self._program, "-refresh-feeds"], env=self._environ, stderr=subprocess.DEVNULL)
        with Watch(process.pid) as watch:
            _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        wall = time.time() - began
        time.sleep(0.3)  # until PostgreSQL has seen the connections go
        spent = usage.ru_utime + usage.ru_stime
        return Cost(len(counted), wall, spent, cpu_seconds(self._server) - server, watch.peak, self._count() - known)

    def close(self) -> None: ...

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._database) as connection:
            connection.execute(statement.encode())

    def _count(self) -> int:
        with psycopg.connect(self._database) as connection:
            row = connection.execute("SELECT count(*) FROM entries").fetchone()
        return int(row[0]) if row else 0


class Reader:
    """lemon24/reader's ``update_feeds`` with the given Python; its start is not counted."""

    name = "reader, SQLite"

    def __init__(self, python: Path, folder: Path, workers: int) -> None:
        self._command = [
            str(python),
            str(Path(__file__).parents[1] / "peers" / "reader_round.py"),
            str(folder / "reader.db"),
        ]
        self._workers, self._urls = workers, folder / "urls.txt"
        self._known = 0

    def subscribe(self, urls: Sequence[str]) -> None:
        self._urls.write_text("\n".join(urls))
        subprocess.run([*self._command, "add", str(self._urls)], check=True)

    def poll(self, counted: Sequence[str], first_request: Callable[[], float]) -> Cost:
        process = subprocess.Popen(
            [*self._command, "update", str(self._workers)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        with Watch(process.pid) as watch:
            told = json.loads(process.communicate()[0])
        new, self._known = told["entries"] - self._known, told["entries"]
        return Cost(len(counted), told["wall"], told["cpu"], 0.0, watch.peak, new)

    def close(self) -> None: ...


def _idle(pid: int) -> bool:
    """Whether a process and its children have used next to no CPU for two seconds."""
    before = cpu_seconds(pid)
    time.sleep(2.0)
    return before > 0.5 and cpu_seconds(pid) - before < 0.1
