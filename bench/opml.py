"""Lists of subscriptions as they are in the wild: how many of their addresses are read, and do they survive a round
trip through a desk's feeds.opml?

    python -m bench.opml --data FOLDER

FOLDER holds feeds/listparser_opml.tar.xz and feeds/awesome_rss_opml.tar.xz; without it the benchmark skips, saying
so. What there is to read is counted by looking for addresses in the bytes of the files, which knows nothing of XML.
Exit 1 where an address is missed.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ingest.lists import address, read_list, same
from ingest.opml import read
from ingest.opml_edit import import_file
from ingest.url import target

SETS = ("listparser_opml", "awesome_rss_opml")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ADDRESS = re.compile(
    r"<(?:outline\b(?![^>]*type=\"source\")[^>]*?\bxmlurl|rss:channel\s+rdf:about|ya:feed\s+rdf:resource)=\"([^\"]*)\"",
    re.IGNORECASE,
)


def files(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file."""
    with tarfile.open(archive) as opened:
        for member in opened.getmembers():
            if member.isfile() and (body := opened.extractfile(member)) is not None:
                yield member.name, body.read()


def expected(data: bytes) -> set[str]:
    """The addresses that are written in a file."""
    found = _ADDRESS.findall(_COMMENT.sub("", data.decode("utf-8", "replace")))
    urls = {address(html.unescape(one)) for one in found}
    return {url for url in urls if not isinstance(target(url), str)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    folder = parser.parse_args().data
    if folder is None or not all((folder / "feeds" / f"{name}.tar.xz").exists() for name in SETS):
        print("skipped: --data names no folder with the lists")
        return 0
    return max(_measure(folder / "feeds" / f"{name}.tar.xz") for name in SETS)


def _measure(archive: Path) -> int:
    count = wanted = read_too = broken = kept = 0
    missed: list[str] = []
    started = time.perf_counter()
    for name, data in files(archive):
        found, problems = read_list(data, name)
        urls, there = {one.feed.url for one in found.feeds}, expected(data)
        count, wanted, read_too = count + 1, wanted + len(there), read_too + len(there & urls)
        broken += bool(problems)
        missed += [f"{name}: {url}" for url in sorted(there - urls)]
        kept += _round_trip(data, {(one.feed.url, one.path) for one in found.feeds})
    seconds = time.perf_counter() - started
    share = read_too / wanted if wanted else 1.0
    print(f"{archive.name}: {count} files, {wanted} addresses, {share:.4f} read, {broken} files with mistakes, "
          f"{kept} files the same after a round trip, {seconds:.2f} s")  # fmt: skip
    for line in missed:
        print(f"  missed {line}")
    return bool(missed) or kept < count


def _round_trip(data: bytes, feeds: set[tuple[str, tuple[str, ...]]]) -> bool:
    """Whether addresses and folders are the same after an import into an empty desk."""
    with tempfile.TemporaryDirectory() as folder:
        source, desk = Path(folder) / "list.xml", Path(folder) / "feeds.opml"
        source.write_bytes(data)
        import_file(desk, source)
        after, problems = read(desk)
        unique = {same(url): (url, "/".join(path)) for url, path in feeds}
        return not problems and {same(feed.url) for feed in after} == unique.keys() and all(
            (feed.url, feed.folder) in unique.values() or feed.url not in dict(feeds) for feed in after
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
