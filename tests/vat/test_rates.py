"""The rates on file."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from eu_vat_rates_data import get_rate
from flask import Flask

from supply.countries import EU, of_zone, vat_territory_of_zone
from supply.db import db, transaction
from supply.vat.models import VatRate
from supply.vat.queries import rates_in
from supply.vat.terms import TaxClass
from tests.support.commands import SupplyCommand

TODAY = dt.date(2026, 11, 26)


@pytest.mark.usefixtures("app")
def test_every_country_has_the_rate_that_the_commission_publishes() -> None:
    """Medicines have one of its rates, reduced or not, or none."""
    for country in (*EU, "GB", "CH", "NO"):
        published = get_rate(country)
        assert published is not None
        rates = rates_in(country, TODAY)
        assert rates[TaxClass.STANDARD] == Decimal(str(published["standard"])) * 100, country
        known = [published["standard"], published["super_reduced"] or 0, *published["reduced"], 0]
        assert rates[TaxClass.MEDICINE] in [Decimal(str(rate)) * 100 for rate in known], country


@pytest.mark.usefixtures("app")
def test_a_rate_holds_from_its_day_until_the_next() -> None:
    assert rates_in("EE", dt.date(2025, 6, 30))[TaxClass.STANDARD] == 2200
    assert rates_in("EE", dt.date(2025, 7, 1))[TaxClass.STANDARD] == 2400
    with transaction():
        db.session.add(
            VatRate(
                country="EE",
                tax_class=TaxClass.STANDARD,
                valid_from=dt.date(2027, 1, 1),
                basis_points=2600,
            )
        )
    assert rates_in("EE", dt.date(2026, 12, 31))[TaxClass.STANDARD] == 2400
    assert rates_in("EE", dt.date(2027, 1, 1))[TaxClass.STANDARD] == 2600


def test_before_the_first_row_no_rate_is_known(app: Flask) -> None:
    assert rates_in("LV", dt.date(2024, 12, 31)) == {}
    assert rates_in("US", TODAY) == {}
    assert rates_in(None, TODAY) == {}


@pytest.mark.usefixtures("app")
def test_a_rate_cannot_be_all_of_the_price_or_less_than_nothing() -> None:
    for basis_points in (10_000, -1):
        with pytest.raises(sa.exc.IntegrityError), transaction():
            db.session.add(
                VatRate(
                    country="XX",
                    tax_class=TaxClass.DEVICE,
                    valid_from=TODAY,
                    basis_points=basis_points,
                )
            )


def test_a_time_zone_says_whose_vat_law_holds() -> None:
    assert vat_territory_of_zone("Europe/Riga") == "LV"
    assert vat_territory_of_zone("Europe/London") == "GB"
    assert vat_territory_of_zone("Atlantic/Canary") == "IC"
    assert of_zone("Atlantic/Canary") == "ES"
    assert of_zone("UTC") is None


def test_the_operator_sets_a_rate(app: Flask, supply_command: SupplyCommand) -> None:
    done = supply_command.run("vat", "set", "lv", "medicine", "12.5", "--from", "2027-01-01")
    assert (done.returncode, done.stderr) == (0, "")
    assert rates_in("LV", dt.date(2026, 12, 31))[TaxClass.MEDICINE] == 1200
    db.session.rollback()
    assert rates_in("LV", dt.date(2027, 1, 1))[TaxClass.MEDICINE] == 1250
    shown = supply_command.run("vat", "rates", "LV", "--on", "2027-01-01", "--json")
    assert shown.stdout == '{"standard": "21", "medicine": "12.5"}\n'
    for words in (("ZZ", "standard", "5"), ("LV", "standard", "100")):
        refused = supply_command.run("vat", "set", *words, "--from", "2027-01-01")
        assert refused.returncode == 1
    for words in (("LV", "standard", "x"), ("LV", "exempt", "0"), ("LV", "standard", "1.234")):
        wrong = supply_command.run("vat", "set", *words, "--from", "2027-01-01")
        assert wrong.returncode == 2
