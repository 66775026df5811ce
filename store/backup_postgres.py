"""A copy of a PostgreSQL database by pg_dump, and what is in it, read from the copy itself."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL

from gordon.errors import DatabaseUnfit

_COPY = re.compile(rb"^COPY (?:public\.)?\"?(\w+)\"? \(")
# What libpq reads from the environment, where other processes cannot see it, as they can see arguments.
_VARIABLES = {
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "password": "PGPASSWORD",
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
}


def client_environ(url: URL, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which PostgreSQL's own tools find the database; holds the password."""
    given = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
    }
    query = {_VARIABLES[name]: str(value) for name, value in url.query.items() if name in _VARIABLES}
    return {**environ, "PGAPPNAME": "gordon", **{name: value for name, value in given.items() if value}, **query}


def dump(connection: Connection, url: URL, target: Path) -> dict[str, int]:
    """Writes to ``target`` what the transaction of ``connection`` sees; returns the rows of each table in it. Raises
    DatabaseUnfit where pg_dump is missing or fails."""
    # The transaction only holds the moment while pg_dump works, however long that takes.
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    moment = connection.scalar(text("SELECT pg_export_snapshot()"))
    environ = client_environ(url, os.environ)
    _run(["pg_dump", "--format=custom", "--no-owner", f"--snapshot={moment}", f"--file={target}"], environ)
    tables = inspect(connection).get_table_names()
    return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in tables}


def dumped(target: Path) -> dict[str, int]:
    """The rows of each table in a copy, all of which is read. Raises DatabaseUnfit where that cannot be done."""
    _run(["pg_restore", "--list", str(target)], os.environ)
    rows: dict[str, int] = {}
    table = ""
    with subprocess.Popen(["pg_restore", "--data-only", "--file=-", str(target)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:  # in this form every row is one line
            if table and line.rstrip(b"\n") == b"\\.":
                table = ""
            elif table:
                rows[table] += 1
            elif found := _COPY.match(line):
                table = found[1].decode()
                rows[table] = 0
    if process.returncode:
        raise DatabaseUnfit(f"{target}: the copy cannot be read back; look at the disk, and copy again")
    return rows


def _run(command: list[str], environ: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(command, env=environ, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        remedy = "install PostgreSQL's client tools (Debian: postgresql-client) of the server's version or newer"
        raise DatabaseUnfit(f"there is no {command[0]} here; {remedy}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise DatabaseUnfit(f"{command[0]} failed: {said[-1000:]}")
