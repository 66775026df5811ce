"""Python's own SAX driver for expat, with expat's text buffering on.

Without it expat calls back for every line and every character reference of a text: thousands of calls in a feed that
escapes its HTML, and most of the time it takes.
"""

from __future__ import annotations

from xml.sax.expatreader import ExpatParser
from xml.sax.handler import feature_external_ges, feature_namespaces


class BufferedExpatParser(ExpatParser):
    """Tells every text in as few pieces as possible."""

    def reset(self) -> None:
        """Before each document: expat itself is made anew here."""
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]  # not in the stubs, but there since Python 2


def create_parser() -> BufferedExpatParser:
    """A SAX parser that knows namespaces and fetches nothing from outside."""
    parser = BufferedExpatParser()
    parser.setFeature(feature_namespaces, True)
    parser.setFeature(feature_external_ges, False)
    return parser
