"""The one home of spaCy: imported on first use, blank pipelines, bounded growth.

spaCy keeps every word form it has seen (about 0.5 kB each). A pipeline is thrown away and built anew when it has
gathered ``max_lexemes``; as only windows around anchors are tokenised, that is rare.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from classify.document import Document
from classify.matchers.anchors import longest

MAX_LEXEMES = 150_000
REACH = 40
"""Tokens that a match of a pattern without bound may have."""
PIECE = 100

Tokens = Sequence[Mapping[str, Any]]


class Pattern:
    """A token pattern with the key it is known by: equal patterns share one spaCy matcher."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = [dict(token) for token in tokens]
        self.key = json.dumps(self.tokens, sort_keys=True, default=str)


class Place(NamedTuple):
    """A stretch of a field: its number in Document.fields and character offsets into the original text."""

    field: int
    start: int
    end: int


class Pipeline:
    """Tokenizer, vocabulary and matchers of one language, of one generation."""

    def __init__(self, language: str) -> None:
        import spacy  # heavy: 1.2 s and 70 MB, only for desks with token patterns

        self.nlp = spacy.blank(language)
        self._matchers: dict[str, Any] = {}
        self._lexemes = len(self.nlp.vocab)

    @property
    def gathered(self) -> int:
        """The word forms it has learnt since it was built."""
        return len(self.nlp.vocab) - self._lexemes

    def matcher(self, pattern: Pattern) -> Any:
        """spaCy's matcher of this pattern, kept."""
        if pattern.key not in self._matchers:
            from spacy.matcher import Matcher

            matcher = self._matchers[pattern.key] = Matcher(self.nlp.vocab)
            matcher.add("rule", [pattern.tokens], greedy="LONGEST")
        return self._matchers[pattern.key]


class Pipelines:
    """The pipelines of a process by language, built on first use; give the same ones to every engine of a process."""

    def __init__(self, max_lexemes: int = MAX_LEXEMES) -> None:
        self._max_lexemes = max_lexemes
        self._pipelines: dict[str, Pipeline] = {}

    @property
    def loaded(self) -> tuple[str, ...]:
        """The languages that are in memory."""
        return tuple(sorted(self._pipelines))

    def pipeline(self, language: str) -> Pipeline:
        """The pipeline of "en" or "fr". The first of a language takes 0.3 s (en) to 3 s (fr)."""
        known = self._pipelines.get(language)
        if known is None or known.gathered > self._max_lexemes:
            known = self._pipelines[language] = Pipeline(language)
        return known

    def matches(self, pattern: Pattern, document: Document, place: Place, language: str) -> list[tuple[int, int]]:
        """Character offsets within the place of the longest matches that do not overlap, ascending."""
        key = (place, language)
        if key not in document.memo:
            pipeline = self.pipeline(language)
            text = document.fields[place.field].text[place.start : place.end]
            document.memo[key] = pipeline, pipeline.nlp.make_doc(text)
        pipeline, tokens = document.memo[key]
        found = _matches(pipeline.matcher(pattern), tokens, bounded=longest(pattern.tokens) is not None)
        return sorted((tokens[start].idx, tokens[end - 1].idx + len(tokens[end - 1])) for start, end in found)


def _matches(matcher: Any, tokens: Any, *, bounded: bool) -> set[tuple[int, int]]:
    """Matches as token indexes. Without a bound spaCy takes quadratic time: it gets the text in pieces."""
    if bounded:
        return {(start, end) for _, start, end in matcher(tokens)}
    return {
        (first + start, first + end)
        for first in range(0, max(1, len(tokens) - REACH), PIECE - REACH)
        for _, start, end in matcher(tokens[first : first + PIECE])
    }


class Complaint(NamedTuple):
    """What spaCy has against a pattern, and where: the index of the token and perhaps its key."""

    path: tuple[str | int, ...]
    message: str


def validate(tokens: Tokens) -> Complaint | None:
    """The first thing that spaCy has against the pattern."""
    from spacy.errors import MatchPatternError
    from spacy.matcher import Matcher
    from spacy.vocab import Vocab

    matcher = Matcher(Vocab(), validate=True)
    try:
        matcher.add("rule", [[dict(token) for token in tokens]])
    except (MatchPatternError, ValueError, TypeError, KeyError, AttributeError, re.error) as error:
        return _first(str(error))  # the schema leaves some mistakes to chance
    return None


def _first(text: str) -> Complaint:
    """The first line of the form ``- [pattern -> 0 -> LEMA] Extra inputs are not permitted``."""
    match = re.search(r"\[pattern -> ([0-9]+)(?: -> (\w+))?[^\]]*\] (.+)", text)
    if not match:
        return Complaint((), " ".join(text.split()))
    place: tuple[str | int, ...] = (int(match[1]), match[2]) if match[2] else (int(match[1]),)
    message = "there is no such key" if match[3].startswith("Extra inputs") else match[3]
    return Complaint(place, f"{match[2]}: {message}" if match[2] else message)
