"""Doses, ingredients, GTINs and the choice of a price."""

import datetime as dt
from decimal import Decimal

import pytest

from supply.catalogue.rules import (
    Ingredient,
    InvalidGtinError,
    PriceRow,
    check_digit,
    dose_of,
    pack_price,
    parse_gtin,
    parse_ingredients,
    price_breaks,
    unit_price,
)
from supply.catalogue.terms import Dose
from supply.quantity import Unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (
            "sodium hyaluronate 10 mg/ml (non-crosslinked); vitamins",
            [
                Ingredient("sodium hyaluronate", "10 mg/ml (non-crosslinked)"),
                Ingredient("vitamins", ""),
            ],
        ),
        ("24 amino acids", [Ingredient("24 amino acids", "")]),
        ("calcium hydroxyapatite 0.01%", [Ingredient("calcium hydroxyapatite", "0.01%")]),
        ("hyaluronidase 150 USP units/ml", [Ingredient("hyaluronidase", "150 USP units/ml")]),
        ("peptide-3; ; biotin", [Ingredient("peptide-3", ""), Ingredient("biotin", "")]),
        ("selenium 40 mcg/ml", [Ingredient("selenium", "40 mcg/ml")]),
        ("vitamins A, B group, C, E", [Ingredient("vitamins A, B group, C, E", "")]),
    ],
)
def test_ingredients_split_from_their_strength(text: str, expected: list[Ingredient]) -> None:
    assert parse_ingredients(text) == expected


@pytest.mark.parametrize(
    ("stated", "unit", "kind", "dose"),
    [
        (None, Unit.EACH, "syringe", Dose.NONE),
        (Dose.SINGLE, Unit.EACH, "syringe", Dose.NONE),
        (None, Unit.ML, "ampoule", Dose.SINGLE),
        (None, Unit.ML, "", Dose.SINGLE),
        (Dose.NONE, Unit.MG, "vial", Dose.SINGLE),
        (None, Unit.G, "ingredient", Dose.MULTI),
        (None, Unit.ML, "consumable", Dose.MULTI),
        (Dose.MULTI, Unit.ML, "vial", Dose.MULTI),
    ],
)
def test_an_unstated_dose_is_read_safely(
    stated: Dose | None, unit: Unit, kind: str, dose: Dose
) -> None:
    assert dose_of(stated, unit, kind) is dose


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        ("96385074", "00000096385074"),
        ("614141123452", "00614141123452"),
        ("4006381333931", "04006381333931"),
        (" 09521234543213 ", "09521234543213"),
    ],
)
def test_gtins_of_every_length_are_padded(text: str, gtin: str) -> None:
    assert parse_gtin(text) == gtin


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4006381333932", "The check digit should be 1. Check the digits."),
        ("400638133393", "The check digit should be 0. Check the digits."),
        ("12345", "A GTIN has 8, 12, 13 or 14 digits."),
        ("40063813339३1", "A GTIN has 8, 12, 13 or 14 digits."),
        ("400638133393X", "A GTIN has 8, 12, 13 or 14 digits."),
        ("00000000000000", "A GTIN is not all zeros."),
    ],
)
def test_what_is_no_gtin_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidGtinError) as refused:
        parse_gtin(text)
    assert str(refused.value) == message


def test_a_wrong_or_swapped_digit_changes_the_check_digit() -> None:
    assert check_digit("400638133393") == 1
    assert check_digit("400638133383") != 1


JANUARY, JUNE, JULY = (dt.date(2026, month, 1) for month in (1, 6, 7))


def row(
    minor: int,
    valid_from: dt.date = JANUARY,
    from_packs: int = 1,
    practice: int | None = None,
    currency: str = "EUR",
    valid_to: dt.date | None = None,
) -> PriceRow:
    return PriceRow(7, practice, currency, valid_from, from_packs, minor, valid_to)


@pytest.mark.parametrize(
    ("rows", "packs", "expected"),
    [
        ([], 1, None),
        ([row(900)], 1, 900),
        ([row(900), row(850, from_packs=10)], 9, 900),
        ([row(900), row(850, from_packs=10)], 10, 850),
        ([row(900), row(950, JUNE)], 1, 950),
        ([row(900), row(950, dt.date(2026, 7, 2))], 1, 900),
        ([row(900), row(850, from_packs=10), row(990, JUNE)], 12, 990),
        ([row(700), row(800, practice=3)], 1, 800),
        ([row(700, JUNE), row(800, practice=3)], 1, 800),
        ([row(700), row(800, practice=4)], 1, 700),
        ([row(700), row(600, practice=3, from_packs=5)], 4, 700),
        ([row(700, currency="USD")], 1, None),
        ([row(700, dt.date(2026, 7, 2))], 1, None),
    ],
)
def test_the_best_fitting_price_wins(
    rows: list[PriceRow], packs: int, expected: int | None
) -> None:
    assert pack_price(rows, 3, "EUR", packs, JULY) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 5, 31), 900),
        (JUNE, 700),
        (dt.date(2026, 6, 30), 700),
        (JULY, 900),
    ],
)
def test_a_price_that_ends_gives_way_to_what_it_stood_before(day: dt.date, expected: int) -> None:
    """The practice's own price of June; before and after it the list's."""
    own = row(700, JUNE, practice=3, valid_to=dt.date(2026, 6, 30))
    offer = row(650, JUNE, from_packs=10, valid_to=dt.date(2026, 6, 30))
    assert pack_price([row(900), own, offer], 3, "EUR", 1, day) == expected
    assert pack_price([own], 3, "EUR", 1, JULY) is None
    assert price_breaks([row(900), offer], None, "EUR", JUNE) == [(1, 900), (10, 650)]
    assert price_breaks([row(900), offer], None, "EUR", JULY) == [(1, 900)]


def test_price_breaks_are_where_the_price_changes() -> None:
    rows = [row(900), row(850, from_packs=10), row(850, from_packs=20), row(800, from_packs=50)]
    assert price_breaks(rows, None, "EUR", JULY) == [(1, 900), (10, 850), (50, 800)]
    assert price_breaks([], None, "EUR", JULY) == []


def test_products_compare_by_base_unit() -> None:
    assert unit_price(1250, Decimal("25.000")) == Decimal(50)
