"""A roster on one day (in each time zone): what everybody covers of a file, on duty or not. Caches. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from gordon.desk.schema import Person, Standing
from route.needs import Need, Prospect, prospect_of
from route.people import NO_STANDING, as_of, current, departed

MOST = 20_000
"""Files, or files with needs, that are remembered at a time."""
_T = TypeVar("_T")
_K = TypeVar("_K")


def remember(known: dict[_K, _T], key: _K, value: _T, most: int = MOST) -> _T:
    """Keeps a value; forgets all others where there are too many."""
    if len(known) >= most:
        known.clear()
    known[key] = value
    return value


class Day:
    """``days``: the local date of each person, by number. ``people``: without the disciplines and languages that have
    run out."""

    def __init__(self, people: Sequence[Person], days: Sequence[date], edges: Sequence[Sequence[date]]) -> None:
        self.days = days
        self.people = [
            as_of(person, day) if known else person for person, day, known in zip(people, days, edges, strict=True)
        ]
        self.gone = frozenset(
            number for number, (person, day) in enumerate(zip(people, days, strict=True)) if departed(person, day)
        )
        self._standings: dict[str, Mapping[int, Standing | None]] = {}
        self._everywhere: dict[tuple[Need, ...], dict[int, Prospect]] = {}
        self._own: dict[tuple[str, tuple[Need, ...]], dict[int, Prospect]] = {}

    def standings(self, file: str, matching: Mapping[int, Sequence[Standing]]) -> Mapping[int, Standing | None]:
        """The standing of everybody who has one on the file, by number; None where it has run out. ``matching``: all
        their standings that apply to it."""
        found = self._standings.get(file)
        if found is None:
            found = {number: current(those, self.days[number]) for number, those in matching.items()}
            remember(self._standings, file, found)
        return found

    def everywhere(self, needs: tuple[Need, ...]) -> Mapping[int, Prospect]:
        """Those who cover something of a file on which they have no standing: the same for all files."""
        found = self._everywhere.get(needs)
        if found is None:
            all_of_them = {
                number: prospect_of(person, NO_STANDING, needs)
                for number, person in enumerate(self.people)
                if number not in self.gone
            }
            found = {number: prospect for number, prospect in all_of_them.items() if prospect.mask}
            remember(self._everywhere, needs, found)
        return found

    def own(
        self, file: str, needs: tuple[Need, ...], standings: Mapping[int, Standing | None]
    ) -> Mapping[int, Prospect]:
        """Those with a standing on the file who cover something of it."""
        found = self._own.get((file, needs))
        if found is None:
            all_of_them = {
                number: prospect_of(self.people[number], standing, needs)
                for number, standing in standings.items()
                if standing is not None and number not in self.gone
            }
            found = {number: prospect for number, prospect in all_of_them.items() if prospect.mask}
            remember(self._own, (file, needs), found)
        return found
