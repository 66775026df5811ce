"""The one home of spaCy: imported on first use, blank pipelines with lemmas by table, bounded growth.

spaCy keeps every word form it has seen (about 0.5 kB each). Pipelines are thrown away and built anew when MAX_LEXEMES
have gathered; as only windows around anchors are tokenised, that is rare.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from classify.document import Document
from classify.lemmas import table

MAX_LEXEMES = 150_000

Pattern = Sequence[Mapping[str, Any]]


class Place(NamedTuple):
    """A stretch of a field: its number in Document.fields and character offsets into the original text."""

    field: int
    start: int
    end: int


class _Pipeline:
    """Tokenizer, vocabulary and matchers of one language, of one generation."""

    def __init__(self, language: str) -> None:
        import spacy

        self.nlp = spacy.blank(language)
        self.lemmas = table(language)
        self.matchers: dict[str, Any] = {}

    def tokens(self, text: str) -> Any:
        doc = self.nlp.make_doc(text)
        for token in doc:
            lower = token.lower_
            token.lemma_ = self.lemmas.get(lower, lower).lower()
        return doc

    def matcher(self, pattern: Pattern) -> Any:
        key = json.dumps(pattern, sort_keys=True, default=str)
        if key not in self.matchers:
            from spacy.matcher import Matcher

            matcher = self.matchers[key] = Matcher(self.nlp.vocab)
            matcher.add("rule", [list(map(dict, pattern))], greedy="LONGEST")
        return self.matchers[key]


class Pipelines:
    """The pipelines of a process by language, built on first use; give the same ones to every engine of a process."""

    def __init__(self, max_lexemes: int = MAX_LEXEMES) -> None:
        self._max_lexemes = max_lexemes
        self._pipelines: dict[str, _Pipeline] = {}

    def pipeline(self, language: str) -> _Pipeline:
        """The pipeline of "en" or "fr". The first of a language takes 0.3 s (en) to 3 s (fr)."""
        if language not in self._pipelines:
            self._pipelines[language] = _Pipeline(language)
        return self._pipelines[language]

    def tokens(self, document: Document, place: Place, language: str) -> Any:
        """The tokens of a place, made once a document. They hold on to their pipeline, be it old."""
        key = ("spacy", place, language)
        if key not in document.memo:
            if language in self._pipelines and len(self._pipelines[language].nlp.vocab) > self._max_lexemes:
                del self._pipelines[language]
            text = document.fields[place.field].text[place.start : place.end]
            pipeline = self.pipeline(language)
            document.memo[key] = (pipeline, pipeline.tokens(text))
        return document.memo[key]

    def matches(self, pattern: Pattern, tokens: Any, language: str) -> list[tuple[int, int]]:
        """Character offsets within the place of the longest matches that do not overlap, ascending."""
        pipeline, doc = tokens
        found = pipeline.matcher(pattern)(doc)
        return sorted((doc[start].idx, doc[end - 1].idx + len(doc[end - 1])) for _, start, end in found)


def validate(pattern: Pattern) -> list[tuple[int, str]]:
    """What spaCy's schema says against the pattern: (index of the token, message), in order."""
    from spacy.errors import MatchPatternError
    from spacy.matcher import Matcher
    from spacy.vocab import Vocab

    matcher = Matcher(Vocab(), validate=True)
    try:
        matcher.add("rule", [list(map(dict, pattern))])
    except MatchPatternError as error:
        return [(index, "; ".join(messages)) for index, messages in sorted(error.args[1].items())]
    except (ValueError, TypeError, KeyError, AttributeError, re.error) as error:  # what the schema leaves unchecked
        return [(-1, " ".join(str(error).split()))]
    return []
