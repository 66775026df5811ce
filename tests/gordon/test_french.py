"""Gordon's sentences in French: every template, and sentences that are put together from several."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.events import Assigned, Gap, Member, MentionRef
from gordon.french import LONGEST, bilingual, cell_in_french, in_french, label_in_french, line_in_french
from gordon.french_texts import TEXTS, WORDS

SAMPLES = {
    "word": ("amelie", "rapid-correction"),
    "n": ("3", "0.250"),
    "when": ("2026-11-23", "2026-11-23 14:05"),
    "names": ("amelie, noor", "nobody"),
    "own": ("'Passport; \"fees\" and more'", "by her"),
    "act": ("ana: the same story", "Gordon"),
    "why": ("nobody has it", "words of somebody"),
    "term": ("approve", "anything"),
    "conditions": ("claim is true and language is en or fr", "always"),
}
COMPOSED = {
    "gap: expertise lead: the only one, chantal, is away until 2026-12-01": (
        "lacune : expertise lead : la seule personne, chantal, est absent(e) jusqu'au 2026-12-01"
    ),
    "none of 4 is free: ana is off duty until 2026-11-24 13:00 UTC; bo takes no items; and 2 more": (
        "aucune des 4 personnes n'est libre : ana n'est pas en service avant le 2026-11-24 13:00 UTC ; "
        "bo ne prend pas d'éléments ; et 2 autres"
    ),
    "covers policy, approve; drafts; leads the file; has 3 of 5 items": (
        "couvre policy, approve ; rédige ; dirige le dossier ; a 3 élément(s) sur 5"
    ),
    "priority: high, 3 points (repeats a known claim: +2, 3.1 times as many as usual: +1)": (
        "priorité : haute, 3 points (reprend une affirmation connue : +2, 3.1 fois plus que d'habitude : +1)"
    ),
    "route 1: claim is true and language is en or fr -> rapid-correction": (
        "route 1 : claim est true et language est en ou fr -> rapid-correction"
    ),
    "draft was due 2026-11-23 12:00Z and nobody covers discipline policy; goes to duty-desk": (
        "l'étape « rédiger » était due le 2026-11-23 12:00Z et personne ne couvre discipline policy ; va à duty-desk"
    ),
    "reassigned: bo leaves the team: has left (last day 2026-11-20)": (
        "réaffecté : bo quitte l'équipe : est parti(e) (dernier jour 2026-11-20)"
    ),
    "closed by ana: words of hers": "fermé par ana : words of hers",
    "merged by Gordon: 'a' and 'b' tell one story (score 0.500, needed 0.250); linked by 'c'": (
        "fusionné par Gordon : 'a' et 'b' racontent la même histoire (score 0.500, requis 0.250) ; reliés par 'c'"
    ),
}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("english", TEXTS)
@pytest.mark.parametrize("which", (0, 1))
def test_every_template_is_recognised(english: str, which: int) -> None:
    fields = {name: SAMPLES[name.rstrip("0123456789")][which] for name in re.findall(r"{(\w+)}", english)}
    said = in_french(english.format(**fields))
    fixed = [part for part in re.split(r"{\w+}", TEXTS[english]) if part.strip(" ,.:;()«»->'")]
    assert all(plain(part) in plain(said) for part in fixed), said


@pytest.mark.parametrize("english", COMPOSED)
def test_sentences_inside_of_sentences(english: str) -> None:
    assert plain(in_french(english)) == COMPOSED[english]


def test_what_people_wrote_stays_as_it_is() -> None:
    assert in_french("The minister asked for it; see the memo") == "The minister asked for it; see the memo"
    assert in_french("") == ""
    assert in_french("x" * (LONGEST + 1)) == "x" * (LONGEST + 1)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_a_title_survives_whatever_it_says(title: str) -> None:
    assert repr(title) in in_french(f"nearly the words of {title!r}")
    in_french(title)


def test_the_same_fields_stand_in_both_languages() -> None:
    for english, french in TEXTS.items():
        fields = set(re.findall(r"{(\w+)}", english))
        assert set(re.findall(r"{(\w+)}", french)) <= fields, english
        assert fields - set(re.findall(r"{(\w+)}", french)) in (set(), {"n"} & fields), english
    assert all(english and french for english, french in {**TEXTS, **WORDS}.items())


def test_an_item_speaks_both_languages() -> None:
    assigned = Assigned(
        item="i", issue="s", queue="q", file="f", files=("f",), mentions=1, priority="high", clocks={}, change="opened",
        mention=MentionRef(id="m", url="https://a.example/", title="t", language="en"), policy_version="p",
        team=(Member(person="ana", disciplines=(), expertise="", authority=(), why="leads the file"),),
        gaps=(Gap(kind="expertise", need="lead", why="nobody has it"),), explain=("people put it there",),
        why="a new mention",
    )  # fmt: skip
    told = bilingual(assigned)
    assert (told.why_fr, told.explain_fr) == ("une nouvelle mention", ("des personnes l'y ont mise",))
    assert (told.team[0].why_fr, told.gaps[0].why_fr) == ("dirige le dossier", "personne ne l'a")
    assert (told.why, told.explain, told.team[0].why) == (assigned.why, assigned.explain, assigned.team[0].why)
    assert bilingual(told) == told


def test_lines_of_commands_keep_their_indentation_and_markup() -> None:
    line = "  [dim]acknowledge by 2026-11-23 19:35Z, draft by 2026-11-23 21:05Z[/dim]"
    assert line_in_french(line) == (
        "  [dim]accuser réception avant le 2026-11-23 19:35Z, rédiger avant le 2026-11-23 21:05Z[/dim]"
    )
    assert plain(line_in_french("  [yellow]No Gordon: nobody has it[/yellow]")) == (
        "  [yellow]Pas de Gordon : personne ne l'a[/yellow]"
    )
    assert (label_in_french("queue"), label_in_french("duty-desk")) == ("file", "duty-desk")
    assert (cell_in_french("open"), cell_in_french("given back"), cell_in_french("x")) == ("ouvert", "rendu", "x")
