"""The desk of the benchmarks over real feeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tests.flow.news import PEOPLE, QUEUES

SETTINGS = """\
[http]
allow_networks = ["127.0.0.0/8"]
[parse]
max_entries = 5000
[poll]
least_interval = "{interval}"
most_interval = "{interval}"
host_delay = "0s"
host_concurrency = {concurrency}
"""
RULES = """\
file: public-affairs
rules:
  - {id: en, query: 'government OR minister* OR policy OR law OR tax*'}
  - {id: fr, query: 'gouvernement OR ministre* OR politique* OR loi OR impôt*'}
"""


def write_desk(folder: Path, *, interval: str = "6h", concurrency: int = 1) -> Path:
    """A desk without feeds that reads from loopback, each feed every ``interval``."""
    (folder / "files").mkdir(parents=True)
    (folder / "feeds.opml").write_text(feeds_opml([]))
    (folder / "gordon.toml").write_text(SETTINGS.format(interval=interval, concurrency=concurrency))
    (folder / "files" / "public-affairs.yaml").write_text(RULES, encoding="utf-8")
    (folder / "people.yaml").write_text(PEOPLE.split("- id: noor")[0].replace("passport-services", "public-affairs"))
    (folder / "queues.yaml").write_text(QUEUES.replace("passport-services", "public-affairs"))
    return folder


def feeds_opml(urls: Sequence[str]) -> str:
    """A subscription list."""
    outlines = "".join(f"<outline type='rss' text={quoteattr(url)} xmlUrl={quoteattr(url)}/>\n" for url in urls)
    return f'<opml version="2.0"><head/><body>{outlines}</body></opml>'
