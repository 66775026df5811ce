"""Bytes of a feed to text: which encoding they really are in. Pure.

Headers and declarations lie. What decodes strictly as UTF-8 and holds more than ASCII *is* UTF-8; names outside the
allow-list (Python would accept "unicode_escape" or "zip") are ignored.
"""

from __future__ import annotations

import codecs
import re

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_BOMS_16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BARE = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"), (b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"))
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_META = re.compile(rb"<meta\s[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_META_WITHIN = 4096
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_SEVEN_BIT = frozenset({"iso2022_jp", "iso2022_kr", "hz"})
_ALLOWED = _SEVEN_BIT | frozenset(
    {"ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
    | {"big5", "big5hkscs", "gb2312", "gbk", "gb18030", "euc_jp", "euc_kr", "shift_jis", "cp932", "cp949", "cp950"}
    | {"koi8-r", "koi8-u", "tis-620", "mac-roman", "cp437", "cp850", "cp852", "cp866", "cp874"}
    | {f"cp125{number}" for number in range(9)}
    | {f"iso8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)}
)
# What web pages call Latin-1 or ASCII is Windows-1252 in practice, as the HTML standard says.
_REALLY = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}


def decode(body: bytes, content_type: str = "", *, page: bool = False) -> str:
    """The text of a document. Never fails: what cannot be decoded becomes U+FFFD. ``page``: HTML, which may name its
    encoding in a meta element."""
    for bom, name in (*_BOMS, *_BOMS_16):
        if body.startswith(bom):
            return body.decode(name, "replace").removeprefix("\ufeff")
    for start, name in _BARE:
        if body.startswith(start):
            return body.decode(name, "replace")
    return _by_promise(body, _promised(body, content_type, page))


def _promised(body: bytes, content_type: str, page: bool) -> list[str]:
    """The believable encodings that header, declaration and meta element name, in this order."""
    header, declared = _IN_HEADER.search(content_type), _DECLARED.match(body[:400])
    meta = _META.search(body[:_META_WITHIN]) if page else None
    words = [header[1] if header else "", *(found[1].decode("ascii") for found in (declared, meta) if found)]
    return [name for name in map(known, words) if name]


def known(word: str) -> str:
    """The codec of an allowed encoding, by any of its names; "" for every other word."""
    try:
        name = codecs.lookup(word).name
    except (LookupError, ValueError):
        return ""
    return _REALLY.get(name, name) if name in _ALLOWED else ""


def _by_promise(body: bytes, promised: list[str]) -> str:
    if not any(name in _SEVEN_BIT for name in promised):
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
        text = body.decode("utf-8", "replace")
        if _mostly_sound(text):
            return text
    for name in promised:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return body.decode(next((name for name in promised if name != "utf-8"), "cp1252"), "replace")


def _mostly_sound(text: str) -> bool:
    """Whether broken UTF-8 is still UTF-8: more whole characters beyond ASCII than broken ones."""
    broken = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) - broken > broken
