"""Rules with ``pattern:``, spaCy token patterns on blank pipelines: validated, anchored, run in windows.

A blank pipeline knows the text of a token, its shape and flags, and here its LEMMA (by table, in lower case). It knows
no parts of speech, entities or sentence starts: patterns that ask for these are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from classify.document import Document, Hit
from classify.lemmas import LANGUAGES, forms
from classify.matchers.anchors import longest, needs_of
from classify.matchers.base import MAX_EVIDENCE, Matcher, Miss, RuleError
from classify.matchers.spacy_runtime import Pipelines, Place, validate
from classify.matchers.windows import windows
from classify.query.needs import Needs
from classify.text import FIELDS

_UNKNOWABLE = frozenset(
    (
        "POS",
        "TAG",
        "DEP",
        "MORPH",
        "ENT_TYPE",
        "ENT_ID",
        "ENT_IOB",
        "ENT_KB_ID",
        "SENT_START",
        "IS_SENT_START",
        "HEAD",
        "_",
    )
)
Token = Mapping[str, Any]


class PatternMatcher:
    """One token pattern, run by the pipeline of the mention's language."""

    def __init__(self, pattern: Sequence[Token], languages: tuple[str, ...], pipelines: Pipelines) -> None:
        self.pattern = [dict(token) for token in pattern]
        self.languages = languages
        self.length = longest(pattern)
        self._pipelines = pipelines
        self._needs = needs_of(self.pattern, lambda lemmas: forms(lemmas, languages))

    @property
    def needs(self) -> Needs:
        return self._needs

    def find(self, document: Document, language: str) -> list[Hit] | None:
        pipeline = language if language in self.languages else self.languages[0]
        hits = sorted({hit for place in self._places(document) for hit in self._in(document, place, pipeline)})
        return hits[:MAX_EVIDENCE] or None

    def _places(self, document: Document) -> list[Place]:
        """The stretches of the document in which a match can lie."""
        places = []
        for number, field in enumerate(document.fields):
            if self._needs is None or self.length is None:
                spans = [(0, len(field.text))] if field.text.strip() else []
            else:
                spans = windows(field, [literal.text for literal in self._needs], self.length)
            places += [Place(number, start, end) for start, end in spans]
        return places

    def _in(self, document: Document, place: Place, pipeline: str) -> list[Hit]:
        tokens = self._pipelines.tokens(document, place, pipeline)
        found = self._pipelines.matches(self.pattern, tokens, pipeline)
        return [Hit(FIELDS[place.field], place.start + start, place.start + end) for start, end in found]

    def miss(self, document: Document, language: str) -> Miss:
        present = sorted(literal.text for literal in self._needs or () if literal.text in document.folded)
        if present:
            return Miss(True, f"found {', '.join(present[:3])}, but not the whole pattern")
        return Miss(False, "none of the words that the pattern needs")


def compile_pattern(pattern: Sequence[Token], lang: str | None, pipelines: Pipelines) -> Matcher:
    """Raises RuleError with the place of the first mistake. Without ``lang``, English is the default pipeline."""
    if not pattern:
        raise RuleError("the pattern is empty", "write at least one token, such as {LOWER: fee}", ("pattern",))
    for number, token in enumerate(pattern):
        _check(token, number)
    lowered = [_lower_lemmas(token) for token in pattern]
    for number, message in validate(lowered):
        path = ("pattern", number) if 0 <= number < len(pattern) else ("pattern",)
        raise RuleError(f"not a spaCy token pattern: {message}", "see the table of token attributes", path)
    if longest(lowered) == 0:
        raise RuleError("the pattern matches nothing", "give one token an OP other than {0}", ("pattern",))
    return PatternMatcher(lowered, (lang,) if lang else LANGUAGES, pipelines)


def _check(token: Token, number: int) -> None:
    for key in token:
        if str(key).upper() in _UNKNOWABLE:
            remedy = "use LOWER, LEMMA, TEXT, SHAPE or a flag such as IS_DIGIT"
            raise RuleError(f"{key} is not known without a trained model", remedy, ("pattern", number, key))


def _lower_lemmas(token: Token) -> dict[str, Any]:
    """The token with its lemmas in lower case, as the tables have them."""
    return {str(key): _lowered(value) if str(key).upper() == "LEMMA" else _plain(value) for key, value in token.items()}


def _lowered(value: Any) -> Any:
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, Mapping):
        return {
            key: [_lowered(one) for one in inner] if str(key).upper() in ("IN", "NOT_IN") else inner
            for key, inner in value.items()
        }
    return value


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
