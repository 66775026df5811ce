"""The Luwak benchmark: 2,000 queries on 999 documents, Gordon beside Lucene Monitor. Run:

python -m bench.luwak --data FOLDER [--lucene LIB] [--java JAVA] [--rounds 5] [--oracle 5]

FOLDER/boolean holds the queries and the documents. LIB: a folder with Lucene's jars, filled by
``mvn -f bench/peers/lucene/pom.xml dependency:copy-dependencies -DoutputDirectory=LIB``; without it Gordon runs alone.
One thread, after warm-up, the fastest round by its CPU time. The sets of matches are compared: with Lucene's, with a
plain evaluation of every query, and on every so many documents with the oracle of the tests, which is slow.
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
from time import process_time

from bench.rule_sets import mention
from classify.compile import compile_engine, places
from classify.engine import Engine
from classify.matchers.spacy_runtime import Pipelines
from classify.query import parse_query
from classify.text import fold, words
from gordon.desk.schema import PolicyFile
from gordon.events import FileTag, Mention
from tests.classify.classify_oracle import book
from tests.classify.classify_oracle import places as true_places

PROGRAM = Path(__file__).parent / "peers" / "lucene" / "Luwak.java"
WAYS = (
    "term simple 1",
    "multipass simple 1",
    "multipass-ngram simple 1",
    "multipass-edge simple 1",
    "multipass-edge simple 100",
    "multipass-ngram highlights 1",
    "multipass-edge highlights 1",
)
"""Presearcher, what is said of a match (highlights: its places, as Gordon does), documents in one call."""
Matches = set[tuple[int, str]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path)
    options.add_argument("--lucene", type=Path)
    options.add_argument("--java", default="java")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--oracle", type=int, default=5, help="documents read by the oracle as well")
    chosen = options.parse_args()
    if chosen.data is None:
        print("the queries and documents are in the data folder: --data FOLDER; skipped")
        return
    queries = {str(row["id"]): str(row["text"]) for row in _rows(chosen.data / "boolean/luwak_benchmark_queries")}
    documents = [str(row["text"]) for row in _rows(chosen.data / "boolean/luwak_benchmark_docs")]
    letters = sum(map(len, documents)) / len(documents)
    print(f"{len(queries)} queries, {len(documents)} documents of {letters:.0f} letters")
    matches, speed, places = gordon(queries, documents, chosen.rounds)
    print(f"  {'Gordon, with evidence':40} {speed:6.0f} documents/s, {len(matches)} matches, {places} places")
    print(f"  differences from the plain evaluation: {len(matches ^ plain(queries, documents))}")
    numbers = range(0, len(documents), max(1, len(documents) // max(chosen.oracle, 1)))[: chosen.oracle]
    wrong = by_oracle(queries, documents, numbers) ^ {match for match in matches if match[0] in numbers}
    print(f"  differences from the oracle, on {len(numbers)} documents: {len(wrong)}")
    for way in WAYS if chosen.lucene else ():
        theirs, other, places = lucene(queries, documents, chosen, way)
        print(
            f"  {f'Lucene Monitor, {way}':40} {other:6.0f} documents/s, {len(theirs)} matches, {places} places;"
            f" Gordon has {speed / other:.2f} of its speed, {len(matches ^ theirs)} matches differ",
            flush=True,
        )
        for document, query in sorted(matches ^ theirs)[:5]:
            who = "Gordon" if (document, query) in matches else "Lucene"
            print(f"    document {document}, query {queries[query]}: {who} alone")


def _rows(path: Path) -> Iterable[dict[str, object]]:
    with gzip.open(f"{path}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def terms(query: str) -> list[str]:
    """ "+close* +round*" as its terms."""
    return [term.removeprefix("+") for term in query.split()]


def gordon(queries: dict[str, str], documents: Sequence[str], rounds: int) -> tuple[Matches, float, int]:
    """What matches, documents a second of the fastest round, and the places that were shown."""
    files = [
        PolicyFile.model_validate({"file": f"q-{name}", "rules": [{"id": "r", "query": _translated(query)}]})
        for name, query in queries.items()
    ]
    engine, problems = compile_engine(files, places({}, {}), Pipelines())
    assert engine is not None, problems
    mentions = [mention(number, "", text, "en") for number, text in enumerate(documents)]
    runs = [_round(engine, mentions) for _ in range(rounds + 1)]
    found = {(number, tag.file.removeprefix("q-")) for number, tags in enumerate(runs[0][0]) for tag in tags}
    shown = sum(len(tag.evidence) for tags in runs[0][0] for tag in tags)
    return found, len(mentions) / min(seconds for _, seconds in runs), shown


def _translated(query: str) -> str:
    return " AND ".join(terms(query))


def _round(engine: Engine, mentions: Sequence[Mention]) -> tuple[list[tuple[FileTag, ...]], float]:
    start = process_time()
    tags = [engine.tag(one) for one in mentions]
    return tags, process_time() - start


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


def by_oracle(queries: dict[str, str], documents: Sequence[str], numbers: Sequence[int]) -> Matches:
    """The same of some documents by the oracle of the tests."""
    trees = {name: parse_query(_translated(query)) for name, query in queries.items()}
    found = Matches()
    for number in numbers:
        read = book("", documents[number])
        found.update((number, name) for name, tree in trees.items() if true_places(tree, read) is not None)
    return found


def lucene(
    queries: dict[str, str], documents: Sequence[str], chosen: argparse.Namespace, way: str
) -> tuple[Matches, float, int]:
    """The same of Lucene Monitor, in a process of its own."""
    with TemporaryDirectory() as folder:
        asked, read = Path(folder) / "queries", Path(folder) / "documents"
        asked.write_text("".join(f"{name}\t{query}\n" for name, query in queries.items()), encoding="utf-8")
        read.write_text("".join(f"{n}\t{b64encode(text.encode()).decode()}\n" for n, text in enumerate(documents)))
        command = [chosen.java, "-XX:+UseSerialGC", "-Xmx1g", "-cp", f"{chosen.lucene.resolve()}/*", str(PROGRAM)]
        done = subprocess.run(
            [*command, str(asked), str(read), *way.split(), str(3 * chosen.rounds)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    *lines, last = done.stdout.splitlines()
    speed, places = last.split()[-2:]
    return {(int(line.split("\t")[0]), line.split("\t")[1]) for line in lines}, float(speed), int(places)


if __name__ == "__main__":
    main()
