"""The query language: text to a frozen tree (parse), and the tree to a function over positions (compile).

    fee                    the word, in any case, with or without accents; "l'impôt" is found by impôt
    passport*  organi?ation  * any letters or none, ? one letter; a leading * needs 3 letters
    "wait time"            these words side by side; hyphens and apostrophes count as spaces
    a AND b,  a b          both, anywhere
    a OR b                 at least one; AND binds tighter than OR
    a NOT b,  a AND NOT b  without b; NOT reaches to the next word, phrase, NEAR or bracket
    a NEAR/5 b             at most 5 words apart, in any order; NEAR/1 is side by side
    a ONEAR/5 b            the same, a first; both take words, phrases, OR groups and other NEARs
    title:a  text:(a b)    in this field only
    SENTENCE(a NOT b)      all of it within one sentence; PARAGRAPH(...) within one paragraph
    ATLEAST/3(a OR b)      at least 3 places
    ={C++}                 case, accents and signs as written
    site:a.example  lang:fr  url:a  feed:a  author:a    what is known of the mention beside title and text

Operators are upper case; "and" is a word, and "AND" in quotes is too.
"""

from classify.query.compile import Compiled, compile_query
from classify.query.errors import QueryError
from classify.query.parse import parse_query

__all__ = ["Compiled", "QueryError", "compile_query", "parse_query"]
