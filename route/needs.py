"""What the team of an item has to cover, and what one person covers of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gordon.desk.schema import Person, Requires, Standing
from route.cover import Apart
from route.people import LEAD, knows, rank

UNKNOWN_LANGUAGES = frozenset({"", "und"})


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One thing that a team has to cover. ``kind``: discipline, expertise, authority or language."""

    kind: str
    name: str


APPROVE, DRAFT = Need("authority", "approve"), Need("authority", "draft")


def needs_of(requires: Requires, language: str = "") -> tuple[Need, ...]:
    """What the team of an item has to cover; where a queue asks for languages, that of the item as well."""
    languages = list(requires.languages)
    if languages and language not in UNKNOWN_LANGUAGES:
        languages.append(language)
    found = [Need("discipline", name) for name in requires.disciplines]
    found += [Need("expertise", requires.expertise)] if requires.expertise else []
    found += [Need("authority", name) for name in requires.authority]
    found += [Need("language", name) for name in languages]
    return tuple(dict.fromkeys(found))


def covers(person: Person, standing: Standing, need: Need) -> bool:
    """Whether a person with this standing on the file covers the need, both as of one day."""
    if need.kind == "discipline":
        return need.name in person.disciplines or need.name in standing.disciplines
    if need.kind == "expertise":
        return knows(standing, need.name)
    if need.kind == "authority":
        return need.name in standing.authority
    return need.name in person.languages or need.name in standing.languages


def apart_of(needs: Sequence[Need], among: Iterable[Need] | None = None) -> Apart | None:
    """Who has to approve, and who draft: where a team needs authority ``approve``, those with authority ``draft`` if
    it needs that, else those who wear one of its hats. None where it approves nothing, or nothing that it drafts.

    ``among``: the needs of one queue, where ``needs`` are those of several."""
    asked = set(needs if among is None else among)
    bits = {need: 1 << bit for bit, need in enumerate(needs) if need in asked}
    approve = bits.get(APPROVE, 0)
    draft = bits.get(DRAFT, 0) or sum(bit for need, bit in bits.items() if need.kind == "discipline")
    return Apart(approve, draft) if approve and draft else None


class Prospect(NamedTuple):
    """Somebody on duty who covers some of the needs. ``standing``: with the expertise of whom they stand in for
    (``stands_in``: that person's id, or ""). Bit n of ``mask``: need n; the bit after the last: leads the file."""

    person: Person
    id: str
    capacity: int
    standing: Standing
    mask: int
    rank: int
    stands_in: str = ""


def prospect_of(person: Person, standing: Standing, needs: Sequence[Need], stands_in: str = "") -> Prospect:
    """What somebody with this standing covers; an empty mask where it is nothing."""
    mask = sum([1 << bit for bit, need in enumerate(needs) if covers(person, standing, need)])
    if mask:
        mask |= (standing.expertise == LEAD) << len(needs)
    return Prospect(person, person.id, person.capacity, standing, mask, rank(standing.expertise), stands_in)
