"""Pasted lists as people really have them: which line asks for how many of what."""

import pytest

from supply.filling.numbers import Of, count
from supply.filling.rules import read_list

FIVE = (
    "5 x BIO-5",
    "5x BIO-5",
    "5xBIO-5",
    "5 X BIO-5",
    "5 × BIO-5",
    "5 ✕ BIO-5",
    "5 * BIO-5",
    "5 BIO-5",
    "5\u00a0BIO-5",
    "BIO-5 5",
    "BIO-5 x 5",
    "BIO-5 x5",
    "BIO-5 ×5",
    "BIO-5 5x",
    "BIO-5 * 5",
    "BIO-5\t5",
    "BIO-5\t\t5\t",
    "BIO-5;5",
    "BIO-5; 5 packs",
    "BIO-5 | 5",
    "| BIO-5 | 5 |",
    "BIO-5,5",
    "BIO-5, 5",
    '"BIO-5","5"',
    '"BIO-5";"5"',
    "BIO-5 - 5",
    "BIO-5 – 5",
    "BIO-5: 5",
    "BIO-5 (5)",
    "BIO-5 [5]",
    "BIO-5 (5x)",
    "BIO-5 = 5",
    "BIO-5 qty 5",
    "BIO-5 Qty: 5",
    "BIO-5, Menge: 5",
    "BIO-5 Qté : 5",
    "BIO-5 5 pack(s)",
    "BIO-5 5 boxes",
    "BIO-5 5 Packungen",
    "5 packs of BIO-5",
    "5 Packungen BIO-5",
    "5 boîtes de BIO-5",
    "5 Schachteln BIO-5",
    "BIO-5 5.00",
    "BIO-5 5,0",
    "BIO-5\t5,00",
    "BIO-5 ５",
    "- 5 x BIO-5",
    "* BIO-5 5",
    "• BIO-5 5",
    "–\u00a0BIO-5 5",
    "☐ BIO-5 5",
    "[ ] BIO-5 5",
    "[x] BIO-5 5",
    "1. BIO-5 5",
    "1) 5 x BIO-5",
    "> 5 x BIO-5",
    "> > BIO-5 5",
    "[12:03, 26.11.2026] Mia: 5 x BIO-5",
    "[26.11.26, 12:03:11] Mia Moser: BIO-5 5",
    "26.11.26, 12:03 - Mia: 5x BIO-5",
    "11/26/26, 12:03 PM - Mia: 5x BIO-5",
    "BIO\u20115 5",
    "BIO\u20135 5",
    "BI\u00adO-5 5",
    "\ufeffBIO-5 5",
    "BIO-5 5 @ 25.05 €",
    "BIO-5 5 à 25,05 €",
    "BIO-5 5 €25.05",
    "BIO-5    5    25.05   125.25",
    "1\tBIO-5\t5\t25,05",
    "BIO-5\t5\t25,05 €\t125,25 €",
)


@pytest.mark.parametrize("pasted", FIVE)
def test_five_packs_however_it_is_written(pasted: str) -> None:
    (line,) = read_list(pasted)
    reading = line.readings[0]
    assert reading.count is not None
    assert (reading.what, reading.count.number, reading.count.of) == ("BIO-5", 5, Of.PACKS)


@pytest.mark.parametrize(
    ("pasted", "what", "number", "of"),
    [
        ("Biotin 5 ml 3", "Biotin 5 ml", 3, Of.PACKS),
        ("3 Biotin 5 ml", "Biotin 5 ml", 3, Of.PACKS),
        ("Biotin, 5 ml, 3", "Biotin", 3, Of.PACKS),
        ("10 x 30G needles", "30G needles", 10, Of.PACKS),
        ("30G 4mm x 10", "30G 4mm", 10, Of.PACKS),
        ("Needles 30G 4 mm 100", "Needles 30G 4 mm", 100, Of.PACKS),
        ("4006381333931 5", "4006381333931", 5, Of.PACKS),
        ("5 4006381333931", "4006381333931", 5, Of.PACKS),
        ("4006381333931;5", "4006381333931", 5, Of.PACKS),
        ("20 vials BIO-5", "BIO-5", 20, Of.CONTAINERS),
        ("BIO-5 20 Fläschchen", "BIO-5", 20, Of.CONTAINERS),
        ("5 pcs GLO-M", "GLO-M", 5, Of.PIECES),
        ("GLO-M 5 Stück", "GLO-M", 5, Of.PIECES),
        ("1\u202f000 BIO-5", "BIO-5", 1000, Of.PACKS),
        ("BIO-5 1'000", "BIO-5", 1000, Of.PACKS),
    ],
)
def test_what_is_asked_for_is_read_apart_from_how_many(
    pasted: str, what: str, number: int, of: Of
) -> None:
    (line,) = read_list(pasted)
    found = line.readings[0].count
    assert found is not None
    assert (line.readings[0].what, found.number, found.of) == (what, number, of)


@pytest.mark.parametrize("pasted", ["BIO-5", "Biotin 5 ml", "5 ml Biotin", "4006381333931"])
def test_a_line_may_say_no_number(pasted: str) -> None:
    (line,) = read_list(pasted)
    assert [(one.what, one.count) for one in line.readings] == [(pasted, None)]


@pytest.mark.parametrize(
    ("number", "packs"),
    [
        ("5", 5), ("5.0", 5), ("5,00", 5), ("1'000", 1000), ("1.000.000,00", None),
        ("1,250.00", 1250), ("1.250,00", 1250), ("1.000", None), ("5,000", None), ("2,5", None),
        ("0", None), ("0,5", None), ("9999999", None),
    ],
)  # fmt: skip
def test_a_number_is_read_in_any_style_or_doubted(number: str, packs: int | None) -> None:
    """Nothing is guessed where a thousand and a one look alike."""
    found = count(number)
    assert found.number == packs
    assert (found.doubt is None) == (packs is not None)


@pytest.mark.parametrize(
    "pasted",
    [
        "SKU\tName\tQty\nBIO-5\tBiotin 5 ml\t5\nGLO-M\tGloves M\t2",
        "Artikelnr.;Bezeichnung;Menge\nBIO-5;Biotin 5 ml;5\nGLO-M;Gloves M;2",
        "Pos.\tMenge\tArt.-Nr.\tPreis\n1\t5\tBIO-5\t25,05\n2\t2\tGLO-M\t7,99",
        "Réf.\tQté\nBIO-5\t5\nGLO-M\t2",
        "SKU,Quantity,Price\nBIO-5,5,25.05\nGLO-M,2,7.99",
        "SKU Quantity\nBIO-5 5\nGLO-M 2",
        "1. BIO-5 5\n2. GLO-M 2",
        "BIO-5\n5\nGLO-M\n2",
        "5 x BIO-5, 2 x GLO-M",
        "5 BIO-5 and 2 GLO-M",
        "BIO-5 5\r\n\r\n-----\r\nGLO-M 2\r\n",
        "1\tBIO-5\tBiotin 5 ml\t5\n2\tGLO-M\tGloves M\t2",
    ],
)
def test_tables_lists_and_sentences_say_two_things(pasted: str) -> None:
    found = [
        (line.readings[0].what, line.readings[0].count.number)
        for line in read_list(pasted)
        if line.readings[0].count
    ]
    assert found == [("BIO-5", 5), ("GLO-M", 2)]


def test_numbers_before_lines_that_do_not_run_on_are_doubted() -> None:
    """They may be how many, or where the lines stood in a longer list."""
    found = [line.readings[0] for line in read_list("5. BIO-5\n3. GLO-M")]
    assert [(one.what, one.count and one.count.number) for one in found] == [
        ("BIO-5", None), ("GLO-M", None)
    ]  # fmt: skip
    assert all(one.count and one.count.doubt for one in found)
    assert [one.readings[0].count for one in read_list("3. BIO-5\n4. GLO-M")] == [None, None]


def test_lines_keep_the_number_they_have_in_the_list() -> None:
    assert [line.number for line in read_list("\n\nBIO-5 5\n\nGLO-M 2")] == [3, 5]
    assert read_list(" \n---\n\t\n") == []
