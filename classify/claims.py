"""Which sentences of a mention repeat a known claim of its files: lexical, careful, and silent when in doubt.

A sentence repeats a claim when it holds nearly all of the claim's content words (stemmed, close together), all of its
numbers, and says them with the same polarity. It cannot see synonyms ("charge" for "fee"), opposites without a word of
negation ("will fall"), irony, or a denial in the next sentence; a question is no assertion and never counts. Falsity
is never inferred: the claim is known, only its repetition is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classify.lemmas import LANGUAGES, Lexicon
from classify.polarity import negations
from classify.stems import Stems, Term
from classify.text import MAX_TEXT, sentences
from gordon.desk.schema import PolicyFile
from gordon.events import ClaimHit

THRESHOLD = 0.75
"""Least score of a hit; scores are from 0 to 1."""
_LOOSE = 12
"""Words beside the claim's own that may stand between its words before the score suffers."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """One claim in one language. ``words``: its content stems; ``numbers``: those that must all be repeated."""

    file: str
    id: str
    language: str
    words: frozenset[str]
    numbers: frozenset[str]
    negated: bool


class ClaimIndex:
    """The claims of a desk."""

    def __init__(self, files: Sequence[PolicyFile], lexicon: Lexicon) -> None:
        self._claims: dict[str, list[_Claim]] = {}
        self._stems = {language: Stems(language, lexicon) for language in LANGUAGES}
        for entry in files:
            for claim in entry.claims:
                for language, says in (("en", claim.says.en), ("fr", claim.says.fr)):
                    if says:
                        self._claims.setdefault(entry.file, []).append(
                            self._claim(entry.file, claim.id, language, says)
                        )

    def hits(self, title: str, text: str, language: str, files: Iterable[str]) -> tuple[ClaimHit, ...]:
        """The best sentence for each claim of these files, best score first.

        ``language``: claims of this language are looked for; of both where it is neither English nor French.
        """
        wanted = [
            claim
            for file in files
            for claim in self._claims.get(file, ())
            if language not in LANGUAGES or claim.language == language
        ]
        best: dict[tuple[str, str], ClaimHit] = {}
        for source in (title, text) if wanted else ():
            for hit in self._hits_in(source[:MAX_TEXT], wanted):
                key = (hit.file, hit.claim)
                if key not in best or hit.score > best[key].score:
                    best[key] = hit
        return tuple(sorted(best.values(), key=lambda hit: (-hit.score, hit.file, hit.claim)))

    def _hits_in(self, text: str, claims: Sequence[_Claim]) -> Iterable[ClaimHit]:
        languages = sorted({claim.language for claim in claims})
        for start, end in sentences(text):
            sentence = text[start:end]
            for language in languages:
                found = self._stems[language].terms(sentence)
                for claim in claims:
                    score = _score(claim, sentence, found) if claim.language == language else 0.0
                    if score >= THRESHOLD:
                        yield ClaimHit(file=claim.file, claim=claim.id, score=round(score, 3), quote=sentence)

    def _claim(self, file: str, name: str, language: str, says: str) -> _Claim:
        found = self._stems[language].terms(says)
        return _Claim(
            file=file,
            id=name,
            language=language,
            words=frozenset(term.stem for term in found if not term.number),
            numbers=frozenset(term.stem for term in found if term.number),
            negated=bool(negations(says) % 2),
        )


def _score(claim: _Claim, sentence: str, found: Sequence[Term]) -> float:
    """How far the sentence repeats the claim; 0 where number, polarity or mood speak against it."""
    wanted = claim.words | claim.numbers
    stems = {term.stem for term in found}
    shared = stems & wanted
    if len(shared) < THRESHOLD * len(wanted) or len(shared) < min(2, len(wanted)) or not claim.numbers <= stems:
        return 0.0
    if sentence.rstrip("\"'”\u2019» )]").endswith("?"):
        return 0.0
    if (negations(sentence) % 2 == 1) != claim.negated:
        return 0.0
    slack = max(0, _spread(found, shared) - len(wanted) - _LOOSE)
    return len(shared) / len(wanted) * (1 - min(0.5, 0.03 * slack))


def _spread(found: Sequence[Term], shared: set[str]) -> int:
    """The fewest words in a row that hold every shared stem."""
    last: dict[str, int] = {}
    best = len(found) and found[-1].position + 1
    for term in found:
        if term.stem in shared:
            last[term.stem] = term.position
            if len(last) == len(shared):
                best = min(best, term.position - min(last.values()) + 1)
    return best
