"""Which language a text is in; the only home of lingua. Loaded on first use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

SAMPLE = 200
SHORT = 60
UNKNOWN = "und"
_BROAD = (
    *("ENGLISH", "FRENCH", "GERMAN", "SPANISH", "ITALIAN", "DUTCH", "PORTUGUESE"),
    *("SWEDISH", "POLISH", "RUSSIAN", "UKRAINIAN", "ARABIC", "CHINESE", "JAPANESE"),
)
_OFFICIAL = frozenset({"en", "fr"})
_NO_WORDS = re.compile(r"https?://\S+|[\d\W_]+")
_LEAST_LETTERS = 4


class Detector:
    """Detects the languages that Gordon meets. Cheap to make; the first ``detect`` loads about 20 MB."""

    def __init__(self) -> None:
        self._lingua: LanguageDetector | None = None

    def detect(self, title: str, text: str, declared: str = "") -> str:
        """The ISO 639-1 code of the language: "en", "fr" or another. Looks at the title and the beginning of the
        text. ``declared``: what the publisher says ("fr-CA"); it decides when there is too little to look at, and
        between English and French for a few words. "und" when nothing is known."""
        said = base(declared)
        sample = _NO_WORDS.sub(" ", f"{title} {text[:SAMPLE]}").strip()
        if len(sample) < _LEAST_LETTERS:
            return said or UNKNOWN
        if len(sample) < SHORT and said in _OFFICIAL:
            return said
        return self._detect(sample) or said or UNKNOWN

    def _detect(self, sample: str) -> str:
        if self._lingua is None:
            self._lingua = _load()
        found = self._lingua.detect_language_of(sample)
        return "" if found is None else found.iso_code_639_1.name.lower()


def base(tag: str) -> str:
    """The primary language of a tag such as "fr-CA", "en_US" or "eng"; "" for what is not a language tag."""
    found = re.match(r"^\s*([A-Za-z]{2,3})(?:[-_].*)?$", tag)
    word = found[1].lower() if found else ""
    return {"eng": "en", "fra": "fr", "fre": "fr"}.get(word, word)


def _load() -> LanguageDetector:
    from lingua import Language, LanguageDetectorBuilder

    languages = [getattr(Language, name) for name in _BROAD]
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()
