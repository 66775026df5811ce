"""Which of the things that conditions ask about nobody on duty covers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from route.conditions import NO_GORDON
from route.people import LEAD, RANKS
from route.roster import Need, Roster


def unmet(roster: Roster, file: str, words: Iterable[str], now: datetime) -> frozenset[str]:
    """Those of ``words`` (``Tree.gaps``) that are a gap on this file now. Costs nothing without words."""
    return frozenset(word for word in words if not _covered(roster, file, (_need(roster, word),), now))


def _covered(roster: Roster, file: str, needs: tuple[Need, ...], now: datetime) -> bool:
    return any(prospect.capacity and prospect.mask for prospect in roster.at(now).prospects(file, needs))


def _need(roster: Roster, word: str) -> Need:
    """A word of the desk as a need: an expertise, else a discipline that somebody has, else an authority."""
    if word == NO_GORDON:
        return Need("expertise", LEAD)
    if word in RANKS:
        return Need("expertise", word)
    hats = any(
        word in person.disciplines or any(word in standing.disciplines for standing in person.files.values())
        for person in roster.people
    )
    return Need("discipline" if hats else "authority", word)
