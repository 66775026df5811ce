"""A visit on its way, from its request to its ending: of a feed, or of the page of an entry. Pure.

A visit that is dropped (stop, crash, lost lease) has changed nothing and is simply due again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from gordon.polling import FeedState, PageTask
from ingest.http import Answer, Request, Response
from ingest.raw import Parsed, RawFeed, RawPage, Refused
from ingest.schedule import Ending, Outcome, body_hash, by_body, early, same_body, validators


@dataclass(frozen=True, slots=True)
class Poll:
    """A visit of a feed. ``reading``: what was known of its entries when the body went to the parser, None when that
    could not be told; ``raw``: what the parser made of it. ``response`` is kept until the poll is settled: the body may
    have to be parsed as a whole."""

    state: FeedState
    started: datetime
    began: float
    conditional: bool = False
    wire: int = 0
    reading: bytes | None = None
    response: Response | None = None
    ending: Ending | None = None
    raw: RawFeed | None = None

    @property
    def id(self) -> str:
        return self.state.id

    @property
    def host(self) -> str:
        return self.state.host

    @property
    def url(self) -> str:
        return self.state.url


@dataclass(frozen=True, slots=True)
class PageVisit:
    """A visit of a page. ``ending`` has the outcome "ok" when ``page`` was read."""

    task: PageTask
    started: datetime
    began: float
    wire: int = 0
    response: Response | None = None
    ending: Ending | None = None
    page: RawPage | None = None

    @property
    def id(self) -> str:
        return self.task.id

    @property
    def host(self) -> str:
        return self.task.host

    @property
    def url(self) -> str:
        return self.task.url


Visit: TypeAlias = Poll | PageVisit


def begin(errand: FeedState | PageTask, now: datetime, monotonic: float) -> tuple[Visit, Request]:
    """The visit of what is due, and its request."""
    if isinstance(errand, PageTask):
        return PageVisit(errand, now, monotonic), Request(errand.id, errand.url)
    etag, modified = validators(errand, now)
    request = Request(errand.id, errand.url, etag, modified)
    return Poll(errand, now, monotonic, conditional=bool(etag or modified)), request


def answered(visit: Visit, answer: Answer) -> Visit:
    """After the answer: ended, or with a body that must be parsed. An unchanged body needs no parser."""
    conditional = isinstance(visit, Poll) and visit.conditional
    ending = early(answer, conditional=conditional)
    if ending is not None or not isinstance(answer, Response):
        return replace(visit, wire=answer.wire, ending=ending)
    if isinstance(visit, Poll) and visit.state.body_hash == body_hash(answer.body):
        return replace(visit, wire=answer.wire, ending=same_body(answer), response=None)
    return replace(visit, wire=answer.wire, response=answer)


def parsed(visit: Visit, result: Parsed) -> Visit:
    """After the parser: ended."""
    assert visit.response is not None
    if isinstance(visit, Poll):
        if isinstance(result, RawPage):
            result = Refused(outcome="not-a-feed", detail="a page was read where a feed was expected")
        raw = result if isinstance(result, RawFeed) else None
        return replace(visit, ending=by_body(visit.response, result), raw=raw)
    if isinstance(result, RawPage):
        return replace(visit, ending=Ending(outcome="ok", status=visit.response.status), page=result, response=None)
    detail = result.detail if isinstance(result, Refused) else "a feed stands where a page was expected"
    outcome = result.outcome if isinstance(result, Refused) else "not-a-feed"
    ending = Ending(outcome=outcome, status=visit.response.status, detail=detail)
    return replace(visit, ending=ending, response=None)


def failed(poll: Poll, why: str) -> Poll:
    """Ended by an error of ours over what the feed holds."""
    return replace(poll, ending=Ending(outcome="unparseable", detail=why[:300]), response=None, raw=None)


def unended(visit: Visit) -> Visit:
    """The poll before its body was parsed: it must be parsed as a whole."""
    assert isinstance(visit, Poll)
    return replace(visit, ending=None, raw=None)


def barred(visit: Visit, why: str) -> Visit:
    """Ended before it began: the site's rules for robots forbid the page ("refused"), or cannot be had just now."""
    outcome: Outcome = "blocked" if why == "refused" else "unreachable"
    return replace(visit, ending=Ending(outcome=outcome, detail="robots.txt does not allow it"))
