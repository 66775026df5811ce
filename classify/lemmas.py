"""Lemmas by table, English and French: simplemma's dictionaries without its guesses. Everything is in lower case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from classify.text import fold, words

LANGUAGES = ("en", "fr")


class Lexicon:
    """The tables of a desk, each read on first use (0.2 s); those that ``lemma`` needs are kept (30 MB)."""

    def __init__(self) -> None:
        self._tables: dict[str, Mapping[str, str]] = {}
        self._inverse: dict[str, dict[str, list[str]]] = {}
        self._folded: dict[str, dict[str, set[str]]] = {}

    def lemma(self, word: str, language: str) -> str:
        """The lemma of a word in lower case; an unknown word is its own lemma."""
        return self._table(language).get(word, word)

    def forms(self, lemmas: Iterable[str], languages: Iterable[str]) -> frozenset[str]:
        """These lemmas and every word that has one of them in one of these languages."""
        wanted = frozenset(lemma.lower() for lemma in lemmas)
        found = [word for language in languages for lemma in wanted for word in self._words_of(language).get(lemma, ())]
        return wanted.union(found)

    def inflected(self, word: str, languages: Iterable[str]) -> frozenset[str]:
        """A folded word and the folded forms of every lemma that it can have in one of these languages.

        Forms of more than one word ("arc-en-ciel") are left out.
        """
        found = {word}
        for language in languages:
            for lemma in self._lemmas_of(language).get(word, ()):
                found.update(fold(form) for form in (lemma, *self._words_of(language).get(lemma, ())))
        return frozenset(form for form in found if words(form) == [form])

    def forget_forms(self) -> None:
        """Gives back the 50 to 100 MB a language that forms took; needed only while rules are compiled."""
        self._inverse.clear()
        self._folded.clear()

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

    def _lemmas_of(self, language: str) -> Mapping[str, set[str]]:
        """The lemmas of each folded word; a lemma is one of its own forms."""
        if language not in self._folded:
            folded = self._folded[language] = {}
            for lemma, forms in self._words_of(language).items():
                for form in {fold(form) for form in (lemma, *forms)}:
                    folded.setdefault(form, set()).add(lemma)
        return self._folded[language]


def _read(language: str) -> Mapping[str, str]:
    from simplemma.strategies.dictionaries import DefaultDictionaryFactory  # large: only when needed

    found: Mapping[str, str] = DefaultDictionaryFactory().get_dictionary(language)
    return found
