"""A compiled rule, and which languages it speaks.

A rule without a language runs on every mention. A rule with one runs on mentions of that language, and on those whose
language could not be told ("und" or ""): unknown is not different. Mentions of a third language ("de") get only the
rules without a language.
"""

from __future__ import annotations

from dataclasses import dataclass

from classify.matchers.base import Matcher


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule, ready. ``veto``: it comes from ``exclude`` and keeps its file away."""

    file: str
    id: str
    lang: str | None
    weight: float
    veto: bool
    matcher: Matcher

    def speaks(self, language: str) -> bool:
        """Whether it runs on mentions of this (base) language."""
        return self.lang is None or language in ("", "und", self.lang)


def base_language(tag: str) -> str:
    """ "fr-CA" is "fr"."""
    return tag.replace("_", "-").partition("-")[0].lower()
