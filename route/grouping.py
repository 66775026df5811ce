"""Which mentions of one file tell the same story: one pass, in memory, deterministic, bounded. Pure.

A mention joins the issue with the best score, half its closest mention and half the average of the mentions kept of
it, if the score reaches the threshold; copies (same address, same wording) always join. Otherwise it founds an issue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nlargest

from gordon.ids import issue_id
from gordon.records import Story
from route.similarity import SAME_WORDING, Features, Vector, Vocabulary, cosine, features, overlap

WINDOW = timedelta(days=14)
THRESHOLD = 0.18
KEPT = 8
"""Mentions of an issue that are compared; the founding one and the latest."""
INDEXED, ASKED = 32, 24
"""Terms of a mention that lead to it, and that it is searched by: its rarest and heaviest."""
TRIED = 6
"""Issues that are compared in full, those with most in common by the index."""
OFTEN = 300
"""A term in more mentions than this leads nowhere in particular."""
ALIKE = 0.5
"""Below this cosine nothing is a copy, so that shingles need not be compared."""
TEXT = 2000


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a mention belongs. ``new``: it founds the issue. ``known``: it was there already, in this or another
    revision. ``score``: 0 to 1. ``why``: for people."""

    issue: str
    new: bool
    known: bool
    score: float
    why: str


@dataclass(slots=True, eq=False)
class _Doc:
    mention: str
    title: str
    issue: str
    features: Features
    vector: Vector = field(default_factory=dict)
    epoch: int = -1
    alive: bool = True


@dataclass(slots=True)
class _Group:
    last_seen: datetime
    docs: list[_Doc] = field(default_factory=list)
    mentions: set[str] = field(default_factory=set)


class GroupIndex:
    """The issues of one file that were seen lately.

    ``common``: terms that say nothing within this file. The state depends on the stories placed, hardly on their order.
    """

    def __init__(self, file: str, *, common: Collection[str] = (), threshold: float = THRESHOLD) -> None:
        self.file = file
        self._threshold = threshold
        self._vocabulary = Vocabulary(common)
        self._groups: dict[str, _Group] = {}
        self._issue_of: dict[str, str] = {}
        self._copies: dict[bytes | str, str] = {}
        self._leads: defaultdict[str, list[_Doc]] = defaultdict(list)
        self._docs = self._dead = 0

    def __len__(self) -> int:
        return len(self._issue_of)

    def place(self, story: Story) -> Placement:
        """Finds or founds the issue of a story, and remembers it."""
        made = features(story.title, story.text[:TEXT], story.language, story.url)
        known = self._issue_of.get(story.mention)
        if known:
            self._add(story, made, known)
            return Placement(known, new=False, known=True, score=1.0, why="the same mention is in this issue already")
        vector = self._vocabulary.vector(made.counts)
        placement = self._decide(story, made, vector)
        self._add(story, made, placement.issue, vector)
        return placement

    def restore(self, issue: str, stories: Iterable[Story]) -> None:
        """Puts stories where they were put before."""
        for story in stories:
            self._add(story, features(story.title, story.text[:TEXT], story.language, story.url), issue)

    def forget(self, before: datetime) -> list[str]:
        """Drops the issues last seen before this moment, and says which."""
        gone = [issue for issue, group in self._groups.items() if group.last_seen < before]
        for issue in gone:
            group = self._groups.pop(issue)
            for doc in group.docs:
                self._drop(doc)
            for mention in group.mentions:
                del self._issue_of[mention]
        if gone:
            self._copies = {key: issue for key, issue in self._copies.items() if issue in self._groups}
        return gone

    def _decide(self, story: Story, made: Features, vector: Vector) -> Placement:
        copy = self._copy_of(story, made)
        if copy:
            return copy
        scored = [self._score(issue, vector) for issue in self._candidates(vector, story.seen)]
        if not scored:
            return self._founded(story, 0.0, "nothing like it in the last days")
        _, link, doc = max(scored, key=lambda found: (found[1], found[2].mention))
        if link >= ALIKE and overlap(made.said, doc.features.said) >= SAME_WORDING:
            return Placement(doc.issue, new=False, known=False, score=link, why=f"nearly the words of {_name(doc)}")
        score, _, doc = max(scored, key=lambda found: (found[0], found[2].mention))
        if score >= self._threshold:
            why = f"tells the story of {_name(doc)} (score {score:.2f}, needed {self._threshold:.2f})"
            return Placement(doc.issue, new=False, known=False, score=score, why=why)
        why = f"the closest, {_name(doc)}, scores {score:.2f} of {self._threshold:.2f} needed"
        return self._founded(story, score, why)

    def _founded(self, story: Story, score: float, why: str) -> Placement:
        return Placement(issue_id(self.file, story.mention), new=True, known=False, score=score, why=why)

    def _copy_of(self, story: Story, made: Features) -> Placement | None:
        for key, why in ((made.place, "has the same address"), (made.wording, "has the same words")):
            issue = self._copies.get(key)
            if issue and self._within(issue, story.seen):
                return Placement(issue, new=False, known=False, score=1.0, why=why)
        return None

    def _within(self, issue: str, seen: datetime) -> bool:
        return seen - self._groups[issue].last_seen <= WINDOW

    def _candidates(self, vector: Vector, seen: datetime) -> list[str]:
        """The issues with most in common by the index, best first."""
        found: defaultdict[str, float] = defaultdict(float)
        for key in heaviest(vector)[:ASKED]:
            leads = self._leads.get(key, ())
            if len(leads) > OFTEN:
                continue
            weight = vector[key] ** 2
            for issue in {doc.issue for doc in leads if doc.alive}:
                found[issue] += weight
        promising = nlargest(3 * TRIED, found, key=lambda issue: (found[issue], issue))
        return [issue for issue in promising if self._within(issue, seen)][:TRIED]

    def _score(self, issue: str, vector: Vector) -> tuple[float, float, _Doc]:
        links = [(cosine(vector, self._fresh(doc)), doc) for doc in self._groups[issue].docs]
        best, doc = max(links, key=lambda link: (link[0], link[1].mention))
        return (best + sum(link for link, _ in links) / len(links)) / 2, best, doc

    def _fresh(self, doc: _Doc) -> Vector:
        if doc.epoch != self._vocabulary.epoch:
            doc.vector, doc.epoch = self._vocabulary.vector(doc.features.counts), self._vocabulary.epoch
        return doc.vector

    def _add(self, story: Story, made: Features, issue: str, vector: Vector | None = None) -> None:
        group = self._groups.setdefault(issue, _Group(last_seen=story.seen))
        group.last_seen = max(group.last_seen, story.seen)
        group.mentions.add(story.mention)
        self._issue_of[story.mention] = issue
        if made.place:
            self._copies.setdefault(made.place, issue)
        if made.wording:
            self._copies.setdefault(made.wording, issue)
        doc = _Doc(story.mention, story.title, issue, made)
        doc.vector, doc.epoch = vector or self._vocabulary.vector(made.counts), self._vocabulary.epoch
        self._keep(group, doc)

    def _keep(self, group: _Group, doc: _Doc) -> None:
        """Keeps the document for comparison: in place of its older revision, or of the second oldest kept."""
        for position, other in enumerate(group.docs):
            if other.mention == doc.mention:
                self._drop(other)
                group.docs[position] = doc
                break
        else:
            group.docs.append(doc)
            if len(group.docs) > KEPT:
                self._drop(group.docs.pop(1))
        self._vocabulary.add(doc.features.counts)
        for key in heaviest(doc.vector):
            self._leads[key].append(doc)
        self._docs += 1

    def _drop(self, doc: _Doc) -> None:
        doc.alive = False
        self._vocabulary.remove(doc.features.counts)
        self._docs -= 1
        self._dead += 1
        if self._dead > self._docs + 100:
            self._sweep()

    def _sweep(self) -> None:
        """Takes the dead out of the index; done rarely, so that it costs little on average."""
        alive = {key: [doc for doc in docs if doc.alive] for key, docs in self._leads.items()}
        self._leads = defaultdict(list, {key: docs for key, docs in alive.items() if docs})
        self._dead = 0


def heaviest(vector: Vector) -> list[str]:
    """The terms that a document is indexed by, heaviest first."""
    return sorted(vector, key=vector.__getitem__, reverse=True)[:INDEXED]


def _name(doc: _Doc) -> str:
    return repr(doc.title or doc.mention)


def common_terms(texts: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The terms of these (text, language) pairs, for ``GroupIndex(common=...)``."""
    return frozenset(key for text, language in texts for key in features(text, "", language).counts)
