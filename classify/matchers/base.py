"""What a matcher is: the compiled form of one rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from classify.document import Document, Hit
from classify.lemmas import Lexicon
from classify.matchers.spacy_runtime import Pipelines
from classify.query.needs import Needs

MAX_EVIDENCE = 10
"""Places that one rule names in one mention."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What compiling a rule may need. ``pipelines`` live as long as the process, the ``lexicon`` as the engine."""

    pipelines: Pipelines
    lexicon: Lexicon


class RuleError(ValueError):
    """A rule that cannot be compiled; ``path`` leads from the rule to the mistake. Becomes a Problem with its line."""

    def __init__(self, message: str, remedy: str, path: tuple[str | int, ...]) -> None:
        self.message, self.remedy, self.path = message, remedy, path
        super().__init__(message)


class Miss(NamedTuple):
    """Why a rule did not fire; ``near``: a part of it did match."""

    near: bool
    why: str


class Matcher(Protocol):
    """Finds one rule in a document.

    ``ways``: of one of them one literal of each set must occur for ``find`` to be worth a call. Empty: always called.
    ``language``: "en", "fr" or another code, of the mention.
    """

    @property
    def ways(self) -> tuple[Needs, ...]: ...

    def find(self, document: Document, language: str) -> list[Hit] | None:
        """At most MAX_EVIDENCE places in order; None where the rule does not fire."""
        ...

    def miss(self, document: Document, language: str) -> Miss:
        """Why ``find`` gave None."""
        ...

    def warm(self) -> None:
        """Loads what the first ``find`` would have to load."""
        ...
