"""Opening, migrating, locking out, going away: on every database."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from gordon.errors import DatabaseUnfit, Permanent, StoreUnavailable
from store import delivery_tables, migrate, migrations, route_tables
from store.backup import check
from store.database import Database, open_database
from store.outbox import Outbox
from store.route import Route
from store.status import completeness
from store.tables import metadata
from tests.contracts.store_samples import NOW, issue, item, message, recorded, write

UPGRADE = """
import sys
from store.database import open_database
from store.migrate import upgrade
upgrade(open_database(sys.argv[1]))
"""
DIE_HALF_WAY = """
import os, signal
from sqlalchemy import Engine, event
def die(connection, cursor, statement, *rest):
    if {where!r} in statement:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(Engine, "before_cursor_execute", die)
"""


def test_migrated_schema_equals_the_tables(database: Database) -> None:
    assert route_tables.mentions.metadata is delivery_tables.webhooks.metadata is metadata
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert check(database) == []


def test_chain_of_revisions_is_the_one_the_code_knows() -> None:
    (folder,) = migrations.__path__
    chain = [script.revision for script in ScriptDirectory(folder).walk_revisions()]
    assert tuple(reversed(chain)) == migrate.REVISIONS


def test_empty_database_must_be_upgraded_first(database_url: str) -> None:
    database = open_database(database_url)
    assert migrate.current(database) is None
    with pytest.raises(DatabaseUnfit, match=r"is empty; run: gordon db upgrade"):
        migrate.require_current(database)
    with pytest.raises(DatabaseUnfit, match=r"gordon db upgrade"):
        completeness(database)
    (finding,) = check(database)
    assert "gordon db upgrade" in finding
    database.close()


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    write(database, mentions=(recorded(1),))
    migrate.upgrade(database)
    migrate.require_current(database)
    assert migrate.current(database) == migrate.HEAD
    assert completeness(database).found == 1


@pytest.mark.hostile(87)
def test_database_of_a_newer_gordon_is_refused(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refused in (migrate.require_current, migrate.upgrade):
        with pytest.raises(DatabaseUnfit, match="made by a newer Gordon"):
            refused(database)
    assert migrate.current(database) == "9999"


@pytest.mark.hostile(87)
def test_older_database_is_refused_until_upgraded(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(DatabaseUnfit, match="run: gordon db upgrade"):
        migrate.require_current(database)


def test_several_daemons_upgrade_at_once(database_url: str) -> None:
    started = [subprocess.Popen([sys.executable, "-c", UPGRADE, database_url]) for _ in range(4)]
    assert [one.wait(60) for one in started] == [0, 0, 0, 0]
    database = open_database(database_url)
    migrate.require_current(database)
    assert check(database) == []
    database.close()


@pytest.mark.hostile(87)
@pytest.mark.parametrize("where", ["CREATE TABLE mentions", "CREATE TABLE homes", "CREATE TABLE webhooks"])
def test_an_upgrade_killed_half_way_starts_over(database_url: str, where: str) -> None:
    """In the first, a middle and the last revision."""
    die = DIE_HALF_WAY.format(where=where)
    killed = subprocess.run([sys.executable, "-c", die + UPGRADE, database_url], check=False, timeout=300)
    assert killed.returncode == -9
    database = open_database(database_url)
    assert migrate.current(database) is None
    migrate.upgrade(database)
    assert check(database) == []
    database.close()


def test_check_names_rows_that_no_transaction_leaves_behind(database: Database) -> None:
    write(database, issues=(issue(1),), mentions=(recorded(1),), items=(item(1, team=("gordon",)),))
    assert "people whose open items are counted wrongly" not in str(check(database))
    with database.writing() as connection:
        connection.execute(text("DELETE FROM tags"))
        connection.execute(text("UPDATE loads SET items = 2"))
        connection.execute(text("DELETE FROM file_versions"))
    assert check(database) == [
        "1 tagged mentions without a tag",
        "1 issues without a mention",
        "1 people whose open items are counted wrongly",
        "1 issues that have no change counter of their file",
    ]


@pytest.mark.hostile(78)
def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match=r"read-?only"), database.reading() as connection:
        connection.execute(text("DELETE FROM mentions"))
    write(database, mentions=(recorded(1),))


def test_two_threads_share_a_database(database: Database) -> None:
    outbox = Outbox(database)

    def work(number: int) -> None:
        for turn in range(20):
            write(database, messages=(message("t", 100 * number + turn),))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outbox.size("route") == 60


def test_errors_do_not_show_what_was_written(database: Database) -> None:
    secret = "Nom et adresse d'une personne"
    with pytest.raises(Permanent) as caught:
        write(database, mentions=(recorded(1, 2**70, text=secret),))
    assert secret not in str(caught.value)


def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(Permanent, match="without a time zone"), Route(database).transaction() as transaction:
        transaction.unseen("route", ["a"], NOW.replace(tzinfo=None))
