"""``forms: true``: each word of a query also stands for its inflected forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from classify.query.nodes import Exact, Node, Word, mapped

MAX_FORMS = 100
"""Forms of one word that are looked for: a French verb has about 50, folded."""


def with_forms(node: Node, forms_of: Callable[[str], Iterable[str]]) -> Node:
    """The tree with the other forms of each word, but not of wildcards and exact forms. ``forms_of``: all folded."""

    def change(inner: Any) -> Any:
        return with_forms(inner, forms_of)

    if isinstance(node, Exact):
        return node
    if not isinstance(node, Word):
        return mapped(node, change)
    if node.wild:
        return node
    others = set(forms_of(node.word)) - {node.word}
    return replace(node, forms=tuple(sorted(others, key=lambda form: (len(form), form))[:MAX_FORMS]))
