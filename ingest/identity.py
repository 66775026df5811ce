"""Which entry of a feed is which: names of entries, and the recognition of known ones under new names. Pure.

Identity, within one feed: the guid, else the link, else the content. Publishers repeat guids and links for different
entries; then the next thing that tells them apart joins in (guid + link, link + title, ... + content).

They also rename their entries. An entry whose names are all unknown is the known one that says the same under the same
link, or else the known one of its link, when that is alone with this link and no longer in the feed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from gordon import ids
from gordon.polling import Entry
from ingest.raw import RawEntry
from ingest.url import canonical

MOST_IDENTITY = 512


class Named(Struct, frozen=True):
    """An entry with the identities it may be known by, simplest first, and its fingerprint.

    ``link``: digest of its address; ``content``: of address, title and text. "" where there is nothing to tell."""

    entry: RawEntry
    identities: tuple[str, ...]
    fingerprint: str
    link: str
    content: str


class Lookup(Struct, frozen=True):
    """What to ask the store about."""

    identities: frozenset[str]
    links: frozenset[str]
    contents: frozenset[str]


class News(Struct, frozen=True):
    """An entry that is new (``before`` is None) or has changed."""

    identity: str
    named: Named
    before: Entry | None


class Matched(Struct, frozen=True):
    """``news`` in document order; ``names``: the identity that each entry goes by; ``plain``: every entry goes by its
    first identity, and no two by the same."""

    news: tuple[News, ...]
    names: tuple[str, ...]
    plain: bool


def fingerprint(title: str, text: str) -> str:
    """Of the content alone: white space and letter case do not count."""
    words = (" ".join(part.casefold().split()) for part in (title, text))
    return ids.digest("\n".join(words).encode(), 32)


def named(entries: Iterable[RawEntry]) -> tuple[Named, ...]:
    """Every entry with its candidate identities."""
    return tuple(_name(entry) for entry in entries)


def lookup(entries: Iterable[Named]) -> Lookup:
    """All names to ask the store about."""
    every = tuple(entries)
    return Lookup(
        frozenset(identity for entry in every for identity in entry.identities),
        frozenset(entry.link for entry in every if entry.link),
        frozenset(entry.content for entry in every if entry.content),
    )


def short(identity: str) -> bytes:
    """The 8 bytes by which a reading remembers an identity."""
    return bytes.fromhex(ids.digest(identity.encode("utf-8", "surrogatepass")))


def certain(entries: Sequence[Named], present: frozenset[bytes]) -> bool:
    """Whether these entries, without those that were left out (``present``), are recognised as they are with them: no
    first identity belongs to two, or looks as if made of several parts."""
    firsts = [entry.identities[0] for entry in entries]
    return (
        len(set(firsts)) == len(firsts)
        and not any("\n" in name for name in firsts)
        and present.isdisjoint(short(name) for name in firsts)
    )


def match(entries: Sequence[Named], known: Sequence[Entry], present: frozenset[bytes]) -> Matched:
    """Each entry once, under the identity it goes by: the simplest that no other entry of this document shares.

    An entry keeps the identity it is known by, also when it stands alone again or a namesake joins it: unchanged
    entries choose first, then the others with a known name, then those under new names.
    """
    matching = _Matching(tuple(entries), known, present)
    for place in sorted(range(len(entries)), key=matching.rank):
        matching.add(place)
    return matching.result()


def _name(entry: RawEntry) -> Named:
    print_ = fingerprint(entry.title, entry.text)
    link = canonical(entry.link) or entry.link
    title = ids.digest(entry.title.casefold().encode())
    parts = [part for part in (entry.guid, link) if part]
    steps = [*parts, title, print_] if parts else [f"content:{print_}"]
    chain = tuple(_bounded("\n".join(steps[: count + 1])) for count in range(len(steps)))
    # A bare title is not enough to know an entry by: bulletins say the same again about something else.
    content = _digest(f"{link}\n{print_}") if link or entry.text else ""
    return Named(entry, chain, print_, _digest(link) if link else "", content)


def _digest(text: str) -> str:
    return ids.digest(text.encode("utf-8", "surrogatepass"), 32)


def _bounded(identity: str) -> str:
    """Fit for a database column: no control characters, bounded length, still unique."""
    fit = re.sub(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]", "\ufffd", identity)
    if len(fit) <= MOST_IDENTITY and fit == identity:
        return fit
    return f"{fit[:MOST_IDENTITY]}#{ids.digest(identity.encode('utf-8', 'surrogatepass'), 32)}"


@dataclass(slots=True)
class _Matching:
    """One document on its way to its identities."""

    entries: tuple[Named, ...]
    known: Sequence[Entry]
    present: frozenset[bytes]
    by_name: dict[str, Entry] = field(init=False)
    taken: dict[str, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    contents: dict[str, set[str]] = field(init=False)
    shared: Counter[str] = field(init=False)
    links: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.by_name = {entry.identity: entry for entry in self.known}
        self.contents = {}
        for one in self.known:
            self.contents.setdefault(one.content, set()).add(one.identity)
        self.contents.pop("", None)
        self.shared = _shared(self.entries)
        renamed = {(entry.link, entry.content) for entry in self.entries if not self._has_name(entry)}
        self.links = Counter(link for link, _ in renamed)

    def rank(self, place: int) -> int:
        entry = self.entries[place]
        return 0 if self._unchanged(entry) else 1 if self._has_name(entry) else 2

    def add(self, place: int) -> None:
        entry = self.entries[place]
        same = "" if self._has_name(entry) else min(self.contents.get(entry.content, ()), default="")
        identity = same or self._identity(entry)
        self.names[place] = identity
        if same or identity in self.taken:
            return
        self.taken[identity] = place
        before = self.by_name.get(identity)
        if before is None or before.fingerprint != entry.fingerprint:
            self._says(identity, before, entry)

    def result(self) -> Matched:
        news = []
        for place, identity in sorted((place, identity) for identity, place in self.taken.items()):
            entry, before = self.entries[place], self.by_name.get(identity)
            if before is None or before.fingerprint != entry.fingerprint:
                news.append(News(identity, entry, before))
        names = tuple(self.names[place] for place in range(len(self.entries)))
        plain = names == tuple(entry.identities[0] for entry in self.entries) and len(self.taken) == len(names)
        return Matched(tuple(news), names, plain and certain(self.entries, frozenset()))

    def _says(self, identity: str, before: Entry | None, entry: Named) -> None:
        """From now on this identity is known by this content, and no longer by that of before."""
        if before is not None:
            self.contents.get(before.content, set()).discard(identity)
        if entry.content:
            self.contents.setdefault(entry.content, set()).add(identity)

    def _identity(self, entry: Named) -> str:
        if not self._has_name(entry):
            return self._renamed(entry) or _alone(entry, self.shared)
        return self._unchanged(entry) or self._edited(entry) or _alone(entry, self.shared)

    def _has_name(self, entry: Named) -> bool:
        return any(name in self.by_name for name in entry.identities)

    def _unchanged(self, entry: Named) -> str:
        """The identity under which exactly this content is known."""
        fitting = (
            name
            for name in entry.identities
            if name in self.by_name and self.by_name[name].fingerprint == entry.fingerprint
        )
        return next(fitting, "")

    def _edited(self, entry: Named) -> str:
        """A composite identity that is known, and free: this is what became of that entry."""
        free = (name for name in reversed(entry.identities[1:]) if name in self.by_name and name not in self.taken)
        return next(free, "")

    def _renamed(self, entry: Named) -> str:
        """The identity of the only known entry with this link, if it has gone and nobody else may be its heir."""
        if not entry.link or self.links[entry.link] > 1:
            return ""
        before = [one.identity for one in self.known if one.link == entry.link]
        if len(before) != 1 or before[0] in self.taken or short(before[0]) in self.present:
            return ""
        return before[0]


def _shared(entries: tuple[Named, ...]) -> Counter[str]:
    """How many *different* entries go by each identity."""
    different = {entry.identities[-1]: entry for entry in entries}
    return Counter(identity for entry in different.values() for identity in entry.identities[:-1])


def _alone(entry: Named, shared: Counter[str]) -> str:
    return next((identity for identity in entry.identities if shared[identity] <= 1), entry.identities[-1])
