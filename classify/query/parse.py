"""Query text to tree, and every mistake to a QueryError with its column and the remedy."""

from __future__ import annotations

import re
from typing import Any

from lark import Token, UnexpectedInput
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from classify.query.errors import QueryError
from classify.query.grammar import grammar
from classify.query.meta import read_meta
from classify.query.mistakes import check_outline, check_word, unexpected, unknown_field
from classify.query.nodes import (
    And,
    AtLeast,
    Exact,
    Meta,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Scope,
    Unit,
    Word,
    matches_nothing_said,
    walk,
    within,
)
from classify.text import FIELDS, fold, words

MAX_CHAIN = 10
MAX_DISTANCE = 100
MAX_COUNT = 100

_PIECES = re.compile(r"(?:[^\W_]|[*?])+")
_QUOTES = str.maketrans("“”„«»", '"""""')


def parse_query(text: str) -> Node:
    """The tree of a query. Raises QueryError."""
    written, text = text, text.translate(_QUOTES)
    check_outline(text)
    try:
        tree = grammar().parse(text)
    except UnexpectedInput as error:
        raise unexpected(text, error) from error
    try:
        node: Node = _Builder(written).transform(tree)
    except VisitError as error:
        raise error.orig_exc from None  # lark wraps what the builder raises
    if matches_nothing_said(node):
        remedy = "say with AND what must occur: passport* NOT hockey"
        raise QueryError("the query only says what must not occur, so it matches everything", 1, remedy)
    return node


class _Builder(Transformer_NonRecursive[Token, Node]):
    """Tree of tokens to nodes, bottom up. Lark hands over tokens and nodes mixed, in the order of the grammar.

    ``written``: the query with its own quotation marks, which the exact form keeps.
    """

    def __init__(self, written: str) -> None:
        super().__init__()
        self._written = written

    def start(self, parts: list[Node]) -> Node:
        return parts[0]

    def or_(self, parts: list[Node]) -> Node:
        return Or(_flat(parts, Or))

    def and_(self, parts: list[Node]) -> Node:
        return And(_flat(parts, And))

    def negation(self, parts: list[Any]) -> Node:
        part: Node = parts[-1]
        for _ in parts[:-1]:
            part = part.part if isinstance(part, Not) else Not(part)
        return part

    def word(self, parts: list[Token]) -> Node:
        token = parts[0]
        check_word(str(token), _column(token))
        return _literal(token, str(token), _column(token))

    def phrase(self, parts: list[Token]) -> Node:
        token = parts[0]
        return _literal(token, token[1:-1], _column(token))

    def exact(self, parts: list[Token]) -> Node:
        token, start = parts[0], parts[0].start_pos or 0
        written = self._written[start + 2 : start + len(token) - 1].strip()
        pieces = [Word(word) for word in words(fold(written))]
        if not pieces:
            raise QueryError(f"{token} holds no letter or digit", _column(token), "write a word, as in ={Passport}")
        return Exact(pieces[0] if len(pieces) == 1 else Phrase(tuple(pieces)), written)

    def scope(self, parts: list[Any]) -> Node:
        token, part = parts
        return _scope(token, part)

    def at_least(self, parts: list[Any]) -> Node:
        token, part = parts
        return _at_least(token, part)

    def given(self, parts: list[Token]) -> list[Token]:
        return parts

    def either(self, parts: list[list[Token]]) -> list[Token]:
        return [token for part in parts for token in part]

    def meta(self, parts: list[Any]) -> Node:
        token, values = parts
        name = str(token)[:-1].lower()
        nodes: list[Node] = [read_meta(name, _unquoted(value), _column(value)) for value in values]
        return nodes[0] if len(nodes) == 1 else Or(_flat(nodes, Or))

    def field(self, parts: list[Any]) -> Node:
        token: Token
        node: Node
        token, node = parts
        name = str(token)[:-1].lower()
        if name not in FIELDS:
            raise unknown_field(token, name)
        if any(isinstance(inner, Meta) or (isinstance(inner, Word) and inner.field) for inner in walk(node)):
            column = _column(token)
            raise QueryError("there is a field inside this field", column, "write each field beside the other")
        return within(node, name)

    def near(self, parts: list[Any]) -> Node:
        left: Node
        left, *rest = parts
        if len(rest) > 2 * MAX_CHAIN:
            raise QueryError(f"more than {MAX_CHAIN} NEAR in a row", _column(rest[0]), "use fewer")
        for operator, right in zip(rest[::2], rest[1::2], strict=True):
            left = _near(left, operator, right)
        return left


def _column(token: Token) -> int:
    return token.column or 1


def _flat(parts: list[Node], kind: type[And] | type[Or]) -> tuple[Node, ...]:
    """Groups of the same operator joined into one, each part once."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    return tuple(dict.fromkeys(flat))


def _unquoted(token: Token) -> str:
    return token[1:-1] if token.type == "PHRASE" else str(token)


def _scope(token: Token, part: Node) -> Node:
    unit: Unit = "sentence" if token == "SENTENCE" else "paragraph"
    for inner in walk(part):
        if isinstance(inner, Meta):
            remedy = f"write it beside {token}(...) with AND"
            raise QueryError(f"{inner.field}: cannot stand in {token}(...)", _column(token), remedy)
        if isinstance(inner, Scope) and (unit == "sentence" or inner.unit == "paragraph"):
            remedy = "only SENTENCE(...) in PARAGRAPH(...) means something; write them side by side with AND"
            raise QueryError(f"there is {inner.unit.upper()} inside {token}", _column(token), remedy)
    return Scope(part, unit)


def _at_least(token: Token, part: Node) -> Node:
    number = token.partition("/")[2]
    column, count = _column(token), int(number[:6])
    if not 1 <= count <= MAX_COUNT:
        raise QueryError(f"{token}: the number is not from 1 to {MAX_COUNT}", column, "write ATLEAST/3(fee)")
    if any(not isinstance(inner, Word | Phrase | Exact | Or) for inner in walk(part)):
        remedy = "only a word, a phrase or a group of OR can be counted; write ATLEAST once for each"
        raise QueryError("ATLEAST cannot count AND, NOT, NEAR and the like", column, remedy)
    return AtLeast(part, count)


def _near(left: Node, operator: Token, right: Node) -> Near:
    name, _, number = operator.partition("/")
    column, distance = _column(operator), int(number[:6])
    if not 1 <= distance <= MAX_DISTANCE:
        raise QueryError(f"{operator}: the distance is not from 1 to {MAX_DISTANCE}", column, f"write {name}/5")
    for side in (left, right):
        _check_side(side, name, column)
    return Near(left, right, distance, ordered=name == "ONEAR")


def _check_side(side: Node, name: str, column: int) -> None:
    for inner in walk(side):
        if isinstance(inner, Meta):
            remedy = f"{inner.field}: says nothing of places; write it beside the NEAR with AND"
            raise QueryError(f"{name} cannot have {inner.field}: beside it", column, remedy)
        if isinstance(inner, Scope):
            unit = inner.unit.upper()
            raise QueryError(f"{name} cannot have {unit} beside it", column, f"write {unit}(...) around the {name}")
        if isinstance(inner, AtLeast):
            raise QueryError(f"{name} cannot have ATLEAST beside it", column, "join the two with AND")
        if isinstance(inner, And | Not):
            remedy = "only words, phrases, OR groups and NEAR can be near; separate them with OR or use quotes"
            raise QueryError(f"{name} cannot have AND or NOT beside it", column, remedy)


def _literal(token: Token, text: str, column: int) -> Node:
    """A word, or the phrase of its pieces where hyphens, apostrophes or spaces part them."""
    pieces = [_piece(piece, column) for piece in _PIECES.findall(fold(text))]
    if not pieces:
        raise QueryError(f"{token} holds no letter or digit", column, "write a word, or remove it")
    return pieces[0] if len(pieces) == 1 else Phrase(tuple(pieces))


def _piece(piece: str, column: int) -> Word:
    letters = len(piece.replace("*", "").replace("?", ""))
    if not letters:
        remedy = "put letters beside it; for words in between, use ONEAR/n"
        raise QueryError(f"{piece} alone stands for any word", column, remedy)
    if piece.startswith("*") and letters < 3:
        raise QueryError(f"{piece} begins with * and has fewer than 3 letters", column, "write more of the word")
    return Word(re.sub(r"\*+", "*", piece))
