"""The model beside the rules: what it has learnt from is left out, what the rules say goes first, vetoes hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from classify.learn.samples import Decided
from classify.selftest import sample
from classify.tagger import Likeness, Tagger
from gordon.app.evaluate import Reading, Sample, read, report, taught
from gordon.app.mistakes import worst
from gordon.desk.schema import PolicyFile
from gordon.events import Evidence, FileTag, Learned, Mention
from tests.classify.classify_desk import engine_of

THRESHOLD = 0.5
PARKS = {
    "file": "parks",
    "rules": [{"id": "parks", "query": "park"}],
    "exclude": [{"id": "cars", "query": "parking"}],
    "examples": {"yes": ["The hiking trail opens in spring"], "no": ["A parking fee"]},
    "tests": {"must_not": [{"title": "Fees", "text": "The lot is full"}]},
}
TAXES = {"file": "taxes", "rules": [{"id": "taxes", "query": "impôt OR tax"}]}


class Words:
    """Recognises files by single words, each with its probability."""

    def __init__(self, words: Mapping[str, tuple[str, float]]) -> None:
        self.words = words

    def likenesses(self, mention: Mention) -> Sequence[Likeness]:
        found = {"parks": 0.0, "taxes": 0.0}
        for word, (file, probability) in self.words.items():
            if word in mention.text:
                found[file] = max(found[file], probability)
        return [Likeness(file, probability, THRESHOLD) for file, probability in found.items()]

    def recognise(self, mention: Mention, settled: Collection[str]) -> Sequence[FileTag]:
        return [
            FileTag(
                file=one.file,
                score=one.probability,
                evidence=(Evidence(rule="examples", field="text", start=0, end=3, quote=mention.text[:3]),),
                learned=Learned(probability=one.probability, threshold=one.threshold, model="1"),
            )
            for one in self.likenesses(mention)
            if one.probability >= one.threshold and one.file not in settled
        ]


MODEL = Words({"trail": ("parks", 0.9), "forest": ("parks", 0.3), "budget": ("taxes", 0.8), "fee": ("taxes", 0.005)})
TAGGER = Tagger(engine_of(PARKS, TAXES), MODEL)
TEXTS = [
    ("The park is green", "en", {"parks"}),
    ("A long trail", "en", {"parks"}),
    ("A forest", "en", {"parks"}),
    ("The trail to the parking lot", "en", {"parks"}),
    ("Un budget sans impôt", "fr", {"taxes"}),
    ("Le budget du hockey", "fr-CA", set()),
    ("the HIKING  trail opens in spring", "en", {"parks"}),
]


def readings(texts: Sequence[tuple[str, str, set[str]]] = TEXTS) -> list[Reading]:
    known = taught([PolicyFile.model_validate(PARKS)])
    samples = [
        Sample(line, "", sample("", text, language), frozenset(right))
        for line, (text, language, right) in enumerate(texts, 1)
    ]
    return list(read(samples, TAGGER, MODEL, known))


def counted(by: str, language: str = "all") -> dict[str, tuple[int, int, int]]:
    found = report(readings(), ("parks", "taxes"), model=True)
    return {row.file: (row.tp, row.fp, row.fn) for row in found.rows if (row.by, row.language) == (by, language)}


def test_rules_model_and_both_are_counted_apart() -> None:
    assert counted("rules") == {"parks": (1, 0, 4), "taxes": (1, 0, 0)}
    assert counted("model") == {"parks": (2, 0, 2), "taxes": (1, 1, 0)}
    assert counted("both") == {"parks": (2, 0, 2), "taxes": (1, 1, 0)}
    assert counted("both", "fr") == {"taxes": (1, 1, 0)}


def test_what_was_learnt_from_counts_for_the_rules_only() -> None:
    found = report(readings(), ("parks", "taxes"), model=True)
    assert found.seen == 1
    mentions = {mean.by: mean.mentions for mean in found.averages if mean.language == "all" and mean.kind == "micro"}
    assert mentions == {"rules": 7, "model": 6, "both": 6}
    assert found.overall().by == "both"
    assert report(readings(), ("parks", "taxes"), model=False).overall().by == "rules"


def test_all_that_teaches_is_known() -> None:
    known = taught([PolicyFile.model_validate(PARKS)], [Decided(text="Décidé", title="Titre", files=())])
    texts = ["The hiking trail opens in spring", "A parking fee", "Fees The lot is full", "TITRE decide"]
    mentions = [sample("", text, "en") for text in texts] + [sample("Fees", "The lot is full", "en")]
    samples = [Sample(1, "", mention, frozenset()) for mention in mentions]
    assert all(reading.seen for reading in read(samples, TAGGER, MODEL, known))
    assert not any(reading.seen for reading in read(samples, TAGGER, None, known))


def test_the_curve_goes_down_to_the_least_probability_and_rules_go_first() -> None:
    found = {(curve.by, curve.file): curve for curve in report(readings(), ("parks", "taxes"), model=True).curves}
    assert [point[0] for point in found["model", "parks"].points] == [0.9, 0.3]
    assert [point[0] for point in found["both", "parks"].points] == [2.0, 0.9, 0.3]
    assert [point[0] for point in found["rules", "parks"].points] == [1.0]
    recalls = [point[2] for point in found["both", "parks"].points]
    assert recalls == [0.25, 0.5, 0.75]  # the fourth is vetoed, whatever its words
    assert all(threshold > 0.01 for curve in found.values() for threshold, _, _ in curve.points)


def test_mistakes_name_the_veto_the_probability_and_the_words() -> None:
    found = {(m.kind, m.line): m.why for m in worst(readings(), TAGGER.engine, MODEL, most=10)}
    assert found["missed", 4] == "excluded by cars"
    assert "examples 0.30 of 0.50" in found["missed", 3]
    assert found["wrong", 6] == "examples 0.80; examples “Le”"
    assert len(worst(readings(), TAGGER.engine, MODEL, most=2)) == 2


def test_a_long_curve_is_thinned_but_keeps_its_ends() -> None:
    texts = [(f"word-{number} in a text", "en", {"parks"}) for number in range(500)]
    model = Words({f"word-{number} ": ("parks", 0.02 + number / 1000) for number in range(500)})
    samples = [Sample(1, "", sample("", text, language), frozenset(right)) for text, language, right in texts]
    found = report(list(read(samples, Tagger(TAGGER.engine, model), model, ())), ("parks",), model=True)
    (curve,) = (curve for curve in found.curves if (curve.by, curve.file) == ("model", "parks"))
    assert 100 < len(curve.points) <= 200
    assert (curve.points[0][0], curve.points[-1][0]) == (0.519, 0.02)
