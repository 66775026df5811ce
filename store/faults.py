"""Foreign errors of databases, wrapped once: what may pass by itself, what never will, what needs a hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError

from gordon.errors import DatabaseUnfit, GordonError, Permanent, StoreUnavailable

RESTORE = "stop Gordon, keep the damaged file, and put a copy made by gordon db backup in its place"
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# SQLSTATE classes where the same statement fails again: bad data, broken constraint, limits such as the size of
# a key, and statements that the server does not understand.
_HOPELESS = ("22", "23", "42", "54")
_NO_TABLE = ("42P01", "42703", "3F000")
_NO_RIGHT = "42501"
# libpq gives no SQLSTATE when a login fails, only the server's words.
_REFUSED = ("authentication failed", "does not exist", "pg_hba.conf", "no password supplied")


@contextmanager
def wrapped(name: str) -> Iterator[None]:
    """Turns errors of SQLAlchemy and its drivers into Gordon's; ``name`` says which database, without a password."""
    try:
        yield
    except DBAPIError as error:
        raise _of_driver(name, error) from error
    except TimeoutError as error:
        raise StoreUnavailable(f"{name}: all connections are busy") from error
    except (SQLAlchemyError, OverflowError) as error:
        # Not the database's doing: a value that has no place in a column, such as an integer of 80 bits.
        raise Permanent(f"{name}: {error}") from error


def _of_driver(name: str, error: DBAPIError) -> GordonError:
    # The primary message alone: the server's details may quote the row.
    primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    text = " ".join((primary or str(error.orig)).split())
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(name, error.orig, text)
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _NO_TABLE:
        return DatabaseUnfit(f"{name}: {text}; run: gordon db upgrade")
    if state == _NO_RIGHT or (not state and any(words in text for words in _REFUSED)):
        return DatabaseUnfit(f"{name}: {text}; correct database in gordon.toml, or grant the user what is missing")
    if state.startswith(_HOPELESS):
        return Permanent(f"{name}: {text}")
    return StoreUnavailable(f"{name}: {text}")


def _of_sqlite(name: str, error: sqlite3.Error, text: str) -> GordonError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return DatabaseUnfit(f"{name} is damaged ({text}); {RESTORE}")
    if text.startswith(("no such table", "no such column")):
        return DatabaseUnfit(f"{name}: {text}; run: gordon db upgrade")
    if isinstance(error, (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError)):
        return Permanent(f"{name}: {text}")
    return StoreUnavailable(f"{name}: {text}")
