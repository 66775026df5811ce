"""The naive evaluator of queries, written for clarity: what the engine must agree with. Slow on purpose.

A place is (field, first word, last word); a node is the set of all its places, or None where it is false.
"""

from __future__ import annotations

import fnmatch
import unicodedata

from classify.query.nodes import And, Near, Node, Not, Or, Phrase, Word

Place = tuple[str, int, int]


def plain(text: str) -> str:
    """Lower case without accents and ligatures, hyphens and apostrophes as spaces."""
    out = ""
    for character in text:
        for part in unicodedata.normalize("NFKD", character.replace("œ", "oe").replace("Œ", "OE")):
            if not unicodedata.combining(part):
                out += part.lower() if part.isalnum() else " "
    return out


def oracle(node: Node, title: str, text: str) -> bool:
    """Whether the query matches."""
    return places(node, {"title": plain(title).split(), "text": plain(text).split()}) is not None


def places(node: Node, fields: dict[str, list[str]]) -> set[Place] | None:
    """Every place that makes the node true; empty for truth by absence."""
    match node:
        case Word():
            return {place for place in _all_words(fields) if _fits(node, place, fields)} or None
        case Phrase():
            return _phrase(node, fields)
        case Near():
            return _near(node, fields)
        case And():
            parts = [places(part, fields) for part in node.parts]
            return None if None in parts else set().union(*[part for part in parts if part])
        case Or():
            true = [part for part in (places(part, fields) for part in node.parts) if part is not None]
            return set().union(*true) if true else None
        case Not():
            return set() if places(node.part, fields) is None else None


def _all_words(fields: dict[str, list[str]]) -> list[Place]:
    return [(field, number, number) for field, words in fields.items() for number in range(len(words))]


def _fits(word: Word, place: Place, fields: dict[str, list[str]]) -> bool:
    field, number, _ = place
    if word.field and word.field != field:
        return False
    return fnmatch.fnmatchcase(fields[field][number], word.word)


def _phrase(node: Phrase, fields: dict[str, list[str]]) -> set[Place] | None:
    found = set()
    for field, first, _ in _all_words(fields):
        last = first + len(node.words) - 1
        if last < len(fields[field]) and all(
            _fits(word, (field, first + step, first + step), fields) for step, word in enumerate(node.words)
        ):
            found.add((field, first, last))
    return found or None


def _near(node: Near, fields: dict[str, list[str]]) -> set[Place] | None:
    lefts, rights = places(node.left, fields) or set(), places(node.right, fields) or set()
    pairs = [(left, right) for left in lefts for right in rights]
    if not node.ordered:
        pairs += [(right, left) for left, right in pairs]
    found = {
        (first[0], first[1], second[2])
        for first, second in pairs
        if first[0] == second[0] and 1 <= second[1] - first[2] <= node.distance
    }
    return found or None
