"""The grammar. NEAR binds tightest, then NOT, then AND (also the unwritten one), then OR."""

from __future__ import annotations

from functools import cache

from lark import Lark

# Operators are upper case and stand alone; whatever else has no space, bracket or quote in it is a word.
GRAMMAR = r"""
start: or_
?or_: and_ (_OR and_)*
?and_: not_ (_AND? not_)*
?not_: near | NOT+ near -> negation
?near: atom (NEAR atom)*
?atom: WORD -> word
     | PHRASE -> phrase
     | EXACT -> exact
     | "(" or_ ")"
     | SCOPE "(" or_ ")" -> scope
     | ATLEAST "(" or_ ")" -> at_least
     | FIELD atom -> field
     | META value -> meta
?value: WORD -> given
      | PHRASE -> given
      | "(" value (_OR value)* ")" -> either

_OR.9: /OR(?![^\s()"])/
_AND.9: /AND(?![^\s()"])/
NOT.9: /NOT(?![^\s()"])/
NEAR.9: /O?NEAR\/[0-9]+(?![^\s()"])/
SCOPE.9: /(SENTENCE|PARAGRAPH)(?=\s*\()/
ATLEAST.9: /ATLEAST\/[0-9]+(?=\s*\()/
META.9: /(?i:url|site|feed|author|lang):(?!\/\/)/
FIELD.8: /[A-Za-z]+:(?!\/\/)/
EXACT.8: /=\{[^{}]*\}(?![^\s()"])/
PHRASE: /"[^"]*"/
WORD: /[^\s()"]+/
%ignore /\s+/
"""


@cache
def grammar() -> Lark:
    """The parser, built on first use."""
    # The basic lexer knows an operator also where none may stand; the contextual one would call it a word there.
    return Lark(GRAMMAR, parser="lalr", lexer="basic", maybe_placeholders=False)
