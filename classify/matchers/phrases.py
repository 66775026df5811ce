"""Rules with ``phrases:``: a list of literal phrases of which one must occur, folded like everything."""

from __future__ import annotations

from collections.abc import Sequence

from classify.matchers.base import Matcher, RuleError, Tools
from classify.matchers.query import matcher_of
from classify.query.nodes import Node, Or, Phrase, Word
from classify.text import fold, words


def compile_phrases(phrases: Sequence[str], lang: str | None, tools: Tools, forms: bool = False) -> Matcher:
    """Raises RuleError for an empty list and for a phrase without a letter or digit."""
    if not phrases:
        raise RuleError("the list of phrases is empty", "write at least one phrase", ("phrases",))
    nodes = [_phrase(phrase, number) for number, phrase in enumerate(phrases)]
    node = nodes[0] if len(nodes) == 1 else Or(tuple(dict.fromkeys(nodes)))
    return matcher_of(node, lang, tools, forms)


def _phrase(phrase: str, number: int) -> Node:
    found = [Word(word) for word in words(fold(phrase))]
    if not found:
        raise RuleError(f"{phrase!r} holds no letter or digit", "write a word", ("phrases", number))
    return found[0] if len(found) == 1 else Phrase(tuple(found))
