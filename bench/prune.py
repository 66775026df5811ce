"""Parsing unknown entries only, beside parsing all: the same entries, and what it costs.

    python -m bench.prune --data FOLDER [--sets NAME ...] [--cost kagi_200_real_feeds]

FOLDER holds feeds/NAME.tar.xz; without it the benchmark skips, saying so. Every file of every set is parsed whole, and
again for several sets of known entries. Exit 1 when an entry differs in any field.
"""

from __future__ import annotations

import argparse
import random
import sys
import tarfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingest.kinds import parse
from ingest.raw import Document, Limits, RawFeed
from ingest.split import hash_set

URL = "https://feeds.example/some/feed.xml"
MOST_BYTES = 10_000_000
COST_SETS = ("kagi_200_real_feeds", "feedjira_sample_feeds")
RUNS = 3


def files(path: Path) -> Iterator[tuple[str, bytes]]:
    """The members of an archive that could be feeds."""
    with tarfile.open(path) as archive:
        for member in archive:
            source = archive.extractfile(member) if member.isfile() and member.size <= MOST_BYTES else None
            if source is not None:
                yield member.name, source.read()


def subsets(raws: Sequence[bytes], seed: str) -> Mapping[str, bytes]:
    """Sets of known entries, joined as Document.known has them."""
    pick = random.Random(seed)
    thirds = {f"third {n}": [raw for raw in raws if pick.random() < 1 / 3] for n in range(3)}
    chosen = {"all": raws, "all but first": raws[1:], "all but last": raws[:-1], "strangers": [b"12345678"]} | thirds
    return {name: b"".join(part) for name, part in chosen.items()}


def differences(name: str, body: bytes, tally: Counter[str], limits: Limits) -> int:
    """How many subsets of the file's entries come out differently from the whole."""
    whole = read(body, b"", limits)
    if not isinstance(whole, RawFeed):
        tally["not feeds"] += 1
        return 0
    tally["feeds"] += 1
    tally["entries"] += len(whole.entries)
    tally["feeds with entries"] += bool(whole.entries)
    tally["split with certainty"] += bool(whole.raws)
    tally["entries split"] += len(whole.raws)
    wrong = 0
    for case, known in subsets(whole.raws, name).items() if whole.raws else ():
        tally["parses compared"] += 1
        if not same(whole, read(body, known, limits), known):
            wrong += 1
            print(f"  DIFFERENT: {name}, known: {case}")
    return wrong


def same(whole: RawFeed, pruned: object, known: bytes) -> bool:
    """Whether the pruned parse has exactly the unknown entries, and all else of the feed, as the whole one."""
    if not isinstance(pruned, RawFeed) or pruned.raws != whole.raws:
        return False
    expected = tuple(place for place, raw in enumerate(whole.raws) if raw not in hash_set(known))
    entries = tuple(whole.entries[place] for place in expected)
    around = [(f.title, f.language, f.hints, f.hub, f.topic, f.dropped) for f in (whole, pruned)]
    return pruned.places == expected and pruned.entries == entries and around[0] == around[1]


def read(body: bytes, known: bytes, limits: Limits) -> object:
    """What the child would answer; the name of the error where the parser itself fails, which is no feed either."""
    try:
        return parse(Document(body=body, url=URL, known=known, limits=limits))
    except (ValueError, TypeError, AttributeError, KeyError, AssertionError) as error:
        return repr(error)


def cost(bodies: Sequence[bytes]) -> None:
    """Milliseconds of CPU a feed, for the whole and with so many new entries; feeds that split only, then all."""
    parsed = [(body, read(body, b"", Limits())) for body in bodies]
    sure = [(body, feed.raws) for body, feed in parsed if isinstance(feed, RawFeed) and len(feed.raws) >= 3]
    size = sum(len(body) for body, _ in sure) / max(1, len(sure)) / 1000
    print(f"  {len(sure)} feeds that split, of {size:.0f} kB on average; ms of CPU a feed, best of {RUNS}:")
    print(f"    whole: {seconds([(body, b'') for body, _ in sure]):.2f}")
    for new in (0, 1, 2):
        print(f"    {new} new: {seconds([(body, b''.join(raws[new:])) for body, raws in sure]):.2f}")
    print(f"  all {len(bodies)} files, whole: {seconds([(body, b'') for body in bodies]):.2f}")


def seconds(work: Sequence[tuple[bytes, bytes]]) -> float:
    """Milliseconds of CPU for each."""
    spent = []
    for _ in range(RUNS):
        began = time.process_time()
        for body, known in work:
            read(body, known, Limits())
        spent.append(time.process_time() - began)
    return min(spent) / max(1, len(work)) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of evaluation data")
    parser.add_argument("--sets", nargs="*", help="archives to compare; all of them unless said")
    options = parser.parse_args()
    if options.data is None or not (options.data / "feeds").is_dir():
        print("skipped: no evaluation data; name its folder with --data")
        return
    warnings.simplefilter("ignore")
    paths = sorted((options.data / "feeds").glob("*.tar.xz"))
    wrong, tally = 0, Counter[str]()
    for path in paths:
        name = path.name.removesuffix(".tar.xz")
        if options.sets and name not in options.sets:
            continue
        for member, body in files(path):
            tally["files"] += 1
            wrong += differences(member, body, tally, Limits(html=True))
    print("  " + ", ".join(f"{count} {what}" for what, count in tally.items()))
    share = tally["split with certainty"] / max(1, tally["feeds with entries"])
    print(f"  {share:.1%} of the feeds with entries split with certainty; {wrong} differences")
    cost([body for path in paths if path.name.split(".")[0] in COST_SETS for _, body in files(path)])
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
