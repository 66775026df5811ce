"""Folding, words and sentences: how a text is read before any rule looks at it, with the way back to its offsets.

Folding makes what a reader takes for the same the same: case, accents, width, ligatures, typographic apostrophes and
hyphens; soft hyphens and zero-width characters vanish. Words are runs of letters and digits, so "l'impôt" is the two
words "l" and "impot", and "wait-time" is read like "wait time".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MAX_TEXT = 100_000
"""Characters of a field that are looked at; what follows is not tagged."""
GAP = 200
"""Positions between the last word of the title and the first of the text: no phrase or NEAR reaches across."""
FIELDS = ("title", "text")

WORD = re.compile(r"[^\W_]+")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_MANY = 48  # distinct foreign characters from which one translate() beats a replace() for each
_LETTERS = {
    "œ": "oe",
    "æ": "ae",
    "ø": "o",
    "đ": "d",
    "ł": "l",
    "\u0131": "i",
    "\u02bc": "'",
    "\u2032": "'",
    "\u2212": "-",
}
_VANISH = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_MARKS = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]")


class _FoldTable(dict[int, str]):
    """Character code to its folded form, filled as characters turn up; bounded by the size of Unicode."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if character in _VANISH:
        return ""
    if category == "Cs" or (category == "No" and unicodedata.decomposition(character).startswith("<super>")):
        return " "  # a lone surrogate cannot be searched; a footnote mark is no part of its word
    if category == "So":
        return " "  # "Passport™" is the word passport
    if category == "Pd":
        return "-"
    if character in "\u2018\u2019\u201b":
        return "'"
    if category in ("Ps", "Pe", "Pi", "Pf"):
        return " "  # quotation marks part words, and what is left of English and French is ASCII, which is fast
    flat = _MARKS.sub("", unicodedata.normalize("NFKD", character.casefold())).casefold()
    flat = "".join(_LETTERS.get(letter, letter) for letter in flat)
    return unicodedata.normalize("NFC", flat)


_TABLE = _FoldTable()


def fold(text: str) -> str:
    """The folded form; words that a reader takes for the same fold to the same."""
    if text.isascii():
        return text.lower()
    foreign = set(_FOREIGN.findall(text))
    if len(foreign) > _MANY:
        return text.translate(_TABLE).lower()
    for character in foreign:
        text = text.replace(character, _TABLE[ord(character)])
    return text.lower()


class Folded:
    """A text and its folded form. Offsets into the folded form lead back to the text exactly."""

    __slots__ = ("_ends", "_mapped", "_starts", "folded", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self._mapped = text.isascii()
        self._starts: list[int] | None = None
        self._ends: list[int] = []

    def _map(self) -> None:
        """Where each folded character came from. Marks that vanish belong to the character before them."""
        starts: list[int] = []
        ends: list[int] = []
        for index, character in enumerate(self.text):
            width = 1 if character < "\x80" else len(_TABLE[ord(character)])
            starts += [index] * width
            ends += [index + 1] * width
            if not width and ends:
                ends[-1] = index + 1
        self._starts, self._ends = starts, ends

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets into the text of the non-empty piece ``folded[start:end]``."""
        if not self._mapped:
            self._mapped = True
            if any(len(_TABLE[ord(character)]) != 1 for character in set(_FOREIGN.findall(self.text))):
                self._map()
        if self._starts is None:
            return start, end
        return self._starts[start], self._ends[end - 1]


_APART = {code: " " for code in range(128) if not chr(code).isalnum()}


def words(folded: str) -> list[str]:
    """The words of a folded text in order."""
    if folded.isascii():  # six times faster than the expression
        return folded.translate(_APART).split()
    return WORD.findall(folded)


# The look-behind and the possessive quantifiers keep a text of nothing but marks from taking quadratic time.
_BREAK = re.compile(r"(?<![.!?…])[.!?…]++[\"'”\u2019»)\]]*+(?=\s)|[\r\n]++")
_ABBREVIATION = re.compile(r"(?:^|[\s(«\"])(?:mrs?|ms|dr|st|mme|mlle|no|vs|art|al|ex|cf|gov|sen|hon|prof|[a-z])$", re.I)
MAX_SENTENCE = 600
MAX_SENTENCES = 2_000


def sentences(text: str, *, most: int = MAX_SENTENCES) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences of a text: about ``most`` of them, each of at most MAX_SENTENCE characters.

    A sentence ends at its mark before white space (unless an abbreviation or initial stands there) or at a line's end.
    """
    start = count = 0
    for match in _BREAK.finditer(text):
        if match[0][0] == "." and _ABBREVIATION.search(text, max(0, match.start() - 12), match.start()):
            continue
        for piece in _trimmed(text, start, match.end()):
            yield piece
            count += 1
        start = match.end()
        if count >= most:
            return
    yield from _trimmed(text, start, len(text))


_EMPTY_LINE = re.compile(r"(?>\r\n?|\n)(?:[^\S\r\n]*(?>\r\n?|\n))+|\u2029+")


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of what empty lines part; a paragraph may be empty."""
    start = 0
    for match in _EMPTY_LINE.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The piece without the white space around it, cut where it is too long for a sentence."""
    while start < end:
        stop = min(end, start + MAX_SENTENCE)
        if stop < end:
            stop = max(text.rfind(" ", start, stop), start) + 1 if " " in text[start:stop] else stop
        piece = text[start:stop]
        left = len(piece) - len(piece.lstrip())
        if piece.strip():
            yield start + left, start + left + len(piece.strip())
        start = stop
