"""The forms of a lemma by table, English and French (simplemma's dictionaries without its guesses). Lower case."""

from __future__ import annotations

from collections.abc import Iterable

LANGUAGES = ("en", "fr")


class Lemmas:
    """The tables the other way round: lemma to words. Read on first use (0.5 s, 50 MB each): only to compile."""

    def __init__(self) -> None:
        self._inverse: dict[str, dict[str, list[str]]] = {}

    def forms(self, lemmas: Iterable[str], languages: Iterable[str]) -> frozenset[str]:
        """These lemmas and every word that has one of them in one of these languages."""
        wanted = frozenset(lemma.lower() for lemma in lemmas)
        found = [word for language in languages for lemma in wanted for word in self._of(language).get(lemma, ())]
        return wanted.union(found)

    def _of(self, language: str) -> dict[str, list[str]]:
        if language not in self._inverse:
            self._inverse[language] = _inverse(language)
        return self._inverse[language]


def _inverse(language: str) -> dict[str, list[str]]:
    from simplemma.strategies.dictionaries import DefaultDictionaryFactory  # its tables are large: only when needed

    inverse: dict[str, list[str]] = {}
    for word, lemma in DefaultDictionaryFactory().get_dictionary(language).items():
        inverse.setdefault(lemma.lower(), []).append(word.lower())
    return inverse
