"""Lemmas by table, English and French: simplemma's dictionaries without its guesses. Everything is in lower case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

LANGUAGES = ("en", "fr")


class Lexicon:
    """The tables of a desk, each read on first use (0.2 s); those that ``lemma`` needs are kept (30 MB)."""

    def __init__(self) -> None:
        self._tables: dict[str, Mapping[str, str]] = {}
        self._inverse: dict[str, dict[str, list[str]]] = {}

    def lemma(self, word: str, language: str) -> str:
        """The lemma of a word in lower case; an unknown word is its own lemma."""
        return self._table(language).get(word, word)

    def forms(self, lemmas: Iterable[str], languages: Iterable[str]) -> frozenset[str]:
        """These lemmas and every word that has one of them in one of these languages."""
        wanted = frozenset(lemma.lower() for lemma in lemmas)
        found = [word for language in languages for lemma in wanted for word in self._words_of(language).get(lemma, ())]
        return wanted.union(found)

    def forget_forms(self) -> None:
        """Gives back the 50 MB a language that ``forms`` took; needed only while rules are compiled."""
        self._inverse.clear()

    def _table(self, language: str) -> Mapping[str, str]:
        if language not in self._tables:
            self._tables[language] = _read(language)
        return self._tables[language]

    def _words_of(self, language: str) -> dict[str, list[str]]:
        if language not in self._inverse:
            inverse = self._inverse[language] = {}
            for word, lemma in (self._tables.get(language) or _read(language)).items():
                inverse.setdefault(lemma.lower(), []).append(word.lower())
        return self._inverse[language]


def _read(language: str) -> Mapping[str, str]:
    from simplemma.strategies.dictionaries import DefaultDictionaryFactory  # large: only when needed

    found: Mapping[str, str] = DefaultDictionaryFactory().get_dictionary(language)
    return found
