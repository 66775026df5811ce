"""Raw entries to mentions: identity, revision, address, date, language. Pure; decides what a poll found.

Identity, within one feed: the guid, else the link, else the content. Publishers repeat guids and links for different
entries; then the next thing that tells them apart joins in (guid + link, link + title, ... + content).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from msgspec import Struct

from gordon import codec, ids
from gordon.events import Event, Mention, Topics
from gordon.polling import Entry, FeedState, Found
from ingest.raw import RawEntry, RawFeed
from ingest.url import canonical

Language: TypeAlias = Callable[[str, str, str], str]
SOURCE = "/gordon/ingest"
TYPE = "gordon.mention.v1"
MOST_IDENTITY = 512
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(hours=24)


class Named(Struct, frozen=True):
    """An entry with the identities it may be known by, simplest first, and its fingerprint."""

    entry: RawEntry
    identities: tuple[str, ...]
    fingerprint: str


def fingerprint(title: str, text: str) -> str:
    """Of the content alone: white space and letter case do not count."""
    words = (" ".join(part.casefold().split()) for part in (title, text))
    return ids.digest("\n".join(words).encode(), 32)


def named(entries: Iterable[RawEntry]) -> tuple[Named, ...]:
    """Every entry with its candidate identities."""
    return tuple(_name(entry) for entry in entries)


def candidates(entries: Iterable[Named]) -> set[str]:
    """All identities to ask the store about."""
    return {identity for entry in entries for identity in entry.identities}


def decide(
    feed: FeedState,
    raw: RawFeed,
    entries: Iterable[Named],
    known: Mapping[str, Entry],
    now: datetime,
    *,
    language: Language,
    topics: Topics,
    authors: bool,
) -> tuple[Found, ...]:
    """What is new in this poll: entries never seen, and edits of known ones as the next revision. Oldest first, as
    feeds list the newest first; entries that vanished from the feed are no news.

    ``language(title, text, declared)``: the language of a text; ``authors``: whether names may be kept."""
    found = []
    for identity, entry in _identified(tuple(entries), known):
        before = known.get(identity)
        if before is not None and before.fingerprint == entry.fingerprint:
            continue
        revision = 1 if before is None else before.revision + 1
        declared = entry.entry.language or raw.language or feed.language
        mention = _mention(
            feed.id, identity, revision, entry.entry, now, authors=authors, speak=language, said=declared
        )
        found.append(
            Found(
                identity=identity,
                fingerprint=entry.fingerprint,
                mention=mention,
                message=codec.encode(announcement(mention, topics)),
            )
        )
    return tuple(reversed(found))


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


def _name(entry: RawEntry) -> Named:
    print_ = fingerprint(entry.title, entry.text)
    link = canonical(entry.link) or entry.link
    title = ids.digest(entry.title.casefold().encode())
    parts = [part for part in (entry.guid, link) if part]
    steps = [*parts, title, print_] if parts else [f"content:{print_}"]
    chain = tuple(_bounded("\n".join(steps[: count + 1])) for count in range(len(steps)))
    return Named(entry, chain, print_)


def _bounded(identity: str) -> str:
    """Fit for a database column: no control characters, bounded length, still unique."""
    fit = re.sub(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]", "\ufffd", identity)
    if len(fit) <= MOST_IDENTITY and fit == identity:
        return fit
    return f"{fit[:MOST_IDENTITY]}#{ids.digest(identity.encode('utf-8', 'surrogatepass'), 32)}"


def _identified(entries: tuple[Named, ...], known: Mapping[str, Entry]) -> list[tuple[str, Named]]:
    """Each entry once, with the identity it goes by: the simplest that no other entry of this document shares.

    An entry keeps the identity it is known by, also when it stands alone again or a namesake joins it: unchanged
    entries choose first.
    """
    taken: dict[str, Named] = {}
    shared = _shared(entries)
    order = sorted(range(len(entries)), key=lambda index: not _unchanged(entries[index], known))
    places: dict[str, int] = {}
    for index in order:
        entry = entries[index]
        identity = _unchanged(entry, known) or _edited(entry, known, taken) or _alone(entry, shared)
        if identity not in taken:
            taken[identity], places[identity] = entry, index
    return sorted(taken.items(), key=lambda pair: places[pair[0]])


def _unchanged(entry: Named, known: Mapping[str, Entry]) -> str:
    """The identity under which exactly this content is known."""
    fitting = (name for name in entry.identities if name in known and known[name].fingerprint == entry.fingerprint)
    return next(fitting, "")


def _edited(entry: Named, known: Mapping[str, Entry], taken: Mapping[str, Named]) -> str:
    """A composite identity that is known, and free: this is what became of that entry."""
    return next((name for name in reversed(entry.identities[1:]) if name in known and name not in taken), "")


def _shared(entries: tuple[Named, ...]) -> Counter[str]:
    """How many *different* entries go by each identity."""
    different = {entry.identities[-1]: entry for entry in entries}
    return Counter(identity for entry in different.values() for identity in entry.identities[:-1])


def _alone(entry: Named, shared: Counter[str]) -> str:
    return next((identity for identity in entry.identities if shared[identity] <= 1), entry.identities[-1])


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
    flags = (
        ("date-doubtful", bool(entry.raw_date) and published is None),
        ("link-refused", bool(entry.link) and not url),
        ("text-cut", entry.cut),
    )
    return Mention(
        id=ids.mention_id(feed, identity),
        revision=revision,
        feed=feed,
        url=url,
        title=entry.title,
        text=entry.text,
        language=speak(entry.title, entry.text, said),
        published=published,
        seen=now,
        author=entry.author if authors and entry.author else None,
        kind="new" if revision == 1 else "edited",
        flags=tuple(flag for flag, holds in flags if holds),
    )


def believable(published: datetime | None, now: datetime) -> datetime | None:
    """The date of an entry, unless nobody can believe it: before blogs, or more than a day ahead."""
    return published if published is not None and _EARLIEST <= published <= now + _AHEAD else None
