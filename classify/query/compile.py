"""A tree to one function over the positions of a document: None where it is false, else the spans that make it true.

A rule that is true only by what is absent has no spans: an empty list. Texts of few distinct words can have very many
spans side by side; a NEAR looks at no more than MAX_SPANS of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import translate
from functools import cached_property
from typing import TypeAlias

from classify.document import Span
from classify.query.exact import as_written
from classify.query.meta import holds
from classify.query.needs import cost, needs, ways
from classify.query.nodes import And, AtLeast, Exact, Meta, Near, Node, Not, Or, Phrase, Scope, Word, children
from classify.stretch import Reader, Stretch, holding

MAX_SPANS = 20_000

Spans: TypeAlias = list[Span]
Run: TypeAlias = Callable[[Reader, int], Spans | None]
"""``limit``: how many spans are enough; 0 asks for all of them, ascending."""
Positions: TypeAlias = Callable[[Reader], list[int]]


class Compiled:
    """A query ready to run. ``run`` is made when it is first asked for: of many rules few ever have a chance."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.ways = ways(node)

    @cached_property
    def run(self) -> Run:
        return run_of(self.node)


def compile_query(node: Node) -> Compiled:
    """The query as a function, and what a text must hold for it to be worth running."""
    return Compiled(node)


def run_of(node: Node) -> Run:
    """The function of one node."""
    match node:
        case Word():
            return _word(node)
        case Phrase():
            return _phrase(node)
        case Near():
            return _near(node)
        case And():
            return _and(node)
        case Or():
            return _or(node)
        case Not():
            return _not(node)
        case Exact():
            return _exact(node)
        case Scope():
            return _scope(node)
        case AtLeast():
            return _at_least(node)
        case Meta():
            return _meta(node)


def _positions(word: Word) -> Positions:
    text, field = word.word, word.field
    if word.forms:
        forms = (text, *word.forms)
        return lambda document: document.in_field(document.one_of(forms), field)
    if not word.wild:
        if not field:
            return lambda document: document.index.get(text, [])
        return lambda document: document.in_field(document.index.get(text, []), field)
    found = _wild(text)
    return lambda document: document.in_field(found(document), field)


def _wild(pattern: str) -> Positions:
    """A plain beginning is by far the most frequent wildcard, and much the cheapest."""
    head = pattern[:-1]
    if pattern.endswith("*") and "*" not in head and "?" not in head:
        return lambda document: document.starting(head)
    piece = max(re.split(r"[*?]", pattern), key=len)
    fits = re.compile(translate(pattern)).match
    return lambda document: document.fitting(pattern, piece, fits)


def _word(node: Word) -> Run:
    find = _positions(node)

    def run(document: Reader, limit: int) -> Spans | None:
        positions = find(document)
        if not positions:
            return None
        return [(position, position) for position in (positions[:limit] if limit else positions)]

    return run


def _phrase(node: Phrase) -> Run:
    """Rarest word first: most phrases end there."""
    order = sorted(range(len(node.words)), key=lambda number: cost(needs(node.words[number])[0]))
    finders = [(number, _positions(node.words[number])) for number in order]
    last = len(finders) - 1

    def run(document: Reader, limit: int) -> Spans | None:
        starts: list[int] = []
        for turn, (step, find) in enumerate(finders):
            found = find(document)
            if turn:
                here = set(found)
                starts = [start for start in starts if start + step in here]
            else:
                starts = [position - step for position in found]
            if not starts:
                return None
        return [(start, start + last) for start in (starts[:limit] if limit else starts)]

    return run


def _near(node: Near) -> Run:
    left, right, distance, ordered = run_of(node.left), run_of(node.right), node.distance, node.ordered

    def run(document: Reader, limit: int) -> Spans | None:
        first = left(document, 0)
        second = right(document, 0) if first else None
        if not first or not second:
            return None
        enough = limit or MAX_SPANS
        spans = dict.fromkeys(_limited(_pairs(first, second, distance), enough))
        if not ordered:
            spans.update(dict.fromkeys(_limited(_pairs(second, first, distance), enough)))
        return sorted(spans) or None

    return run


def _pairs(first: Spans, second: Spans, distance: int) -> Iterator[Span]:
    """Each of ``first`` with each of ``second`` that begins behind it, at most ``distance`` words on."""
    starts = [start for start, _ in second]
    for start, end in first:
        at = bisect_right(starts, end)
        while at < len(starts) and starts[at] <= end + distance:
            yield start, second[at][1]
            at += 1


def _limited(spans: Iterator[Span], enough: int) -> Iterator[Span]:
    return (span for span, _ in zip(spans, range(enough), strict=False))


def _and(node: And) -> Run:
    runs = [run_of(part) for part in node.parts]

    def run(document: Reader, limit: int) -> Spans | None:
        spans: Spans = []
        for part in runs:
            found = part(document, limit)
            if found is None:
                return None
            spans += found
        return spans

    return run


def _or(node: Or) -> Run:
    parts = [(_gate(part), run_of(part)) for part in node.parts]

    def run(document: Reader, limit: int) -> Spans | None:
        index = document.index
        spans: set[Span] = set()
        true = False
        for gate, part in parts:
            if not gate or gate in index:
                found = part(document, limit)
                if found is not None:
                    true = True
                    spans.update(found)
        return sorted(spans) if true else None

    return run


def _gate(node: Node) -> str:
    """A word without which the node is false; "" if there is no such word. Saves most calls in a long OR."""
    for literals in needs(node):
        for literal in literals:
            if len(literals) == 1 and literal.whole:
                return literal.text
    return ""


def _not(node: Not) -> Run:
    part = run_of(node.part)

    def run(document: Reader, limit: int) -> Spans | None:
        return None if part(document, 1) is not None else []

    return run


def _exact(node: Exact) -> Run:
    part, fits = run_of(node.part), as_written(node.written)

    def run(document: Reader, limit: int) -> Spans | None:
        spans = [span for span in part(document, 0) or () if fits(document.fields, document.hit(span))]
        return (spans[:limit] if limit else spans) or None

    return run


def _at_least(node: AtLeast) -> Run:
    part, count = run_of(node.part), node.count

    def run(document: Reader, limit: int) -> Spans | None:
        spans = part(document, 0)
        if spans is None or apart(spans) < count:
            return None
        return spans[:limit] if limit else spans

    return run


def apart(spans: Iterable[Span]) -> int:
    """How many of the spans can be taken at most so that no two share a word: the one that ends first, and so on."""
    count, behind = 0, -1
    for first, last in sorted(spans, key=lambda span: span[1]):
        if first > behind:
            count, behind = count + 1, last
    return count


def _scope(node: Scope) -> Run:
    part, unit, field = run_of(node.part), node.unit, node.field
    finders = None if (anchors := _anchors(node.part)) is None else [_positions(word) for word in anchors]

    def run(document: Reader, limit: int) -> Spans | None:
        spans: Spans = []
        true = False
        for stretch in _candidates(document, document.stretches(unit, field), finders):
            found = part(stretch, limit)
            if found is not None:
                true = True
                spans += found
                if limit and len(spans) >= limit:
                    break
        return spans if true else None

    return run


def _candidates(document: Reader, spans: Spans, finders: Sequence[Positions] | None) -> Iterator[Stretch]:
    """The stretches in which the part of a scope can be true: where one of its anchors stands."""
    if finders is None:
        return (Stretch(document, first, last) for first, last in spans)
    return holding(document, spans, sorted(position for find in finders for position in find(document)))


def _anchors(node: Node) -> tuple[Word, ...] | None:
    """Words of which every stretch where the node is true holds one; None: no such words."""
    match node:
        case Word():
            return (node,)
        case Or():
            options = [_anchors(part) for part in node.parts]
            return None if None in options else tuple(word for option in options for word in option or ())
        case Not() | Meta():
            return None
        case _:
            found = [one for part in children(node) if (one := _anchors(part)) is not None]
            return min(found, key=_expected, default=None)


def _expected(anchors: Sequence[Word]) -> float:
    return sum(cost(needs(word)[0]) for word in anchors)


def _meta(node: Meta) -> Run:
    true = holds(node)

    def run(document: Reader, limit: int) -> Spans | None:
        return [] if true(document.about) else None

    return run
