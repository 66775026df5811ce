"""How a mention is read when claims are looked for: its sentences with their stems, addresses left out, tags split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from classify.polarity import negations
from classify.stems import Stems, Term
from classify.text import MAX_TEXT, sentences

HEAD = 20
"""Content words with which a mention says what it is about."""
GRAM = 4
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\b(?:[\w-]{1,63}\.){1,8}[a-z]{2,}/\S*", re.IGNORECASE)
_TAG = re.compile(r"[#@](\w+)")
_PART = re.compile(r"[A-ZÀ-ÖØ-Þ]+(?![a-zß-ÿ])|[A-ZÀ-ÖØ-Þ]?[a-zß-ÿ]+|\d+")
_QUESTION = re.compile(r"\?[\"'”\u2019» )\]]*$")


class Sentence(NamedTuple):
    """``field[start:end]`` of a mention. ``words``: its folded content words, for spelling."""

    field: str
    start: int
    end: int
    quote: str
    terms: tuple[Term, ...]
    stems: frozenset[str]

    @property
    def asks(self) -> bool:
        """A question is no assertion."""
        return _QUESTION.search(self.quote) is not None

    @property
    def denies(self) -> bool:
        """An odd number of denials turns a statement into its opposite."""
        return negations(self.quote) % 2 == 1


class Reading(NamedTuple):
    """A mention as claims are looked for in it. ``where``: the sentences that hold a stem, by their number."""

    sentences: tuple[Sentence, ...]
    where: Mapping[str, tuple[int, ...]]
    words: frozenset[str]
    head: frozenset[str]


def read(fields: Iterable[tuple[str, str]], stems: Stems) -> Reading:
    """Fields are pairs of a name and a text, in the order of reading; only MAX_TEXT characters of each are read."""
    found: list[Sentence] = []
    where: dict[str, list[int]] = {}
    words: set[str] = set()
    head: list[str] = []
    for field, text in fields:
        for start, end in sentences(text[:MAX_TEXT]):
            quote = text[start:end]
            terms = tuple(stems.terms(plain(quote)))
            held = frozenset(term.stem for term in terms)
            for stem in held:
                where.setdefault(stem, []).append(len(found))
            words.update(term.word for term in terms)
            head.extend(term.stem for term in terms[: HEAD - len(head)])
            found.append(Sentence(field, start, end, quote, terms, held))
    places = {stem: tuple(numbers) for stem, numbers in where.items()}
    return Reading(tuple(found), places, frozenset(words), frozenset(head))


def plain(sentence: str) -> str:
    """The sentence without addresses; "#StopTheTax" also says its parts."""
    if "/" in sentence or "www." in sentence.lower():
        sentence = _ADDRESS.sub(" ", sentence)
    return _TAG.sub(_split, sentence) if "#" in sentence or "@" in sentence else sentence


def _split(tag: re.Match[str]) -> str:
    parts = _PART.findall(tag[1])
    return f"{tag[1]} {' '.join(parts)}" if len(parts) > 1 else tag[1]


def grams(words: Iterable[str]) -> frozenset[str]:
    """All runs of GRAM characters in each word with a blank on both sides; a shorter word is its own."""
    padded = [f" {word} " for word in words]
    return frozenset(word[at : at + GRAM] for word in padded for at in range(max(1, len(word) - GRAM + 1)))
