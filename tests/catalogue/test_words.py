"""How words are split, what means the same, and what was meant: no database here."""

from __future__ import annotations

from decimal import Decimal

import pytest

from supply.catalogue.finding import asked, needles, spelling, synonyms, words
from supply.catalogue.finding.needles import Needle, read_needle


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("needle 30g 4mm", ["needle", "30g", "4mm"]),
        ("30 G x 4", ["30g", "4mm"]),
        ("30Gx4mm", ["30g", "4mm"]),
        ("G30 × 1,5 mm", ["30g", "1.5mm"]),
        ("30 gauge", ["30g"]),
        ("NDL-30G-4", ["ndl", "30g", "4"]),
        ("EMLA 30 g", ["emla", "30g"]),
        ("cream 30 g 5%", ["cream", "30g", "5"]),
        ("1,875 mg/ml", ["1.875mg", "ml"]),
        ("seringue d'insuline", ["seringue", "insuline"]),
        ("acide hyaluronique pour le visage", ["acide", "hyaluronique", "visage"]),
        ("vit a", ["vit", "a"]),
        ("the", ["the"]),
        ("HYALURONSÄURE  ｓäure", ["hyaluronsaure", "saure"]),
        ("a a a b", ["a", "b"]),
        ("% - _", []),
        ("1 2 3 4 5 6 7 8 9 10", ["1", "2", "3", "4", "5", "6", "7", "8"]),
    ],
)
def test_what_is_typed_becomes_words(typed: str, wanted: list[str]) -> None:
    assert words.words_wanted(typed) == wanted


def test_a_product_is_found_by_parts_figures_and_joined_words() -> None:
    named = words.named("X-DNA 2.5 mg/ml, 30 g", "TXA-100-A10x5", 30, Decimal("4.000"))
    assert named.split() == [
        "x", "dna", "2.5", "mg", "ml", "30", "g", "2.5mg", "30g", "xdna",
        "txa", "100", "a10x5", "txa100a10x5", "100a10x5", "4mm",
    ]  # fmt: skip


def test_phrases_are_written_as_words_are_split() -> None:
    for phrase in synonyms.phrases():
        assert words.split(" ".join(phrase)) == list(phrase)


def test_the_longest_phrase_is_taken_and_its_short_forms_are_whole_words() -> None:
    [group] = asked.groups_of(["vit", "c"], lambda _beginning: True)
    said = [[(term.word, term.whole) for term in phrase] for phrase in group]
    assert said[0] == [("vit", True), ("c", True)]
    assert [("ascorbic", False), ("acid", False)] in said
    [short] = asked.groups_of(["ha"], lambda _beginning: True)
    assert short[0] == (asked.Term("ha", whole=True),)
    assert (asked.Term("hyaluronic"), asked.Term("acid")) in short
    assert not [phrase for phrase in short if phrase[0].word.startswith("hyaluronid")]


def test_one_letter_is_whole_beside_other_words_only() -> None:
    assert asked.groups_of(["q"], lambda _b: True) == [((asked.Term("q"),),)]
    one, _other = asked.groups_of(["q", "test"], lambda _b: True)
    assert one == ((asked.Term("q", whole=True),),)


KNOWN = dict.fromkeys(
    ["hyaluronic", "hyaluronidase", "hyaluronate", "needle", "lidocaine", "gel"], 1
) | {"cannula": 5}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hyalronic", "hyaluronic"),
        ("hyalurnoic", "hyaluronic"),
        ("hialuronidaze", "hyaluronidase"),
        ("hialuron", "hyaluron"),
        ("needel", "needle"),
        ("neeelde", "needle"),
        ("nedle", "needle"),
        ("lidokain", "lidocaine"),
        ("canulla", "cannula"),
        ("xyzzy", None),
    ],
)
def test_the_nearest_word_is_what_was_meant(typed: str, meant: str | None) -> None:
    assert spelling.nearest(typed, KNOWN) == meant


@pytest.mark.parametrize("code", ["gle", "30g", "b12x", "txa100"])
def test_short_words_and_codes_are_as_they_are(code: str) -> None:
    assert not spelling.may_be_corrected(code)


@pytest.mark.parametrize(
    ("name", "category", "gauge", "length"),
    [
        ("Mesotherapy needle 30G x 4 mm, sterile", "needle", 30, "4"),
        ("5-pin multi-needle tip 32G x 1.5 mm", "needle", 32, "1.5"),
        ("Mesonadel 30 G × 4 mm", "other", 30, "4"),
        ("Nadel G30 x 13mm", "needle", 30, "13"),
        ("Aiguille 0,3 x 13 mm (30G)", "other", 30, "13"),
        ('Needle 30G x ½"', "needle", 30, "13"),
        ("Needle 25G x 1 1/2 inch", "needle", 25, "38"),
        ("Kanüle 27Gx19", "other", 27, "19"),
        ("Cannula 25 G 50mm + needle 23G", "needle", 25, "50"),
        ("Insulin syringe 1 ml 30G x 8 mm", "syringe", 30, "8"),
        ("Needle 31 gauge", "needle", 31, None),
        ("Needle 99G x 4 mm", "needle", None, None),
        ("Lidocaine cream 30 g tube", "anaesthetic", None, None),
        ("Cream 30 g x 4 tubes", "cream", None, None),
        ("Cream 20 g x 10 cm", "cream", None, None),
        ("Sharps container 2 l", "waste", None, None),
    ],
)
def test_a_needle_is_read_from_its_name(
    name: str, category: str, gauge: int | None, length: str | None
) -> None:
    assert read_needle(name, category, "") == Needle(gauge, Decimal(length) if length else None)


@pytest.mark.parametrize("text", ["30", "30G", "30 g", "G30", "30 Gauge", " ３０ "])
def test_a_gauge_is_written_in_many_ways(text: str) -> None:
    assert needles.gauge_in(text) == 30


@pytest.mark.parametrize("text", ["", "9", "41", "300", "30x", "-30", "30.5"])
def test_what_is_no_gauge(text: str) -> None:
    assert needles.gauge_in(text) is None


def test_lengths() -> None:
    assert [needles.length_in(text) for text in ("4", "4 mm", "12,7", "0", "301", "4 cm")] == [
        Decimal(4), Decimal(4), Decimal("12.7"), None, None, None,
    ]  # fmt: skip
