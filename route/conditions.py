"""The conditions of routes and silences, one function each: from the value in the desk to a test of the facts.

To add one: write the function, add its line to CONDITIONS, describe it in docs/desk.md. A function raises Wrong for a
value it cannot use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from gordon.desk.schema import LANGUAGE
from gordon.events import Priority
from route.values import Wrong, at_site, bounds, flag, hosts, limits, one_of, pattern, texts, within

PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high", "urgent")
NO_GORDON = "no-gordon"

__all__ = ["CONDITIONS", "NO_GORDON", "PRIORITIES", "Facts", "Test", "Wrong"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a mention when its issue is routed.

    ``claims``: those it repeats about this file; ``mentions``: of the issue so far, this one included; ``site``: the
    host of its address; ``learned``: only examples, no rule, recognised the file; ``growth``: mentions of the file
    over what is usual; ``time``: now, None where it does not matter; ``gaps``: the words of ``gap`` conditions that
    nobody on duty covers; ``priority``: filled in by the tree.
    """

    file: str
    language: str
    source: str
    score: float
    kind: str
    mentions: int
    claims: tuple[str, ...] = ()
    site: str = ""
    revision: int = 1
    learned: bool = False
    spike: bool = False
    growth: float = 1.0
    time: datetime | None = None
    gaps: frozenset[str] = frozenset()
    priority: Priority = "normal"


Test: TypeAlias = Callable[[Facts], bool]


def claim(value: Any) -> Test:
    """true: repeats any known claim about the file; false: none; a claim id or a list of them: one of these."""
    if isinstance(value, bool):
        return lambda facts: bool(facts.claims) is value
    wanted = texts(value, "write true, false or the id of a claim")
    return lambda facts: not wanted.isdisjoint(facts.claims)


def file(value: Any) -> Test:
    """A file id or pattern ("passport-*"), or a list of them."""
    return pattern(value, lambda facts: facts.file)


def source(value: Any) -> Test:
    """A feed id or pattern, or a list of them."""
    return pattern(value, lambda facts: facts.source)


def site(value: Any) -> Test:
    """A host, or a list of them; hosts below count too."""
    wanted = hosts(value)
    return lambda facts: at_site(facts.site, wanted)


def language(value: Any) -> Test:
    """A language ("fr"), or a list of them."""
    remedy = "write for example fr, or [en, fr]"
    wanted = texts(value, remedy)
    for word in sorted(wanted):
        if not re.fullmatch(LANGUAGE, word):
            raise Wrong(f"{word!r} is not the code of a language", remedy)
    return lambda facts: facts.language in wanted


def kind(value: Any) -> Test:
    """new or edited, or a list of both."""
    wanted = one_of(value, ("new", "edited"), "a kind of mention")
    return lambda facts: facts.kind in wanted


def revision(value: Any) -> Test:
    """A whole number: the mention's revision at least; or {min: A, max: B}."""
    least, most = limits("revision", value, "write a whole number, or {min: 2, max: 5}", whole=True)
    return lambda facts: least <= facts.revision <= most


def score(value: Any) -> Test:
    """A number: the score at least; or {min: A, max: B}, both inclusive and optional."""
    least, most = limits("score", value, "write a number, or {min: 2, max: 5}")
    return lambda facts: least <= facts.score <= most


def mentions(value: Any) -> Test:
    """A whole number: the issue has at least so many mentions; or {min: A, max: B}."""
    least, most = limits("mentions", value, "write a whole number, 1 or more", whole=True)
    return lambda facts: least <= facts.mentions <= most


def priority(value: Any) -> Test:
    """A priority or a list of them: one of these; {min: A, max: B}: between, both inclusive and optional."""
    if isinstance(value, Mapping):
        bounds("priority", value, "write {min: high}, or {min: low, max: normal}")
        ranks: tuple[str, ...] = PRIORITIES
        first, *_ = one_of(value.get("min", ranks[0]), ranks, "a priority")
        last, *_ = one_of(value.get("max", ranks[-1]), ranks, "a priority")
        wanted = frozenset(ranks[ranks.index(first) : ranks.index(last) + 1])
        if not wanted:
            raise Wrong(f"no priority is at least {first} and at most {last}", "make min the lower one")
    else:
        wanted = one_of(value, PRIORITIES, "a priority")
    return lambda facts: facts.priority in wanted


def spike(value: Any) -> Test:
    """true: the file is mentioned much more than usual; false: it is not."""
    wanted = flag(value)
    return lambda facts: facts.spike is wanted


def learned(value: Any) -> Test:
    """true: the tag came from examples alone; false: a rule fired."""
    wanted = flag(value)
    return lambda facts: facts.learned is wanted


def time(value: Any) -> Test:
    """{days, from, to, tz, holidays}: now lies in it. Facts without a time never do."""
    test = within(value)
    return lambda facts: facts.time is not None and test(facts.time)


def gap(value: Any) -> Test:
    """no-gordon, a discipline, an expertise, an authority, or a list: at least one of them nobody on duty covers."""
    wanted = texts(value, "write no-gordon, a discipline, an expertise or an authority, or a list of them")
    return lambda facts: not wanted.isdisjoint(facts.gaps)


CONDITIONS: dict[str, Callable[[Any], Test]] = {
    "claim": claim,
    "file": file,
    "language": language,
    "source": source,
    "site": site,
    "score": score,
    "kind": kind,
    "revision": revision,
    "learned": learned,
    "mentions": mentions,
    "priority": priority,
    "spike": spike,
    "time": time,
    "gap": gap,
}
