"""VAT numbers as people write them."""

import pytest

from supply.vat.numbers import InvalidVatNumberError, kept


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("LV40003000009", "LV", "LV40003000009"),
        (" lv 4000 3000 009 ", "LV", "LV40003000009"),
        ("40003000009", "LV", "LV40003000009"),
        ("ATU12345678", "AT", "ATU12345678"),
        ("U12345678", "AT", "ATU12345678"),
        ("BE 0123.456.789", "BE", "BE0123456789"),
        ("EL123456789", "GR", "EL123456789"),
        ("123456789", "GR", "EL123456789"),
        ("GR 123456789", "GR", "EL123456789"),
        ("CHE-123.456.789 MWST", "CH", "CHE123456789MWST"),
        ("CHE-123.456.789", "CH", "CHE123456789"),
        ("123 456 789 MVA", "NO", "NO123456789MVA"),
        ("NO123456789MVA", "NO", "NO123456789MVA"),
        ("GB 999 0000 01", "GB", "GB999000001"),
        ("fr-xx 999000001", "FR", "FRXX999000001"),
        ("ESB12345678", "ES", "ESB12345678"),
        ("IE1234567WA", "IE", "IE1234567WA"),
        ("NL123456789B01", "NL", "NL123456789B01"),
        ("12-3456789", "US", "US123456789"),
    ],
)
def test_one_form_is_kept(typed: str, country: str, number: str) -> None:
    assert kept(typed, country) == number


@pytest.mark.parametrize(
    ("typed", "country", "sentence"),
    [
        (
            "LV4000300000",
            "LV",
            "This cannot be a VAT number of the country. Its numbers are: LV + 11 digits.",
        ),
        (
            "DE123456789",
            "LV",
            "This is a number of DE: choose that country, or enter one that begins with LV.",
        ),
        ("?!", "US", "Enter the VAT number with letters and digits only."),
    ],
)
def test_what_cannot_be_is_said(typed: str, country: str, sentence: str) -> None:
    with pytest.raises(InvalidVatNumberError) as refused:
        kept(typed, country)
    assert str(refused.value.sentence) == sentence
