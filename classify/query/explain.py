"""Why a query did not match, in words."""

from __future__ import annotations

from classify.query.compile import apart, run_of
from classify.query.meta import shown
from classify.query.nodes import And, AtLeast, Exact, Meta, Near, Node, Not, Or, Scope, show
from classify.stretch import Reader


def why_not(node: Node, document: Reader) -> tuple[bool, str]:
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
        case Exact():
            return _exact(node, document)
        case Scope():
            return _scope(node, document)
        case AtLeast():
            return _at_least(node, document)
        case Meta():
            return False, f"{node.field} is {shown(node.field, document.about)}, not {show(node).partition(':')[2]}"
        case _:
            return False, f"did not find {show(node)}"


def _and(node: And, document: Reader) -> tuple[bool, str]:
    met = [part for part in node.parts if run_of(part)(document, 1) is not None]
    positive = [part for part in met if not isinstance(part, Not | Meta)]
    missing = "; ".join(why_not(part, document)[1] for part in node.parts if part not in met)
    if not positive:
        return any(why_not(part, document)[0] for part in node.parts if part not in met), missing
    return True, f"found {', '.join(show(part) for part in positive)}, but: {missing}"


def _near(node: Near, document: Reader) -> tuple[bool, str]:
    sides = (node.left, node.right)
    met = [side for side in sides if run_of(side)(document, 1) is not None]
    if len(met) == 2:
        order = ", in this order" if node.ordered else ""
        return True, f"found {show(sides[0])} and {show(sides[1])}, but not within {node.distance} words{order}"
    if len(met) == 1:
        other = sides[1] if met[0] is sides[0] else sides[0]
        return True, f"found {show(met[0])}, but: {why_not(other, document)[1]}"
    return False, f"did not find {show(node)}"


def _exact(node: Exact, document: Reader) -> tuple[bool, str]:
    spans = run_of(node.part)(document, 1)
    if not spans:
        return False, f"did not find {show(node)}"
    hit = document.hit(spans[0])
    quote = document.fields[hit.field == "text"].text[hit.start : hit.end]
    return True, f"found “{quote}”, which is not as written in {show(node)}"


def _scope(node: Scope, document: Reader) -> tuple[bool, str]:
    if run_of(node.part)(document, 1) is None:
        return why_not(node.part, document)
    return True, f"found {show(node.part)}, but not within one {node.unit}"


def _at_least(node: AtLeast, document: Reader) -> tuple[bool, str]:
    count = apart(run_of(node.part)(document, 0) or ())
    if not count:
        return why_not(node.part, document)
    return True, f"found {show(node.part)} in {count} of {node.count} places"
