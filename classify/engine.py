"""All rules of all files as one engine: one pass over a mention selects the few rules worth evaluating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from classify.claims import ClaimIndex
from classify.document import About, Document, Hit
from classify.explain import FileReport, explain_file
from classify.rules import CompiledRule, base_language
from classify.select import Selector
from gordon.events import ClaimHit, Evidence, FileTag, Mention


class Judgement(NamedTuple):
    """What the rules say of a mention. ``vetoed``: files whose ``exclude`` fired; nobody may tag them."""

    tags: tuple[FileTag, ...]
    vetoed: frozenset[str]


class Engine:
    """Tags mentions with files. Immutable; made by classify.compile.compile_engine."""

    def __init__(self, rules: Sequence[CompiledRule], files: Sequence[str], claims: ClaimIndex) -> None:
        self.files = tuple(files)
        self.rules = tuple(rules)
        self.claim_index = claims
        self._selector = Selector(self.rules)

    @property
    def always_run(self) -> tuple[CompiledRule, ...]:
        """The rules that name no letters a text must hold, and so run on every mention."""
        return tuple(self.rules[number] for number in self._selector.always)

    def warm(self) -> None:
        """Loads what token patterns need (French: 3 s), which the first mention would otherwise wait for."""
        for rule in self.rules:
            rule.matcher.warm()

    def tag(self, mention: Mention) -> tuple[FileTag, ...]:
        """The files of a mention, highest score first, each with all rules that fired and where."""
        return self.judge(mention).tags

    def judge(self, mention: Mention) -> Judgement:
        """The files whose rules fired, highest score first, and those that were vetoed."""
        document = _document(mention)
        fired, vetoed = self._fired(document, base_language(mention.language))
        tags = [_file_tag(mention, file, found) for file, found in fired.items()]
        return Judgement(tuple(sorted(tags, key=lambda tag: (-tag.score, tag.file))), vetoed)

    def claims(self, mention: Mention, tags: Sequence[FileTag]) -> tuple[ClaimHit, ...]:
        """The claims of these files that a sentence of the mention repeats, each with its best sentence."""
        files = [tag.file for tag in tags]
        language = base_language(mention.language)
        return self.claim_index.hits(mention.title, mention.text, language, files, seen=mention.seen)

    def explain(self, mention: Mention) -> tuple[FileReport, ...]:
        """For each file of the desk, rule by rule: what fired, and why the others did not."""
        document = _document(mention)
        language = base_language(mention.language)
        return tuple(
            explain_file(file, [rule for rule in self.rules if rule.file == file], document, language)
            for file in self.files
        )

    def _fired(
        self, document: Document, language: str
    ) -> tuple[dict[str, list[tuple[CompiledRule, list[Hit]]]], frozenset[str]]:
        """The rules that fired and their places, by file, without the files that were vetoed; and those files."""
        fired: dict[str, list[tuple[CompiledRule, list[Hit]]]] = {}
        vetoed: set[str] = set()
        for number in sorted(self._selector.candidates(document)):
            rule = self.rules[number]
            if not rule.speaks(language) or (rule.veto and rule.file in vetoed):
                continue
            hits = rule.matcher.find(document, language)
            if hits is None:
                continue
            if rule.veto:
                vetoed.add(rule.file)
            else:
                fired.setdefault(rule.file, []).append((rule, hits))
        for file in vetoed:
            fired.pop(file, None)
        return fired, frozenset(vetoed)


def _document(mention: Mention) -> Document:
    about = About(mention.url, mention.feed, mention.author or "", mention.language)
    return Document(mention.title, mention.text, about)


def _file_tag(mention: Mention, file: str, fired: Sequence[tuple[CompiledRule, list[Hit]]]) -> FileTag:
    evidence = [_evidence(mention, rule, hit) for rule, hits in fired for hit in hits]
    return FileTag(file=file, score=sum(rule.weight for rule, _ in fired), evidence=tuple(evidence))


def _evidence(mention: Mention, rule: CompiledRule, hit: Hit) -> Evidence:
    source = mention.title if hit.field == "title" else mention.text
    return Evidence(rule=rule.id, field=hit.field, start=hit.start, end=hit.end, quote=source[hit.start : hit.end])
