"""Codes of shipments: typed, scanned and drawn as bars."""

import pytest

from supply.documents.bars import code_128
from supply.shipping.parcels import tidy_code


@pytest.mark.parametrize(
    "typed",
    [
        "SH-SHABCDEF",
        "sh-shabcdef",
        "SHSHABCDEF",
        " SHAB CDEF ",
        "]C0SH-SHABCDEF",
        "shßshabcdef",
        "SH–SHABCDEF",
        "SH-SHABCDEF\r\n",
        "91SS:SH-SHABCDEF\x1d400PO-7KQ4-29",
        "]d291SS:SH-SHABCDEF400PO-7KQ4-29",
        "(91)SS:SH-SHABCDEF(400)PO-7KQ4-29",
        "\x1d91ss:sh-shabcdef",
    ],
)
def test_a_typed_code_may_leave_out_what_stands_in_front(typed: str) -> None:
    assert tidy_code(typed) == "SH-SHABCDEF"


def test_a_slips_barcode_is_the_code_128_of_its_code() -> None:
    """Start B, one symbol a letter, check symbol, stop: 11 modules each, the last 13."""
    bars = code_128("SH-7KQ4ABCD")
    assert bars.width == 10 + (1 + 11 + 1) * 11 + 13 + 10
    assert bars.path.startswith("M10 0h2v1h-2zM13 0h1v1h-1zM16 0h1v1h-1z")
    assert bars.path.count("M") == 13 * 3 + 4
