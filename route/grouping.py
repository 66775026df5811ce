"""Which mentions of one file tell the same story: one pass, in memory, deterministic, bounded. Pure.

A mention joins the issue whose mentions it is most like on average, if the score reaches the threshold; copies (same
address, same wording) always join. Otherwise it founds an issue. A mention that is clearly like several merges those
of them that are like each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gordon.ids import issue_id
from gordon.records import Decisions, Story
from route.copies import Copies
from route.merging import Merge, Separate
from route.similarity import Features, Vocabulary, features
from route.sums import Sums, Told

WINDOW = timedelta(days=14)
THRESHOLD = 0.06
CAUTION = 0.4
"""The threshold is higher by this share while next to nothing is known of what words are frequent in the file."""
CLEARLY, ALIKE = 1.5, 0.7
"""A mention links issues from so many times the threshold on; they are merged if they reach so much of it."""
AGEING = 0.05
"""Stories come in bursts: for each day since an issue was last seen a mention must be more like it by this share."""
DAY = timedelta(days=1)
TRIED = 8
"""Issues that are compared in full, those with most in common by the index."""
TEXT = 2000


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a mention belongs. ``new``: it founds the issue. ``known``: it was there already, in this or another
    revision. ``score``: 0 to 1. ``why``: for people. ``merges``: issues that it turned out to link, in order."""

    issue: str
    new: bool
    known: bool
    score: float
    why: str
    merges: tuple[Merge, ...] = ()


@dataclass(slots=True)
class _Group:
    title: str
    opened: datetime
    last_seen: datetime
    mentions: list[str] = field(default_factory=list)


class GroupIndex:
    """The issues of one file that were seen lately.

    ``common``: terms that say nothing within this file. ``merging``: whether a mention may merge issues; who asks for
    it must act on ``Placement.merges``. What people decide (``constrain``, ``move``, ``merge``) holds whatever the
    scores. An index that is made anew with ``constrain`` and ``restore`` goes on as the old one would have.
    """

    def __init__(
        self,
        file: str,
        *,
        common: Collection[str] = (),
        threshold: float = THRESHOLD,
        merging: bool = False,
    ) -> None:
        self.file = file
        self._threshold, self._merging = threshold, merging
        self._homes: dict[str, str] = {}
        self._separate = Separate()
        self._vocabulary = Vocabulary(common)
        self._sums = Sums(self._vocabulary)
        self._groups: dict[str, _Group] = {}
        self._docs: dict[str, Told] = {}
        self._merged: dict[str, str] = {}
        self._copies = Copies()

    def __len__(self) -> int:
        return len(self._docs)

    def place(self, story: Story) -> Placement:
        """Finds or founds the issue of a story, and remembers it."""
        made = _features(story)
        known = self._docs.get(story.mention)
        if known:
            self._add(story, made, known.issue)
            return Placement(
                known.issue, new=False, known=True, score=1.0, why="the same mention is in this issue already"
            )
        home = self._homes.get(story.mention)
        if home:
            self._add(story, made, home)
            return Placement(home, new=False, known=False, score=1.0, why="people put it there")
        copy = self._copy_of(story, made)
        if copy:
            self._add(story, made, copy.issue)
            return copy
        scored = self._scored(story, made)
        placement = self._decide(story, scored)
        self._add(story, made, placement.issue)
        return self._linked(placement, scored, story.seen) if self._merging and not placement.new else placement

    def restore(self, issue: str, stories: Iterable[Story], *, opened: datetime | None = None) -> None:
        """Puts stories where they were put before. ``opened``: when the issue was, by default its earliest story."""
        told = list(stories)
        for story in told:
            self._add(story, _features(story), issue)
        if told:
            self._groups[issue].opened = opened or min(story.seen for story in told)

    def constrain(self, decisions: Decisions) -> None:
        """From now on these mentions are in these issues, those that are elsewhere move, and these issues are never
        merged by the stream. Adds to what was decided before."""
        self._separate.part(decisions.apart)
        members: dict[str, list[str]] = {}
        for mention, issue in decisions.homes.items():
            members.setdefault(self._now(issue), []).append(mention)
        for issue, mentions in members.items():
            self.move(mentions, issue)

    def move(self, mentions: Iterable[str], issue: str) -> None:
        """Puts mentions into an issue for good, which may be a new one, or one that was merged and is itself again.

        A new issue opens with the earliest of them. Mentions that are not known yet will go there, copies to come
        follow them.
        """
        self._merged.pop(issue, None)
        moved = dict.fromkeys(mentions, issue)
        self._homes |= moved
        docs = {mention: self._docs[mention] for mention in moved if mention in self._docs}
        first = min(((doc.seen, mention) for mention, doc in docs.items()), default=None)
        if first and issue not in self._groups:
            self._groups[issue] = _Group(docs[first[1]].title or first[1], first[0], first[0])
        for mention, doc in docs.items():
            if doc.issue != issue:
                self._leave(mention, doc)
                doc.issue = issue
                self._sums.add(doc)
                self._groups[issue].mentions.append(mention)
                self._groups[issue].last_seen = max(self._groups[issue].last_seen, doc.seen)

    def merge(self, source: str, target: str) -> None:
        """People say that it is one story: all mentions of the one are in the other from now on, also those that were
        to go there, whatever was to stay apart."""
        source, target = self._now(source), self._now(target)
        if source == target:
            return
        if source in self._groups and target not in self._groups:
            lost = self._groups[source]
            self._groups[target] = _Group(lost.title, lost.opened, lost.last_seen)
        self._join(target, source)

    def ages(self) -> Iterator[tuple[datetime, int]]:
        """When each issue was last seen, and how many mentions it has."""
        return ((group.last_seen, len(group.mentions)) for group in self._groups.values())

    def forget(self, before: datetime) -> list[str]:
        """Drops the issues last seen before this moment, and says which."""
        gone = [issue for issue, group in self._groups.items() if group.last_seen < before]
        for issue in gone:
            for mention in self._groups.pop(issue).mentions:
                self._drop(mention)
        if gone:
            self._merged = {old: kept for old, kept in self._merged.items() if self._now(kept) in self._groups}
        return gone

    def _scored(self, story: Story, made: Features) -> list[tuple[float, str]]:
        """The issues that the story may belong to, with its likeness to each, best first."""
        question = self._sums.asked(made)
        found = self._sums.promising(question, 3 * TRIED)
        near = [issue for issue in found if self._within(issue, story.seen)][:TRIED]
        return sorted(
            [(self._aged(self._sums.likeness(question, issue), issue, story.seen), issue) for issue in near],
            reverse=True,
        )

    def _aged(self, score: float, issue: str, seen: datetime) -> float:
        """The likeness to an issue that was last seen a while before."""
        days = (seen - self._groups[issue].last_seen) / DAY
        return round(score / (1 + AGEING * days), 6) if days > 0 else score

    def _decide(self, story: Story, scored: Sequence[tuple[float, str]]) -> Placement:
        if not scored:
            return self._founded(story, 0.0, "nothing like it in the last days")
        score, issue = scored[0]
        needed = self._needed()
        if score >= needed:
            why = f"tells the story of {self._name(issue)} (score {score:.3f}, needed {needed:.3f})"
            return Placement(issue, new=False, known=False, score=score, why=why)
        why = f"the closest, {self._name(issue)}, scores {score:.3f} of {needed:.3f} needed"
        return self._founded(story, score, why)

    def _founded(self, story: Story, score: float, why: str) -> Placement:
        return Placement(issue_id(self.file, story.mention), new=True, known=False, score=score, why=why)

    def _copy_of(self, story: Story, made: Features) -> Placement | None:
        found = self._copies.of(made, lambda doc: self._within(doc.issue, story.seen))
        if found is None:
            return None
        score, why, doc = found
        return Placement(doc.issue, new=False, known=False, score=score, why=why)

    def _within(self, issue: str, seen: datetime) -> bool:
        return seen - self._groups[issue].last_seen <= WINDOW

    def _linked(self, placement: Placement, scored: Sequence[tuple[float, str]], seen: datetime) -> Placement:
        """The merges that follow from a mention that joined: of its issue with others that it is clearly like."""
        merges: list[Merge] = []
        issue, needed = placement.issue, self._needed() * ALIKE
        left = [rival for score, rival in scored[1:] if score >= self._needed() * CLEARLY]
        while left:
            free = [rival for rival in left if not self._separate(issue, rival)]
            alike = [(self._aged(self._between(issue, rival), rival, seen), rival) for rival in free]
            score, rival = max(alike, default=(0.0, ""))
            if score < needed:
                break
            left.remove(rival)
            merges.append(self._merge(issue, rival, score, needed))
            issue = merges[-1].kept
        return replace(placement, issue=issue, merges=tuple(merges)) if merges else placement

    def _merge(self, one: str, other: str, score: float, needed: float) -> Merge:
        kept, gone = sorted((one, other), key=lambda issue: (self._groups[issue].opened, issue))
        why = f"{self._name(gone)} and {self._name(kept)} tell one story (score {score:.3f}, needed {needed:.3f})"
        mentions = tuple(self._groups[gone].mentions)
        self._join(kept, gone)
        return Merge(kept, gone, score, why, mentions)

    def _join(self, kept: str, gone: str) -> None:
        self._separate.merged(kept, gone)
        self._merged[gone] = kept
        self._homes = {mention: kept if issue == gone else issue for mention, issue in self._homes.items()}
        if gone not in self._groups:
            return
        self._sums.merge(kept, gone, self._members(gone))
        group, lost = self._groups[kept], self._groups.pop(gone)
        group.mentions += lost.mentions
        group.opened = min(group.opened, lost.opened)
        group.last_seen = max(group.last_seen, lost.last_seen)

    def _between(self, one: str, other: str) -> float:
        fewer = min(one, other, key=lambda issue: len(self._groups[issue].mentions))
        return self._sums.between(one, other, self._members(fewer))

    def _members(self, issue: str) -> list[Told]:
        return [self._docs[mention] for mention in self._groups[issue].mentions]

    def _leave(self, mention: str, doc: Told) -> None:
        """Takes a mention out of its issue, which ends with its last one."""
        group = self._groups[doc.issue]
        group.mentions.remove(mention)
        self._sums.remove(doc)
        if group.mentions:
            group.last_seen = max(self._docs[other].seen for other in group.mentions)
        else:
            del self._groups[doc.issue]

    def _needed(self) -> float:
        return self._threshold * (1 + CAUTION * self._vocabulary.youth)

    def _now(self, issue: str) -> str:
        """The issue that has its mentions by now."""
        while issue in self._merged:
            issue = self._merged[issue]
        return issue

    def _add(self, story: Story, made: Features, issue: str) -> None:
        group = self._groups.get(issue)
        if group is None:
            group = self._groups[issue] = _Group(story.title or story.mention, story.seen, story.seen)
        group.last_seen = max(group.last_seen, story.seen)
        if story.mention in self._docs:
            self._drop(story.mention)
        else:
            group.mentions.append(story.mention)
        doc = self._docs[story.mention] = Told(story.mention, story.title, issue, story.seen, made)
        self._copies.add(doc)
        self._sums.add(doc)

    def _drop(self, mention: str) -> None:
        doc = self._docs.pop(mention)
        self._sums.remove(doc)
        self._copies.remove(doc)

    def _name(self, issue: str) -> str:
        return repr(self._groups[issue].title)


def _features(story: Story) -> Features:
    return features(story.title, story.text[:TEXT], story.language, story.url)


def common_terms(texts: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The terms of these (text, language) pairs, for ``GroupIndex(common=...)``."""
    return frozenset(key for text, language in texts for key in features(text, "", language).terms)
