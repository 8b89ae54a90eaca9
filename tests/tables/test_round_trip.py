"""What goes out as a file comes in again as it was, whatever it looks like to a spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supply import text
from supply.tables import Kind, read_table, write_csv

LIKE_A_CODE = st.text(st.sampled_from("'=+-@#\"12O ctEe.,;|/"), min_size=1, max_size=8)


def again(kind: Kind, kept: str) -> str:
    content = write_csv(["code", "last"], [[kept, "x"]]).encode()
    [row] = read_table(content, "again.csv", ["code"], ["last"], {"code": kind}).rows
    return row["code"]


@pytest.mark.parametrize("kind", [Kind.CODE, Kind.TEXT])
@pytest.mark.parametrize(
    "kept",
    ["=1+1", "'=1+1", "''", "'004523", "004523", "-2.5", "+49", "@x", "12-Oct", "2.19E+26", "'tis",
     "#N/A", '="004521"', '"quoted"', "a;b", "'90s", "LIP-10", "#####", "a, b", "it's"],
)  # fmt: skip
def test_what_spreadsheets_change_goes_out_and_in_unchanged(kind: Kind, kept: str) -> None:
    assert again(kind, kept) == kept


@given(st.sampled_from([Kind.CODE, Kind.TEXT]), LIKE_A_CODE.map(text.code).filter(bool))
def test_any_code_goes_out_and_in_unchanged(kind: Kind, kept: str) -> None:
    assert again(kind, kept) == kept


@given(LIKE_A_CODE.map(text.code).filter(bool))
def test_nothing_that_goes_out_begins_a_formula(kept: str) -> None:
    [_heading, [cell]] = csv.reader(io.StringIO(write_csv(["code"], [[kept]])))
    number = cell.lstrip("+-").replace(",", ".").replace(".", "", 1)
    assert cell[:1] not in ("=", "@")
    assert cell[:1] not in ("+", "-") or number.isdigit()
