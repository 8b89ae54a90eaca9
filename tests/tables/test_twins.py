"""Codes that read the same are named, and refused where they are not the same."""

import pytest

from supply.tables import twin_faults


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Case-1", "CASE-1"),
        ("AB 1", "AB\u00a01"),
        ("Straße", "STRASSE"),
        ("ＡＢ", "ab"),
        ("É1", "E\u03011"),
        ("A\u200b1", "a1"),
    ],
)
def test_a_twin_is_named_in_a_file_and_beside_what_is_known(one: str, other: str) -> None:
    message = (
        f"“{other}” differs from “{one}” only in how it is written. Write it the same way, or give"
        " it another code."
    )
    rows = [(2, one), (3, one), (4, other)]
    assert list(twin_faults("sku", rows)) == [(4, "sku", message)]
    assert list(twin_faults("sku", [(2, other)], [one])) == [(2, "sku", message)]


def test_what_is_there_already_may_be_named_again() -> None:
    rows = [(2, "Case-1"), (3, "CASE-1"), (4, "İstanbul"), (5, "Istanbul"), (6, "E-1"), (7, "É-1")]
    assert list(twin_faults("sku", rows, ["CASE-1", "Case-1"])) == []
