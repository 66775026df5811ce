"""Function words of English and French, folded: they carry no topic and are too frequent to select by."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ENGLISH = _set(
    """a about after again against all also am an and any are as at be because been before being between both but by
    can could did do does doing down during each few for from further going had has have having he her here hers him
    his how i if in into is it its itself just let ll may me might more most must my nor of off on once only or other
    our out over own re s same set shall she should so some such t than that the their them then there these they this
    those through to too under until up us ve very was we were what when where which while who whom why will with would
    you your yet"""
)
FRENCH = _set(
    """a afin ai ainsi alors apres au aucun aura aurait auront aussi autre aux avait avant avec avoir c ca car ce cela
    celle celles celui ces cet cette ceux chez comme comment d dans de depuis des deux doit donc dont du elle elles en
    encore entre es est et etait ete etre eu fait faire font furent il ils j je jusqu l la le les leur leurs lors lui m
    ma mais me meme mes moi mon n ne nos notre nous on ont ou par parce pendant peu peut plus pour pourrait qu quand que
    quel quelle quelles quels qui quoi s sa sans se selon sera serait seront ses si soit son sont sous sur t ta tandis
    te tel telle tes toi ton tous tout toute toutes tres tu un une va vers voir vont vos votre vous y"""
)
STOPWORDS = ENGLISH | FRENCH
FREQUENT_WORDS = _set(
    """also canada canadian country day federal first government last many million minister national new news now one
    people percent public report said say says service services state time today two week world year years yesterday
    annee annees canadien canadienne dernier deux gouvernement hier jour jours ministre million monde
    national nationale nouveau nouvelle nouvelles pays personnes premier premiere publique rapport semaine temps"""
)
"""Words of every other piece of news: too broad as a rule of their own."""
