"""Plain text made fit to keep and show: no control or direction characters, one kind of white space. Pure."""

from __future__ import annotations

import re
import unicodedata

# Controls, soft hyphens (they hide words from the rules), zero-width spaces, marks and overrides of direction, tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
PARAGRAPH, LINE = "\u2029", "\u2028"


def characters(text: str) -> str:
    """The text without characters that hide, reorder or break, in normal form C."""
    return unicodedata.normalize("NFC", _SURROGATES.sub("\ufffd", _HIDDEN.sub("", text)))


def visible(text: str) -> str:
    """The text without characters that hide or reorder; the rest is as it was, fit for markup, which a normal form is
    not: it makes one character of ``>`` and an accent after it."""
    return _HIDDEN.sub("", text)


def line(text: str, most: int = 1000) -> str:
    """The text on one line, at most ``most`` characters."""
    return " ".join(characters(text).split())[:most].rstrip()


def paragraphs(text: str) -> str:
    """White space normalised; U+2029 ends a paragraph, U+2028 a line. Paragraphs come out parted by an empty line."""
    found = (_lines(part) for part in characters(text).split(PARAGRAPH))
    return "\n\n".join(part for part in found if part)


def plain(text: str) -> str:
    """As ``paragraphs``, for text that was never HTML: empty lines part its paragraphs."""
    return paragraphs(re.sub(r"\r?\n[ \t]*(?:\r?\n[ \t]*)+", PARAGRAPH, text))


def _lines(text: str) -> str:
    found = (" ".join(part.split()) for part in text.split(LINE))
    return "\n".join(part for part in found if part)


def cut(text: str, most: int) -> tuple[str, bool]:
    """The text within ``most`` characters, ending at a space if one is near; whether anything was cut."""
    if len(text) <= most:
        return text, False
    kept = text[:most]
    space = kept.rfind(" ", most - 100)
    return (kept[:space] if space > 0 else kept).rstrip(), True
