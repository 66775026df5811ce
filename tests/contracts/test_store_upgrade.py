"""A database of the first revision, with rows in it, becomes one of today and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from gordon.events import ClaimHit, FileTag
from gordon.ids import digest
from gordon.polling import Hints
from store.backup import check
from store.database import Database, open_database
from store.feeds import arrivals_by_language, feeds, poll_history
from store.held import held_mentions
from store.ingest import Ingest
from store.migrate import current, upgrade
from store.outbox import Outbox
from store.reads import mention
from store.status import completeness
from store.types import Json
from tests.contracts.store_samples import EARLIER, LATER, NOW, due, feed, found, message, polled, record
from tests.contracts.store_samples import mention as sample_mention
from tests.contracts.test_store_open import DIE_HALF_WAY, UPGRADE

FIRST = """
import sys
from alembic import command
from alembic.config import Config
from store.database import open_database
from store import migrations

(folder,) = migrations.__path__
config = Config()
config.set_main_option("script_location", folder)
with open_database(sys.argv[1]).writing() as connection:
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
"""
FEED = """INSERT INTO feeds (id, url, title, folder, language, subscribed, current_url, etag, last_modified, body_hash,
    interval, next_due, last_poll, last_full, last_new, outcome, detail, status, failures, stopped)
    VALUES (:id, :url, 'Blog', '', 'fr', :subscribed, :current, 'W/"a"', '', 'abc', 900.5, :due, :at, :at, NULL, 'ok',
    '', 200, 0, false)"""
ENTRY = """INSERT INTO entries (feed, key, identity, mention, revision, fingerprint)
    VALUES ('blog-1', :key, :identity, :mention, :revision, 'f')"""
REVISION = "INSERT INTO revisions (mention, revision, seen, data) VALUES (:mention, :revision, :seen, :data)"
POLL = """INSERT INTO polls (feed, polled, outcome, status, new, edited, detail)
    VALUES ('blog-1', :at, 'ok', 200, 2, 1, '')"""
MENTION = """INSERT INTO mentions (id, revision, feed, url, title, language, seen, kind, flags, tagged, policy_version,
    text) VALUES ('mention-9', 1, 'blog-1', '', 'Les retards', 'fr', :seen, 'new', '[]', true, 'p1', 'Encore.')"""
TAG = """INSERT INTO tags (mention, revision, file, position, score, evidence)
    VALUES ('mention-9', 1, 'passports', 0, 2.5, '[]')"""
CLAIM = """INSERT INTO claims (mention, revision, position, file, claim, score, quote)
    VALUES ('mention-9', 1, 0, 'passports', 'fee-doubles', 0.9, 'Encore.')"""
ADDRESSES = {
    1: ("https://Blog-1.example/feed", True),
    2: ("https://blog-1.example/atom", True),
    3: ("https://old.example/feed", False),
    4: ("https://[broken/", True),
}


def at(database: Database, when: object) -> object:
    """As the first revision kept times."""
    return when if database.dialect == "postgresql" else f"{when:%Y-%m-%d %H:%M:%S.%f}"


@pytest.fixture
def old(database_url: str) -> Iterator[Database]:
    subprocess.run([sys.executable, "-c", FIRST, database_url], check=True, timeout=300)
    opened = open_database(database_url)
    encode = Json(object).process_bind_param
    with opened.writing() as connection:
        for number, (url, subscribed) in ADDRESSES.items():
            times = {"due": at(opened, NOW), "at": at(opened, EARLIER)}
            row = {"id": f"blog-{number}", "url": url, "current": url, "subscribed": subscribed}
            connection.execute(text(FEED), row | times)
        for number, revision in ((1, 1), (2, 1), (2, 2)):
            identity = f"guid-{number}"
            if revision == 1:
                entry = {"key": digest(identity.encode(), 32), "identity": identity, "revision": number}
                connection.execute(text(ENTRY), entry | {"mention": f"mention-{number}"})
            data = encode(sample_mention(number, revision), None)  # type: ignore[arg-type]  # no dialect is asked
            row = {"mention": f"mention-{number}", "revision": revision, "seen": at(opened, NOW), "data": data}
            connection.execute(text(REVISION), row)
        connection.execute(text(POLL), {"at": at(opened, EARLIER)})
        connection.execute(text(MENTION), {"seen": at(opened, NOW)})
        connection.execute(text(TAG))
        connection.execute(text(CLAIM))
    yield opened
    opened.close()


def test_every_row_is_there_after_the_upgrade(old: Database) -> None:
    assert current(old) == "0001"
    upgrade(old)
    assert check(old) == []
    assert {one.id: state.host for one, state in feeds(old, retired=True)} == {
        "blog-1": "blog-1.example", "blog-2": "blog-1.example", "blog-3": "old.example", "blog-4": ""
    }  # fmt: skip
    (_, state), *_ = feeds(old)
    assert (state.etag, state.interval, state.next_due, state.last_poll) == ('W/"a"', 900.5, NOW, EARLIER)
    assert (state.gap, state.arrivals, state.hints, state.hub, state.pushed) == (0.0, 0, Hints(), "", False)
    (note,) = poll_history(old, "blog-1", 9)
    assert (note.new, note.edited, note.held) == (2, 1, 0)
    assert mention(old, "mention-2").found == (sample_mention(2, 1), sample_mention(2, 2))
    counts = [(count.language, count.number) for count in arrivals_by_language(old, EARLIER)]
    assert counts == [("fr", 2)] and held_mentions(old) == []


@pytest.mark.hostile(87)
def test_an_upgrade_of_old_rows_that_is_killed_leaves_them_as_they_were(old: Database) -> None:
    die = DIE_HALF_WAY.format(where="CREATE TABLE webhooks")
    killed = subprocess.run([sys.executable, "-c", die + UPGRADE, old.name], check=False, timeout=300)
    assert killed.returncode == -9
    assert current(old) == "0001"
    test_every_row_is_there_after_the_upgrade(old)


def test_tags_and_claims_of_old_are_as_they_were(old: Database) -> None:
    upgrade(old)
    (recorded,) = mention(old, "mention-9").recorded
    assert recorded.files == (FileTag(file="passports", score=2.5, evidence=()),)
    assert recorded.claims == (ClaimHit(file="passports", claim="fee-doubles", score=0.9, quote="Encore."),)


def test_what_was_tagged_of_old_counts_as_routed(old: Database) -> None:
    upgrade(old)
    counts = completeness(old)
    assert (counts.tags, counts.routed, counts.silenced) == (1, 1, 0)


def test_polling_goes_on_after_the_upgrade(old: Database) -> None:
    upgrade(old)
    ingest = Ingest(old)
    assert [state.id for state in due(ingest, NOW)] == ["blog-1", "blog-2", "blog-4"]
    assert due(ingest, NOW - timedelta(seconds=1)) == [] and ingest.next_due(EARLIER) == NOW
    record(ingest, polled(1, LATER, url=ADDRESSES[1][0]), [found(7)], reading=b"seen")
    assert ingest.entries("blog-1", [found(7).identity]) and ingest.reading("blog-1") == b"seen"
    assert [row.message for row in Outbox(old).pending("ingest", 9)] == [message("gordon.mentions", 71, "mention-7")]
    ingest.sync_feeds([feed(3, url=ADDRESSES[3][0])], LATER)
    assert [state.id for state in due(ingest, LATER)] == ["blog-3"]


def test_no_text_of_old_keeps_the_database_from_coming_up(old: Database) -> None:
    texts = ("a NUL \x00 within", "as written in JSON \\u0000", "deux \\\x00", "émoji \U0001f600")
    rows = [replace(sample_mention(1, 10 + place), text=words) for place, words in enumerate(texts)]
    with old.writing() as connection:
        for row in rows:
            data = Json(object).process_bind_param(row, None)  # type: ignore[arg-type]  # no dialect is asked
            values = {"mention": row.id, "revision": row.revision, "seen": at(old, NOW), "data": data}
            connection.execute(text(REVISION), values)
    upgrade(old)
    assert mention(old, "mention-1").found == (sample_mention(1, 1), *rows)
    with old.reading() as connection:
        assert set(connection.scalars(text("SELECT language FROM revisions"))) == {"fr"}


def test_entries_of_old_are_known_by_their_identity_alone(old: Database) -> None:
    upgrade(old)
    (entry,) = Ingest(old).entries("blog-1", ["guid-2"], ["", "link"], ["", "content"])
    assert (entry.mention, entry.revision, entry.link, entry.content, entry.held) == ("mention-2", 2, "", "", "")
