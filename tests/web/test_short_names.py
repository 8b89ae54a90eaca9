"""Names as sentences say them: up to the comma after which only the pack is told."""

from __future__ import annotations

import pytest

from supply.text import short_name


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Biotin 5 mg/ml, ampoule", "Biotin 5 mg/ml"),
        ("Complex (amino acids, vitamins), vial", "Complex (amino acids, vitamins)"),
        ("Needle 30G x 4 mm", "Needle 30G x 4 mm"),
        ("Odd) name, vial", "Odd) name"),
        ("Odd (name, vial", "Odd (name, vial"),
    ],
)
def test_a_name_is_cut_at_its_first_comma_outside_brackets(name: str, short: str) -> None:
    assert short_name(name) == short
