"""How right the reading of feeds is, on the corpora of other parsers; and whether any file harms the parser.

    python -m bench.corpus --data FOLDER [--show]

Embedded expectations of feedparser kept; the fields that Gordon keeps, beside feedparser's and beside what gofeed,
podcastparser and fastfeedparser expect; every file of every set through the real pool of guarded processes; entries of
real feeds found. Exit 1 when a process died, hung, or an entry of a real feed is missing. ``--show`` lists differences.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from bench.support.expectations import Verdict, verdicts
from bench.support.feed_sets import files, manifest, present
from bench.support.fields import URL, agreement, by_feedparser, expected_pairs
from gordon.settings import Parse
from ingest.parser import ParserPool
from ingest.raw import Parsed, RawFeed, RawPage

PEERS = ("gofeed_testdata", "podcastparser_testdata", "kagi_integration")
SLOW = 1.0


class Pool:
    """The guarded processes, one document at a time; remembers outcomes and the longest times."""

    def __init__(self) -> None:
        self._pool = ParserPool(Parse(max_entries=5000, html=True), clock=time.monotonic)
        self.outcomes, self.times = Counter[str](), list[tuple[float, str]]()

    def parse(self, name: str, body: bytes, content_type: str = "") -> Parsed:
        processes, began = self._pool.processes, time.perf_counter()
        self._pool.submit(name, body, content_type, URL)
        while not (done := self._pool.step(1.0)):
            pass
        self.times.append((time.perf_counter() - began, name))
        parsed: Parsed = done[0][1]
        self.outcomes["read" if isinstance(parsed, RawFeed | RawPage) else parsed.outcome] += 1
        self.outcomes["processes lost"] += self._pool.processes != processes
        if not isinstance(parsed, RawFeed | RawPage) and "the parser failed" in parsed.detail:
            self.outcomes["parser raised"] += 1
            print(f"  raised: {name}: {parsed.detail}")
        return parsed

    def close(self) -> None:
        self._pool.close()


def expectations(data: Path, show: bool) -> None:
    """The share of feedparser's expectations that our way of reading keeps, by group."""
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts(list(files(data, "feedparser_tests"))):
        groups[verdict.path.partition("/")[0]].append(verdict)
    print("feedparser's embedded expectations: met by feedparser; by it without sanitiser and links; by Gordon")
    for name, found in (*sorted(groups.items()), ("all", [one for group in groups.values() for one in group])):
        _line(name, found)
    every = [one for group in groups.values() for one in group]
    http = [one for one in every if one.transport]
    print(f"  of these about the encoding's name or HTTP headers, which Gordon settles before: {len(http)}")
    kept = [one for one in every if not one.transport and one.plain]
    met = sum(one.ours for one in kept)
    print(f"  of those that need neither sanitiser, links nor transport: {met} of {len(kept)} ({met / len(kept):.1%})")
    for one in kept if show else ():
        if not one.ours:
            print(f"    lost: {one.path}")


def _line(name: str, found: Sequence[Verdict]) -> None:
    default, plain, ours = (sum(getattr(one, way) for one in found) for way in ("default", "plain", "ours"))
    kept = sum(one.default and one.plain and one.ours for one in found)
    comparable = sum(one.default and one.plain for one in found)
    print(
        f"  {name:11} {len(found):5}: {default / len(found):6.1%} {plain / len(found):6.1%} {ours / len(found):6.1%};"
        f" lost with sanitiser and links: {sum(one.default and not one.plain for one in found)};"
        f" kept of the rest {kept}/{comparable} ({kept / max(1, comparable):.1%})"
    )


def _report(tally: Counter[str]) -> None:
    names = sorted(name for name in tally if not name.endswith(" of"))
    print("    " + ", ".join(f"{name} {tally[name]}/{tally[name + ' of']}" for name in names if tally[name + " of"]))


def everything(data: Path, pool: Pool, show: bool) -> bool:
    """Every file of every set through the pool; fields beside feedparser's; entries of real feeds. Whether all of
    feedparser's entries of real feeds were found."""
    notes, complete = manifest(data), True
    print("fields that Gordon keeps, beside feedparser's default reading (where it has them)")
    for archive in sorted((data / "feeds").glob("*.tar.xz")):
        name = archive.name.removesuffix(".tar.xz")
        tally, expected, found = Counter[str](), 0, 0
        for path, body in files(data, name):
            parsed = pool.parse(f"{name}/{path}", body)
            ours = parsed.entries if isinstance(parsed, RawFeed) else ()
            peer = by_feedparser(body) if isinstance(parsed, RawFeed) else []
            number = notes.get((name, path), {}).get("entries") or len(peer)
            expected, found = expected + number, found + min(number, len(ours))
            if len(ours) < number:
                print(f"  FEWER: {name}/{path}: {len(ours)} of {number}; {getattr(parsed, 'detail', '')}")
            for line in agreement(peer, ours, tally):
                print(f"    {path}: {line}") if show else None
        print(f"  {name}" + (f": {found} of feedparser's {expected} entries found" if expected else ""))
        _report(tally)
        complete = complete and found == expected
    return complete


def peers(data: Path, pool: Pool, show: bool) -> None:
    """What other parsers' tests expect of entries."""
    for name in PEERS:
        tally = Counter[str]()
        for path, body, expected in expected_pairs(dict(files(data, name))):
            parsed = pool.parse(f"{name}/{path}", body)
            ours = parsed.entries if isinstance(parsed, RawFeed) else ()
            for line in agreement(expected, ours, tally):
                print(f"    {path}: {line}") if show else None
        print(f"  expected by {name}:")
        _report(tally)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of evaluation data")
    parser.add_argument("--show", action="store_true", help="every difference")
    options = parser.parse_args()
    if not present(options.data):
        return
    expectations(options.data, options.show)
    pool = Pool()
    try:
        complete = everything(options.data, pool, options.show)
        peers(options.data, pool, options.show)
    finally:
        pool.close()
    slowest, slow = sorted(pool.times)[-3:], sum(seconds > SLOW for seconds, _ in pool.times)
    print(f"{len(pool.times)} documents through the pool: " + ", ".join(f"{n} {k}" for k, n in pool.outcomes.items()))
    print(f"  {slow} took over {SLOW:g} s; longest: " + ", ".join(f"{name} {sec:.2f} s" for sec, name in slowest))
    sys.exit(0 if complete and not pool.outcomes["processes lost"] else 1)


if __name__ == "__main__":
    main()
