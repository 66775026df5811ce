"""Plain text made fit to keep and show: no control or direction characters, one kind of white space. Pure."""

from __future__ import annotations

import re
import unicodedata

_DROPPED = (
    *range(0x00, 0x09), 0x0B, *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0),
    0xAD,  # soft hyphen: it would hide words from the rules
    0x061C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070),
    0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080),
)  # fmt: skip
_TABLE = dict.fromkeys(_DROPPED)
_SURROGATES = re.compile("[\ud800-\udfff]")
PARAGRAPH, LINE = "\u2029", "\u2028"


def characters(text: str) -> str:
    """The text without characters that hide, reorder or break, in normal form C."""
    return unicodedata.normalize("NFC", _SURROGATES.sub("\ufffd", text).translate(_TABLE))


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
