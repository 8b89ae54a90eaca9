"""Workbooks as spreadsheets really make them: what is shown is kept, or the cell is named."""

import datetime as dt
import io
import warnings
import zipfile

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from supply.tables import Fault, FaultyTable, Kind, Table, read_table
from tests.tables.books import RELATIONS, book, number, packed, row, text

KINDS = {"sku": Kind.CODE, "lot": Kind.CODE, "expiry": Kind.DATE, "quantity": Kind.NUMBER}
HEAD = row("sku", "lot", "expiry", "quantity")


def take(content: bytes) -> Table:
    return read_table(content, "stock.xlsx", ["sku", "lot"], ["expiry", "quantity", "name"], KINDS)


def faults(content: bytes) -> list[Fault]:
    with pytest.raises(FaultyTable) as refused:
        take(content)
    return refused.value.errors


def only(content: bytes) -> dict[str, str]:
    [found] = take(content).rows
    return found.cells


def saved(workbook: Workbook) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def fill(sheet: Worksheet, lot: str) -> None:
    sheet.append(["sku", "lot", "expiry", "quantity"])
    sheet.append(["A", lot, dt.date(2028, 1, 31), 10])


@pytest.mark.parametrize("size", ['<dimension ref="A1:E2"/>', '<dimension ref="A1"/>', ""])
def test_the_size_that_a_sheet_states_is_not_believed(size: str) -> None:
    rows = HEAD + "".join(row("A", f"L{n}") for n in range(5))
    assert [r["lot"] for r in take(book(rows, before=size)).rows] == ["L0", "L1", "L2", "L3", "L4"]


def test_the_first_visible_sheet_is_read_and_the_others_are_named() -> None:
    workbook = Workbook()
    fill(workbook.worksheets[0], "OLD")
    workbook.worksheets[0].sheet_state = "hidden"
    fill(workbook.create_sheet("Now"), "NEW")
    fill(workbook.create_sheet("Later"), "LATE")
    table = take(saved(workbook))
    assert [found["lot"] for found in table.rows] == ["NEW"]
    assert table.notes == ["The sheet “Now” was read; there is one more, which was not: Later."]


def test_where_the_first_sheet_has_no_table_the_fault_says_which_was_read() -> None:
    workbook = Workbook()
    workbook.worksheets[0].title = "Read me"
    workbook.worksheets[0].append(["How to fill in this file"])
    fill(workbook.create_sheet("Stock"), "L")
    assert faults(saved(workbook))[-1] == Fault(
        1,
        "",
        "The sheet “Read me” was read, for it is the first that is shown. If the table is on"
        " another one, move that to the front.",
    )


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        ("4521", "000000", "004521"),
        ("4521", "General", "4521"),
        ("4521", "@", "4521"),
        ("4521.0", "0", "4521"),
        ("4006381333931", "General", "4006381333931"),
    ],
)
def test_digits_of_a_lot_are_kept_as_they_show(value: str, form: str, shown: str) -> None:
    content = book(HEAD + row("A", number(value, 1)), formats=(form,))
    assert only(content)["lot"] == shown


NUMBER = (
    "This cell is a number, and may not be what is printed. Format it as text and enter it again."
)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("12.1", "0.00"),
        ("12.1", "General"),
        ("2.19E+26", "General"),
        ("4521", "#,##0"),
        ("4521", '"LOT-"0'),
        ("0.5", "0%"),
        ("12", "# ?/?"),
        ("12", ";;;"),
        ("-12", "0"),
        ("1234567890123456", "0"),
    ],
)
def test_a_lot_that_is_a_number_and_shows_otherwise_is_named(value: str, form: str) -> None:
    content = book(HEAD + row("A", number(value, 1)), formats=(form,))
    assert faults(content) == [Fault(2, "lot", NUMBER)]


@pytest.mark.parametrize("form", ["mmm-yy", "dd/mm/yyyy", "[$-407]d. mmm yyyy", "h:mm"])
def test_a_lot_that_became_a_date_is_named(form: str) -> None:
    [fault] = faults(book(HEAD + row("A", number("46082", 1)), formats=(form,)))
    assert (fault.row, fault.column) == (2, "lot")
    assert fault.message.startswith("This cell is a date, and what was typed is lost.")


def quantity(value: str, form: str) -> bytes:
    return book(HEAD + row("A", "L", "", number(value, 1)), formats=(form,))


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        ("25.000000000000004", "General", "25"),
        ("2.1500000000000004", "0.00", "2.15"),
        ("1250", "#,##0", "1250"),
        ("12.5", '_-* #,##0.00 "€"_-', "12.5"),
        ("12.5", "[$€-407]#,##0.00", "12.5"),
        ("1E3", "0.00", "1000"),
    ],
)
def test_a_number_is_what_it_shows(value: str, form: str, shown: str) -> None:
    assert only(quantity(value, form))["quantity"] == shown


@pytest.mark.parametrize(
    ("value", "form"),
    [("12.5", "0"), ("0.5", "0%"), ("1250", "#,##0,"), ("0.5", "# ?/?"), ("5", "d mmm yyyy"),
     ("5", ";;;"), ("5", "0.00E+00")],
)  # fmt: skip
def test_a_number_that_shows_another_one_is_named(value: str, form: str) -> None:
    [fault] = faults(quantity(value, form))
    assert (fault.row, fault.column) == (2, "quantity")


def expiry(cell: str, *, form: str = "yyyy-mm-dd", properties: str = "") -> bytes:
    return book(HEAD + row("A", "L", cell), formats=(form,), properties=properties)


@pytest.mark.parametrize("form", ["yyyy-mm-dd", "dd.mm.yy", "[$-409]mmmm d, yyyy;@", "d/m/yyyy"])
def test_a_date_is_a_date_in_any_format(form: str) -> None:
    assert only(expiry(number("46783", 1), form=form))["expiry"] == "2028-01-31"


def test_dates_may_begin_in_1904_or_be_written_out() -> None:
    old = expiry(number("45321", 1), properties='<workbookPr date1904="1"/>')
    assert only(old)["expiry"] == "2028-01-31"
    written = expiry('<c t="d"><v>2028-01-31T00:00:00</v></c>')
    assert only(written)["expiry"] == "2028-01-31"


def test_a_date_that_shows_no_day_is_named() -> None:
    assert faults(expiry(number("46753", 1), form="mmm-yy")) == [
        Fault(2, "expiry", "This cell shows only a part of the date. Write it as 2027-01-31.")
    ]


def test_texts_come_shared_in_runs_with_hints_and_escapes() -> None:
    strings = (
        "<si><r><t>A-</t></r><r><t>1</t></r><rPh sb='0' eb='1'><t>hint</t></rPh></si>"
        "<si><t>L_x0031_</t></si>"
    )
    content = book(HEAD + row('<c t="s"><v>0</v></c>', '<c t="s"><v>1</v></c>'), strings=strings)
    assert (only(content)["sku"], only(content)["lot"]) == ("A-1", "L1")


def test_a_strict_workbook_is_read() -> None:
    assert only(book(HEAD + row("A", "L"), strict=True))["lot"] == "L"


def test_a_formula_counts_only_where_it_is_asked_for() -> None:
    head = row("sku", "lot", "value")
    sums = row("A", "L", "<c><f>1+1</f></c>") + row("", "", "<c><f>SUM(C2:C2)</f><v>2</v></c>")
    assert only(book(head + sums))["lot"] == "L"
    cached = book(head + row("A", '<c t="str"><f>A1</f><v>L</v></c>'))
    assert faults(cached) == [Fault(2, "lot", "This cell is a formula. Paste its value instead.")]


def test_errors_and_flags_in_a_lot_are_named() -> None:
    content = book(HEAD + row("A", '<c t="e"><v>#N/A</v></c>') + row("B", '<c t="b"><v>1</v></c>'))
    assert [(fault.row, fault.column) for fault in faults(content)] == [(2, "lot"), (3, "lot")]


@pytest.mark.parametrize("how", ['hidden="1"', 'ht="0"'])
def test_a_hidden_row_is_named(how: str) -> None:
    content = book(HEAD + row("A", "L1", attributes=how) + row("A", "L2"))
    assert faults(content) == [
        Fault(2, "", "This row is hidden. Show it (take filters off), or delete it.")
    ]


def test_a_hidden_column_is_named() -> None:
    columns = '<cols><col min="2" max="2" hidden="1"/></cols>'
    assert faults(book(HEAD + row("A", "L"), before=columns)) == [
        Fault(1, "lot", "This column is hidden. Show it, or delete it.")
    ]


def test_merged_cells_are_named_and_a_merged_title_is_not() -> None:
    rows = row("Stock of today") + HEAD + row("A", "L1") + row("", "L2")
    merged = "<mergeCells><mergeCell ref='{}'/></mergeCells>"
    assert len(take(book(rows, after=merged.format("A1:D1"))).rows) == 2
    assert faults(book(rows, after=merged.format("A3:A4"))) == [
        Fault(3, "sku", "This cell is merged with others. Unmerge them and fill each.")
    ]


@pytest.mark.parametrize(
    "area", ["B2:B1", "$A$9:$B$12", "nonsense", f"A{'9' * 5000}:B{'9' * 5000}", "A" * 999 + "1:B2"]
)
def test_merged_areas_that_touch_no_row_do_not_matter(area: str) -> None:
    merged = f'<mergeCells><mergeCell ref="{area}"/></mergeCells>'
    assert only(book(HEAD + row("A", "L"), after=merged))["lot"] == "L"


@pytest.mark.parametrize("cell", [number("5"), '<c t="b"><v>1</v></c>', text("x")])
@pytest.mark.parametrize("head", [["sku", "lot", "", "name"], ["sku", "lot"]])
def test_a_cell_in_a_column_without_a_heading_is_named(head: list[str], cell: str) -> None:
    assert [(f.row, f.column) for f in faults(book(row(*head) + row("A", "L", cell)))] == [(2, "")]


@pytest.mark.parametrize("head", [["sku", "lot", "", "name"], ["sku", "lot"]])
def test_a_sum_in_a_column_without_a_heading_is_somebodys_own(head: list[str]) -> None:
    rows = row(*head) + row("A", "L", "<c><f>1+1</f><v>2</v></c>")
    assert only(book(rows))["lot"] == "L"


@pytest.mark.parametrize(
    "target", ["styles.xml", "Styles.XML", "/xl/styles.xml", "..\\xl\\styles.xml"]
)
def test_parts_are_found_in_whatever_case_and_with_either_slash(target: str) -> None:
    part = (
        f'<Relationships><Relationship Id="r1" Type="{RELATIONS}/worksheet"'
        f' Target="worksheets/sheet1.xml"/><Relationship Id="r3" Type="{RELATIONS}/styles"'
        f' Target="{target}"/></Relationships>'
    )
    content = book(
        HEAD + row("A", number("4521", 1)),
        formats=("000000",),
        parts={"xl/_rels/workbook.xml.rels": part},
    )
    assert only(content)["lot"] == "004521"


def test_a_workbook_without_styles_and_shared_texts_is_read() -> None:
    part = (
        f'<Relationships><Relationship Id="r1" Type="{RELATIONS}/worksheet"'
        ' Target="worksheets/sheet1.xml"/></Relationships>'
    )
    content = book(HEAD + row("A", number("12")), parts={"xl/_rels/workbook.xml.rels": part})
    assert only(content)["lot"] == "12"


def broken() -> dict[str, bytes]:
    """Return workbooks whose parts contradict one another."""
    twice = io.BytesIO(book(HEAD + row("A", "L1")))
    with warnings.catch_warnings(), zipfile.ZipFile(twice, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    rels = (
        f'<Relationships><Relationship Id="r1" Type="{RELATIONS}/worksheet"'
        f' Target="worksheets/sheet1.xml"/><Relationship Id="r3" Type="{RELATIONS}/styles"'
        ' Target="gone.xml"/></Relationships>'
    )
    return {
        "one part twice": twice.getvalue(),
        "styles named and not there": book(HEAD, parts={"xl/_rels/workbook.xml.rels": rels}),
        "a text before the first": book(
            HEAD + row('<c t="s"><v>-1</v></c>', "L"), strings="<si><t>Z</t></si>"
        ),
        "a text after the last": book(HEAD + row('<c t="s"><v>7</v></c>', "L")),
        "a cell of another row": book(f'<row r="1">{text("sku", "A1")}{text("lot", "B3")}</row>'),
        "cut off": book(HEAD + row("A", "L"))[:-30],
    }


BROKEN = broken()


@pytest.mark.parametrize("name", BROKEN)
def test_a_workbook_that_contradicts_itself_is_refused(name: str) -> None:
    [fault] = faults(BROKEN[name])
    assert fault.message == "The workbook cannot be read. Save it again as XLSX or CSV."


def test_rows_and_cells_left_out_keep_their_places() -> None:
    rows = f'<row r="1">{text("sku", "A1")}{text("lot", "C1")}</row>'
    rows += f'<row r="7">{text("A", "A7")}{text("L", "C7")}</row><row r="9"><c r="A9" s="1"/></row>'
    [found] = take(book(rows)).rows
    assert (found.number, found["lot"]) == (7, "L")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
         "Save the OpenDocument spreadsheet as XLSX or CSV."),
        (packed({"Index/Document.iwa": ""}), "In Numbers, export the spreadsheet as Excel or CSV."),
        (packed({"stock.csv": "sku"}),
         "This is a packed file. Unpack it and bring the table in it."),
        (packed({"[Content_Types].xml": "", "word/document.xml": ""}),
         "This is no table. Save it as XLSX or CSV."),
        (packed({"[Content_Types].xml": "", "xl/workbook.bin": ""}),
         "Save the binary workbook as XLSX or CSV."),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
         "The workbook has a password. Save it without one."),
        (b"%PDF-1.7", "This is no table. Save it as XLSX or CSV."),
        (b"<html><table>", "This is no table. Save it as XLSX or CSV."),
    ],
)  # fmt: skip
def test_other_files_are_called_by_their_name(content: bytes, message: str) -> None:
    assert faults(content) == [Fault(1, "", message)]
