"""Files people bring: every fault is named with the row a spreadsheet shows."""

import csv
import io
from pathlib import Path

import pytest
from openpyxl import Workbook

from supply.tables import Fault, FaultyTable, Row, read_table, write_csv

LINES = ["sku,name", "A-1,Saline", "B-2,Böttle"]


def read(content: bytes) -> list[Row]:
    return read_table(content, "goods.csv", ["sku"], ["name"]).rows


def faults_of(content: bytes) -> list[Fault]:
    with pytest.raises(FaultyTable) as refused:
        read(content)
    return refused.value.errors


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_dialect_reads_the_same(line_end: str, mark: str, delimiter: str) -> None:
    text = mark + line_end.join(LINES).replace(",", delimiter)
    assert read(text.encode()) == [
        Row(2, {"sku": "A-1", "name": "Saline"}),
        Row(3, {"sku": "B-2", "name": "Böttle"}),
    ]


def test_utf_16_of_a_spreadsheet_is_read() -> None:
    assert [row["name"] for row in read("\n".join(LINES).encode("utf-16"))] == ["Saline", "Böttle"]


def test_headings_come_in_any_order_and_case_and_others_are_named() -> None:
    table = read_table(b"Colour, NAME ,SKU\nred,Saline,A-1\n", "goods.csv", ["sku"], ["name"])
    assert table.rows == [Row(2, {"name": "Saline", "sku": "A-1"})]
    assert table.columns == {"sku", "name"}
    assert table.ignored == ["colour"]


def test_blank_rows_are_skipped_but_counted() -> None:
    assert [row.number for row in read(b"sku,name\n\nA-1,Saline\n,\nB-2,Swab\n")] == [3, 5]


def test_a_short_row_ends_in_empty_cells() -> None:
    [row] = read(b"sku,name\nA-1\n")
    assert (row["sku"], row["name"]) == ("A-1", "")


def test_a_quoted_line_end_is_one_row_as_in_a_spreadsheet() -> None:
    rows = read(b'sku,name\nA-1,"Saline\n0.9 %"\nB-2,Swab\n')
    assert [(row.number, row["name"]) for row in rows] == [(2, "Saline\n0.9 %"), (3, "Swab")]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault(1, "", "The file is empty. Its first row names the columns.")),
        (b"name\nSaline\n", Fault(1, "sku", "This column is missing.")),
        (b"sku,SKU\n1,2\n", Fault(1, "sku", "This column is there more than once.")),
        (b"sku,name\n", Fault(2, "", "The file has a heading but no rows.")),
        (b"sku,name\nA,b,c\n", Fault(2, "", "This row has more cells than the heading.")),
        (
            b"sku,name\nA,b\x00\n",
            Fault(2, "name", "This cell holds characters that cannot be kept. Retype it."),
        ),
        (
            b"sku,name\nA,caf\xe9\n",
            Fault(2, "", "This is not UTF-8 text. Save the file as CSV UTF-8 or XLSX."),
        ),
        (
            b'sku,name\nA,ok\nB,"open\n',
            Fault(3, "", "From here on the file cannot be read: check the quotation marks."),
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            Fault(1, "", "Save the old Excel file as XLSX or CSV."),
        ),
        (
            b"PK\x03\x04broken",
            Fault(1, "", "The workbook cannot be read. Save it again as XLSX or CSV."),
        ),
    ],
)
def test_a_fault_names_its_place(content: bytes, fault: Fault) -> None:
    assert faults_of(content) == [fault]


def test_the_message_lists_a_hundred_faults_and_counts_the_rest() -> None:
    content = b"sku\n" + b"A,b\n" * 130
    with pytest.raises(FaultyTable) as refused:
        read(content)
    lines = str(refused.value).splitlines()
    assert lines[0] == "goods.csv: Row 2: This row has more cells than the heading."
    assert lines[100:] == ["… and 30 more faults."]
    assert len(refused.value.errors) == 130


def test_a_workbook_reads_numbers_as_they_show() -> None:
    content = workbook(["SKU", "name"], [4006381333931, 25], [1, "Two"], ["C", None])
    assert [(row["sku"], row["name"]) for row in read(content)] == [
        ("4006381333931", "25"),
        ("1", "Two"),
        ("C", ""),
    ]


def test_formulas_and_errors_in_a_workbook_are_refused() -> None:
    assert faults_of(workbook(["sku", "name"], ["A", "=1+1"], ["#N/A", "ok"])) == [
        Fault(2, "name", "This cell is a formula. Paste its value instead."),
        Fault(3, "sku", "This cell shows an error. Enter its value."),
    ]


def test_a_file_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supply.tables.parsing.limits.MAXIMUM_ROWS", 2)
    assert faults_of(b"sku\nA\nB\nC\n") == [
        Fault(4, "", "The file has more than 2 rows. Split it.")
    ]


HOSTILE = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "'=kept", "-2.5", "+49", "a=b", "", "it's"]


def test_written_cells_start_no_formula_and_read_back_the_same() -> None:
    text = write_csv(["sku", "name"], [[cell, "x"] for cell in HOSTILE])
    written = [row[0] for row in csv.reader(io.StringIO(text))][1:]
    assert written == [
        "'=1+1", "'+cmd", "'-2+3", "'@SUM(A1)", "'\t=1", "''=kept", "-2.5", "+49", "a=b", "", "it's"
    ]  # fmt: skip
    assert [row["sku"] for row in read(text.encode())] == [cell.strip() for cell in HOSTILE]


def test_nothing_is_written_for_none(tmp_path: Path) -> None:
    assert write_csv(["sku", "price"], [["A", None]]) == "sku,price\r\nA,\r\n"
