"""Mistakes of a query that are seen before there is a tree, each with its column and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from lark import Token, UnexpectedInput, UnexpectedToken

from classify.query.errors import QueryError
from classify.query.meta import META_FIELDS
from classify.text import FIELDS

MAX_QUERY = 20_000
MAX_DEPTH = 40

_OPERATORS = {"_OR": "OR", "_AND": "AND", "NOT": "NOT"}
_KNOWN = ("AND", "OR", "NOT", "NEAR", "ONEAR", "SENTENCE", "PARAGRAPH", "ATLEAST")
_INSTEAD = {
    "&": "AND", "&&": "AND", "|": "OR", "||": "OR", "!": "NOT", "ET": "AND", "OU": "OR", "SAUF": "NOT",
    "ANDNOT": "AND NOT",
}  # fmt: skip
_FOREIGN = {
    "W": "NEAR", "N": "NEAR", "WITHIN": "NEAR", "PROX": "NEAR", "PRE": "ONEAR", "P": "ONEAR", "ADJ": "ONEAR",
}  # fmt: skip


def check_outline(text: str) -> None:
    """What a reader sees at once: emptiness, length, open quotes, braces and brackets. Raises QueryError."""
    if not text.strip():
        raise QueryError("the query is empty", 1, "write at least one word")
    if len(text) > MAX_QUERY:
        raise QueryError(f"the query is longer than {MAX_QUERY} characters", MAX_QUERY, "split it into several rules")
    open_at: list[int] = []
    for sign, column in _outline(text):
        if sign == "(":
            open_at.append(column)
            if len(open_at) > MAX_DEPTH:
                raise QueryError(f"brackets are nested deeper than {MAX_DEPTH}", column, "split the rule")
        elif not open_at:
            raise QueryError("this bracket was never opened", column, "remove it, or add ( where the group starts")
        else:
            open_at.pop()
    if open_at:
        raise QueryError("this bracket is never closed", open_at[-1], "add ) where the group ends")


def _outline(text: str) -> Iterator[tuple[str, int]]:
    """The brackets outside quotes and exact forms, each with its column."""
    at = 0
    while at < len(text):
        if text[at] == '"':
            end = text.find('"', at + 1)
            if end < 0:
                raise QueryError("this quotation mark is never closed", at + 1, 'end the phrase with "')
            at = end
        elif text.startswith("={", at) and (not at or text[at - 1] in " \t\r\n(:"):
            end = text.find("}", at)
            if end < 0:
                raise QueryError("this brace is never closed", at + 2, "end the exact form with }, as in ={Passport}")
            at = end
        elif text[at] in "()":
            yield text[at], at + 1
        at += 1


def unexpected(text: str, error: UnexpectedInput) -> QueryError:
    """What the parser stumbled over, in the words of the language."""
    token = error.token if isinstance(error, UnexpectedToken) else Token("", "")
    if token.type == "$END":
        operator = text.split()[-1]
        column = len(text.rstrip()) - len(operator) + 1
        return QueryError(f"nothing follows {operator}", column, f"write a word after {operator}, or remove it")
    column = error.column if error.column > 0 else 1
    wanted = set(error.expected) if isinstance(error, UnexpectedToken) else set()
    if not wanted & {"FIELD", "NOT", "_AND"}:
        remedy = "write site:(a.example OR b.example), and every other part outside the bracket"
        return QueryError(f"{token} cannot stand in such a field, which takes words, quotes and OR", column, remedy)
    if token.type == "RPAR":
        return QueryError("a word is missing before this bracket", column, "write one, or remove the empty part")
    if token.type == "NOT":
        before = text[: column - 1].split()[-1]
        remedy = f"write NOT before the whole {before.partition('/')[0]}, in brackets"
        if before.endswith(":"):
            remedy = f"write NOT {before}word"
        return QueryError(f"{before} cannot be followed by NOT", column, remedy)
    name = _OPERATORS.get(token.type, str(token))
    remedy = f'write a word there; the word itself is written "{name.partition("/")[0]}"'
    return QueryError(f"{name} has nothing on its left", column, remedy)


def check_word(word: str, column: int) -> None:
    """Raises QueryError for a word that must have been meant as an operator or a sign."""
    name, slash, number = word.partition("/")
    upper = name.upper()
    if re.fullmatch(r"O?NEAR(/.*)?", word):
        raise QueryError(f"{word} has no distance", column, f"write {name}/5 for at most 5 words apart")
    if name == "ATLEAST":
        what = "bracket" if number.isdecimal() else "number"
        raise QueryError(f"{word} has no {what}", column, "write ATLEAST/3(fee) for at least 3 places")
    if word in ("SENTENCE", "PARAGRAPH"):
        raise QueryError(f"{word} has no bracket", column, f'write {word}(a b); the word itself is written "{word}"')
    if slash and number.isdecimal() and (upper in ("NEAR", "ONEAR", "ATLEAST") or (name.isascii() and name.isupper())):
        raise _unknown_operator(word, name, column)
    if match := re.fullmatch(r"(O?NEAR|ATLEAST)[-~:=]?([0-9]+)", word):
        raise QueryError(f"{word} has no slash", column, f"write {match[1]}/{match[2]}")
    if word in _INSTEAD and not word.isalpha():
        raise QueryError(f"{word} is no operator", column, f"write {_INSTEAD[word]}")
    if word in ("ET", "OU", "SAUF", "ANDNOT"):
        remedy = f'the operators are English: write {_INSTEAD[word]}; the word itself is written "{word}"'
        raise QueryError(f"{word} is no operator", column, remedy)
    _check_signs(word, column)


def _unknown_operator(word: str, name: str, column: int) -> QueryError:
    upper, number = name.upper(), word.partition("/")[2]
    close = [_FOREIGN[upper]] if upper in _FOREIGN else get_close_matches(upper, ("NEAR", "ONEAR", "ATLEAST"), n=1)
    instead = f"{close[0]}/{number}" if close else "NEAR/n, ONEAR/n or ATLEAST/n"
    if upper in ("NEAR", "ONEAR", "ATLEAST"):
        remedy = f'operators are upper case: write {instead}; the words are written "{name} {number}"'
        return QueryError(f"{word} is not written like an operator", column, remedy)
    remedy = f"write {instead}; a word with a slash goes in quotes"
    return QueryError(f"unknown operator {word}", column, remedy)


def _check_signs(word: str, column: int) -> None:
    if "{" in word or "}" in word:
        remedy = "the exact form is a word of its own, as in ={Passport}"
        raise QueryError(f"{word} has a brace in the wrong place", column, remedy)
    if re.match(r"[-+!][^\W_]", word):
        instead = {"-": f"NOT {word[1:]}", "!": f"NOT {word[1:]}", "+": f"AND {word[1:]}"}[word[0]]
        raise QueryError(f"{word} begins with {word[0]}", column, f'write {instead}; a number goes in quotes, "{word}"')
    if re.search(r"[~^][0-9.]*$", word):
        raise QueryError(f"{word} ends with a sign that means nothing here", column, "for other endings, use * or ?")


def unknown_field(token: Token, name: str) -> QueryError:
    """A word before a colon that names no field."""
    known = (*FIELDS, *META_FIELDS)
    close = get_close_matches(name, known, n=1)
    listed = f"{', '.join(f'{field}:' for field in known[:-1])} and {known[-1]}:"
    hint = f"did you mean {close[0]}:?" if close else f"the fields are {listed}"
    if name.upper() in _KNOWN:
        hint = f"{name.upper()} is an operator and takes no colon"
    return QueryError(f"unknown field {token}", token.column or 1, f"{hint}; text with a colon goes in quotes")
