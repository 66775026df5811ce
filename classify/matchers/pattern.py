"""Rules with ``pattern:``, spaCy token patterns on blank pipelines: validated, anchored, run in windows.
A match with ``*`` or ``+`` in its pattern has at most REACH tokens.

A blank pipeline knows the text of a token, its shape and its flags. LEMMA works by table: ``{LEMMA: fee}`` is read as
any form of "fee", so nothing has to be lemmatised later. Parts of speech, entities and sentence starts need a trained
model: patterns that ask for them are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from classify.document import Document, Hit
from classify.lemmas import LANGUAGES, Lexicon
from classify.matchers.anchors import longest, needs_of, repeats
from classify.matchers.base import MAX_EVIDENCE, Matcher, Miss, RuleError, Tools
from classify.matchers.spacy_runtime import REACH, Pattern, Pipelines, Place, validate
from classify.matchers.windows import windows
from classify.query.needs import Needs
from classify.text import FIELDS

_UNKNOWABLE = frozenset(
    ("POS", "TAG", "DEP", "MORPH", "ENT_TYPE", "ENT_ID", "ENT_IOB", "ENT_KB_ID", "SENT_START", "IS_SENT_START", "_")
)
MAX_OPTIONAL = 8
MAX_UNBOUNDED = 2
Token = Mapping[str, Any]


class PatternMatcher:
    """One token pattern, run by the pipeline of the mention's language; by the English one for a third language."""

    def __init__(self, pattern: Sequence[Token], languages: tuple[str, ...], pipelines: Pipelines) -> None:
        self.pattern = Pattern(pattern)
        self.languages = languages
        self.length = longest(pattern)
        self._pipelines = pipelines
        self._needs = needs_of(pattern)

    @property
    def ways(self) -> tuple[Needs, ...]:
        return (self._needs,) if self._needs else ()

    def find(self, document: Document, language: str) -> list[Hit] | None:
        pipeline = language if language in self.languages else self.languages[0]
        hits = sorted({hit for place in self._places(document) for hit in self._in(document, place, pipeline)})
        return hits[:MAX_EVIDENCE] or None

    def _places(self, document: Document) -> list[Place]:
        """The stretches of the document in which a match can lie."""
        places = []
        for number, field in enumerate(document.fields):
            if self._needs:
                spans = windows(field, [literal.text for literal in self._needs[0]], self.length or REACH)
            else:
                spans = [(0, len(field.text))] if field.text.strip() else []
            places += [Place(number, start, end) for start, end in spans]
        return places

    def _in(self, document: Document, place: Place, pipeline: str) -> list[Hit]:
        found = self._pipelines.matches(self.pattern, document, place, pipeline)
        return [Hit(FIELDS[place.field], place.start + start, place.start + end) for start, end in found]

    def miss(self, document: Document, language: str) -> Miss:
        present = sorted(one.text for literals in self._needs for one in literals if one.text in document.folded)
        if present:
            return Miss(True, f"found {', '.join(present[:3])}, but not the whole pattern")
        return Miss(False, "none of the words that the pattern needs")

    def warm(self) -> None:
        for language in self.languages:
            self._pipelines.pipeline(language)


def compile_pattern(pattern: Sequence[Token], lang: str | None, tools: Tools, forms: bool = False) -> Matcher:
    """Raises RuleError with the place of the first mistake."""
    if forms:
        raise RuleError("a pattern has no forms", "remove forms, and write LEMMA instead of LOWER", ("forms",))
    if not pattern:
        raise RuleError("the pattern is empty", "write at least one token, such as {LOWER: fee}", ("pattern",))
    for number, token in enumerate(pattern):
        _check(token, number)
    complaint = validate([_renamed(token) for token in pattern])
    if complaint:
        remedy = "the keys are LOWER, LEMMA, TEXT, SHAPE, OP, IS_DIGIT and the like"
        raise RuleError(f"not a spaCy token pattern: {complaint.message}", remedy, ("pattern", *complaint.path))
    languages = (lang,) if lang else LANGUAGES
    expanded = [_expanded(_renamed(token), languages, tools.lexicon) for token in pattern]
    if all(repeats(token)[0] == 0 or not token.keys() - {"OP"} for token in expanded):
        raise RuleError("the pattern matches everything", "name a word in a token that must occur", ("pattern",))
    _check_size(expanded)
    return PatternMatcher(expanded, languages, tools.pipelines)


def _check_size(pattern: Sequence[Token]) -> None:
    """Refuses what would take spaCy exponential time."""
    bounds = [repeats(token) for token in pattern]
    optional = sum(most - least for least, most in bounds if most is not None)
    if optional > MAX_OPTIONAL:
        remedy = "use OP '*' for the gap, or a query with NEAR"
        raise RuleError(f"more than {MAX_OPTIONAL} tokens are optional", remedy, ("pattern",))
    if sum(most is None for _, most in bounds) > MAX_UNBOUNDED:
        remedy = "split the pattern, or write a query with NEAR"
        raise RuleError(f"more than {MAX_UNBOUNDED} tokens repeat without bound", remedy, ("pattern",))


def _check(token: Token, number: int) -> None:
    """What spaCy accepts but a blank pipeline, or the reading of LEMMA, does not."""
    for key, value in token.items():
        if key.upper() in _UNKNOWABLE:
            remedy = "use LOWER, LEMMA, TEXT, SHAPE or a flag such as IS_DIGIT"
            raise RuleError(f"{key} is not known without a trained model", remedy, ("pattern", number, key))
        conditions = {str(one).upper() for one in value} if isinstance(value, Mapping) else set()
        if key.upper() == "LEMMA" and not conditions <= {"IN", "NOT_IN"}:
            raise RuleError("LEMMA takes a word, IN or NOT_IN", "use LOWER with REGEX", ("pattern", number, key))
    names = {key.upper() for key in token}
    if {"LEMMA", "LOWER"} <= names:
        raise RuleError("a token has both LEMMA and LOWER", "keep one of them", ("pattern", number))


def _renamed(token: Token) -> dict[str, Any]:
    """The token with its keys in upper case, as spaCy reads them anyway."""
    return {key.upper(): value for key, value in token.items()}


def _expanded(token: Token, languages: tuple[str, ...], lexicon: Lexicon) -> dict[str, Any]:
    """The token with LEMMA as the list of its forms."""
    if "LEMMA" not in token:
        return dict(token)
    wanted = token["LEMMA"]
    lists = {"IN": [wanted]} if isinstance(wanted, str) else {key.upper(): listed for key, listed in wanted.items()}
    forms = {key: sorted(lexicon.forms(listed, languages)) for key, listed in lists.items()}
    return {**{key: value for key, value in token.items() if key != "LEMMA"}, "LOWER": forms}
