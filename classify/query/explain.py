"""Why a query did not match, in words."""

from __future__ import annotations

from classify.document import Document
from classify.query.compile import run_of
from classify.query.nodes import And, Near, Node, Not, Or, show


def why_not(node: Node, document: Document) -> tuple[bool, str]:
    """Whether a part did match (a near miss), and the reason. ``node`` must not match the document."""
    match node:
        case And():
            return _and(node, document)
        case Near():
            return _near(node, document)
        case Or():
            reasons = [why_not(part, document) for part in node.parts]
            near = [reason for close, reason in reasons if close]
            return bool(near), "; ".join(near) or f"found none of {show(node)}"
        case Not():
            return True, f"found {show(node.part)}, which must not occur"
        case _:
            return False, f"did not find {show(node)}"


def _and(node: And, document: Document) -> tuple[bool, str]:
    met = [part for part in node.parts if run_of(part)(document, 1) is not None]
    positive = [part for part in met if not isinstance(part, Not)]
    missing = "; ".join(why_not(part, document)[1] for part in node.parts if part not in met)
    if not positive:
        return any(why_not(part, document)[0] for part in node.parts if part not in met), missing
    return True, f"found {', '.join(show(part) for part in positive)}, but: {missing}"


def _near(node: Near, document: Document) -> tuple[bool, str]:
    sides = (node.left, node.right)
    met = [side for side in sides if run_of(side)(document, 1) is not None]
    if len(met) == 2:
        order = ", in this order" if node.ordered else ""
        return True, f"found {show(sides[0])} and {show(sides[1])}, but not within {node.distance} words{order}"
    if len(met) == 1:
        other = sides[1] if met[0] is sides[0] else sides[0]
        return True, f"found {show(met[0])}, but: {why_not(other, document)[1]}"
    return False, f"did not find {show(node)}"
