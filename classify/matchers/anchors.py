"""What a text must hold for a token pattern to have a chance, and how many tokens a match can have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from classify.query.needs import Literal, Needs, cheapest
from classify.text import fold, words

_TEXTUAL = ("LOWER", "ORTH", "TEXT")


def repeats(token: Mapping[str, Any]) -> tuple[int, int | None]:
    """How often a token of the pattern occurs: at least, at most (None: without bound)."""
    operator = str(next((value for key, value in token.items() if key.upper() == "OP"), "1"))
    fixed: dict[str, tuple[int, int | None]] = {
        "1": (1, 1), "!": (0, 1), "?": (0, 1), "+": (1, None), "*": (0, None),
    }  # fmt: skip
    if operator in fixed:
        return fixed[operator]
    least, comma, most = operator.strip("{}").partition(",")
    return int(least or 0), int(most or least) if most or not comma else None


def longest(pattern: Sequence[Mapping[str, Any]]) -> int | None:
    """The most tokens a match can have; None: there is no bound."""
    bounds = [repeats(token)[1] for token in pattern]
    return None if None in bounds else sum(bound for bound in bounds if bound is not None)


def needs_of(pattern: Sequence[Mapping[str, Any]]) -> Needs:
    """The sets of literals of which every match holds one each; empty where no token names its letters.

    A token of spaCy can begin or end inside a word ("cannot" is two), so the literals have no word bounds.
    """
    return cheapest(one for token in pattern if repeats(token)[0] > 0 for one in _of_token(token))


def _of_token(token: Mapping[str, Any]) -> list[frozenset[Literal]]:
    sets = [_literals(_texts(value)) for key, value in token.items() if key.upper() in _TEXTUAL]
    return [one for one in sets if one]


def _texts(value: Any) -> list[str]:
    """The texts of which a token must have one; empty where the condition is not of this kind."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Mapping):
        return []
    return [str(one) for key, inner in value.items() if key.upper() == "IN" for one in inner]


def _literals(texts: Iterable[str]) -> frozenset[Literal]:
    """The longest run of letters of each text; empty where a text has none, such as punctuation."""
    runs = [max(words(fold(text)), key=len, default="") for text in texts]
    return frozenset(Literal(run, left=False, right=False) for run in runs) if all(runs) else frozenset()
