"""The policy file of the design, letter for letter, and short ways to an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classify.compile import compile_engine, places
from classify.engine import Engine
from classify.lemmas import Lexicon
from classify.matchers.spacy_runtime import Pipelines
from gordon.desk.schema import PolicyFile
from gordon.desk.validate import build
from gordon.desk.yaml_lines import Lines, parse
from gordon.errors import Problem

PIPELINES = Pipelines()  # French takes seconds to load: the tests share one
LEXICON = Lexicon()
SOURCE = "files/passport-services.yaml"
PASSPORT = """\
file: passport-services
title: {en: Passport services, fr: Services de passeport}
rules:
  - {id: delays,  lang: en, query: 'passport* NEAR/8 (delay* OR backlog OR "wait time*")'}
  - {id: retards, lang: fr, query: 'passeport* NEAR/8 (retard* OR arriéré OR attente)'}
  - {id: names,   phrases: [Passport Program, Programme de passeport], weight: 2}
  - {id: fee,     pattern: [{LEMMA: passport}, {LOWER: {IN: [fee, fees]}}]}     # a spaCy token pattern
exclude:
  - {id: sports, query: 'title:(hockey OR soccer)'}
claims:
  - id: fee-doubles
    says: {en: Passport fees will double, fr: Les frais de passeport vont doubler}
tests:
  must: [{text: Passport backlog grows again, rules: [delays]}]
  must_not: [{text: She scored with her hockey passport}]
"""


def read(yaml: str) -> tuple[PolicyFile, dict[str, Lines]]:
    """A policy file and the lines of its keys."""
    data, lines, problems = parse(yaml, SOURCE)
    entry, more = build(PolicyFile, data, SOURCE, lines)
    assert entry is not None and not problems and not more
    return entry, {SOURCE: lines}


def compiled(yaml: str) -> tuple[Engine | None, list[Problem]]:
    entry, lines = read(yaml)
    return compile_engine([entry], places({entry.file: SOURCE}, lines), PIPELINES, LEXICON)


def engine_of(*files: dict[str, Any]) -> Engine:
    """An engine of files given as data, which must be without problems."""
    engine, problems = compile_engine(
        [PolicyFile.model_validate(one) for one in files], places({}, {}), PIPELINES, LEXICON
    )
    assert engine is not None, problems
    return engine


def rules(*found: dict[str, Any], **more: Any) -> Engine:
    """An engine of one file "f" with these rules."""
    return engine_of({"file": "f", "rules": found, **more})


def query(text: str) -> Engine:
    return rules({"id": "q", "query": text})


def quotes(engine: Engine, title: str, text: str, language: str = "en") -> list[str]:
    """What each piece of evidence quotes, in order; checked against the mention."""
    from classify.selftest import sample

    mention = sample(title, text, language)
    found: Sequence[Any] = [evidence for tag in engine.tag(mention) for evidence in tag.evidence]
    for one in found:
        assert (title if one.field == "title" else text)[one.start : one.end] == one.quote
    return [one.quote for one in found]
