"""How well mentions of one file become issues as they stream in, and how fast.

    python -m bench.grouping [--data FOLDER] [--mentions 10000 100000] [--shuffled SEED] [--apart] [--thresholds]

Quality: BCubed precision, recall and F1 and the adjusted Rand index, in one pass with the parameters of the product,
in the order of dates or else of the file; ``--shuffled`` takes another order where there are no dates. Beside it the
figures of average-link clustering over TF-IDF of all texts at once, with a threshold tuned on each set. The set on
which the parameters were chosen is marked; the others are held out. ``--apart``: without merges. ``--thresholds``:
what all sets come to if the threshold is the best for any one of them.
Near copies: the planted pairs among texts of news sentences. Without ``--data`` only speed is measured: a made-up
stream of stories of very different sizes, the last tenth of it timed apart.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import comb
from pathlib import Path
from typing import Any

from gordon.records import Story
from route.grouping import THRESHOLD, GroupIndex

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
SETS = {
    "allsides_headlines_2021_en": ("en", ".80", ".60"),
    "allsides_triples_en": ("en", ".78", ".52"),
    "googlenews_fr_headlines": ("fr", ".84", ".76"),
    "googlenews_en_preprocessed": ("en", ".80", ".79"),
}
CHOSEN_ON = "allsides_triples_en"
THRESHOLDS = [number / 1000 for number in range(40, 85, 5)]
COPIES = ("minhash_neardup_100_en", "minhash_neardup_1000_en")
PAGE = 4096


def rows(data: Path, name: str) -> list[dict[str, Any]]:
    """The objects of a set."""
    path = data / "clusters" / f"{name}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def story_of(row: dict[str, Any], name: str) -> Story:
    """A labelled text as a mention; of the preprocessed Google News only the title, as in the figures beside it."""
    alone = "title" not in row
    text = "" if alone or name.startswith("googlenews") else row["text"]
    seen = datetime.fromisoformat(row["date"]) if "date" in row else MONDAY
    return Story(
        mention=str(row["id"]),
        revision=1,
        title=row["text"] if alone else row["title"],
        text=text,
        language=SETS[name][0],
        seen=seen,
    )


def labelled(data: Path, name: str, shuffled: int | None) -> list[tuple[Story, str]]:
    """The stories of a set as they come in, and the label of each."""
    found = [(story_of(row, name), row["cluster"]) for row in rows(data, name)]
    if shuffled is not None:
        random.Random(shuffled).shuffle(found)
    return sorted(found, key=lambda pair: pair[0].seen)


def stream(stories: Iterable[Story], *, merging: bool, threshold: float) -> tuple[dict[str, str], int]:
    """The issue of each mention after the last one, and how many merges there were."""
    index = GroupIndex("bench", merging=merging, threshold=threshold)
    homes: dict[str, str] = {}
    merged: dict[str, str] = {}
    for story in stories:
        placement = index.place(story)
        homes[story.mention] = placement.issue
        merged |= {merge.gone: merge.kept for merge in placement.merges}
    for mention, issue in homes.items():
        while issue in merged:
            issue = merged[issue]
        homes[mention] = issue
    return homes, len(merged)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one set. ``seconds``: of the processor."""

    precision: float
    recall: float
    mean: float
    rand: float
    issues: int
    merges: int
    seconds: float


def measured(told: Sequence[tuple[Story, str]], *, merging: bool = True, threshold: float = THRESHOLD) -> Figures:
    """The stories in one pass beside their labels."""
    start = time.process_time()
    homes, merges = stream((story for story, _ in told), merging=merging, threshold=threshold)
    seconds = time.process_time() - start
    truth, found = [label for _, label in told], [homes[story.mention] for story, _ in told]
    return Figures(*bcubed(truth, found), rand_index(truth, found), len(set(found)), merges, seconds)


def bcubed(truth: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1 averaged over mentions."""
    both, wanted, made = Counter(zip(truth, found, strict=True)), Counter(truth), Counter(found)
    precision = sum(count * count / made[issue] for (_, issue), count in both.items()) / len(truth)
    recall = sum(count * count / wanted[label] for (label, _), count in both.items()) / len(truth)
    return precision, recall, 2 * precision * recall / (precision + recall)


def rand_index(truth: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """Agreement of pairs, corrected for chance."""
    both, wanted, made = (
        sum(comb(count, 2) for count in Counter(labels).values())
        for labels in (list(zip(truth, found, strict=True)), truth, found)
    )
    expected = wanted * made / comb(len(truth), 2)
    return (both - expected) / ((wanted + made) / 2 - expected)


def quality(data: Path, shuffled: int | None, merging: bool) -> None:
    """A line for each labelled set."""
    print(f"{'set':30} {'texts':>6} {'P':>5} {'R':>5} {'F1':>6} {'ARI':>6}   batch  issues merges  per CPU s")
    for name, (_, batch_f1, batch_ari) in SETS.items():
        told = labelled(data, name, shuffled)
        made = measured(told, merging=merging)
        print(
            f"{name:30} {len(told):6} {made.precision:5.2f} {made.recall:5.2f} {made.mean:6.3f} {made.rand:6.3f} "
            f"{batch_f1:>4}/{batch_ari} {made.issues:6} {made.merges:6} {len(told) / made.seconds:6.0f}   "
            f"{'parameters chosen here' if name == CHOSEN_ON else 'held out'}"
        )


def thresholds(data: Path) -> None:
    """A line for each set: the threshold of its best mean, and what all sets come to with that."""
    told = {name: labelled(data, name, None) for name in SETS}
    made = {(name, value): measured(told[name], threshold=value) for name in SETS for value in THRESHOLDS}
    print(f"{'threshold the best for':30} {'':6}" + "".join(f" {name[:20]:>20}" for name in SETS))
    for chosen in SETS:
        best = max(THRESHOLDS, key=lambda value: made[chosen, value].mean)
        figures = (made[name, best] for name in SETS)
        print(f"{chosen:30} {best:6.3f}" + "".join(f"{one.mean:13.3f} / {one.rand:5.3f}" for one in figures))


def near_copies(data: Path) -> None:
    """Planted pairs found as copies, and pairs found that nobody planted."""
    for name in COPIES:
        index, right, wrong = GroupIndex("bench", threshold=2.0), 0, 0
        issue_of: dict[str, str] = {}
        pairs: set[frozenset[str]] = set()
        for row in rows(data, name):
            if row["duplicate_of"]:
                pairs.add(frozenset((row["id"], row["duplicate_of"])))
            placement = index.place(
                Story(mention=row["id"], revision=1, title="", text=row["text"], language="en", seen=MONDAY)
            )
            for other in (mention for mention, issue in issue_of.items() if issue == placement.issue):
                pairs_found = frozenset((row["id"], other))
                right, wrong = right + (pairs_found in pairs), wrong + (pairs_found not in pairs)
            issue_of[row["id"]] = placement.issue
        print(f"{name:30} {right} of {len(pairs)} planted pairs, {wrong} others")


def made_up(count: int, seed: int = 1) -> Iterable[Story]:
    """Stories with thirty words of their own, told once or hundreds of times, among words of the usual frequencies."""
    rng = random.Random(seed)
    word = list(
        dict.fromkeys(
            "".join(rng.choice("bcdfgklmnprstvz") + rng.choice("aeiou") for _ in range(4)) for _ in range(60_000)
        )
    )

    def usual(many: int) -> list[str]:
        return [word[int(len(word) ** rng.random()) - 1] for _ in range(many)]

    running: list[list[str]] = []
    for number in range(count):
        if not running or rng.random() < 0.15:
            running.append(rng.sample(word, 15) + usual(15))
            del running[:-2000]
        own = running[-1 - min(len(running) - 1, int(rng.paretovariate(0.5)))]
        title, told = " ".join(rng.sample(own, 5) + usual(3)), rng.sample(own, 25) + usual(35)
        rng.shuffle(told)
        seen = MONDAY + timedelta(seconds=number * 10)
        yield Story(mention=f"m{number}", revision=1, title=title, text=" ".join(told), language="en", seen=seen)


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def speed(count: int, before: int) -> None:
    """Mentions a second of the processor as the window fills, and the memory since ``before``."""
    index, issues = GroupIndex("bench", merging=True), set()
    spent = last = 0.0
    for number, story in enumerate(made_up(count), 1):
        start = time.process_time()
        issues.add(index.place(story).issue)
        took = time.process_time() - start
        spent, last = spent + took, last + took * (number > count * 9 // 10)
        if number in (count // 10, count):
            print(f"{number:8} in the window: {number / spent:6.0f} a CPU second on average", end="; ")
            print(f"{len(issues)} issues, {(resident() - before) // number} bytes a mention")
    print(f"the last tenth: {count / 10 / last:.0f} a CPU second")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path)
    options.add_argument("--mentions", type=int, nargs="*", default=[10_000, 100_000])
    options.add_argument("--shuffled", type=int)
    options.add_argument("--apart", action="store_true")
    options.add_argument("--thresholds", action="store_true")
    chosen = options.parse_args()
    if chosen.data is None:
        print("the labelled texts are in the data folder: --data FOLDER; quality skipped")
    elif chosen.thresholds:
        thresholds(chosen.data)
    else:
        quality(chosen.data, chosen.shuffled, not chosen.apart)
        near_copies(chosen.data)
    before = resident()
    for count in chosen.mentions:
        speed(count, before)


if __name__ == "__main__":
    main()
