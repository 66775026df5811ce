"""The naive evaluator of queries, written for clarity: what the engine must agree with. Slow on purpose.

A place is (field, first word, last word), words numbered from 0 in each field; a node is the set of all its places, or
None where it is false.
"""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from classify.document import UNKNOWN, About
from classify.query.nodes import And, AtLeast, Exact, Meta, Near, Node, Not, Or, Phrase, Scope, Word
from classify.text import sentences

Place = tuple[str, int, int]


@dataclass(frozen=True)
class Token:
    """A word: its folded letters, its original ones with all signs to both neighbours, and where it stands."""

    letters: str
    start: int
    end: int
    sentence: int
    paragraph: int


@dataclass(frozen=True)
class Book:
    """Title and text as tokens by field and number, in parts or whole; the originals; what else is known."""

    words: dict[str, dict[int, Token]]
    texts: dict[str, str]
    about: About


def plain(text: str) -> str:
    """Lower case without accents and ligatures, hyphens and apostrophes as spaces."""
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    out = ""
    for part in unicodedata.normalize("NFKD", character.replace("œ", "oe").replace("Œ", "OE")):
        if not unicodedata.combining(part):
            out += part.lower() if part.isalnum() else " "
    return out


def oracle(node: Node, title: str, text: str, about: About = UNKNOWN) -> bool:
    """Whether the query matches."""
    return places(node, book(title, text, about)) is not None


def book(title: str, text: str, about: About = UNKNOWN) -> Book:
    """Title and text, read letter by letter."""
    titles = [replace(token, sentence=0, paragraph=0) for token in _tokens(title)]
    words = {"title": dict(enumerate(titles)), "text": dict(enumerate(_tokens(text)))}
    return Book(words, {"title": title, "text": text}, about)


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    letters, start = "", 0
    for at, character in enumerate([*text, " "]):
        folded = _plain(character)
        if folded.strip():
            start = start if letters else at
            letters += folded
        elif folded and letters:
            found.append(Token(letters, start, at, _sentence(text, start), _paragraph(text[:start])))
            letters = ""
    return found


def _sentence(text: str, at: int) -> int:
    return max(number for number, (start, _) in enumerate(sentences(text)) if start <= at)


def _paragraph(before: str) -> int:
    """How many empty lines come before."""
    return sum(not line.strip() for line in f"{before}x".splitlines()[1:])


def places(node: Node, read: Book) -> set[Place] | None:
    """Every place that makes the node true; empty for truth by absence."""
    match node:
        case Word():
            return {place for place in _all_words(read) if _fits(node, place, read)} or None
        case Phrase():
            return _phrase(node, read)
        case Exact():
            return {place for place in places(node.part, read) or () if _written(node.written, place, read)} or None
        case Near():
            return _near(node, read)
        case And():
            parts = [places(part, read) for part in node.parts]
            return None if None in parts else set().union(*[part for part in parts if part])
        case Or():
            true = [part for part in (places(part, read) for part in node.parts) if part is not None]
            return set().union(*true) if true else None
        case Not():
            return set() if places(node.part, read) is None else None
        case Scope():
            parts = [places(node.part, part) for part in _parts(node, read)]
            true = [part for part in parts if part is not None]
            return set().union(*true) if true else None
        case AtLeast():
            found = places(node.part, read) or set()
            return found if sum(_most(field, -1, found) for field in read.words) >= node.count else None
        case Meta():
            return set() if _known(node, read.about) else None


def _all_words(read: Book) -> list[Place]:
    return [(field, number, number) for field, words in read.words.items() for number in words]


def _fits(word: Word, place: Place, read: Book) -> bool:
    field, number, _ = place
    if word.field and word.field != field:
        return False
    letters = read.words[field][number].letters
    return letters in word.forms or fnmatch.fnmatchcase(letters, word.word)


def _phrase(node: Phrase, read: Book) -> set[Place] | None:
    found = set()
    for field, first, _ in _all_words(read):
        last = first + len(node.words) - 1
        if last in read.words[field] and all(
            _fits(word, (field, first + step, first + step), read) for step, word in enumerate(node.words)
        ):
            found.add((field, first, last))
    return found or None


def _written(written: str, place: Place, read: Book) -> bool:
    """Whether some piece of the text with exactly these words reads as written."""
    field, first, last = place
    text, words = read.texts[field], _tokens(read.texts[field])
    after = words[first - 1].end if first else 0
    before = words[last + 1].start if last + 1 < len(words) else len(text)
    return any(
        _seen(text[start:end]) == _seen(written)
        for start in range(after, words[first].start + 1)
        for end in range(words[last].end, before + 1)
    )


def _seen(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).replace("\u2019", "'"))


def _near(node: Near, read: Book) -> set[Place] | None:
    lefts, rights = places(node.left, read) or set(), places(node.right, read) or set()
    pairs = [(left, right) for left in lefts for right in rights]
    if not node.ordered:
        pairs += [(right, left) for left, right in pairs]
    found = {
        (first[0], first[1], second[2])
        for first, second in pairs
        if first[0] == second[0] and 1 <= second[1] - first[2] <= node.distance
    }
    return found or None


def _parts(node: Scope, read: Book) -> list[Book]:
    """Each sentence or paragraph as a book of its own, its words numbered as before."""
    found = []
    for field, words in read.words.items():
        if node.field in ("", field):
            for unit in sorted({getattr(token, node.unit) for token in words.values()}):
                inside = {number: token for number, token in words.items() if getattr(token, node.unit) == unit}
                found.append(replace(read, words={field: inside}))
    return found


def _most(field: str, after: int, found: set[Place]) -> int:
    """The most places behind ``after`` that share no word."""
    later = sorted({(last, first) for where, first, last in found if where == field and first > after})
    return 1 + _most(field, later[0][0], found) if later else 0


def _known(node: Meta, about: About) -> bool:
    value = node.words[0]
    if node.field == "site":
        host, wanted = (urlsplit(about.url).hostname or "").split("."), value.split(".")
        return host[-len(wanted) :] == wanted
    if node.field == "lang":
        tag, wanted = (about.language or "und").lower().split("-"), value.split("-")
        return tag[: len(wanted)] == wanted
    if node.field == "feed":
        return fnmatch.fnmatchcase(about.feed, value)
    row = plain(unquote(about.url) if node.field == "url" else about.author)
    return places(Phrase(tuple(Word(word) for word in node.words)), book("", row)) is not None
