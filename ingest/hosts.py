"""How far a refusal reaches: the feed alone, its host, or all hosts of the site. Pure; the rule and its reasons are in
docs/decisions/0012-scope-of-back-off.md.

The only home of publicsuffixlist.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address

from msgspec.structs import replace
from publicsuffixlist import PublicSuffixList

from gordon.polling import HostState
from gordon.settings import Poll
from ingest.schedule import FINE, Ending
from ingest.wishes import retry_after

MOST_DELAY = 300.0
"""Seconds between two requests, the most that a host can teach us; never more than the least interval either."""
_DAY = 86400.0
_MOST_DOUBLINGS = 10
_LEAST_LESSON = 0.25
"""Seconds; what is doubled where the desk sets no delay of its own."""


def is_refusal(ending: Ending, *, again: bool = False) -> bool:
    """Whether the server told us to go away for now: evidence that may be about more than the one feed. 401 and 451 are
    about the one address, and so are what our own rules block (status 0) and a 403 without a word on when to come back
    that this feed gave last time, too (``again``)."""
    if again and ending.status == 403 and ending.outcome == "blocked":
        return False
    return ending.status in (403, 429, 503) and ending.outcome in ("blocked", "rate-limited")


def after_visit(
    host: HostState,
    feed: str,
    ending: Ending,
    started: datetime,
    poll: Poll,
    now: datetime,
    *,
    again: bool = False,
) -> HostState:
    """The host after a visit of this feed (or of a page of it), which began at ``started``; ``again``: the visit before
    it was blocked, too.

    A refusal doubles the delay between requests. The second in a row with the same status, of another feed, makes the
    host rest, for as long as it asks, else longer each time. A success forgets the refusals and halves what was learnt;
    any other ending says nothing about the host."""
    host = replace(host, site=host.site or site_of(host.host))
    if is_refusal(ending, again=again):
        host = _struck(host, feed, ending, poll, now)
    elif ending.outcome in FINE:
        delay = host.delay / 2
        host = replace(host, strikes=0, struck="", delay=delay if delay > max(poll.host_delay, _LEAST_LESSON) else 0.0)
    free_at = started + timedelta(seconds=max(poll.host_delay, host.delay))
    return replace(host, free_at=max(free_at, host.free_at or free_at))


def _struck(host: HostState, feed: str, ending: Ending, poll: Poll, now: datetime) -> HostState:
    status, _, last = host.struck.partition(" ")
    same = status == str(ending.status)
    delay = 2 * max(host.delay, poll.host_delay, _LEAST_LESSON)
    host = replace(
        host,
        strikes=host.strikes + (feed != last) if same else 1,
        struck=f"{ending.status} {feed}",
        delay=min(delay, MOST_DELAY, max(poll.least_interval, poll.host_delay)),
    )
    if host.strikes < 2:
        return host
    asked = retry_after(ending.headers, now) or poll.least_interval * 2.0 ** min(host.strikes - 2, _MOST_DOUBLINGS)
    return replace(host, rest_until=_later(host.rest_until, _rest(asked, poll, now)))


def rests_site(host: HostState, struck_hosts: int, now: datetime, *, poll: Poll | None = None) -> datetime | None:
    """Until when the whole site of a host rests that has just been struck; ``struck_hosts``: how many hosts of the site
    have strikes, this one included. None: the trouble is this host's own."""
    if not host.strikes or struck_hosts < 2:
        return None
    poll = poll or Poll()
    asked = poll.least_interval * 2.0 ** min(struck_hosts - 2, _MOST_DOUBLINGS)
    return _later(host.rest_until, _rest(asked, poll, now))


def _rest(seconds: float, poll: Poll, now: datetime) -> datetime:
    return now + timedelta(seconds=min(max(seconds, poll.least_interval), max(_DAY, poll.least_interval)))


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def site_of(host: str) -> str:
    """The registrable domain that a host belongs to. Addresses, single labels and public suffixes are their own site,
    and so are the customers of a platform that has itself listed as a suffix."""
    name = host.rstrip(".").lower()
    if _is_address(name):
        return name
    return str(_suffixes().privatesuffix(name) or name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    """The list, read when it is first needed (40 ms)."""
    return PublicSuffixList()
