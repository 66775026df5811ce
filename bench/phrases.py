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

import spacy
from spacy.matcher import PhraseMatcher

from bench import rule_sets
from classify.compile import compile_engine, places
from classify.matchers.spacy_runtime import Pipelines
from gordon.events import Mention


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rules", type=int, nargs="+", default=(1_000, 10_000))
    options.add_argument("--mentions", type=int, default=2_000)
    chosen = options.parse_args()
    mentions = [one for one in rule_sets.mentions(2 * chosen.mentions) if one.language == "en"][: chosen.mentions]
    for count in chosen.rules:
        said = phrases(count)
        runs = {"Gordon": gordon(said), "PhraseMatcher": phrase_matcher(said), "EntityRuler": entity_ruler(said)}
        speeds = {name: speed(run, mentions) for name, run in runs.items()}
        print(f"{count} rules of a phrase, {len(mentions)} texts of 2 to 3 kB")
        for name, (found, hits) in speeds.items():
            print(
                f"  {name:14} {found:7.0f}/s, {hits} hits; Gordon has {speeds['Gordon'][0] / found:5.1f} of its speed"
            )


def phrases(count: int) -> list[str]:
    """Phrases of two or three words, one a rule; one in five is a single rare word."""
    draw = random.Random(8)
    known = rule_sets.vocabulary("en")
    return [
        " ".join(
            [known[draw.randrange(*rule_sets.RARE)], *(known[draw.randrange(*rule_sets.COMMON)] for _ in range(more))]
        )
        for more in draw.choices((0, 1, 2), (1, 2, 2), k=count)
    ]


def gordon(said: Sequence[str]) -> Callable[[Mention], int]:
    rules = [{"id": f"r{number}", "phrases": [phrase]} for number, phrase in enumerate(said)]
    engine, problems = compile_engine(rule_sets.files(rules), places({}, {}), Pipelines())
    assert engine is not None, problems
    return lambda mention: sum(len(tag.evidence) for tag in engine.tag(mention))


def phrase_matcher(said: Sequence[str]) -> Callable[[Mention], int]:
    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    for number, phrase in enumerate(said):
        matcher.add(f"r{number}", [nlp.make_doc(phrase)])
    return lambda mention: len(matcher(nlp.make_doc(mention.text)))


def entity_ruler(said: Sequence[str]) -> Callable[[Mention], int]:
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": f"r{number}", "pattern": phrase} for number, phrase in enumerate(said)])  # type: ignore[attr-defined]  # add_pipe does not say what it gives
    return lambda mention: len(nlp(mention.text).ents)


def speed(run: Callable[[Mention], int], mentions: Sequence[Mention]) -> tuple[float, int]:
    """Mentions a CPU second and hits, on texts that are new to it, as in a stream; a fifth of them warms it up."""
    head = len(mentions) // 5
    for one in mentions[:head]:
        run(one)
    start = process_time()
    hits = sum(run(one) for one in mentions[head:])
    return (len(mentions) - head) / (process_time() - start), hits


if __name__ == "__main__":
    main()
