"""What would come in: fetches an address once, through the guarded client and parser, and shows what is there.

For ``gordon feeds test`` and ``gordon feeds add``. When the address is a page, the feeds that it names are listed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ingest.client import Client
from ingest.http import Request, Response
from ingest.parser import Parser
from ingest.raw import FeedLink, Parsed, RawEntry, Refused
from ingest.schedule import Ending, by_body, early
from ingest.url import redact

KEY = "preview"
WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Preview:
    """What is at an address. ``url``: after redirects, without credentials; ``outcome`` and ``detail`` as in feed
    health; ``links``: feeds that a page names."""

    url: str
    outcome: str
    detail: str
    status: int = 0
    title: str = ""
    language: str = ""
    entries: tuple[RawEntry, ...] = ()
    links: tuple[FeedLink, ...] = ()


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
    ending = by_body(answer, parsed)
    base = Preview(answer.url, ending.outcome, ending.detail, answer.status)
    if isinstance(parsed, Refused):
        return replace(base, links=parsed.links)
    return replace(base, title=parsed.title, language=parsed.language, entries=parsed.entries)
