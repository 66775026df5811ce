"""Addresses of feeds and entries: credentials apart, canonical form, host. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

SCHEMES = ("http", "https")
MOST = 2048
_PORTS = {"http": 80, "https": 443}
_TRACKERS = re.compile(
    r"^(?:utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok|"
    r"vero_id|wickedid|oly_anon_id|oly_enc_id|ga_source|ga_medium|ga_term|ga_content|ga_campaign|at_xt|ns_mchannel|"
    r"ns_source|ns_campaign|xtor|cmpid|ref_src)$",
    re.IGNORECASE,
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"{}|^`]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. ``url`` is without userinfo and fragment; ``origin`` is scheme, host and port."""

    url: str
    origin: tuple[str, str, int]
    username: str = ""
    password: str = ""

    @property
    def host(self) -> str:
        return self.origin[1]


def target(url: str) -> Target | str:
    """The target of an http or https URL, or what is wrong with it (without its credentials)."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        # Python's own words would repeat a part of the address; where a password holds a slash, of the password.
        return "not an address; its port or brackets are wrong (write / # ? @ in a password as %2F %23 %3F %40)"
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES:
        return f"scheme {scheme or '(none)'!r} is refused; only http and https are allowed"
    if not parts.hostname:
        return "the address has no host"
    if re.search(r"[\s\x00-\x1f\x7f]", url.strip()):
        return "the address holds spaces or control characters"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    clean = urlunsplit((scheme, host if port is None else f"{host}:{port}", parts.path or "/", parts.query, ""))
    return Target(
        url=quote(clean, safe="!#$%&'()*+,/:;=?@[]~"),
        origin=(scheme, parts.hostname.lower(), port or _PORTS[scheme]),
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def absolute(base: str, link: str) -> str:
    """The link joined to its base; "" where that is impossible."""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return ""


def canonical(url: str) -> str:
    """The address of an entry as it is kept: http or https only (else ""), no trackers, fragment or userinfo."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    clean = urlunsplit((scheme, netloc, parts.path or "/", _without_trackers(parts.query), ""))
    clean = _UNSAFE.sub(lambda found: quote(found[0]), clean)
    return clean if len(clean) <= MOST else ""


def _without_trackers(query: str) -> str:
    """The query unchanged when nothing in it tracks, so that odd but working addresses stay as they are."""
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not _TRACKERS.match(name)]
    return query if len(kept) == len(pairs) else urlencode(kept)
