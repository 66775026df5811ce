"""Rules of nothing but phrases, beside spaCy's PhraseMatcher and EntityRuler on the same texts. Run:

python -m bench.phrases [--rules 1000 10000] [--mentions 2000]

One core, one text at a time, warm, each text new to it, CPU time. spaCy tokenises each text, Gordon only looks where a
phrase may be.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from time import process_time
from typing import TypeAlias

import spacy
from msgspec import structs
from spacy.matcher import PhraseMatcher
from spacy.tokens import Span

from bench import rule_sets
from classify.compile import compile_engine, places
from classify.matchers.spacy_runtime import Pipelines
from gordon.events import Mention

Hit: TypeAlias = tuple[str, int, int]
"""The rule and the letters."""
Run: TypeAlias = Callable[[Mention], list[Hit]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rules", type=int, nargs="+", default=(1_000, 10_000))
    options.add_argument("--mentions", type=int, default=2_000)
    chosen = options.parse_args()
    english = [one for one in rule_sets.mentions(2 * chosen.mentions) if one.language == "en"]
    mentions = [structs.replace(one, title="") for one in english[: chosen.mentions]]
    for count, single in [(size, few) for size in chosen.rules for few in (20, size // 5)]:
        said = phrases(count, single)
        runs = {"Gordon": gordon(said), "PhraseMatcher": phrase_matcher(said), "EntityRuler": entity_ruler(said)}
        ours, hits = speed(runs["Gordon"], mentions)
        print(
            f"{count} phrases, {single} of a single word, {len(mentions)} texts of 2 to 3 kB,"
            f" {len({number for number, _ in hits}) / len(mentions):.0%} with a hit"
        )
        for name, run in runs.items():
            theirs, found = (ours, hits) if name == "Gordon" else speed(run, mentions)
            print(
                f"  {name:14} {theirs:7.0f}/s, {len(found)} hits, {len(found ^ hits)} not those of Gordon;"
                f" Gordon has {ours / theirs:5.1f} of its speed",
                flush=True,
            )


def phrases(count: int, single: int) -> list[str]:
    """Phrases of two or three words, one a rule; ``single`` of them of one rare word, which decide how many texts have
    a hit: a tenth with 20 of them."""
    draw = random.Random(8)
    known = rule_sets.vocabulary("en")
    sizes = [0] * single + [draw.randint(1, 2) for _ in range(count - single)]
    rare, common = rule_sets.RARE, rule_sets.COMMON
    return [" ".join(known[draw.randrange(*ranks)] for ranks in (rare, *[common] * size)) for size in sizes]


def gordon(said: Sequence[str]) -> Run:
    rules = [{"id": f"r{number}", "phrases": [phrase]} for number, phrase in enumerate(said)]
    engine, problems = compile_engine(rule_sets.files(rules), places({}, {}), Pipelines())
    assert engine is not None, problems
    return lambda one: [(hit.rule, hit.start, hit.end) for tag in engine.tag(one) for hit in tag.evidence]


def phrase_matcher(said: Sequence[str]) -> Run:
    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    for number, phrase in enumerate(said):
        matcher.add(f"r{number}", [nlp.make_doc(phrase)])
    return lambda one: [_place(span) for span in matcher(nlp.make_doc(one.text), as_spans=True)]


def entity_ruler(said: Sequence[str]) -> Run:
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": f"r{number}", "pattern": phrase} for number, phrase in enumerate(said)])  # type: ignore[attr-defined]  # add_pipe does not say what it gives
    return lambda one: [_place(span) for span in nlp(one.text).ents]


def _place(span: Span) -> Hit:
    return span.label_, span.start_char, span.end_char


def speed(run: Run, mentions: Sequence[Mention]) -> tuple[float, set[tuple[int, Hit]]]:
    """Mentions a CPU second on texts that are new to it, as in a stream, and the hits of each; a fifth warms it up."""
    head = len(mentions) // 5
    hits = [run(one) for one in mentions[:head]]
    start = process_time()
    hits += [run(one) for one in mentions[head:]]
    seconds = process_time() - start
    return (len(mentions) - head) / seconds, {(number, hit) for number, those in enumerate(hits) for hit in those}


if __name__ == "__main__":
    main()
