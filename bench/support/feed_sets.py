"""Real feeds of the evaluation data: their bytes, and the same bytes with one entry more."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

REAL = ("kagi_200_real_feeds", "feedjira_sample_feeds", "gov_and_french_feeds", "node_feedparser_feeds")
_ENTRY = re.compile(rb"<(item|entry)[\s>].*?</\1\s*>", re.DOTALL)
_NAMES = re.compile(rb"(<(?:guid|id|link)(?:\s[^>]*)?>)\s*(<!\[CDATA\[)?\s*([^<\]\s]+)")
_HREF = re.compile(rb"(<link\s[^>]*?href\s*=\s*[\"'])([^\"']+)")
_TITLE = re.compile(rb"(<title(?:\s[^>]*)?>\s*(?:<!\[CDATA\[)?)")


def present(data: Path | None) -> bool:
    """Whether the evaluation data are there; says so if not."""
    if data is not None and (data / "feeds").is_dir():
        return True
    print("skipped: no evaluation data; name its folder with --data")
    return False


def files(data: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Path within the set and bytes of every file of a set, sorted."""
    with tarfile.open(data / "feeds" / f"{name}.tar.xz") as archive:
        members = sorted((member for member in archive.getmembers() if member.isfile()), key=lambda one: one.name)
        for member in members:
            stream = archive.extractfile(member)
            if stream is not None:
                yield member.name.partition("/")[2], stream.read()


def manifest(data: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    """What is known of each file, by set and path."""
    with gzip.open(data / "feeds" / "manifest.jsonl.gz", "rt", encoding="utf-8") as lines:
        notes = [json.loads(line) for line in lines]
    return {(note["set"], note["path"]): note for note in notes}


def real_feeds(data: Path, sets: Sequence[str] = REAL) -> list[bytes]:
    """The XML feeds in which feedparser finds entries and which can be grown."""
    notes = manifest(data)
    return [
        body
        for name in sets
        for path, body in files(data, name)
        if notes.get((name, path), {}).get("entries", 1) and grown(body, 1) != body
    ]


def grown(body: bytes, version: int) -> bytes:
    """The feed with ``version`` new entries before its first: copies of it with names, links and titles of their own.
    The feed itself when no entry can be told."""
    first = _ENTRY.search(body)
    if first is None or not _NAMES.search(first[0]):
        return body
    news = b"".join(_copy(first[0], number) for number in range(version, 0, -1))
    return body[: first.start()] + news + body[first.start() :]


def _copy(entry: bytes, number: int) -> bytes:
    mark = b"-bench-%d" % number
    entry = _NAMES.sub(lambda found: found[0] + mark, entry)
    entry = _HREF.sub(lambda found: found[0] + mark, entry, count=1)
    return _TITLE.sub(lambda found: found[0] + b"Number %d: " % number, entry, count=1)
