"""Speed of classify on one core by the number of rules: Engine.tag, and the whole stage with the codec.

    python -m bench.classify [--rules 100 1000 10000 100000] [--mentions 2000] [--data FOLDER]

Each size in a process of its own: build time, memory, mentions a second (CPU time, warm), p50 and p99. The rules and
texts are generated (bench/rule_sets.py). ``--data``: real texts too, from FOLDER/topics, with rules of their words.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import Any

from bench import rule_sets
from bench.rule_sets import mention
from classify.compile import compile_engine, places
from classify.engine import Engine
from classify.matchers.spacy_runtime import Pipelines
from classify.stage import Classify
from classify.tagger import Tagger
from classify.text import fold, words
from gordon import codec
from gordon.bus import Record
from gordon.events import Event, Mention, Topics

SIZES = (100, 1_000, 10_000)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path)
    options.add_argument("--mentions", type=int, default=2_000)
    options.add_argument("--rules", type=int, nargs="+", default=SIZES)
    options.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        one(chosen.rules[0], chosen.mentions, chosen.data)
        return
    for data in (None, chosen.data) if chosen.data else (None,):
        print(f"{'real texts' if data else 'generated texts'}, {chosen.mentions} mentions")
        speeds = [_apart(size, chosen.mentions, data) for size in chosen.rules]
        if len(speeds) > 1:
            print(f"  from {chosen.rules[0]} to {chosen.rules[-1]} rules: {speeds[0] / speeds[-1]:.1f} times slower")


def _apart(rules: int, mentions: int, data: Path | None) -> float:
    """One size in a process of its own; its mentions a second."""
    command = [sys.executable, "-m", "bench.classify", "--one", "--rules", str(rules), "--mentions", str(mentions)]
    done = subprocess.run(
        [*command, *(["--data", str(data)] if data else [])], capture_output=True, text=True, check=True
    )
    *lines, last = done.stdout.splitlines()
    print("\n".join(lines), flush=True)
    return float(last)


def one(rules: int, count: int, data: Path | None) -> None:
    """Prints what is measured, then the speed alone."""
    mentions = list(texts(data, count)) if data else rule_sets.mentions(count)
    files = rule_sets.files(_rules_of(mentions, rules) if data else rule_sets.rules(rules))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = process_time()
    engine, problems = compile_engine(files, places({}, {}), Pipelines())
    assert engine is not None, problems
    built = process_time() - start
    for found in mentions:
        engine.tag(found)  # warm: a rule's function is made at its first chance
    each, tags, tagged = [], 0, 0
    for found in mentions:
        start = process_time()
        those = engine.tag(found)
        each.append(process_time() - start)
        tags, tagged = tags + len(those), tagged + bool(those)
    each.sort()
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    speed = len(each) / sum(each)
    print(
        f"  {len(engine.rules):6} rules ({len(engine.always_run)} always run) in {built:5.2f} s, {memory:4.0f} MiB;"
        f" {speed:6.0f}/s, p50 {each[len(each) // 2] * 1e3:.2f}, p99 {each[len(each) * 99 // 100] * 1e3:.2f} ms;"
        f" stage with codec {stage_speed(engine, mentions):6.0f}/s;"
        f" {tagged / len(mentions):.1%} tagged, {tags / len(mentions):.2f} tags a mention"
    )
    print(speed)


def stage_speed(engine: Engine, mentions: Sequence[Mention]) -> float:
    """Mentions a CPU second from the bytes of a mention to the bytes of its tagged events."""
    stage = Classify(tagger=Tagger(engine), policy_version="bench", topics=Topics())
    records = [record(number, found) for number, found in enumerate(mentions)]
    start = process_time()
    for first in range(0, len(records), stage.batch):
        for event in stage.handle([codec.decode(found) for found in records[first : first + stage.batch]]):
            codec.encode(event)
    return len(mentions) / (process_time() - start)


def record(offset: int, found: Mention) -> Record:
    """The mention as it lies on the bus."""
    event = Event(
        topic="gordon.mentions", key=found.id, type="gordon.mention.v1", id=f"e{offset}", source="/gordon/ingest",
        subject=f"{found.id}/1", time=found.seen, data=found,
    )  # fmt: skip
    message = codec.encode(event)
    return Record(
        topic=message.topic, partition=0, offset=offset, key=message.key, value=message.value, headers=message.headers
    )


def texts(folder: Path, count: int) -> Iterator[Mention]:
    """Real texts, evenly from the files; short ones are joined to 2 kB."""
    paths = sorted(folder.glob("topics/*.jsonl.gz"))
    for path in paths:
        language = "fr" if "_fr" in path.name else "en"
        parts: list[str] = []
        made = 0
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                parts.append(str(row.get("text") or row.get("title") or ""))
                if sum(map(len, parts)) >= 2000:
                    text = "\n".join(parts)[:3000]
                    yield mention(made, text[:60], text, language)
                    parts, made = [], made + 1
                if made >= count // len(paths):
                    break


def _rules_of(mentions: Sequence[Mention], count: int) -> list[dict[str, Any]]:
    """The generated rules with each word in place of one of about the same rank in these texts."""
    ranked = {language: _ranked(mentions, language) for language in ("en", "fr")}
    made = rule_sets.rules(count)
    for rule in made:
        known, real = rule_sets.vocabulary(rule["lang"]), ranked[rule["lang"]]
        ranks = {word: rank for rank, word in enumerate(known)}
        draw = random.Random(rule["id"])

        def swapped(said: str, ranks: dict[str, int] = ranks, real: list[str] = real, draw: Any = draw) -> str:
            head = said.rstrip('*"):').lstrip('("')
            rank = ranks.get(head.removeprefix("title:"))
            if rank is None:
                return said
            return said.replace(head.removeprefix("title:"), real[min(rank // 2 + draw.randrange(50), len(real) - 1)])

        for key in ("query", "phrases"):
            if key == "query" and key in rule:
                rule[key] = " ".join(swapped(said) for said in rule[key].split())
            elif key in rule:
                rule[key] = [" ".join(swapped(said) for said in phrase.split()) for phrase in rule[key]]
    return made


def _ranked(mentions: Sequence[Mention], language: str) -> list[str]:
    counts: Counter[str] = Counter()
    for found in mentions:
        if found.language == language:
            counts.update(set(words(fold(found.text))))
    return [word for word, _ in counts.most_common() if len(word) > 2 and word.isalpha()]


if __name__ == "__main__":
    main()
