"""Lemmas by table, English and French: simplemma's dictionaries without its guesses, so that the way back is exact.

Everything is lower case. A word that the table does not know is its own lemma. Read on first use (about 0.2 s each).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

LANGUAGES = ("en", "fr")


@cache
def table(language: str) -> Mapping[str, str]:
    """Word to lemma of "en" or "fr"."""
    from simplemma.strategies.dictionaries import DefaultDictionaryFactory  # its tables are large: only when needed

    found: Mapping[str, str] = DefaultDictionaryFactory().get_dictionary(language)
    return found


def lemma(word: str, language: str) -> str:
    """The lemma of a word of any case."""
    lower = word.lower()
    return table(language).get(lower, lower).lower()


def forms(lemmas: Iterable[str], languages: Iterable[str]) -> frozenset[str]:
    """Every word, in lower case, that has one of these lemmas in one of these languages."""
    wanted = frozenset(lemmas)
    found = {word.lower() for language in languages for word, base in table(language).items() if base.lower() in wanted}
    return frozenset(found | wanted)
