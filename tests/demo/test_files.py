"""The demonstration's data files: complete, consistent, and plainly made up where they are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from biip.gtin import Gtin

from supply.catalogue.rules import parse_storage
from supply.demo import files
from supply.demo.profiles import CLINICS, PRACTICES, SUPPLIERS, PracticeProfile
from supply.tables import read_table

CATALOGUES = [one.catalogue for one in SUPPLIERS if one.practice is None]


def _products(catalogue: str) -> list[dict[str, str]]:
    return list(files.rows(files.catalogue_name(catalogue)))


def _all_products() -> list[dict[str, str]]:
    return [row for catalogue in CATALOGUES for row in _products(catalogue)]


def test_there_are_83_products_and_ten_have_two_suppliers() -> None:
    skus = [row["sku"] for row in _all_products()]

    assert (len(skus), len(set(skus))) == (93, 83)
    assert {catalogue: len(_products(catalogue)) for catalogue in CATALOGUES} == {
        "injectables": 62,
        "consumables": 29,
        "pharmacy": 2,
    }


def test_two_suppliers_of_a_product_agree_on_all_but_price() -> None:
    terms = {"price", "lead_time_days", "minimum_order_packs", "minimum_remaining_days"}
    seen: dict[str, dict[str, str]] = {}
    for row in _all_products():
        facts = {name: value for name, value in row.items() if name not in terms}
        assert seen.setdefault(row["sku"], facts) == facts


def test_gtins_are_valid_and_of_the_prefix_kept_for_examples() -> None:
    gtins = {row["sku"]: row["gtin"] for row in _all_products()}

    for gtin in gtins.values():
        assert Gtin.parse(gtin).value == gtin
        assert (len(gtin), gtin[1:4]) == (14, "952")
    assert len(set(gtins.values())) == 83


def test_every_pack_has_a_price_in_both_currencies() -> None:
    pounds = {(row["supplier"], row["sku"]): row["price"] for row in files.rows("prices-gbp.csv")}
    euros = {
        (catalogue, row["sku"]): row["price"]
        for catalogue in CATALOGUES
        for row in _products(catalogue)
    }

    assert pounds.keys() == euros.keys()
    assert {row["currency"] for row in _all_products()} == {"EUR"}
    for key, price in euros.items():
        assert Decimal("0.8") < Decimal(pounds[key]) / Decimal(price) < Decimal("0.95")


def test_price_breaks_are_below_the_price_of_one_pack() -> None:
    euros = {(c, row["sku"]): row["price"] for c in CATALOGUES for row in _products(c)}
    pounds = {(row["supplier"], row["sku"]): row["price"] for row in files.rows("prices-gbp.csv")}
    breaks = list(files.rows(files.PRICE_BREAKS))

    assert len(breaks) == 8
    for row in breaks:
        key = (row["supplier"], row["sku"])
        assert int(row["from_packs"]) > 1
        assert Decimal(row["price_eur"]) < Decimal(euros[key])
        assert Decimal(row["price_gbp"]) < Decimal(pounds[key])


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_pound_catalogues_say_the_same_but_for_the_price(catalogue: str) -> None:
    table = read_table(files.catalogue_in("GBP", catalogue), "pounds.csv", ("sku", "price"), ())

    assert [row["sku"] for row in table.rows] == [row["sku"] for row in _products(catalogue)]


def test_formulations_are_made_of_products_of_the_catalogues() -> None:
    skus = {row["sku"] for row in _all_products()}
    lines = list(files.rows(files.FORMULATIONS))

    assert {row["sku"] for row in lines} <= skus
    assert {row["substitute_for"] for row in lines if row["substitute_for"]} == {"SIL-ORG-A10x5"}
    assert len({row["formulation"] for row in lines}) == 21


def test_every_work_a_source_names_is_listed() -> None:
    listed = {row["id"] for row in files.rows("sources.csv")}
    texts = [row["source"] for row in _all_products()]
    texts += [row["source"] for row in files.rows(files.PROTOCOLS)]
    words = {word.strip(",;:") for text in texts for word in text.replace(":", " ").split()}
    named = {part for word in words for part in word.split(",") if part[:1] == "S"}

    assert {name for name in named if name[1:2].isdigit()} <= listed


def test_storage_is_read_from_every_row() -> None:
    for row in _all_products():
        parse_storage(row["storage"])


def test_a_day_of_the_year_is_open_somewhere() -> None:
    days = [dt.date(2026, 11, 16) + dt.timedelta(days=step) for step in range(7)]

    assert all(any(clinic.is_open(day) for clinic in CLINICS) for day in days)
    assert not any(clinic.is_open(dt.date(2026, 12, 25)) for clinic in CLINICS)


def test_the_french_catalogue_names_the_same_packs() -> None:
    """Under the same SKUs, so that treatments say alike what they use; barcodes of its own."""
    listed = {row["sku"]: row for row in _all_products()}
    french = _products("tilleuls")
    same = ("category", "kind", "unit", "containers_per_pack", "content_per_container", "storage")
    for row in french:
        assert [row[name] for name in same] == [listed[row["sku"]][name] for name in same]
        assert row["name"] != listed[row["sku"]]["name"]
        assert Gtin.parse(row["gtin"]).value == row["gtin"]
    assert not {row["gtin"] for row in french} & {row["gtin"] for row in listed.values()}


@pytest.mark.parametrize("practice", PRACTICES, ids=lambda one: one.code)
def test_a_practice_has_what_its_treatments_use(practice: PracticeProfile) -> None:
    own = [one.catalogue for one in SUPPLIERS if one.practice == practice.code] or CATALOGUES
    skus = {row["sku"] for catalogue in own for row in _products(catalogue)}
    protocols = {row["protocol"] for row in files.rows(practice.protocols)}
    formulations = {row["formulation"] for row in files.rows(practice.formulations)}
    assert {row["sku"] for row in files.rows(practice.formulations)} <= skus
    assert {row["formulation"] for row in files.rows(practice.protocols)} == formulations
    assert {code for clinic in practice.clinics for code in clinic.mix} <= protocols
