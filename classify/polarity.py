"""How often a sentence denies: words of negation and of denial, English and French together."""

from __future__ import annotations

import re

from classify.text import fold

# "n't" after an auxiliary counts; French "ne" alone does not ("ne ... que"), its second half does. "pas" in "pas de
# doute" and "not only" are left out, as they deny nothing.
_CUES = re.compile(
    r"""\b(?:
        not(?!\ only\b) | cannot | never | no(?!\ doubt\b) | none | nor | neither | without
      | (?:don|won|isn|aren|doesn|didn|hasn|haven|hadn|wouldn|can|couldn|shouldn|wasn|weren)'t
      | den(?:y|ies|ied|ying|ial|ials) | refut\w+ | debunk\w* | false(?:ly|hood|hoods)? | untrue | incorrect | wrong
      | myths? | hoax(?:es)? | rumou?rs? | misinformation | disinformation | rul(?:e|es|ed|ing)\ out
      | pas(?!\ de\ doute\b) | jamais | aucune? | nulle(?:ment)? | ni | sans
      | n(?:e\ |')(?:\w+\ ){1,3}plus(?!\ (?:de|que|en)\b)
      | dement(?:i|ie|ir|ent|ait|is|i[rt])? | ni(?:e|ent|ait|er)(?=\ que\b) | faux | fausse(?:s|ment)? | mensong\w+
      | mythes? | canular\w* | rumeurs? | desinformation | mesinformation | inexacte?s? | infonde\w* | exclu(?:t|ent)
    )\b""",
    re.VERBOSE,
)


def negations(sentence: str) -> int:
    """The number of words that deny; an odd number turns a statement into its opposite."""
    return len(_CUES.findall(fold(sentence)))
