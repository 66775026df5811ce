"""Checks of people.yaml: what contradicts itself is a mistake, what has run out or looks misspelt is a warning."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase
from itertools import pairwise

from gordon.desk.schema import Away, Dated, Person, PolicyFile, QueuesFile
from gordon.desk.validate import line_of, suggest
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem

PEOPLE = "people.yaml"
EXPERTISE = ("lead", "expert", "working")
AUTHORITY = ("speak", "approve", "draft")


class Placed:
    """The people of a desk, each with the index in people.yaml, and where they stand in it."""

    def __init__(self, placed: Sequence[tuple[int, Person]], lines: Lines) -> None:
        self.people = [person for _, person in placed]
        self._indices = [index for index, _ in placed]
        self._lines = lines

    def problem(self, number: int, path: Path, message: str, remedy: str) -> Problem:
        """A problem at a key of one person."""
        place = (self._indices[number], *path)
        return Problem(PEOPLE, line_of(self._lines, place), f"{self.people[number].id}: {message}", remedy)


def check_people(
    placed: Sequence[tuple[int, Person]], files: Sequence[PolicyFile], disciplines: Iterable[str], lines: Lines
) -> list[Problem]:
    """Repeated ids, unknown disciplines, files and delegates, circles of delegates, absences that overlap.
    ``placed``: each person with the index in the file."""
    people, hats, names = Placed(placed, lines), set(disciplines), [entry.file for entry in files]
    return [
        *_twice(people),
        *_unknown(people, names, hats),
        *_circles(people),
        *(problem for number, one in enumerate(people.people) for problem in _overlapping(people, number, one.away)),
    ]


def _twice(people: Placed) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, person in enumerate(people.people):
        if person.id in seen:
            found = people.problem(number, ("id",), "", "merge the two, or rename one")
            yield Problem(found.file, found.line, f"person {person.id!r} appears twice", found.remedy)
        seen.add(person.id)


def _unknown(people: Placed, files: Sequence[str], hats: set[str]) -> Iterator[Problem]:
    ids, names = {person.id for person in people.people}, set(files)
    for number, person in enumerate(people.people):
        worn: list[tuple[Path, Dated]] = [(("disciplines",), person.disciplines)]
        worn += [(("files", key, "disciplines"), found.disciplines) for key, found in person.files.items()]
        for path, table in worn:
            for hat in table.keys() - hats:
                yield people.problem(number, path, f"no discipline {hat!r}", suggest(hat, hats))
        for pattern in person.files:
            if pattern not in names and not any(fnmatchcase(name, pattern) for name in names):
                yield people.problem(number, ("files", pattern), f"no file {pattern!r}", suggest(pattern, names))
        if person.delegate and person.delegate not in ids:
            message = f"no person {person.delegate!r}"
            yield people.problem(number, ("delegate",), message, suggest(person.delegate, ids))


def _circles(people: Placed) -> Iterator[Problem]:
    """One problem for each circle, at the first of its people in the file."""
    delegates = {person.id: person.delegate for person in people.people}
    order = {name: number for number, name in reversed([*enumerate(person.id for person in people.people)])}
    done: set[str] = set()
    for person in people.people:
        chain: list[str] = []
        step: str | None = person.id
        while step in delegates and step not in chain and step not in done:
            chain.append(step)
            step = delegates[step]
        done.update(chain)
        if step in chain:
            circle = chain[chain.index(step) :]
            first = min(order[name] for name in circle)
            at = circle.index(people.people[first].id)
            yield _circle(people, first, [*circle[at:], *circle[:at]])


def _circle(people: Placed, number: int, chain: Sequence[str]) -> Problem:
    if len(chain) == 1:
        return people.problem(number, ("delegate",), "is their own delegate", "name somebody else, or leave it out")
    way = " to ".join([*chain, chain[0]])
    return people.problem(number, ("delegate",), f"delegates in a circle: {way}", "take one of these delegates out")


def _overlapping(people: Placed, number: int, away: Sequence[Away]) -> Iterator[Problem]:
    order = sorted(range(len(away)), key=lambda index: (away[index].start, away[index].end))
    for one, other in pairwise(order):
        if away[other].start <= away[one].end:
            text = " and ".join(f"{away[index].start} to {away[index].end}" for index in (one, other))
            last = max(away[one].end, away[other].end)
            remedy = f"write one: from {away[one].start} to {last}; or correct a day"
            yield people.problem(number, ("away", max(one, other)), f"absences overlap: {text}", remedy)


def people_warnings(
    placed: Sequence[tuple[int, Person]], queues: QueuesFile | None, lines: Lines, today: date
) -> list[Problem]:
    """What works and is probably not meant so: what has run out, delegates who have left, misspelt words."""
    people = Placed(placed, lines)
    last = {person.id: person.until for person in people.people}
    asked = [queue.requires for queue in (queues.queues.values() if queues else ())]
    expertise = {*EXPERTISE, *(found.expertise for found in asked if found.expertise)}
    authority = {*AUTHORITY, *(name for found in asked for name in found.authority)}
    return [
        problem
        for number, person in enumerate(people.people)
        for problem in (
            *_run_out(people, number, person, today),
            *_pointless(people, number, person, last, today),
            *_misspelt(people, number, person, expertise, authority),
        )
    ]


def _run_out(people: Placed, number: int, person: Person, today: date) -> Iterator[Problem]:
    remedy = "prolong it, or take it out"
    if person.until and person.until < today:
        yield people.problem(number, ("until",), f"has left on {person.until}", "take them out, or correct the day")
        return
    tables: list[tuple[Path, Dated]] = [(("disciplines",), person.disciplines), (("languages",), person.languages)]
    for name, standing in person.files.items():
        base: Path = ("files", name)
        if standing.until and standing.until < today:
            message = f"the standing on {name} has run out on {standing.until}"
            yield people.problem(number, (*base, "until"), message, remedy)
            continue
        tables += [((*base, part), getattr(standing, part)) for part in ("authority", "disciplines", "languages")]
        ends = {standing.expertise: standing.expertise_until} if standing.expertise else {}
        tables += [((*base, "expertise_until"), ends)]
    for path, table in tables:
        for word, end in table.items():
            if end is not None and end < today:
                yield people.problem(number, (*path, word), f"{word} has run out on {end}", remedy)


def _pointless(
    people: Placed, number: int, person: Person, last: dict[str, date | None], today: date
) -> Iterator[Problem]:
    end = last.get(person.delegate or "")
    if end is not None and end < today:
        message = f"the delegate {person.delegate} has left on {end}"
        yield people.problem(number, ("delegate",), message, "name somebody else")
    for index, away in enumerate(person.away):
        if person.until and away.start > person.until:
            message = f"is away from {away.start}, after the last day {person.until}"
            yield people.problem(number, ("away", index), message, "take it out, or correct the day")


def _misspelt(
    people: Placed, number: int, person: Person, expertise: set[str], authority: set[str]
) -> Iterator[Problem]:
    """Words that nothing asks for and that look like one that is asked for."""
    for name, standing in person.files.items():
        words: list[tuple[str, str, set[str]]] = [("authority", word, authority) for word in standing.authority]
        words += [("expertise", standing.expertise, expertise)] if standing.expertise else []
        for key, word, known in words:
            if word not in known and difflib.get_close_matches(word, sorted(known), n=1):
                message = f"nothing asks for {key} {word!r}"
                yield people.problem(number, ("files", name, key), message, suggest(word, known))
