"""The Luwak benchmark: 2,000 queries on 999 documents, Gordon beside Lucene Monitor. Run:

python -m bench.luwak --data FOLDER [--lucene LIB] [--rounds 5]

FOLDER/boolean holds the queries and the documents. LIB: a folder with Lucene's jars, filled by
``mvn -f bench/peers/lucene/pom.xml dependency:copy-dependencies -DoutputDirectory=LIB``; without it Gordon runs alone.
Both take one document at a time on one thread, after warm-up; the fastest round counts. The sets of matches are
compared, and Gordon's with those of a plain evaluation of every query.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.rule_sets import mention
from classify.compile import compile_engine, places
from classify.engine import Engine
from classify.matchers.spacy_runtime import Pipelines
from classify.text import fold, words
from gordon.desk.schema import PolicyFile
from gordon.events import Mention

PROGRAM = Path(__file__).parent / "peers" / "lucene" / "Luwak.java"
Matches = set[tuple[int, str]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path)
    options.add_argument("--lucene", type=Path)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    if chosen.data is None:
        print("the queries and documents are in the data folder: --data FOLDER; skipped")
        return
    queries = {str(row["id"]): str(row["text"]) for row in _rows(chosen.data / "boolean/luwak_benchmark_queries")}
    documents = [str(row["text"]) for row in _rows(chosen.data / "boolean/luwak_benchmark_docs")]
    print(
        f"{len(queries)} queries, {len(documents)} documents of {sum(map(len, documents)) / len(documents):.0f} letters"
    )
    matches, speed = gordon(queries, documents, chosen.rounds)
    print(f"Gordon, Engine.tag with evidence: {speed:8.0f} documents/s, {len(matches)} matches")
    wrong = matches ^ plain(queries, documents)
    print(f"beside the plain evaluation: {len(wrong)} differences")
    if chosen.lucene:
        for presearcher in ("term", "multipass"):
            theirs, other = lucene(queries, documents, chosen.lucene, presearcher, 4 * chosen.rounds)
            print(
                f"Lucene Monitor, presearcher {presearcher:9}:   {other:8.0f} documents/s, {len(theirs)} matches;",
                end=" ",
            )
            print(f"Gordon has {speed / other:.2f} of its speed, {len(matches ^ theirs)} matches differ")
            for document, query in sorted(matches ^ theirs)[:5]:
                who = "Gordon" if (document, query) in matches else "Lucene"
                print(f"  document {document}, query {queries[query]}: {who} alone")


def _rows(path: Path) -> Iterable[dict[str, object]]:
    with gzip.open(f"{path}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def terms(query: str) -> list[str]:
    """ "+close* +round*" as its terms."""
    return [term.removeprefix("+") for term in query.split()]


def gordon(queries: dict[str, str], documents: Sequence[str], rounds: int) -> tuple[Matches, float]:
    """What matches, and documents a second of the fastest round."""
    files = [
        PolicyFile.model_validate({"file": f"q-{name}", "rules": [{"id": "r", "query": " AND ".join(terms(query))}]})
        for name, query in queries.items()
    ]
    engine, problems = compile_engine(files, places({}, {}), Pipelines())
    assert engine is not None, problems
    mentions = [mention(number, "", text, "en") for number, text in enumerate(documents)]
    best, found = 0.0, Matches()
    for _ in range(rounds + 1):
        found, seconds = _round(engine, mentions)
        best = max(best, len(mentions) / seconds)
    return found, best


def _round(engine: Engine, mentions: Sequence[Mention]) -> tuple[Matches, float]:
    start = perf_counter()
    tags = [engine.tag(one) for one in mentions]
    seconds = perf_counter() - start
    return {(number, tag.file.removeprefix("q-")) for number, those in enumerate(tags) for tag in those}, seconds


def plain(queries: dict[str, str], documents: Sequence[str]) -> Matches:
    """Every query on every document, word by word."""
    found = Matches()
    for number, text in enumerate(documents):
        there = set(words(fold(text)))
        heads = {word[:length] for word in there for length in range(1, 12)}
        for name, query in queries.items():
            if all(term[:-1] in heads if term.endswith("*") else term in there for term in map(fold, terms(query))):
                found.add((number, name))
    return found


def lucene(
    queries: dict[str, str], documents: Sequence[str], jars: Path, presearcher: str, rounds: int
) -> tuple[Matches, float]:
    """The same of Lucene Monitor, in a process of its own."""
    with TemporaryDirectory() as folder:
        asked, read = Path(folder) / "queries", Path(folder) / "documents"
        asked.write_text("".join(f"{name}\t{query}\n" for name, query in queries.items()), encoding="utf-8")
        read.write_text("".join(f"{n}\t{b64encode(text.encode()).decode()}\n" for n, text in enumerate(documents)))
        command = ["java", "-XX:ActiveProcessorCount=1", "-XX:+UseSerialGC", "-Xmx1g", "-cp", f"{jars.resolve()}/*"]
        done = subprocess.run(
            [*command, str(PROGRAM), str(asked), str(read), presearcher, str(rounds)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    *lines, last = done.stdout.splitlines()
    return {(int(line.split("\t")[0]), line.split("\t")[1]) for line in lines}, float(last.rpartition(" ")[2])


if __name__ == "__main__":
    main()
