"""Raw entries to mentions: what is news, what is held back, address, date, language. Pure; decides what a poll found.

Which entry is which is decided in ingest/identity.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import msgspec
from msgspec import Struct

from gordon import codec, ids
from gordon.events import Event, Mention, Topics
from gordon.polling import Entry, FeedState, Found, Hold, PageTask
from gordon.settings import Review
from ingest import clean
from ingest.identity import Lookup, Named, News, certain, fingerprint, lookup, match, named, short
from ingest.raw import RawEntry, RawFeed, RawPage
from ingest.url import canonical

__all__ = ["Decision", "Language", "Lookup", "Named", "announcement", "believable", "decide", "enriched",
           "fingerprint", "lookup", "named"]  # fmt: skip

Language: TypeAlias = Callable[[str, str, str], str]
SOURCE = "/gordon/ingest"
TYPE = "gordon.mention.v1"
MOST_DATE = 100
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(hours=24)
_AWAY = 3600.0
"""Seconds without a poll after which Gordon may have been away, whatever the interval."""


class Decision(Struct, frozen=True, kw_only=True):
    """``found``: the news, oldest first; ``names``: 8-byte digests of the identities that the entries of the document
    go by; ``simple``: these may be remembered as a reading. ``again``: the pruned document leaves doubts; nothing is
    decided until all of it is parsed."""

    found: tuple[Found, ...] = ()
    names: tuple[bytes, ...] = ()
    simple: bool = False
    again: bool = False


def decide(
    feed: FeedState,
    raw: RawFeed,
    entries: Sequence[Named],
    known: Sequence[Entry],
    now: datetime,
    *,
    present: frozenset[bytes],
    language: Language,
    topics: Topics,
    authors: bool,
    review: Review,
) -> Decision:
    """What is new in this poll: entries never seen, and edits of known ones as the next revision. Oldest first, as
    feeds list the newest first; entries that vanished from the feed are no news.

    ``known``: what the store knows by ``lookup(entries)``; ``present``: digests of the identities of the entries that
    were left out as known. ``language(title, text, declared)``: the language of a text; ``authors``: whether names may
    be kept. Whatever was left out, the news are those of the whole document, or ``again`` says that they may not be;
    a whole document never says so."""
    if len(raw.places) < len(raw.raws) and not certain(entries, present):
        return Decision(again=True)
    matched = match(entries, known, present)
    suspects = _flood(feed, matched.news, max(len(raw.raws), len(entries)), now, review)

    def found(news: News) -> Found:
        before, entry = news.before, news.named
        said = entry.entry.language or raw.language or feed.language
        mention = _mention(
            feed.id, news.identity, _revision(before), entry.entry, now, authors=authors, speak=language, said=said
        )
        return Found(
            identity=news.identity,
            fingerprint=entry.fingerprint,
            mention=mention,
            message=codec.encode(announcement(mention, topics)),
            link=entry.link,
            content=entry.content,
            held=_hold(feed, news, mention, flood=news.identity in suspects),
        )

    return Decision(
        found=tuple(found(news) for news in reversed(matched.news)),
        names=tuple(short(name) for name in matched.names),
        simple=matched.plain,
    )


def enriched(task: PageTask, page: RawPage | None, _now: datetime, *, language: Language, topics: Topics) -> Found:
    """The mention that waited for its page, ready to be published: with the page's text where that is longer than the
    feed's, else as it was. It keeps the time at which it was seen: clocks start there. Identity, link and content are
    known to the store and are not told again."""
    mention = task.mention
    if page is not None and len(page.text) > len(mention.text):
        mention = msgspec.structs.replace(
            mention,
            text=page.text,
            html=page.html or None,
            language=language(mention.title, page.text, mention.language),
            flags=_flags(mention.flags, cut=page.cut, full=True),
        )
    else:
        mention = msgspec.structs.replace(mention, flags=_flags(mention.flags, failed=page is None))
    return Found(
        identity=mention.id,
        fingerprint=fingerprint(task.mention.title, task.mention.text),
        mention=mention,
        message=codec.encode(announcement(mention, topics)),
    )


def announcement(mention: Mention, topics: Topics) -> Event:
    """The event that tells of this revision of a mention."""
    return Event(
        topic=topics.mentions,
        key=mention.id,
        type=TYPE,
        id=ids.event_id("ingest", mention.id, mention.revision),
        source=SOURCE,
        subject=f"{mention.id}/{mention.revision}",
        time=mention.seen,
        data=mention,
    )


def believable(published: datetime | None, now: datetime) -> datetime | None:
    """The date of an entry, unless nobody can believe it: before blogs, or more than a day ahead."""
    return published if published is not None and _EARLIEST <= published <= now + _AHEAD else None


def _revision(before: Entry | None) -> int:
    """What was held back has not been told: a change of it is no further revision."""
    if before is None:
        return 1
    return before.revision if before.held else before.revision + 1


def _hold(feed: FeedState, news: News, mention: Mention, *, flood: bool) -> Hold:
    if news.before is not None and news.before.held:
        return news.before.held
    if flood:
        return "flood"
    return "page" if feed.full_text and mention.url else ""


def _flood(feed: FeedState, news: Sequence[News], size: int, now: datetime, review: Review) -> frozenset[str]:
    """The identities of new entries that a person should look at first: suddenly most of the feed is new."""
    if feed.last_full is None:
        return frozenset()
    new = [one for one in news if one.before is None and not _missed(feed, one.named.entry, now)]
    if len(new) <= review.flood_entries or len(new) <= review.flood_share * size:
        return frozenset()
    return frozenset(one.identity for one in new)


def _missed(feed: FeedState, entry: RawEntry, now: datetime) -> bool:
    """Whether the entry was published while Gordon itself was away."""
    if feed.last_poll is None or (now - feed.last_poll).total_seconds() <= max(2 * feed.interval, _AWAY):
        return False
    published = believable(entry.published, now)
    return published is not None and published > feed.last_poll


def _mention(
    feed: str,
    identity: str,
    revision: int,
    entry: RawEntry,
    now: datetime,
    *,
    authors: bool,
    speak: Language,
    said: str,
) -> Mention:
    url = canonical(entry.link)
    published = believable(entry.published, now)
    doubtful = bool(entry.raw_date) and published is None
    return Mention(
        id=ids.mention_id(feed, identity),
        revision=revision,
        feed=feed,
        url=url,
        title=entry.title,
        text=entry.text,
        language=speak(entry.title, entry.text, said),
        published=published,
        published_raw=(clean.line(entry.raw_date, MOST_DATE) or None) if doubtful else None,
        seen=now,
        author=entry.author if authors and entry.author else None,
        html=entry.html or None,
        kind="new" if revision == 1 else "edited",
        flags=_flags((), doubtful=doubtful, refused=bool(entry.link) and not url, cut=entry.cut),
    )


def _flags(
    had: tuple[str, ...],
    *,
    doubtful: bool = False,
    refused: bool = False,
    cut: bool | None = None,
    full: bool = False,
    failed: bool = False,
) -> tuple[str, ...]:
    """Those that it had, and these. ``cut``: None keeps what was said of the text before."""
    flags = (
        ("date-doubtful", doubtful or "date-doubtful" in had),
        ("link-refused", refused or "link-refused" in had),
        ("text-cut", "text-cut" in had if cut is None else cut),
        ("full-text", full),
        ("page-failed", failed),
    )
    return tuple(flag for flag, holds in flags if holds)
