"""What a text must hold for a token pattern to have a chance, and how many tokens a match can have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from classify.query.needs import Literal, Needs, cost
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
    match = re.fullmatch(r"\{([0-9]*)(,?)([0-9]*)\}", operator)
    if not match:
        return 0, None
    least = int(match[1] or 0)
    return least, least if not match[2] else (int(match[3]) if match[3] else None)


def longest(pattern: Sequence[Mapping[str, Any]]) -> int | None:
    """The most tokens a match can have; None: there is no bound."""
    bounds = [repeats(token)[1] for token in pattern]
    return None if None in bounds else sum(bound for bound in bounds if bound is not None)


def needs_of(pattern: Sequence[Mapping[str, Any]]) -> Needs:
    """The cheapest set of literals of which every match holds one; None where no token names its letters.

    A token of spaCy can begin or end inside a word ("cannot" is two), so the literals have no word bounds.
    """
    options = [
        option for token in pattern if repeats(token)[0] > 0 for option in (_of_token(token),) if option is not None
    ]
    return min(options, key=lambda option: (cost(option), sorted(option)), default=None)


def _of_token(token: Mapping[str, Any]) -> Needs:
    options = []
    for key, value in token.items():
        texts = _texts(value)
        if texts and key.upper() in _TEXTUAL:
            option = _literals(texts)
            options += [option] if option else []
    return min(options, key=lambda option: (cost(option), sorted(option)), default=None)


def _texts(value: Any) -> list[str]:
    """The texts of which a token must have one; empty where the condition is not of this kind."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Mapping):
        return []
    return [str(one) for key, inner in value.items() if key.upper() == "IN" for one in inner]


def _literals(texts: Iterable[str]) -> Needs:
    """The longest run of letters of each text; None where a text has none, such as punctuation."""
    runs = [max(words(fold(text)), key=len, default="") for text in texts]
    return frozenset(Literal(run, left=False, right=False) for run in runs) if all(runs) else None
