"""How sales of goods are taxed, and what that comes to."""

import pytest

from supply.vat.rules import Share, Taxed, TaxTerms, Trader, shares, tax_terms, vat_on
from supply.vat.terms import TaxCategory, TaxClass

LATVIA = Trader("LV", "LV40003000009")
BRITAIN = Trader("GB", "GB999000001")
RATES = {TaxClass.STANDARD: 2100, TaxClass.MEDICINE: 1200}
NOBODY = Trader()

STANDARD = TaxTerms(TaxCategory.STANDARD, 2100)
MEDICINE = TaxTerms(TaxCategory.STANDARD, 1200)
EXEMPT = TaxTerms(TaxCategory.EXEMPT)
INTRA_EU = TaxTerms(TaxCategory.INTRA_EU)
EXPORT = TaxTerms(TaxCategory.EXPORT)
NOT_SUBJECT = TaxTerms(TaxCategory.NOT_SUBJECT)


@pytest.mark.parametrize(
    ("seller", "buyer", "destination", "tax_class", "expected"),
    [
        pytest.param(LATVIA, NOBODY, "LV", TaxClass.STANDARD, STANDARD, id="at home"),
        pytest.param(LATVIA, LATVIA, "LV", TaxClass.STANDARD, STANDARD, id="at home, registered"),
        pytest.param(LATVIA, NOBODY, "LV", TaxClass.MEDICINE, MEDICINE, id="a medicine"),
        pytest.param(LATVIA, NOBODY, "LV", TaxClass.DEVICE, STANDARD, id="no rate of its own"),
        pytest.param(LATVIA, NOBODY, "LV", TaxClass.EXEMPT, EXEMPT, id="exempt"),
        pytest.param(
            LATVIA, Trader("LT", "LT123456789"), "LT", TaxClass.STANDARD, INTRA_EU, id="intra-EU"
        ),
        pytest.param(
            LATVIA,
            Trader("LT", "LT123456789"),
            "LT",
            TaxClass.MEDICINE,
            INTRA_EU,
            id="medicine too",
        ),
        pytest.param(
            LATVIA, Trader("LT", "LT123456789"), "LT", TaxClass.EXEMPT, EXEMPT, id="exempt stays so"
        ),
        pytest.param(
            LATVIA,
            Trader("GR", "EL123456789"),
            "GR",
            TaxClass.STANDARD,
            INTRA_EU,
            id="Greece is EL",
        ),
        pytest.param(
            LATVIA, Trader("LT"), "LT", TaxClass.STANDARD, STANDARD, id="no number: as at home"
        ),
        pytest.param(
            LATVIA, LATVIA, "LT", TaxClass.STANDARD, STANDARD, id="a number of the seller's country"
        ),
        pytest.param(
            LATVIA, BRITAIN, "LT", TaxClass.STANDARD, STANDARD, id="a number from outside"
        ),
        pytest.param(
            LATVIA, Trader("LT", "LT123456789"), "LV", TaxClass.STANDARD, STANDARD, id="stays here"
        ),
        pytest.param(LATVIA, BRITAIN, "GB", TaxClass.STANDARD, EXPORT, id="export"),
        pytest.param(LATVIA, NOBODY, "NO", TaxClass.EXEMPT, EXPORT, id="export of exempt goods"),
        pytest.param(LATVIA, NOBODY, "IC", TaxClass.STANDARD, EXPORT, id="the Canaries"),
        pytest.param(BRITAIN, LATVIA, "LV", TaxClass.STANDARD, EXPORT, id="export into the EU"),
        pytest.param(
            BRITAIN, NOBODY, "IM", TaxClass.STANDARD, STANDARD, id="Isle of Man is British"
        ),
        pytest.param(LATVIA, NOBODY, None, TaxClass.STANDARD, STANDARD, id="nobody knows where to"),
        pytest.param(Trader("LV"), LATVIA, "LV", TaxClass.STANDARD, NOT_SUBJECT, id="no number"),
        pytest.param(NOBODY, LATVIA, "LV", TaxClass.STANDARD, NOT_SUBJECT, id="no country"),
    ],
)
def test_category_and_rate(
    seller: Trader, buyer: Trader, destination: str | None, tax_class: TaxClass, expected: TaxTerms
) -> None:
    assert tax_terms(seller, buyer, destination, tax_class, RATES) == expected


def test_a_rate_of_nothing_is_zero_rated() -> None:
    rates = {TaxClass.STANDARD: 1800, TaxClass.MEDICINE: 0}
    malta = Trader("MT", "MT12345678")
    assert tax_terms(malta, NOBODY, "MT", TaxClass.MEDICINE, rates) == TaxTerms(TaxCategory.ZERO)


def test_a_country_without_rates_is_not_guessed_at() -> None:
    assert tax_terms(Trader("US", "US1"), NOBODY, "US", TaxClass.STANDARD, {}) == NOT_SUBJECT


@pytest.mark.parametrize(
    ("net", "basis_points", "vat"),
    [
        (0, 2100, 0),
        (10_000, 2100, 2100),
        (50, 2100, 11),  # 10.5: a half goes up
        (150, 2100, 32),  # 31.5: half to even would go down to 32 as well
        (250, 2100, 53),  # 52.5: half to even would give 52
        (2, 2550, 1),  # 0.51
        (1, 2100, 0),  # 0.21
        (999_999_999_999, 2550, 255_000_000_000),
    ],
)
def test_half_a_cent_of_tax_rounds_up(net: int, basis_points: int, vat: int) -> None:
    assert vat_on(net, basis_points) == vat


def test_tax_is_on_the_sum_of_a_rate_not_on_each_line() -> None:
    lines = [Taxed(33, STANDARD), Taxed(33, STANDARD), Taxed(33, STANDARD), Taxed(50, MEDICINE)]
    assert shares(lines) == [Share(STANDARD, 99, 21), Share(MEDICINE, 50, 6)]  # not 3 × 7 = 21.79


def test_shares_stand_in_one_order() -> None:
    lines = [Taxed(1, EXEMPT), Taxed(100, MEDICINE), Taxed(100, STANDARD)]
    assert [share.terms for share in shares(lines)] == [EXEMPT, STANDARD, MEDICINE]
