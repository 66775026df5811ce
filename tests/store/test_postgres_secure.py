"""PostgreSQL behind TLS and a password, set up as docs/install.md tells: the store works and is backed up; a server
that nobody we trust has signed, a wrong password and a plain connection are refused, without the password in a word."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from gordon.errors import GordonError
from store.backup import backup, check
from store.database import open_database
from store.migrate import upgrade
from tests.servers.authority import Authority
from tests.servers.missing import started
from tests.servers.postgres import PostgresServer, program

pytestmark = pytest.mark.postgres
PASSWORD = "desks-s3cret"
WHO = """\
host    all gordon 127.0.0.1/32 trust
hostssl all desk   127.0.0.1/32 scram-sha-256
"""


class Secured:
    """``address`` with the parts that a test wants wrong."""

    def __init__(self, port: int, authority: Authority) -> None:
        self.port, self.authority = port, authority

    def address(self, *, password: str = PASSWORD, mode: str = "verify-full", trusted: Path | None = None) -> str:
        place = f"postgresql+psycopg://desk:{password}@127.0.0.1:{self.port}/desk"
        return f"{place}?sslmode={mode}&sslrootcert={trusted or self.authority.file}"


@contextmanager
def secured() -> Iterator[Secured]:
    program("initdb")
    folder = Path(tempfile.mkdtemp(prefix="gordon-postgres-"))
    try:
        authority = Authority(folder, "ours")
        certificate, key = authority.sign("database")
        settings = {"ssl": "on", "ssl_cert_file": str(certificate), "ssl_key_file": str(key)}
        server = PostgresServer(folder, durable=False, settings=settings)
        own = (folder / "data").stat()
        os.chown(key, own.st_uid, own.st_gid)
        key.chmod(0o600)
        try:
            server.start()
            with psycopg.connect(f"postgresql://gordon@127.0.0.1:{server.port}/postgres", autocommit=True) as asked:
                asked.execute(f"CREATE ROLE desk LOGIN PASSWORD '{PASSWORD}'")
                asked.execute("CREATE DATABASE desk OWNER desk")
                (folder / "data" / "pg_hba.conf").write_text(WHO)
                asked.execute("SELECT pg_reload_conf()")
            yield Secured(server.port, authority)
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Secured]:
    with ExitStack() as stack:
        yield started(stack, secured, os.environ)


def test_the_store_works_and_is_backed_up_over_a_line_that_is_verified(server: Secured, tmp_path: Path) -> None:
    database = open_database(server.address())
    try:
        upgrade(database)
        with database.reading() as connection:
            line = connection.execute(text("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).one()
        assert line.ssl and line.version.startswith("TLSv1.")
        assert check(database) == []
        assert backup(database, tmp_path / "copy").rows
    finally:
        database.close()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "a-wrong-s3cret"}, "password authentication failed"),
        ({"mode": "disable"}, "no encryption"),
        ({"trusted": "theirs"}, "certificate verify failed"),
    ],
    ids=["password", "plain", "certificate"],
)
def test_what_is_not_safe_is_refused_and_says_why(server: Secured, wrong: dict[str, str], words: str) -> None:
    asked: dict[str, object] = dict(wrong)
    if "trusted" in wrong:
        asked["trusted"] = Authority(server.authority.folder, "theirs").file
    with pytest.raises(GordonError) as refused:
        database = open_database(server.address(**asked))  # type: ignore[arg-type]  # one of its options
        try:
            with database.reading() as connection:
                connection.execute(text("SELECT 1"))
        finally:
            database.close()
    assert words in str(refused.value) and "s3cret" not in str(refused.value)
