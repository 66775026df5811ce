"""What would come in from an address, and where the feed of a page is: for ``gordon feeds test`` and ``add``.

One address after the other, with a pause between them, through the guarded client and parser; ``discover`` decides,
what it looks with is handed to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urljoin, urlsplit

from gordon.hosts import redact
from ingest.client import Client
from ingest.http import Request, Response
from ingest.parser import Parser
from ingest.raw import FeedLink, Parsed, RawEntry, RawPage, Refused
from ingest.schedule import Ending, by_body, early

KEY = "preview"
WAIT = 1.0
MOST_TRIED = 8
COMMON = ("feed/", "rss.xml", "atom.xml", "feed.xml", "index.xml", "rss", "feed.json", "?feed=rss2")
_COMMENTS = re.compile(r"comment", re.IGNORECASE)
_FORMATS = re.compile(r"\b(?:rss|atom|rdf|json|xml|feed|flux|fil|[012]\.\d+)\b|[^\w]+", re.IGNORECASE)
_BEST = ("atom", "rss", "rdf", "feed+json", "xml", "json", "feed")
How = Literal["itself", "named", "linked", "guessed", "several", "none"]


@dataclass(frozen=True, slots=True)
class Preview:
    """What is at an address. ``url``: after redirects, without credentials; ``outcome`` and ``detail`` as in feed
    health; ``links``: feeds that a page names. ``feed``: a feed was read, maybe an empty one. ``moved``: where the
    address has moved for good."""

    url: str
    outcome: str
    detail: str
    status: int = 0
    title: str = ""
    language: str = ""
    entries: tuple[RawEntry, ...] = ()
    links: tuple[FeedLink, ...] = ()
    feed: bool = False
    moved: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """``url``: what to subscribe to, and what is there; or the page, where ``how`` is "several" or "none".
    ``offered``: the feeds to choose from; ``why`` for people."""

    url: str
    preview: Preview
    how: How
    why: str = ""
    offered: tuple[FeedLink, ...] = ()


def discover(url: str, look: Callable[[str], Preview], pause: Callable[[], None]) -> Discovery:
    """The feed at ``url``, else the one that the page there names, links to, or has in one of the common places.

    At most MOST_TRIED looks after the first, each after ``pause()``; a site that refuses us is left alone.
    """
    first = look(url)
    if first.feed:
        return Discovery(url, first, "itself")
    named = tuple(link for link in first.links if link.type)
    if named:
        chosen, why = choose(named)
        if chosen is None:
            return Discovery(url, first, "several", why, named)
        pause()
        return Discovery(chosen.url, look(chosen.url), "named", why, named)
    linked = [link.url for link in first.links]
    for place in places(first, linked):
        pause()
        found = look(place)
        if found.feed:
            how: How = "linked" if place in linked else "guessed"
            return Discovery(place, found, how, "the page links to it" if how == "linked" else "a common place")
        if refuses(found):
            break
    return Discovery(url, first, "none")


def places(page: Preview, linked: Sequence[str]) -> list[str]:
    """Where a feed may be that nothing names: links of the page first, then common places, first around the page,
    then at the top of its site. None for a host that does not answer."""
    if page.outcome != "not-a-feed" and page.status != 404:
        return []
    top = urljoin(page.url, "/")
    around = [urljoin(top, f"{part}/{name}") for part in _sections(page.url) for name in COMMON[:3]]
    found = [*linked[:3], *around, *(urljoin(top, name) for name in COMMON)]
    return list(dict.fromkeys(place for place in found if place != page.url))[:MOST_TRIED]


def _sections(url: str) -> list[str]:
    """The first part of the path, which is often a blog of its own (/blog/, /~anne/), if it is no file."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    return [part for part in parts[:1] if "." not in part]


def refuses(found: Preview) -> bool:
    """Whether the site does not want more requests, or cannot answer them."""
    return found.outcome in ("rate-limited", "blocked") or (found.outcome == "unreachable" and found.status != 404)


def choose(links: Sequence[FeedLink]) -> tuple[FeedLink | None, str]:
    """The feed to take where one is clearly best, and why; None where a person has to choose. Feeds of comments do
    not count beside others; of one feed in several formats the best known is taken."""
    if len(links) == 1:
        return links[0], "the page names it"
    others = [link for link in links if not _COMMENTS.search(f"{link.title} {urlsplit(link.url).path}")]
    if len(others) == 1:
        return others[0], "the others are of comments"
    kept = others or list(links)
    same_name = len({_FORMATS.sub("", link.title.lower()) for link in kept}) == 1
    if same_name and len({link.type for link in kept}) == len(kept):
        return min(kept, key=lambda link: _rank(link.type)), "the others are the same in another format"
    return None, "the page names several feeds"


def _rank(kind: str) -> int:
    return next((rank for rank, word in enumerate(_BEST) if word in kind), len(_BEST))


def preview(url: str, client: Client, parser: Parser) -> Preview:
    """Fetches and parses; takes no longer than the deadlines of client and parser together. ``client`` and
    ``parser`` must not be busy with anything else."""
    client.start(Request(KEY, url))
    answers = client.step(WAIT)
    while not answers:
        answers = client.step(WAIT)
    ending = early(answers[0], conditional=False)
    if ending is not None or not isinstance(answers[0], Response):
        return ended(url, ending)
    answer = answers[0]
    parser.submit(KEY, answer.body, answer.headers.get("content-type", ""), answer.url)
    results = parser.step(WAIT)
    while not results:
        results = parser.step(WAIT)
    return shown(answer, results[0][1])


def ended(url: str, ending: Ending | None) -> Preview:
    """The preview of an answer without a body."""
    outcome, detail, status = (ending.outcome, ending.detail, ending.status) if ending else ("unreachable", "", 0)
    return Preview(redact(url), outcome, detail, status)


def shown(answer: Response, parsed: Parsed) -> Preview:
    """The preview of an answer with a body."""
    if isinstance(parsed, RawPage):
        return Preview(answer.url, "not-a-feed", "a page", answer.status)
    ending = by_body(answer, parsed)
    base = Preview(answer.url, ending.outcome, ending.detail, answer.status)
    if isinstance(parsed, Refused):
        return replace(base, links=parsed.links)
    return replace(
        base,
        title=parsed.title,
        language=parsed.language,
        entries=parsed.entries,
        feed=True,
        moved=answer.permanent,
    )
