"""A database ready for work: an empty one is set up, any other must already be at this Gordon's revision."""

from __future__ import annotations

from store.database import Database
from store.migrate import current, require_current, upgrade


def ready(database: Database) -> Database:
    """The same database. Raises DatabaseUnfit where ``gordon db upgrade``, or an upgrade of Gordon, has to come first:
    a daemon must not migrate under the feet of others that still run the old version."""
    if current(database) is None:
        upgrade(database)
    require_current(database)
    return database
