"""Counts what two desks make of the same mentions, as they go by: tags, claims, queues, silences. Pure.

Of the mentions only numbers and a few examples are kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from gordon.app.difference import ClaimRow, Count, Example, IssueRow, Names, QueueRow, Reroute, SilenceRow, TagRow
from gordon.app.works import Pair, Work

Side: TypeAlias = Literal["both", "lost", "added"]
K = TypeVar("K")


class Way(NamedTuple):
    """Where a mention went for one of its files: queues by name, or the silence that kept it back."""

    queues: Names = ()
    silence: str = ""


class Seen(NamedTuple):
    """What one desk makes of one mention revision. ``ways``: by file; ``claims``: file and claim."""

    ways: Mapping[str, Way]
    claims: frozenset[tuple[str, str]] = frozenset()


class Tally:
    """What differs so far. ``most``: examples kept of each difference."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.mentions = 0
        self._tagged: Counter[Side] = Counter()
        self._files: Counter[tuple[str, Side]] = Counter()
        self._claims: Counter[tuple[tuple[str, str], Side]] = Counter()
        self._queues: Counter[tuple[str, Side]] = Counter()
        self._silences: Counter[tuple[str, Side]] = Counter()
        self._reroutes: Counter[tuple[Way, Way]] = Counter()
        self._examples: defaultdict[object, list[Example]] = defaultdict(list)

    def see(self, mention: Example, before: Seen, after: Seen) -> None:
        """One mention revision as both desks see it."""
        self.mentions += 1
        self._tagged.update(side for _, side in _sides(["any"] if before.ways else [], ["any"] if after.ways else []))
        self._claims.update(_sides(before.claims, after.claims))
        for file, side in _sides(before.ways, after.ways):
            self._files[file, side] += 1
            if side != "both":
                self._example(("file", file, side), mention)
            self._go(mention, before.ways.get(file), after.ways.get(file))

    def _go(self, mention: Example, before: Way | None, after: Way | None) -> None:
        """Where a mention goes for one file; None where a desk does not see the file in it."""
        old, new = before or Way(), after or Way()
        self._queues.update(_sides(old.queues, new.queues))
        self._silences.update(_sides([old.silence][: bool(old.silence)], [new.silence][: bool(new.silence)]))
        if before is not None and after is not None and before != after:
            self._reroutes[before, after] += 1
            self._example(("way", before, after), mention)

    def _example(self, key: object, mention: Example) -> None:
        if len(self._examples[key]) < self._most:
            self._examples[key].append(mention)

    def tagged(self) -> Count:
        """Mentions with a file."""
        return Count(_before(self._tagged), _after(self._tagged))

    def tag_rows(self) -> tuple[TagRow, ...]:
        """By file."""
        return tuple(
            TagRow(
                file=file,
                before=_before(counts),
                after=_after(counts),
                added=counts["added"],
                lost=counts["lost"],
                added_examples=tuple(self._examples.get(("file", file, "added"), ())),
                lost_examples=tuple(self._examples.get(("file", file, "lost"), ())),
            )
            for file, counts in _by_name(self._files)
        )

    def claim_rows(self) -> tuple[ClaimRow, ...]:
        """By file and claim."""
        return tuple(
            ClaimRow(
                file=file,
                claim=claim,
                before=_before(counts),
                after=_after(counts),
                added=counts["added"],
                lost=counts["lost"],
            )
            for (file, claim), counts in _by_name(self._claims)
        )

    def silence_rows(self) -> tuple[SilenceRow, ...]:
        """By silence."""
        return tuple(
            SilenceRow(silence=name, before=_before(counts), after=_after(counts))
            for name, counts in _by_name(self._silences)
        )

    def queue_rows(self, before: Sequence[Work], after: Sequence[Work], pairs: Sequence[Pair]) -> tuple[QueueRow, ...]:
        """By queue, with the items of both sides."""
        old, new = Counter(work.queue for work in before), Counter(work.queue for work in after)
        both = Counter(pair.before.queue for pair in pairs)
        clocks = Counter(pair.before.queue for pair in pairs if pair.before.clocks != pair.after.clocks)
        mentions = dict(_by_name(self._queues))
        rows = []
        for queue in sorted(old.keys() | new.keys() | mentions.keys()):
            counts = mentions.get(queue, Counter())
            rows.append(
                QueueRow(
                    queue=queue,
                    items_before=old[queue],
                    items_after=new[queue],
                    moved_in=new[queue] - both[queue],
                    moved_out=old[queue] - both[queue],
                    mentions_before=_before(counts),
                    mentions_after=_after(counts),
                    arriving=counts["added"],
                    leaving=counts["lost"],
                    clocks=clocks[queue],
                )
            )
        return tuple(rows)

    def reroutes(self) -> tuple[Reroute, ...]:
        """From where to where, the most frequent first."""
        return tuple(
            Reroute(
                queues_before=before.queues,
                silence_before=before.silence,
                queues_after=after.queues,
                silence_after=after.silence,
                mentions=number,
                examples=tuple(self._examples.get(("way", before, after), ())),
            )
            for (before, after), number in sorted(self._reroutes.items(), key=lambda entry: (-entry[1], entry[0]))
        )


def issue_rows(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[IssueRow, ...]:
    """By file, from the numbers of both sides."""
    return tuple(
        IssueRow(file=file, before=before.get(file, 0), after=after.get(file, 0))
        for file in sorted(before.keys() | after.keys())
    )


def _sides(before: Collection[K], after: Collection[K]) -> Iterator[tuple[K, Side]]:
    """Each of either, and on which side it is."""
    for one in before:
        yield one, "both" if one in after else "lost"
    for one in after:
        if one not in before:
            yield one, "added"


def _by_name(counts: Counter[tuple[K, Side]]) -> list[tuple[K, Counter[Side]]]:
    found: defaultdict[K, Counter[Side]] = defaultdict(Counter)
    for (name, side), number in counts.items():
        found[name][side] = number
    return sorted(found.items(), key=lambda entry: str(entry[0]))


def _before(counts: Mapping[Side, int]) -> int:
    return counts.get("both", 0) + counts.get("lost", 0)


def _after(counts: Mapping[Side, int]) -> int:
    return counts.get("both", 0) + counts.get("added", 0)


def total(rows: Iterable[TagRow | ClaimRow | SilenceRow]) -> Count:
    """The sums of both sides."""
    counted = [(row.before, row.after) for row in rows]
    return Count(sum(before for before, _ in counted), sum(after for _, after in counted))
