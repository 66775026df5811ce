"""A real PostgreSQL on a free loopback port, data in a temporary folder. Not for benchmarks unless ``durable``.

Works without pytest: ``with postgres_server() as server: print(server.new_database())``.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.servers.missing import Missing
from tests.servers.ports import free_ports, wait_for_port, with_parent

START = 60.0
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "60"}


class PostgresServer:
    """One server. ``url`` is its maintenance database."""

    def __init__(self, folder: Path, *, durable: bool, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._settings = SETTINGS | ({} if durable else FAST) | (settings or {})
        self._user = _unprivileged()
        self._numbers = itertools.count(1)
        (self.port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(folder, self._user)
        options = ["-U", "gordon", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D", str(folder / "data")]
        done = subprocess.run([program("initdb"), *options], user=self._user, cwd=folder, capture_output=True)
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr.decode('utf-8', 'replace')}")

    @property
    def url(self) -> str:
        return self._url("postgres")

    @property
    def pid(self) -> int:
        assert self._process, "the server is stopped"
        return self._process.pid

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://gordon@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Returns when it answers a query."""
        data = str(self._folder / "data")
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        with open(self._folder / "server.log", "ab") as log:
            self._process = subprocess.Popen(
                with_parent([program("postgres"), "-D", data, "-p", str(self.port), *options], "QUIT"),
                user=self._user,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if not wait_for_port(self.port, self._process, START):
            self.stop()
            raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'server.log').read_text('utf-8')[-4000:]}")
        self._connect(START).close()

    def _connect(self, seconds: float) -> psycopg.Connection[tuple[object, ...]]:
        """It takes connections a moment before it takes questions."""
        for attempt in itertools.count(1):
            try:
                url = f"postgresql://gordon@127.0.0.1:{self.port}/postgres"
                return psycopg.connect(url, autocommit=True, connect_timeout=5)
            except psycopg.OperationalError:
                if attempt * 0.1 > seconds:
                    raise
                time.sleep(0.1)
        raise AssertionError("unreachable")

    def new_database(self, template: str = "template0") -> str:
        """The URL of a fresh database: empty, or a copy of ``template``, to which nobody may be connected."""
        name = f"gordon_{next(self._numbers)}"
        with self._connect(30.0) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url(name)

    def stop(self) -> None:
        """Ends it and its children, whatever clients are connected; the data stay."""
        process, self._process = self._process, None
        if process:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def crash(self) -> None:
        """Ends it at once, without a checkpoint; the next start recovers."""
        process, self._process = self._process, None
        if process:
            process.send_signal(signal.SIGQUIT)  # PostgreSQL's "immediate" shutdown
            process.wait(60)

    def freeze(self) -> None:
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A started server; stopped and wiped at the end. Raises Missing without PostgreSQL's programs."""
    program("initdb")
    folder = Path(tempfile.mkdtemp(prefix="gordon-postgres-"))
    try:
        server = PostgresServer(folder, durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def program(name: str) -> str:
    """On PATH, or where Debian keeps the newest version."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version)
    found = shutil.which(name) or (str(debian[-1]) if debian else None)
    if not found:
        raise Missing(f"{name} is not installed, so the tests on PostgreSQL cannot run: apt install postgresql")
    return found


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts[-3].split(".") if part.isdigit())


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: then the account that its package made, else one that owns nothing."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
