"""The frozen rows of polling that pass between ingest and the store. The store knows how to keep them, not what they
mean."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from gordon.bus import Message
from gordon.events import Mention
from gordon.hosts import redact
from gordon.secrets import HIDDEN

Hold: TypeAlias = Literal["", "flood", "page"]


class Feed(Struct, frozen=True, kw_only=True):
    """One subscription, as the desk names it. ``full_text``: the pages of its entries are fetched, too."""

    id: str
    url: str
    title: str = ""
    folder: str = ""
    language: str = ""
    full_text: bool = False


class Hints(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a feed says in its body about when to come again. ``ttl`` and ``period`` in seconds, 0 when it says
    nothing; hours (0-23) and days (Monday is 0) of UTC in which nothing new will appear."""

    ttl: float = 0.0
    period: float = 0.0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


class FeedState(Struct, frozen=True, kw_only=True):
    """What polling remembers of a feed. Validators are opaque and kept verbatim; ``interval`` in seconds;
    ``outcome``: how the last poll ended (see docs/metrics.md); ``failures``: in a row.

    ``gap``: the habit, mean seconds between polls that brought something new, over ``arrivals`` of them.
    ``moved_to``: where the last answers said that the feed lives now, ``moved_times`` in a row since ``moved_since``.
    ``hub``: of WebSub, when the feed names one, with the ``topic`` to subscribe to; ``pushed``: whether it is
    subscribed there now.
    """

    id: str
    url: str
    host: str = ""
    language: str = ""
    full_text: bool = False
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    interval: float = 0.0
    next_due: datetime
    last_poll: datetime | None = None
    last_full: datetime | None = None
    last_new: datetime | None = None
    outcome: str = "never"
    detail: str = ""
    status: int = 0
    failures: int = 0
    stopped: bool = False
    gap: float = 0.0
    arrivals: int = 0
    hints: Hints = Hints()
    moved_to: str = ""
    moved_times: int = 0
    moved_since: datetime | None = None
    hub: str = ""
    topic: str = ""
    pushed: bool = False


class PageTask(Struct, frozen=True, kw_only=True):
    """The page of a held mention that is to be fetched for its full text. ``id`` is the mention's."""

    id: str
    feed: str
    url: str
    host: str
    next_due: datetime
    failures: int = 0
    mention: Mention


class HostState(Struct, frozen=True, kw_only=True):
    """What politeness remembers of a host, whichever daemon speaks to it. ``site``: the registrable domain.

    ``free_at``: before it no request; ``rest_until``: before it none either, as the host asked for rest.
    ``delay``: seconds between requests that the host has taught us, 0 for the desk's own.
    ``strikes``: how often in a row *different* feeds were told to go away in the same way; ``struck``: the status, and
    behind it the last of them.
    ``epoch``: grows with each lease; a record under an older one is refused.
    """

    host: str
    site: str = ""
    free_at: datetime | None = None
    rest_until: datetime | None = None
    delay: float = 0.0
    strikes: int = 0
    struck: str = ""
    epoch: int = 0


class Claim(Struct, frozen=True, kw_only=True):
    """A host that is this daemon's for a while, with what is due there, longest due first."""

    host: HostState
    feeds: tuple[FeedState, ...] = ()
    pages: tuple[PageTask, ...] = ()


class Entry(Struct, frozen=True, kw_only=True):
    """What is known of an entry of a feed: its mention, last revision and the fingerprint of its content.

    ``link`` and ``content`` are digests (see ingest/normalise.py) by which an entry is recognised under another name;
    "" for entries of old. ``held``: why its last revision has not been published yet."""

    mention: str
    identity: str
    revision: int
    fingerprint: str
    link: str = ""
    content: str = ""
    held: Hold = ""


class Found(Struct, frozen=True, kw_only=True):
    """A new entry or a new revision of one, with the message that tells the world; ``held``: why not yet."""

    identity: str
    fingerprint: str
    mention: Mention
    message: Message
    link: str = ""
    content: str = ""
    held: Hold = ""


class Polled(Struct, frozen=True, kw_only=True):
    """One finished poll. ``host``: whose lease it was made under (``state.host`` may be another from now on);
    ``reading``: what to remember of the body's entries (see ingest/reading.py), None for no change."""

    host: str
    state: FeedState
    found: tuple[Found, ...] = ()
    reading: bytes | None = None


class Recorded(Struct, frozen=True, kw_only=True):
    """What became of polls that were to be recorded: ``refused`` are feeds whose host is no longer this owner's, or
    whose address the desk has changed;
    ``broken`` feeds whose rows the database cannot take, each with the reason. All others are recorded."""

    refused: frozenset[str] = frozenset()
    broken: dict[str, str] = {}


class PageRead(Struct, frozen=True, kw_only=True):
    """The end of a page's fetch: ``found`` is published instead of what was held; None: try again at
    ``task.next_due``."""

    task: PageTask
    found: Found | None


class HeldMention(Struct, frozen=True, kw_only=True):
    """A mention that waits, for a person (flood) or for its page."""

    feed: str
    reason: Hold
    since: datetime
    mention: Mention


class PollNote(Struct, frozen=True, kw_only=True):
    """One line of a feed's history. ``held``: how many of the new ones were held back."""

    feed: str
    polled: datetime
    outcome: str
    status: int
    new: int
    edited: int
    detail: str
    held: int = 0


class Count(Struct, frozen=True, kw_only=True):
    """New mentions of a language that were first seen within the hour (or part of one) from ``start`` on."""

    language: str
    start: datetime
    number: int


class HubSubscription(Struct, frozen=True, kw_only=True):
    """A subscription at a WebSub hub. ``token``: the unguessable end of its callback address; ``secret`` signs what
    the hub sends. ``expires``: of the verified lease; ``next_try``: when to ask (again)."""

    feed: str
    hub: str
    topic: str
    token: str
    secret: str
    state: Literal["wanted", "asked", "verified", "denied", "ending"]
    next_try: datetime
    expires: datetime | None = None
    failures: int = 0
    last_push: datetime | None = None
    detail: str = ""

    def __repr__(self) -> str:
        """Without token and secret: it may end up in a message."""
        return f"HubSubscription(feed={self.feed!r}, hub={redact(self.hub, HIDDEN + '@')!r}, state={self.state!r})"
