"""How well claims are found and recognised. Run: python -m bench.quality_claims --data FOLDER

Reads FOLDER/claims (posts whose claim people have named; not part of the project). Three tables: the ranking beside
BM25 on plain words and on our stems; hits, in a file of the post's own claim and the 15 that share most with it; and
false hits of texts that repeat no claim of the collection. Sets marked * were tuned on: only the others count.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time

from bench.support.bm25 import BM25
from bench.support.claim_sets import ClaimSet, Post, claim_sets, statements
from classify.claims import MOST_MATCHED, THRESHOLD
from classify.claims_match import match
from classify.claims_rank import rank
from classify.claims_shelf import Shelf
from classify.claims_text import Reading, read
from classify.lemmas import LANGUAGES, Lexicon
from classify.stems import Stems
from classify.text import fold, words

MOST = 5
NEIGHBOURS = 15
Ranker = Callable[[str], Sequence[int]]


def map_at_5(ranked: Sequence[int], right: frozenset[int]) -> float:
    """Average precision of the first five."""
    found = total = 0.0
    for place, claim in enumerate(ranked[:MOST], start=1):
        if claim in right:
            found += 1
            total += found / place
    return total / min(MOST, len(right))


def ranking(name: str, posts: Sequence[Post], ranker: Ranker) -> None:
    """Prints one line of the first table."""
    ranker(posts[0].text)
    started = process_time()
    ranked = [ranker(post.text) for post in posts]
    each = (process_time() - started) / len(posts)
    pairs = list(zip(ranked, [post.claims for post in posts], strict=True))
    mean = sum(map_at_5(found, right) for found, right in pairs) / len(pairs)
    first = sum(bool(right.intersection(found[:1])) for found, right in pairs) / len(pairs)
    any_of = sum(bool(right.intersection(found[:MOST])) for found, right in pairs) / len(pairs)
    print(f"{name:40} MAP@5 {mean:.3f}  P@1 {first:.3f}  hit@5 {any_of:.3f}  {each * 1000:6.2f} ms", flush=True)


def rankings(one: ClaimSet, stems: Stems) -> None:
    """BM25 twice, then ours, on the same posts."""
    by_words = BM25([words(fold(claim)) for claim in one.claims])
    by_stems = BM25([[term.stem for term in stems.terms(claim)] for claim in one.claims])
    shelf = Shelf(one.claims, stems)
    title = f"{one.name}{'*' if one.tuned else ''} ({len(one.posts)})"
    ranking(f"{title:24} BM25", one.posts, lambda text: by_words.rank(words(fold(text)), MOST))
    ranking(
        f"{title:24} BM25 on stems",
        one.posts,
        lambda text: by_stems.rank([term.stem for term in stems.terms(text)], MOST),
    )
    ranking(f"{title:24} Gordon", one.posts, lambda text: [each for each, _ in rank(shelf, reading(text, stems), MOST)])


def reading(text: str, stems: Stems) -> Reading:
    """A post as a mention without a title."""
    return read((("text", text),), stems)


def hits(shelf: Shelf, text: str, stems: Stems) -> set[int]:
    """The claims that the text is said to repeat."""
    seen = reading(text, stems)
    found = ((number, match(shelf, number, seen)) for number in shelf.candidates(seen.where.keys(), MOST_MATCHED))
    return {number for number, best in found if best is not None and best.score >= THRESHOLD}


def decisions(one: ClaimSet, stems: Stems) -> None:
    """Prints one line of the second table: each post in a file of its own claim and those that are most alike."""
    everything = Shelf(one.claims, stems)
    right = wrong = named = 0
    for post in one.posts:
        near = everything.candidates(reading(post.text, stems).where.keys(), NEIGHBOURS + len(post.claims))
        file = list(dict.fromkeys([*sorted(post.claims), *near]))[: NEIGHBOURS + len(post.claims)]
        found = {file[place] for place in hits(Shelf([one.claims[each] for each in file], stems), post.text, stems)}
        right, wrong, named = (
            right + len(found & post.claims),
            wrong + len(found - post.claims),
            named + len(post.claims),
        )
    print(
        f"{one.name + ('*' if one.tuned else ''):24} {right:4} of {named:4} named claims found ({right / named:.1%}),"
        f" {wrong:3} others, precision {right / max(1, right + wrong):.1%}",
        flush=True,
    )


def abstentions(name: str, texts: Sequence[tuple[str, frozenset[int]]], shelf: Shelf, stems: Stems, show: bool) -> None:
    """Prints one line of the third table: texts, each with the claims that do not count as false."""
    started, false = process_time(), 0
    for text, own in texts:
        found = hits(shelf, text, stems) - own
        false += bool(found)
        for each in sorted(found) if show else ():
            print(f"    {text[:160]!r} -> {shelf.said[each].words}")
    each_ms = (process_time() - started) / len(texts) * 1000
    print(
        f"{name:40} {false:4} of {len(texts):4} with a false hit ({false / len(texts):.2%})  {each_ms:.2f} ms",
        flush=True,
    )


def main() -> None:
    """Reads the options, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    parser.add_argument("--show", action="store_true", help="print the false hits")
    options = parser.parse_args()
    if options.data is None or not (options.data / "claims").is_dir():
        print("skipped: needs --data FOLDER with labelled posts and claims")
        return
    lexicon = Lexicon()
    stems = {language: Stems(language, lexicon) for language in LANGUAGES}
    sets = claim_sets(options.data)
    for one in sets:
        rankings(one, stems[one.language])
    print(f"\nhits at {THRESHOLD}, among 16 claims that are most alike")
    for one in sets:
        decisions(one, stems[one.language])
    tweets = next(one for one in sets if not one.tuned and one.name.startswith("2020"))
    shelf = Shelf(tweets.claims, stems["en"])
    print(f"\nfalse hits among all {len(tweets.claims)} claims of 2020")
    posts = [(post.text, post.claims) for post in tweets.posts]
    abstentions("tweets of dev, their own claims apart", posts, shelf, stems["en"], options.show)
    for name, texts in statements(options.data).items():
        abstentions(name, [(text, frozenset()) for text in texts], shelf, stems["en"], options.show)


if __name__ == "__main__":
    main()
