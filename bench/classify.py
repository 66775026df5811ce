"""Speed of classify on one core: Engine.tag, and the whole stage with the codec. Run: python -m bench.classify

100 files with 1,000 rules (queries, phrases, some token patterns) over mentions of 2 to 3 kB, two thirds English.
``--data FOLDER``: real texts as well, from FOLDER/topics/*.jsonl.gz with a "text" (and "title", "language") each.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from classify.compile import compile_engine, places
from classify.engine import Engine
from classify.matchers.spacy_runtime import Pipelines
from classify.stage import Classify
from classify.tagger import Tagger
from gordon import codec
from gordon.bus import Record
from gordon.desk.schema import PolicyFile
from gordon.events import Event, Mention, Topics


def _words(text: str) -> list[str]:
    return text.split()


SUBJECTS = {
    "en": _words(
        """
        passport visa pension tax benefit housing mortgage childcare dental pharmacare vaccine hospital nurse
        ferry pipeline carbon methane wildfire flood drought fishery lobster salmon wheat dairy canola tariff
        border customs refugee asylum citizenship veteran reservist submarine frigate fighter broadband spectrum
        privacy password cyberattack census library museum heritage treaty reserve wetland caribou plastic
        recycling battery charger airport runway rail transit bridge harbour icebreaker satellite telescope
        """
    ),
    "fr": _words(
        """
        passeport visa pension impôt prestation logement hypothèque garderie dentaire médicament vaccin hôpital
        infirmière traversier oléoduc carbone méthane incendie inondation sécheresse pêche homard saumon blé
        laitier canola tarif frontière douane réfugié asile citoyenneté ancien réserviste sous-marin frégate
        chasseur réseau spectre confidentialité recensement bibliothèque musée patrimoine traité réserve
        plastique recyclage batterie aéroport piste pont port brise-glace satellite télescope
        """
    ),
}
ASPECTS = {
    "en": _words(
        """
        delay backlog fee cost cut increase strike shortage review audit reform ban fraud lawsuit deadline
        rebate subsidy threshold eligibility application refund closure safety recall
        """
    ),
    "fr": _words(
        """
        retard arriéré frais coût réduction hausse grève pénurie examen vérification réforme interdiction fraude
        poursuite échéance remise subvention seuil admissibilité demande remboursement fermeture sécurité rappel
        """
    ),
}
FILLER = {
    "en": _words(
        """
        the of and to in a is that for it was on are as with they at be this from have or by one had not but
        what all were when we there can an your which their said if do will each about how up out them then she
        many some so these would other into has more her two like him see time could no make than first been its
        who now people my made over did down only way find use may water long little very after words called
        just where most know house year town council minister federal provincial report week month government
        public service office plan program people new local city community family work school country member
        group company president national state million according percent since including during official
        statement announced members issue questions concern residents
        """
    ),
    "fr": _words(
        """
        le la les de des du et à en un une est que pour il dans ce qui sur pas plus par au avec se son sa ses ne
        ont été aux mais nous vous ils elle leur comme tout cette être fait deux même aussi bien où sans peut
        tous après dont entre encore depuis très gouvernement ministre fédéral provincial rapport semaine mois
        public service bureau projet programme gens nouveau local ville communauté famille travail école pays
        membre groupe entreprise président national million selon pourcent durant officiel déclaration annoncé
        question inquiétude résidents l'été d'hiver qu'on aujourd'hui c'est n'a
        """
    ),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path)
    options.add_argument("--mentions", type=int, default=2000)
    options.add_argument("--files", type=int, default=100)
    options.add_argument("--rules", type=int, default=1000)
    options.add_argument("--patterns", type=float, default=0.03, help="share of token patterns")
    chosen = options.parse_args()
    draw = random.Random(4)
    files = desk(draw, chosen.files, chosen.rules, chosen.patterns)
    start = perf_counter()
    engine, problems = compile_engine(files, places({}, {}), Pipelines())
    assert engine is not None, problems
    print(f"built {len(engine.rules)} rules in {perf_counter() - start:.2f} s; {len(engine.always_run)} always run")
    report("generated", engine, [generated(draw, number) for number in range(chosen.mentions)])
    if chosen.data:
        real = list(texts(chosen.data, chosen.mentions))
        report("real", engine, real) if real else print(f"real texts: none under {chosen.data}/topics, skipped")


def desk(draw: random.Random, files: int, rules: int, patterns: float) -> list[PolicyFile]:
    """Policy files with ``rules`` rules in all."""
    return [
        PolicyFile.model_validate(
            {"file": f"file-{number}", "rules": [rule(draw, index, patterns) for index in range(rules // files)]}
        )
        for number in range(files)
    ]


def rule(draw: random.Random, index: int, patterns: float) -> dict[str, Any]:
    language = draw.choice(("en", "en", "fr"))
    subject, other = draw.sample(SUBJECTS[language], 2)
    first, second, third = draw.sample(ASPECTS[language], 3)
    base: dict[str, Any] = {"id": f"r{index}", "lang": language}
    if draw.random() < patterns:
        return base | {"pattern": [{"LEMMA": subject}, {"OP": "?"}, {"LOWER": {"IN": [first, second]}}]}
    if draw.random() < 0.3:
        link = draw.choice(FILLER[language])
        return base | {"phrases": [f"{subject} {first}", f"{link} {other} {second}", f"{subject} {link} {other}"]}
    shapes = (
        f'{subject}* NEAR/8 ({first}* OR {second} OR "{other} {third}*")',
        f"{subject}* AND {first}* NOT title:{other}",
        f'"{subject} {first}" OR ({other} ONEAR/4 {second})',
        f"({subject} OR {other}) NEAR/5 ({first}* OR {second}* OR {third}*)",
        f"title:{subject}* ({first} OR {second})",
    )
    return base | {"query": draw.choice(shapes)}


def generated(draw: random.Random, number: int) -> Mention:
    """A mention of 2 to 3 kB that touches one or two subjects."""
    language = draw.choice(("en", "en", "fr"))
    topics = draw.sample(SUBJECTS[language], 2) + draw.sample(ASPECTS[language], 3)
    words: list[str] = []
    size = 0
    goal = draw.randint(2000, 3000)
    while size < goal:
        word = draw.choice(topics) if draw.random() < 0.02 else draw.choice(FILLER[language])
        word = word + draw.choice(("", "", "", "", "s", ",", ". The" if language == "en" else ". Les"))
        words.append(word)
        size += len(word) + 1
    return mention(number, " ".join(words[:9]), " ".join(words), language)


def mention(number: int, title: str, text: str, language: str) -> Mention:
    return Mention(
        id=f"mention-{number}", revision=1, feed="https://blog.example/feed", url=f"https://blog.example/{number}",
        title=title, text=text, language=language, seen=datetime(2026, 11, 2, tzinfo=UTC), kind="new", flags=(),
    )  # fmt: skip


def texts(folder: Path, count: int) -> Iterator[Mention]:
    """Up to ``count`` real texts, evenly from the files; short ones are joined to 2 kB."""
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
                    yield mention(made, str(row.get("title") or "")[:120], "\n".join(parts)[:3000], language)
                    parts, made = [], made + 1
                if made >= count // len(paths):
                    break


def report(name: str, engine: Engine, mentions: Sequence[Mention]) -> None:
    """Prints both speeds, warm; the first 100 mentions warm up."""
    for one in mentions[:100]:
        engine.tag(one)
    each = []
    tagged = tags = 0
    for one in mentions:
        start = process_time()
        found = engine.tag(one)
        each.append(process_time() - start)
        tagged, tags = tagged + bool(found), tags + len(found)
    each.sort()
    size = sum(len(one.text) for one in mentions) / len(mentions)
    print(
        f"{name}: {len(mentions)} mentions of {size:.0f} characters, {tagged / len(mentions):.0%} tagged, {tags} tags"
    )
    print(f"  Engine.tag {len(each) / sum(each):8.0f}/s   p50 {each[len(each) // 2] * 1e3:.2f} ms", end="   ")
    print(f"p99 {each[len(each) * 99 // 100] * 1e3:.2f} ms")
    print(f"  stage+codec {stage_speed(engine, mentions):7.0f}/s", end="   ")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def stage_speed(engine: Engine, mentions: Sequence[Mention]) -> float:
    """Mentions a CPU second from the bytes of a mention to the bytes of its tagged events."""
    stage = Classify(tagger=Tagger(engine), policy_version="bench", topics=Topics())
    records = [record(number, one) for number, one in enumerate(mentions)]
    start = process_time()
    for first in range(0, len(records), stage.batch):
        events = [codec.decode(one) for one in records[first : first + stage.batch]]
        for event in stage.handle(events):
            codec.encode(event)
    return len(mentions) / (process_time() - start)


def record(offset: int, one: Mention) -> Record:
    event = Event(
        topic="gordon.mentions", key=one.id, type="gordon.mention.v1", id=f"e{offset}", source="/gordon/ingest",
        subject=f"{one.id}/1", time=one.seen, data=one,
    )  # fmt: skip
    message = codec.encode(event)
    return Record(
        topic=message.topic, partition=0, offset=offset, key=message.key, value=message.value, headers=message.headers
    )


if __name__ == "__main__":
    main()
