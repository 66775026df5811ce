"""What robots.txt says about fetching the pages of entries (RFC 9309); feeds are not asked about. Decisions and their
bounded memory, no fetching. The only home of protego."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from protego import Protego

from gordon.settings import Http
from ingest.http import Answer, Response
from ingest.url import target

Verdict: TypeAlias = Literal["allowed", "refused", "wait", "ask"]
"""``wait``: the site cannot say just now; ``ask``: fetch ``robots_url(url)`` and tell ``Robots.told``."""
MOST_SOURCE = 500 * 1024
MOST_LINES = 20_000
MOST_DELAY = 600.0
KEPT = timedelta(days=1)
RETRY = timedelta(hours=1)
STALE = timedelta(days=7)
"""How long an old file stands in for one that cannot be fetched any more."""
_AGENT = re.compile(r"\s*user[- ]?agent\s*[: \t]\s*([^#]*)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z_-]+")
_OTHERS = "nobody-here"


@dataclass(frozen=True, slots=True)
class Policy:
    """What one origin says. ``rules`` None: everything is allowed, or with ``silent`` nothing for now."""

    rules: Protego | None = None
    silent: bool = False
    lines: int = 0
    until: datetime | None = None
    fetched: datetime | None = None


def robots_url(url: str) -> str:
    """Where the site of this address keeps its robots.txt; "" where there is no site."""
    found = target(url)
    if isinstance(found, str):
        return ""
    parts = found.url.split("/", 3)
    return "/".join(parts[:3]) + "/robots.txt"


def policy(status: int, body: bytes, agent: str) -> Policy:
    """What an answer to the request for robots.txt means, its redirects followed. 4xx: there are no rules; 429 and
    5xx: the site cannot say, nothing is allowed for now. ``agent``: our product token, such as "Gordon"."""
    if status == 429 or status >= 500:
        return Policy(silent=True)
    if not 200 <= status < 300:
        return Policy()
    lines = list(_ours(body[:MOST_SOURCE].decode("utf-8", "replace").removeprefix("\ufeff"), agent))
    return Policy(rules=Protego.parse("\n".join(lines)), lines=len(lines)) if lines else Policy()


def _ours(text: str, agent: str) -> Iterator[str]:
    """The lines, with all other robots under one name: the parser takes quadratic time for many names."""
    previous = ""
    for line in text.splitlines()[:MOST_LINES]:
        found = _AGENT.match(line)
        if found:
            token = _TOKEN.match(found[1])
            mine = token is not None and token[0].lower() == agent.lower()
            line = f"User-agent: {'*' if found[1].strip() == '*' else agent if mine else _OTHERS}"
        if line.strip() and (not found or line != previous):
            yield line
        previous = line if found else ""


def verdict(known: Policy, agent: str, url: str) -> Literal["allowed", "refused", "wait"]:
    """Whether ``agent`` may fetch ``url`` under this policy."""
    if known.silent:
        return "wait"
    return "allowed" if known.rules is None or known.rules.can_fetch(url, agent) else "refused"


class Robots:
    """The policies of the origins that were asked lately, each for a day. ``agent``: the User-Agent we send; its first
    word is our token. With ``settings.robots`` off everything is allowed. Not thread-safe."""

    def __init__(self, settings: Http, agent: str, *, most_origins: int = 2000, most_lines: int = 100_000) -> None:
        self._wanted = settings.robots
        token = _TOKEN.match(agent)
        self._agent = token[0] if token else "Gordon"
        self._most_origins, self._most_lines = most_origins, most_lines
        self._policies: OrderedDict[str, Policy] = OrderedDict()
        self._lines = 0

    def verdict(self, url: str, now: datetime) -> Verdict:
        """Whether this page may be fetched now. An address that is none is refused."""
        place = robots_url(url)
        if not self._wanted:
            return "allowed"
        if not place:
            return "refused"
        known = self._policies.get(place)
        if known is None or known.until is None or known.until <= now:
            return "ask"
        return verdict(known, self._agent, url)

    def told(self, url: str, answer: Answer, now: datetime) -> None:
        """The answer to the request for ``robots_url(url)``. An old policy outlives a site that cannot say."""
        place = robots_url(url)
        found = Policy(silent=True)
        if isinstance(answer, Response):
            found = policy(answer.status, answer.body, self._agent)
        old = self._policies.pop(place, None)
        self._lines -= old.lines if old else 0
        if found.silent and old and old.fetched and now - old.fetched < STALE:
            found = replace(old, until=now + RETRY)
        elif found.silent:
            found = replace(found, until=now + RETRY)
        else:
            found = replace(found, until=now + KEPT, fetched=now)
        self._policies[place] = found
        self._lines += found.lines
        while len(self._policies) > self._most_origins or (self._lines > self._most_lines and len(self._policies) > 1):
            _, gone = self._policies.popitem(last=False)
            self._lines -= gone.lines

    def crawl_delay(self, url: str) -> float:
        """Seconds that the site wants between two requests, at most MOST_DELAY; 0 when it says nothing."""
        known = self._policies.get(robots_url(url))
        if not self._wanted or known is None or known.rules is None:
            return 0.0
        return min(float(known.rules.crawl_delay(self._agent) or 0.0), MOST_DELAY)

    def __len__(self) -> int:
        return len(self._policies)
