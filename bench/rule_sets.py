"""Rule sets of any size and mentions to run them on, drawn from made-up words whose frequencies follow Zipf's law.

The words are made of syllables, English-looking or French-looking (with accents and elisions). Rules take words of
middling rank, as people do: a phrase of two such words is rare, a single one less so. Reproducible by seed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate
from typing import Any

from gordon.desk.schema import PolicyFile
from gordon.events import Mention

VOCABULARY = 30_000
COMMON = (60, 2_000)
"""Ranks of the words that stand beside the subject of a rule: fee, delay, cut."""
RARE = (800, 20_000)
"""Ranks of subjects."""
_SYLLABLES = {
    "en": "ab ent ing er tion al or ate ive less ness pro con de re un in out over land tax fee pass port road work",
    "fr": "é ée eur tion ment age ique eau ou ai pré con dé ré in sur port pass gou ver loi impôt fran çais mai son",
}


@lru_cache
def vocabulary(language: str) -> tuple[str, ...]:
    """Different words, the most frequent first; short ones are frequent."""
    draw = random.Random(f"words of {language}")
    syllables = _SYLLABLES[language].split()
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        size = 1 + min(len(found) // 60, 1) + (len(found) > 2_000) + (draw.random() < 0.5)
        found["".join(draw.choices(syllables, k=size))] = None
    return tuple(found)


@lru_cache
def _weights() -> list[float]:
    return list(accumulate(1 / (rank + 2.7) for rank in range(VOCABULARY)))


def rules(count: int, seed: int = 3) -> list[dict[str, Any]]:
    """Phrases, AND, OR, NEAR and ONEAR, two thirds English."""
    draw = random.Random(seed)
    return [{"id": f"r{number}", **_rule(draw)} for number in range(count)]


def _rule(draw: random.Random) -> dict[str, Any]:
    language = draw.choice(("en", "en", "fr"))
    known = vocabulary(language)

    def rare() -> str:
        return known[draw.randrange(*RARE)]

    def common() -> str:
        return known[draw.randrange(*COMMON)]

    shape = draw.random()
    if shape < 0.3:
        return {"lang": language, "phrases": [f"{rare()} {common()}" for _ in range(draw.randint(1, 4))]}
    if shape < 0.5:
        query = f"{rare()} AND {rare()} AND ({common()} OR {common()})"
    elif shape < 0.7:
        query = f'{rare()}* NEAR/8 ({common()}* OR {common()} OR "{rare()} {common()}")'
    elif shape < 0.85:
        query = f'({rare()} OR "{rare()} {common()}") NEAR/5 ({common()} OR {rare()}) NOT title:{rare()}'
    else:
        query = f'"{rare()} {common()}" OR ({rare()} ONEAR/4 {common()})'
    return {"lang": language, "query": query}


def frequent(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """Rules of two neighbours of which each is frequent: some mentions are tagged by each of them."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        language = draw.choice(("en", "en", "fr"))
        one, other = (vocabulary(language)[draw.randrange(30, 400)] for _ in range(2))
        made.append({"id": f"f{number}", "lang": language, "query": f"{one} NEAR/3 {other}"})
    return made


def files(rules: Sequence[dict[str, Any]], each: int = 10) -> list[PolicyFile]:
    """The rules in policy files of so many each."""
    return [
        PolicyFile.model_validate({"file": f"file-{first // each}", "rules": rules[first : first + each]})
        for first in range(0, len(rules), each)
    ]


def mentions(count: int, seed: int = 5) -> list[Mention]:
    """Texts of 2 to 3 kB."""
    draw = random.Random(seed)
    return [_generated(draw, number) for number in range(count)]


def _generated(draw: random.Random, number: int) -> Mention:
    language = draw.choice(("en", "en", "fr"))
    known, signs = (
        vocabulary(language),
        ("", "", "", "", "", "", ",", ".", "\u2019s" if language == "en" else " \u00bb"),
    )
    said = draw.choices(known, cum_weights=_weights(), k=520)
    text = " ".join(word + draw.choice(signs) for word in said)[: draw.randint(2_000, 3_000)]
    return mention(number, text[:60], text, language)


def mention(number: int, title: str, text: str, language: str) -> Mention:
    """A mention of which only this matters."""
    return Mention(
        id=f"mention-{number}", revision=1, feed="https://blog.example/feed", url=f"https://blog.example/{number}",
        title=title, text=text, language=language, seen=datetime(2026, 11, 2, tzinfo=UTC), kind="new", flags=(),
    )  # fmt: skip
