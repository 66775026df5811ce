"""Which feed a person means, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gordon.desk.load import require_folder
from gordon.errors import DeskInvalid, NotFound
from gordon.polling import Feed, FeedState
from store.database import Database

OPML = "feeds.opml"
FeedArgument = Annotated[str, typer.Argument(help="Id or address of the feed.")]
OneFeedArgument = Annotated[str, typer.Argument(help="Id or address of one feed.", show_default="all")]


def subscriptions(desk: Path) -> tuple[Feed, ...]:
    """The subscriptions of the desk. Raises DeskInvalid."""
    from ingest.opml import read

    require_folder(desk)
    feeds, problems = read(desk / OPML)
    if problems:
        raise DeskInvalid(problems)
    return feeds


def named(feeds: Sequence[Feed], name: str) -> Feed:
    """The feed with this id or address, or the only one whose id begins so. Raises NotFound."""
    for feed in feeds:
        if name in (feed.id, feed.url):
            return feed
    begun = [feed for feed in feeds if name and feed.id.startswith(name)]
    if len(begun) != 1:
        raise NotFound("feed", name, "gordon feeds list shows all")
    return begun[0]


def known(database: Database, name: str) -> tuple[Feed, FeedState]:
    """The feed and its state as the database has them, former subscriptions included. Raises NotFound."""
    from store.feeds import feeds

    pairs = feeds(database, retired=True)
    feed = named([feed for feed, _ in pairs], name)
    return next(pair for pair in pairs if pair[0].id == feed.id)


def state_of(database: Database, feed: str) -> FeedState:
    """What polling remembers of the feed with this id. Raises NotFound for one that was never polled."""
    return known(database, feed)[1]
