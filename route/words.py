"""Words of a text as grouping compares them: folded, stemmed, English and French function words left out."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+")
_STEMMERS = {"en": snowballstemmer.stemmer("english"), "fr": snowballstemmer.stemmer("french")}
_NOTHING = ""

_ENGLISH = """
a about after all also an and any are as at be because been before being but by can could did do does for from had has
have he her here him his how i if in into is it its just like may me more most my new no not now of off on one only or
other our out over said says she should so some such than that the their them then there these they this those through
to too under up us was we were what when where which while who why will with would you your
"""
_FRENCH = """
au aux avec c ce ces cet cette ceux chez comme d dans de des deja depuis dont du elle elles en encore entre est et
etait etaient ete etre eu eux fait faire font il ils j je jusqu l la le les leur leurs lors lui m mais meme moins n ne
ni nos notre nous on ont ou par parce pas peu peut plus pour pourquoi quand que quel quelle quels quelles qu qui s sa
sans se sera seront ses si soit son sont sous sur t ta tandis te tes toi ton tous tout toute toutes tres tu un une
vers vos votre vous y apres avant avait avoir bien autre autres ainsi afin alors aussi cela ca
"""
STOP = frozenset(f"{_ENGLISH} {_FRENCH}".split())


def fold(word: str) -> str:
    """Lower case without accents: "Été" and "ete" are one word."""
    lowered = word.lower()
    if lowered.isascii():
        return lowered
    return "".join(sign for sign in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(sign))


# A French stem costs 0.1 ms, a hit 0.1 µs. 21,000 news texts in two languages have 45,000 words; 60,000 take 20 MB.
@lru_cache(maxsize=60_000)
def term(word: str, language: str) -> str:
    """The folded stem of a word as it stands in the text; "" for function words and single letters."""
    folded = fold(word)
    if folded in STOP or (len(folded) < 2 and not folded.isdigit()):
        return _NOTHING
    if folded[0].isdigit() or len(folded) > 40:
        return folded
    stemmed: str = _STEMMERS["fr" if language == "fr" else "en"].stemWord(folded)
    return stemmed


def words(text: str) -> list[str]:
    """The words of a text, as they stand."""
    return _WORD.findall(text)
