"""Which language a text is in; the only home of lingua. Loaded on first use.

Two detectors: a light one over many languages, right for any text of a sentence or two, and for a bare headline it is
unsure of, a strong one that knows English and French only. What was measured is in docs/decisions.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import Language, LanguageDetector

SAMPLE = 200
SHORT = 100
SURE = 0.95
"""Confidence of the light detector from which the publisher's word does not count any more."""
SURER, SUREST = 0.99, 0.999
"""From which the strong one is not asked: for English and French, and for the rest of the world."""
UNKNOWN = "und"
_LEAST_LETTERS = 4
_BROAD = (
    *("ENGLISH", "FRENCH", "GERMAN", "SPANISH", "ITALIAN", "DUTCH", "PORTUGUESE"),
    *("SWEDISH", "POLISH", "RUSSIAN", "UKRAINIAN", "ARABIC", "CHINESE", "JAPANESE"),
)
_NO_WORDS = re.compile(r"https?://\S+|[\d\W_]+")


class Detector:
    """Detects the languages that Gordon meets. Cheap to make: the first text loads about 20 MB, the first headline
    that needs the strong detector about 100 MB more."""

    def detect(self, title: str, text: str, declared: str = "") -> str:
        """The ISO 639-1 code of the language: "en", "fr" or another; "und" when nothing is known. Looks at the title
        and the beginning of the text. ``declared``, what the publisher says ("fr-CA"), decides only where there is
        too little to look at: publishers often leave their software's default in place."""
        said = base(declared)
        sample = _NO_WORDS.sub(" ", f"{title} {text[:SAMPLE]}").strip()
        if len(sample) < _LEAST_LETTERS:
            return said or UNKNOWN
        found = self._broad.compute_language_confidence_values(sample)[0]
        if not found.value:
            return said or UNKNOWN
        code = _code(found.language)
        if len(sample) >= SHORT or found.value >= (SURER if code in ("en", "fr") else SUREST) or said == code:
            return code
        if said and found.value < SURE:
            return said
        return _code(self._strong.detect_language_of(sample) or found.language)

    @cached_property
    def _broad(self) -> LanguageDetector:
        return _load(_BROAD, light=True)

    @cached_property
    def _strong(self) -> LanguageDetector:
        return _load(_BROAD[:2], light=False)


def base(tag: str) -> str:
    """The primary language of a tag such as "fr-CA", "en_US" or "eng"; "" for what is not a language tag."""
    found = re.match(r"^\s*([A-Za-z]{2,3})(?:[-_].*)?$", tag)
    word = found[1].lower() if found else ""
    return {"eng": "en", "fra": "fr", "fre": "fr"}.get(word, word)


def _code(language: Language) -> str:
    return language.iso_code_639_1.name.lower()


def _load(names: tuple[str, ...], *, light: bool) -> LanguageDetector:
    from lingua import Language, LanguageDetectorBuilder

    builder = LanguageDetectorBuilder.from_languages(*(getattr(Language, name) for name in names))
    return (builder.with_low_accuracy_mode() if light else builder).build()
