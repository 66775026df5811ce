"""Rules with ``query:``."""

from __future__ import annotations

from classify.document import Document, Hit
from classify.lemmas import LANGUAGES
from classify.matchers.base import MAX_EVIDENCE, Matcher, Miss, RuleError, Tools
from classify.query import Compiled, QueryError, compile_query, parse_query
from classify.query.explain import why_not
from classify.query.forms import with_forms
from classify.query.needs import Needs
from classify.query.nodes import Node


class QueryMatcher:
    """A compiled query as a matcher."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled

    @property
    def ways(self) -> tuple[Needs, ...]:
        return self.compiled.ways

    def find(self, document: Document, language: str) -> list[Hit] | None:
        spans = self.compiled.run(document, MAX_EVIDENCE)
        if spans is None:
            return None
        first = sorted(set(spans))[:MAX_EVIDENCE]
        return [document.hit(span) for span in first]

    def miss(self, document: Document, language: str) -> Miss:
        return Miss(*why_not(self.compiled.node, document))

    def warm(self) -> None:
        """There is nothing to load."""


def compile_rule_query(query: str, lang: str | None, tools: Tools, forms: bool = False) -> Matcher:
    """Raises RuleError with the column of the mistake."""
    try:
        node = parse_query(query)
    except QueryError as error:
        raise RuleError(f"column {error.column}: {error.message}", error.remedy, ("query",)) from error
    return matcher_of(node, lang, tools, forms)


def matcher_of(node: Node, lang: str | None, tools: Tools, forms: bool) -> QueryMatcher:
    """The matcher of a tree; with ``forms`` each word also stands for its forms in the language, or in both."""
    languages = (lang,) if lang else LANGUAGES
    if forms:
        node = with_forms(node, lambda word: tools.lexicon.inflected(word, languages))
    return QueryMatcher(compile_query(node))
