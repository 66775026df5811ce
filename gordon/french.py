"""Gordon's own sentences in French. Pure.

A sentence is written once, in English, where it is decided; ``in_french`` recognises it by its template in
``gordon.french_texts`` and says it in French. So what was stored years ago can be read in both languages, no event or
table holds a sentence twice, and words of people and titles of mentions inside of a sentence stay as they are.
docs/decisions/0022 says why; a test finds every sentence of route that has no template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from msgspec.structs import replace

from gordon.events import Assigned, Gap, Member
from gordon.french_lines import LABELS, LINES
from gordon.french_texts import CONDITION_WORDS, TEXTS, WORDS

_FIELD = re.compile(r"\{([a-z]+)(\d*)\}")
_KINDS = {
    "word": r"\S+",
    "n": r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?",
    "when": r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?",
    "names": r"[^;]+?",
    "own": r".+?",
    "act": r".+",
    "why": r".+",
    "term": r"\S+",
    "terms": r".+",
    "clocks": r"[\w-]+ by .+",
    "label": r"[^:]+",
    "conditions": r".+",
}
"""What a field of a template may stand for. ``own``: words of people, kept. ``act``: who
decided something, and why. ``why``: a sentence of Gordon in its turn.
``term``: one of ``WORDS``, ``terms``: several. ``clocks``: steps and when they are due. ``label``: of a table.
``conditions``: those of a route."""
MOST_KEPT = 4096
LONGEST = 2_000
"""Characters of a sentence that is looked up: a hostile title must not cost time."""


class _Template:
    def __init__(self, english: str, french: str) -> None:
        parts = _FIELD.split(english)
        pattern = re.escape(parts[0])
        for kind, number, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            pattern += f"(?P<{kind}{number}>{_KINDS[kind]}){re.escape(text)}"
        self._matches = re.compile(pattern, re.DOTALL).fullmatch
        self._french = _spaced(french)

    def say(self, text: str) -> str | None:
        found = self._matches(text)
        if found is None:
            return None
        said = {name: _SAY[name.rstrip("0123456789")](value) for name, value in found.groupdict().items()}
        return self._french.format_map(said)


def _spaced(french: str) -> str:
    """With the spaces that French puts before these marks, and that must not break a line."""
    return french.replace(" :", "\u00a0:").replace(" ;", "\u00a0;")


def in_french(text: str) -> str:
    """The sentence in French; what Gordon did not write is left as it is. Several joined by "; " are taken one by
    one, and so is what stands behind a name."""
    if len(text) > LONGEST:
        return text
    return _sentence(text) or _parts(text) or _after_name(text) or text


@lru_cache(MOST_KEPT)
def _sentence(text: str) -> str | None:
    if text in _FIXED:
        return _FIXED[text]
    first = text.partition(" ")[0]
    for template in (*_BY_WORD.get(first, ()), *_OTHERS):
        said = template.say(text)
        if said is not None:
            return said
    return None


def _parts(text: str) -> str | None:
    parts = text.split("; ")
    if len(parts) == 1:
        return None
    said = [in_french(part) for part in parts]
    return "\u00a0; ".join(said) if said != parts else None


def _after_name(text: str) -> str | None:
    """Of "amelie is away until 2027-01-03"; and of facts with their points, joined by commas."""
    name, _, rest = text.partition(" ")
    said = _sentence(rest) if rest else None
    if said is not None:
        return f"{name} {said}"
    parts = text.split(", ")
    told = [_sentence(part) for part in parts]
    return ", ".join(new or old for new, old in zip(told, parts, strict=True)) if any(told) else None


def _conditions(text: str) -> str:
    return re.sub(r"(?<= )(and|or|is)(?= )|^always$", lambda found: CONDITION_WORDS[found[0]], text)


def _act(text: str) -> str:
    who, colon, why = text.partition(": ")
    return f"{who}\u00a0: {in_french(why)}" if colon else who


def _terms(text: str) -> str:
    return ", ".join(WORDS.get(one, one) for one in text.split(", "))


def _clocks(text: str) -> str:
    return re.sub(r"([\w-]+) by (?=\d)", lambda found: f"{WORDS.get(found[1], found[1])} avant le ", text)


def _kept(text: str) -> str:
    return text


_SAY: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("word", "n", "when", "own"), _kept),
    "names": lambda text: WORDS.get(text.strip(), text.strip()),
    "term": lambda text: WORDS.get(text, text),
    "why": in_french,
    "act": _act,
    "terms": _terms,
    "clocks": _clocks,
    "label": lambda text: LABELS.get(text, text),
    "conditions": _conditions,
}
_EVERY = {**TEXTS, **LINES}
_FIXED = {english: _spaced(french) for english, french in _EVERY.items() if "{" not in english}
_ALL = [(english, _Template(english, french)) for english, french in _EVERY.items() if "{" in english]
_OTHERS = tuple(template for english, template in _ALL if english.partition(" ")[0].find("{") >= 0)
_BY_WORD: dict[str, tuple[_Template, ...]] = {}
for _english, _template in _ALL:
    _word = _english.partition(" ")[0]
    if "{" not in _word:
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _template)


def label_in_french(text: str) -> str:
    """A heading of a table."""
    return LABELS.get(text, text)


def cell_in_french(text: str) -> str:
    """What stands in a table: a sentence, or a word of ours."""
    return WORDS.get(text) or in_french(text)


def line_in_french(text: str) -> str:
    """A line of a command, with its indentation."""
    body = text.lstrip()
    return text[: len(text) - len(body)] + in_french(body)


def bilingual(assigned: Assigned) -> Assigned:
    """The state of an item with all that Gordon says about it in French as well."""
    return replace(
        assigned,
        why_fr=in_french(assigned.why) if assigned.why else "",
        explain_fr=tuple(map(in_french, assigned.explain)),
        team=tuple(map(_member, assigned.team)),
        gaps=tuple(map(_gap, assigned.gaps)),
    )


def _member(member: Member) -> Member:
    return replace(member, why_fr=in_french(member.why))


def _gap(gap: Gap) -> Gap:
    return replace(gap, why_fr=in_french(gap.why))
