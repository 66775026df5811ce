"""How mentions are read for claims: addresses, tags, runs of characters; and how claims are weighed and ranked."""

from __future__ import annotations

import pytest

from classify.claims_rank import nearnesses, rank
from classify.claims_shelf import MAX_LOOKED_UP, Shelf
from classify.claims_text import grams, plain, read
from classify.stems import Stems
from tests.classify.classify_desk import LEXICON

EN, FR = Stems("en", LEXICON), Stems("fr", LEXICON)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("see https://a.example/harbour-ferry now", "see   now"),
        ("see WWW.A.example/ferry", "see  "),
        ("pic.example.com/ferry too", "  too"),
        ("3.5/10 and U.S./Canada", "3.5/10 and U.S./Canada"),
        ("#StopTheToll now", "StopTheToll Stop The Toll now"),
        ("@PêcheEtOcéans", "PêcheEtOcéans Pêche Et Océans"),
        ("#toll2027", "toll2027 toll 2027"),
        ("#CBC", "CBC"),
        ("#CBCNews", "CBCNews CBC News"),
        ("# @ nothing", "# @ nothing"),
        ("plain", "plain"),
    ],
)
def test_addresses_are_left_out_and_tags_split(text: str, read_as: str) -> None:
    assert plain(text) == read_as


def test_a_long_address_like_text_takes_no_time() -> None:
    assert plain("a." * 300 + "/") and plain("-" * 600 + "/")


def test_grams_are_runs_of_four_with_the_edges_of_the_word() -> None:
    assert grams(["port"]) == {" por", "port", "ort "}
    assert grams(["a", "of"]) == {" a ", " of "}
    assert grams([]) == frozenset()


def test_a_reading_knows_where_stems_are() -> None:
    reading = read((("title", "Tolls rise"), ("text", "Tolls fall. Nobody tolls.")), EN)
    assert [(one.field, one.start, one.end) for one in reading.sentences] == [
        ("title", 0, 10), ("text", 0, 11), ("text", 12, 25)
    ]  # fmt: skip
    assert reading.where["toll"] == (0, 1, 2) and reading.where["fall"] == (1,)
    assert "tolls" in reading.words and reading.head >= {"toll", "rise"}


def test_the_head_is_the_beginning_only() -> None:
    text = " ".join(f"word{number}" for number in range(30))
    reading = read((("text", text),), FR)
    assert len(reading.head) == 20 and "word19" in reading.head and "word20" not in reading.head


def test_rare_words_of_a_file_weigh_more_than_those_of_all_its_claims_and_of_all_news() -> None:
    shelf = Shelf(["passport fees double", "passport queues grow", "passport photos vanish in Canada"], EN)
    assert shelf.weight(["doubl"]) == pytest.approx(1, abs=0.001)
    assert shelf.weight(["passport"]) < 1 and shelf.weight(["canada"]) < 1
    assert shelf.heaviest(["passport", "doubl"]) == shelf.weight(["doubl"]) and shelf.heaviest([]) == 0


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Queues for passports keep growing", 1),
        ("Fees doubled, for a passport!", 0),
        ("pasport fotos vanishd", 2),
        ("A photo that vanishes. Passports.", 2),
    ],
)
def test_the_nearest_claim_is_first(text: str, first: int) -> None:
    shelf = Shelf(["passport fees double", "passport queues grow", "passport photos vanish", "the road is closed"], EN)
    ranked = rank(shelf, read((("text", text + " passport"),), EN), 2)
    assert ranked[0][0] == first and len(ranked) == 2 and ranked[0][1] > ranked[1][1]


def test_a_claim_that_shares_no_word_is_not_ranked() -> None:
    shelf = Shelf(["la route est fermée"], FR)
    assert rank(shelf, read((("text", "Le pont reste ouvert"),), FR), 5) == []
    assert rank(Shelf([], FR), read((("text", "Le pont"),), FR), 5) == []


def test_more_of_the_claim_is_nearer_in_every_respect() -> None:
    shelf = Shelf(["the harbour ferry stops on Sundays", "x y"], EN)
    some, more = (
        nearnesses(shelf, read((("text", text),), EN), 5)[0][1]
        for text in ("The harbour sleeps.", "The harbour ferry stops.")
    )
    assert all(one <= other for one, other in zip(some, more, strict=True)) and some != more


def test_frequent_words_are_not_looked_up_when_rare_ones_were_found() -> None:
    claims = ["common ground"] * (MAX_LOOKED_UP + 1) + ["common rarity", "rarity again"]
    shelf = Shelf(claims, EN)
    assert set(shelf.candidates({"common", EN.stem("rarity")}, 2)) == {MAX_LOOKED_UP + 1, MAX_LOOKED_UP + 2}
    assert len(shelf.candidates({"common"}, 3)) == 3
