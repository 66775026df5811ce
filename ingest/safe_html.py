"""HTML of unknown people made safe to show: an allow-list, absolute links, nothing that loads or runs by itself.

Runs in the parser process. The only home of nh3.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from urllib.parse import quote, urlsplit

import nh3

from ingest.clean import characters, visible
from ingest.nesting import too_deep
from ingest.url import MOST, SCHEMES, absolute, target

MOST_SOURCE = 256 * 1024
"""Characters of HTML that are sanitised; more comes out as its text."""
MOST_GROWTH = 10
REL = "noopener noreferrer nofollow"
# Nothing with contents of another grammar (svg, math, style, title, textarea...): all known ways around the sanitiser
# lead through one of those. No images: they would tell the publisher who reads what; their descriptions stay.
TAGS = frozenset(
    {"a", "abbr", "b", "bdi", "blockquote", "br", "caption", "cite", "code", "dd", "del", "dfn", "div", "dl", "dt"}
    | {"em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark"}
    | {"ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "table"}
    | {"tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr"}
)
ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href"},
    "abbr": {"title"},
    "img": {"alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
# Their contents are no text for a reader. What is in neither list loses its tags and keeps its text.
_GONE = frozenset(
    {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title", "textarea", "select"}
    | {"noembed", "noframes", "xmp", "plaintext", "audio", "video", "canvas", "applet", "head"}
)
_VALUES = {
    "alt": re.compile(r".*", re.DOTALL),
    "title": re.compile(r".*", re.DOTALL),
    "lang": re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}"),
    "dir": re.compile(r"ltr|rtl|auto", re.IGNORECASE),
    "start": re.compile(r"-?[0-9]{1,6}"),
    "colspan": re.compile(r"[0-9]{1,2}"),
    "rowspan": re.compile(r"[0-9]{1,2}"),
    "scope": re.compile(r"(?:row|col)(?:group)?", re.IGNORECASE),
    "datetime": re.compile(r"[0-9T:.+Z -]{4,40}"),
}
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"'{}|^`]")
_IGNORED = re.compile(r"[\t\n\r]")
_CONTROLS = "".join(map(chr, range(0x21)))
_ANY_TAG = re.compile(r"<[^<>]*>")


def safe(html: str, base: str) -> str:
    """The HTML for the rich view, fit to stand inside an element of a page of ours as it is.

    Only text markup, and links to http, https and mailto addresses, made absolute with ``base``. In linear time: what
    is longer than MOST_SOURCE or nests too deeply comes out as escaped text without markup.
    """
    source = characters(html[: MOST_SOURCE + 1])
    if len(html) > MOST_SOURCE or too_deep(source):
        return escape(_ANY_TAG.sub(" ", source[:MOST_SOURCE]))
    cleaner = _cleaner(base)
    found = cleaner.clean(source)
    if len(found) > MOST_GROWTH * len(source) + 1000:
        return escape(_ANY_TAG.sub(" ", source))
    shown = visible(found)  # references hid these characters before
    return found if shown == found else cleaner.clean(shown)


def safe_link(value: str, base: str) -> str:
    """The absolute address a link may lead to; "" for what is no http, https or mailto link."""
    value = _UNSAFE.sub(lambda found: quote(found[0]), _IGNORED.sub("", value.strip(_CONTROLS)))
    if re.match(r"mailto:[^:/?]+@[^:/?]+$", value, re.IGNORECASE):
        return value if len(value) <= MOST else ""
    link = value if re.match("https?://", value, re.IGNORECASE) else absolute(base, value)
    found = target(link)
    if isinstance(found, str) or found.origin[0] not in SCHEMES or len(link) > MOST:
        return ""
    fragment = quote(urlsplit(link).fragment, safe="!$%&()*+,/:;=?@~-._")
    return f"{found.url}#{fragment}" if fragment else found.url


def _cleaner(base: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags=_GONE,
        attributes=ATTRIBUTES,
        attribute_filter=_filter(base),
        link_rel=REL,
        url_schemes={*SCHEMES, "mailto"},
    )


def _filter(base: str) -> Callable[[str, str, str], str | None]:
    """What to keep of an attribute. nh3 asks about those that it drops itself, too; it must not see an exception."""

    def keep(_tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return safe_link(value, base) or None
        if name == "rel":  # nh3's own: that of the source is not allowed
            return REL
        pattern = _VALUES.get(name)
        return value if pattern is not None and pattern.fullmatch(value) else None

    return keep
