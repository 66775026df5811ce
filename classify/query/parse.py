"""Query text to tree, and every mistake to a QueryError with its column and the remedy."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from lark import Token, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from classify.query.errors import QueryError
from classify.query.grammar import grammar
from classify.query.nodes import And, Near, Node, Not, Or, Phrase, Word, matches_nothing_said, walk, within
from classify.text import FIELDS, fold

MAX_QUERY = 20_000
MAX_DEPTH = 40
MAX_CHAIN = 10
MAX_DISTANCE = 100

_PIECES = re.compile(r"(?:[^\W_]|[*?])+")
_QUOTES = str.maketrans("“”„«»", '"""""')
_OPERATORS = {"_OR": "OR", "_AND": "AND", "NOT": "NOT"}


def parse_query(text: str) -> Node:
    """The tree of a query. Raises QueryError."""
    text = text.translate(_QUOTES)
    _check_outline(text)
    try:
        tree = grammar().parse(text)
    except UnexpectedInput as error:
        raise _unexpected(text, error) from error
    try:
        node: Node = _Builder().transform(tree)
    except VisitError as error:
        raise error.orig_exc from None  # lark wraps what the builder raises
    if matches_nothing_said(node):
        remedy = "say with AND what must occur: passport* NOT hockey"
        raise QueryError("the query only says what must not occur, so it matches everything", 1, remedy)
    return node


def _check_outline(text: str) -> None:
    """What a reader sees at once: emptiness, length, open quotes and brackets."""
    if not text.strip():
        raise QueryError("the query is empty", 1, "write at least one word")
    if len(text) > MAX_QUERY:
        raise QueryError(f"the query is longer than {MAX_QUERY} characters", MAX_QUERY, "split it into several rules")
    open_at: list[int] = []
    quote = 0
    for column, character in enumerate(text, start=1):
        if character == '"':
            quote = 0 if quote else column
        elif not quote:
            _bracket(character, column, open_at)
    if quote:
        raise QueryError("this quotation mark is never closed", quote, 'end the phrase with "')
    if open_at:
        raise QueryError("this bracket is never closed", open_at[-1], "add ) where the group ends")


def _bracket(character: str, column: int, open_at: list[int]) -> None:
    if character == "(":
        open_at.append(column)
        if len(open_at) > MAX_DEPTH:
            raise QueryError(f"brackets are nested deeper than {MAX_DEPTH}", column, "split the rule")
    elif character == ")":
        if not open_at:
            raise QueryError("this bracket was never opened", column, "remove it, or add ( where the group starts")
        open_at.pop()


def _unexpected(text: str, error: UnexpectedInput) -> QueryError:
    """What the parser stumbled over, in the words of the language."""
    token = error.token if isinstance(error, UnexpectedToken) else Token("", "")
    if token.type == "$END":
        operator = text.split()[-1]
        column = len(text.rstrip()) - len(operator) + 1
        return QueryError(f"nothing follows {operator}", column, f"write a word after {operator}, or remove it")
    column = error.column if error.column > 0 else 1
    if token.type == "RPAR":
        return QueryError("a word is missing before this bracket", column, "write one, or remove the empty part")
    name = _OPERATORS.get(token.type, str(token))
    remedy = f'write a word there; the word itself is written "{name.partition("/")[0]}"'
    if token.type == "NOT":
        return QueryError("NEAR cannot be followed by NOT", column, "write NOT before the whole NEAR, in brackets")
    return QueryError(f"{name} has nothing on its left", column, remedy)


class _Builder(Transformer_NonRecursive[Token, Node]):
    """Tree of tokens to nodes, bottom up. Lark hands over tokens and nodes mixed, in the order of the grammar."""

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
        if re.fullmatch(r"O?NEAR(/.*)?", token):
            name = token.partition("/")[0]
            raise QueryError(f"{token} has no distance", _column(token), f"write {name}/5 for at most 5 words apart")
        return _literal(token, str(token), _column(token))

    def phrase(self, parts: list[Token]) -> Node:
        token = parts[0]
        return _literal(token, token[1:-1], _column(token))

    def field(self, parts: list[Any]) -> Node:
        token: Token
        node: Node
        token, node = parts
        name = str(token)[:-1].lower()
        if name not in FIELDS:
            raise _unknown_field(token, name)
        if any(isinstance(inner, Word) and inner.field for inner in walk(node)):
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


def _unknown_field(token: Token, name: str) -> QueryError:
    close = get_close_matches(name, FIELDS, n=1)
    known = " and ".join(f"{field}:" for field in FIELDS)
    hint = f"did you mean {close[0]}:?" if close else f"the fields are {known}"
    return QueryError(f"unknown field {token}", _column(token), f"{hint}; text with a colon goes in quotes")


def _column(token: Token) -> int:
    return token.column or 1


def _flat(parts: list[Node], kind: type[And] | type[Or]) -> tuple[Node, ...]:
    """Groups of the same operator joined into one, each part once."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    return tuple(dict.fromkeys(flat))


def _near(left: Node, operator: Token, right: Node) -> Near:
    name, _, number = operator.partition("/")
    column, distance = _column(operator), int(number[:6])
    if not 1 <= distance <= MAX_DISTANCE:
        raise QueryError(f"{operator}: the distance is not from 1 to {MAX_DISTANCE}", column, f"write {name}/5")
    for side in (left, right):
        if any(isinstance(inner, And | Not) for inner in walk(side)):
            remedy = "only words, phrases, OR groups and NEAR can be near; separate them with OR or use quotes"
            raise QueryError(f"{name} cannot have AND or NOT beside it", column, remedy)
    return Near(left, right, distance, ordered=name == "ONEAR")


def _literal(token: Token, text: str, column: int) -> Node:
    """A word, or the phrase of its pieces where hyphens, apostrophes or spaces part them."""
    pieces = [_piece(piece, column) for piece in _PIECES.findall(fold(text))]
    if not pieces:
        raise QueryError(f"{token} holds no letter or digit", column, "write a word")
    return pieces[0] if len(pieces) == 1 else Phrase(tuple(pieces))


def _piece(piece: str, column: int) -> Word:
    letters = len(piece.replace("*", "").replace("?", ""))
    if not letters:
        remedy = "put letters beside it; for words in between, use ONEAR/n"
        raise QueryError(f"{piece} alone stands for any word", column, remedy)
    if piece.startswith("*") and letters < 3:
        raise QueryError(f"{piece} begins with * and has fewer than 3 letters", column, "write more of the word")
    return Word(re.sub(r"\*+", "*", piece))
