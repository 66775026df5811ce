"""A database for the length of a computation: gone afterwards, quick, without messages, and watched."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from gordon.records import RouteWrites
from store.migrate import HEAD, current
from store.outbox import Outbox
from store.reads import newest_mentions
from store.scratch import ScratchRoute, scratch
from store.stories import STORY_LENGTH
from tests.contracts.store_samples import message, recorded


def test_it_is_of_the_present_revision_and_gone_afterwards() -> None:
    with scratch() as database:
        folder = Path(str(database.path)).parent
        assert current(database) == HEAD
        with database.reading() as connection:
            assert connection.scalar(text("PRAGMA synchronous")) == 0
    assert not folder.exists()


def test_what_is_written_is_heard_in_full_and_kept_in_part() -> None:
    long = "é" * (STORY_LENGTH + 1)
    untagged = recorded(2, files=(), text=long)
    writes = RouteWrites(mentions=(recorded(1, text=long), untagged), messages=(message("gordon.queue.duty", 1),))
    heard: list[RouteWrites] = []
    with scratch() as database:
        with ScratchRoute(database, lambda: {"ann": 3}, heard.append).transaction() as transaction:
            transaction.write("route", writes)
            assert transaction.load() == {"ann": 3}
        assert heard == [writes]
        assert list(Outbox(database).pending("route", 10)) == []
        kept = newest_mentions(database, 10)
        assert {one.mention.id: len(one.mention.text) for one in kept} == {"mention-1": STORY_LENGTH, "mention-2": 0}
        assert all(one.files == one.claims == () for one in kept)
