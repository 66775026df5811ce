"""Which sentences of a mention repeat a known claim of its files: lexical, careful, and silent when in doubt.

It cannot see synonyms ("charge" for "fee"), opposites without a word of negation ("will fall"), irony, or a denial in
the next sentence; a question is no assertion and never counts. Falsity is never inferred: the claim is known, only
its repetition is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from classify.claims_line import has_text, line_on
from classify.claims_match import match
from classify.claims_rank import rank
from classify.claims_shelf import Shelf
from classify.claims_text import Reading, read
from classify.lemmas import LANGUAGES, Lexicon
from classify.stems import Stems
from gordon.desk.schema import Claim, PolicyFile
from gordon.events import ClaimHit

THRESHOLD = 0.9
"""Least score of a hit; scores are from 0 to 1. Lower, and sentences count that speak of the same matter without saying
the same; on the posts that the weights were learnt on, 0.9 is where hits beside the mark are rare (fewer than 7 %)."""
MOST_MATCHED = 50
"""Claims of a file that are compared with the sentences: those that share the heaviest words with the mention."""


class Shelved(NamedTuple):
    """The claims of a file in one language, and what they say, in the same order."""

    claims: tuple[Claim, ...]
    shelf: Shelf


class ClaimIndex:
    """The claims of a desk."""

    def __init__(self, files: Sequence[PolicyFile], lexicon: Lexicon) -> None:
        self._stems = {language: Stems(language, lexicon) for language in LANGUAGES}
        self._shelves: dict[tuple[str, str], Shelved] = {}
        for entry in files:
            for language in LANGUAGES:
                said = [(claim, text) for claim in entry.claims if has_text(text := getattr(claim.says, language))]
                if said:
                    claims, says = zip(*said, strict=True)
                    self._shelves[entry.file, language] = Shelved(claims, Shelf(says, self._stems[language]))

    def hits(
        self, title: str, text: str, language: str, files: Iterable[str], *, seen: datetime
    ) -> tuple[ClaimHit, ...]:
        """The best sentence for each claim of these files that the mention repeats, best score first.

        ``language``: claims of this language are looked for; of both where it is neither English nor French.
        ``seen``: when the mention was seen, an aware datetime; a line may have expired by then.
        """
        best: dict[tuple[str, str], ClaimHit] = {}
        readings: dict[str, Reading] = {}
        for file in dict.fromkeys(files):
            for spoken, shelved in self._of(file, language):
                if spoken not in readings:
                    readings[spoken] = read((("title", title), ("text", text)), self._stems[spoken])
                for hit in _hits(file, shelved, readings[spoken], seen):
                    key = (hit.file, hit.claim)
                    if key not in best or hit.score > best[key].score:
                        best[key] = hit
        return tuple(sorted(best.values(), key=lambda hit: (-hit.score, hit.file, hit.claim)))

    def rank(self, title: str, text: str, language: str, file: str, limit: int) -> list[tuple[str, float]]:
        """The claims of a file that the mention is most likely about, best first, with a score from 0 to 1.

        No threshold, no look at polarity, numbers or mood: a search, for people who choose.
        """
        best: dict[str, float] = {}
        for spoken, (claims, shelf) in self._of(file, language):
            reading = read((("title", title), ("text", text)), self._stems[spoken])
            for number, score in rank(shelf, reading, limit):
                best[claims[number].id] = max(score, best.get(claims[number].id, 0.0))
        return sorted(best.items(), key=lambda one: (-one[1], one[0]))[:limit]

    def shelf(self, file: str, language: str) -> Shelved:
        """The claims of a file that say something in "en" or "fr"."""
        return self._shelves.get((file, language)) or Shelved((), Shelf((), self._stems[language]))

    def _of(self, file: str, language: str) -> list[tuple[str, Shelved]]:
        spoken = (language,) if language in LANGUAGES else LANGUAGES
        return [(each, self._shelves[file, each]) for each in spoken if (file, each) in self._shelves]


def _hits(file: str, shelved: Shelved, reading: Reading, seen: datetime) -> Iterable[ClaimHit]:
    for number in shelved.shelf.candidates(reading.where.keys(), MOST_MATCHED):
        found = match(shelved.shelf, number, reading)
        if found is None or found.score < THRESHOLD:
            continue
        claim, sentence = shelved.claims[number], reading.sentences[found.sentence]
        line, flags = line_on(claim.line, seen.astimezone(UTC).date())
        yield ClaimHit(
            file=file,
            claim=claim.id,
            score=round(found.score, 3),
            quote=sentence.quote,
            field=sentence.field,
            start=sentence.start,
            end=sentence.end,
            line=line,
            flags=flags,
        )
