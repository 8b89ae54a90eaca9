"""Number formats: a cell is taken where they show what it holds, and named where they do not."""

import io

import pytest
from openpyxl import Workbook
from openpyxl.styles.numbers import BUILTIN_FORMATS

from supply.tables import Fault, FaultyTable, Kind, Table, read_table
from tests.tables.books import MAIN, book, number, row

KINDS = {
    "sku": Kind.CODE,
    "lot": Kind.CODE,
    "expiry": Kind.DATE,
    "packs": Kind.NUMBER,
    "price": Kind.MONEY,
}
COLUMNS = [*KINDS, "place"]
HEAD = row(*COLUMNS)


def take(content: bytes) -> Table:
    return read_table(content, "goods.xlsx", ["sku"], COLUMNS[1:], KINDS)


def faults(content: bytes) -> list[Fault]:
    with pytest.raises(FaultyTable) as refused:
        take(content)
    return refused.value.errors


def cell(column: str, value: str, form: str) -> bytes:
    """Return a workbook with one number, formatted, in ``column``."""
    cells = ["A" if name == "sku" else "" for name in COLUMNS]
    cells[COLUMNS.index(column)] = number(value, 1)
    return book(HEAD + row(*cells), formats=(form,))


def shown(column: str, value: str, form: str) -> str:
    [found] = take(cell(column, value, form)).rows
    return found[column]


@pytest.mark.parametrize(
    ("value", "form", "taken"),
    [
        ("5", "0_)", "5"),
        ("5", "+0", "5"),
        ("5", "00000", "5"),
        ("5", "0;[Red]-0", "5"),
        ("1234.5", r"#\ ##0.00", "1234.5"),
        ("12.5", "?0.0?", "12.5"),
        ("12.5", "0." + "0" * 30, "12.5"),
        ("1E+30", "0.00", "1" + "0" * 30),
        ("0", '_-* #,##0.00\\ "€"_-;-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-', "0"),
        ("7", '_-* #,##0.00\\ "€"_-;-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-', "7"),
        ("7", "GENERAL", "7"),
        ("7", "[Blue]General", "7"),
    ],
)
def test_a_number_is_taken_where_it_is_shown(value: str, form: str, taken: str) -> None:
    assert shown("packs", value, form) == taken


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("5", '0"00"'),
        ("5", r"0\0"),
        ("5", '"1"0'),
        ("5", '"-"0'),
        ("5", "-0"),
        ("5", "(0)"),
        ("5", '0" ml"'),
        ("5", '0" boxes"'),
        ("5", '0"%"'),
        ("5", "0,"),
        ("5", "0.0E+00"),
        ("5", "*-0"),
        ("5", "[>=1000]0;0"),
        ("5", "[DBNum1]0"),
        ("0", "#"),
        ("0", "#,###"),
        ("0", "0;-0;;@"),
        ("5", '"a;b"0'),
        ("5", '0"unended'),
        ("5", "[unended"),
    ],
)
def test_a_number_with_more_or_less_on_the_screen_is_named(value: str, form: str) -> None:
    assert faults(cell("packs", value, form)) == [
        Fault(
            2,
            "packs",
            "This cell's number format shows something else. Format it as a number.",
        )
    ]


@pytest.mark.parametrize("column", ["packs", "price"])
@pytest.mark.parametrize("form", ["0", "#,##0.00", ""])
def test_a_number_longer_than_any_spreadsheet_holds_is_named(column: str, form: str) -> None:
    assert [fault[:2] for fault in faults(cell(column, "1" * 5_000, form))] == [(2, column)]


@pytest.mark.parametrize(
    ("form", "taken"),
    [
        ("0.00", "12.5"),
        ('#,##0.00 "€"', "12.5 €"),
        ("[$€-407]#,##0.00", "12.5 €"),
        ("#,##0.00 [$RSD]", "12.5 RSD"),
        ('0.00 "kr."', "12.5 kr."),
        ("$#,##0.00", "12.5 $"),
    ],
)
def test_the_sign_beside_a_price_is_kept_for_comparing(form: str, taken: str) -> None:
    assert shown("price", "12.5", form) == taken


@pytest.mark.parametrize("number", [5, 6, 7, 8, 42, 44])
def test_a_format_of_the_readers_own_money_names_no_currency(number: int) -> None:
    made = Workbook()
    sheet = made.worksheets[0]
    sheet.append(["sku", "price"])
    sheet.append(["A", 12])
    sheet["B2"].number_format = BUILTIN_FORMATS[number]
    content = io.BytesIO()
    made.save(content)
    assert take(content.getvalue()).rows[0]["price"] == "12"


@pytest.mark.parametrize("form", ["#", "0.0E+00", "0;0;0;@", '"LOT "@', "000-000", "00 00"])
def test_a_lot_that_its_format_writes_otherwise_is_named(form: str) -> None:
    value = "0" if form == "#" else "4521"
    assert [(fault.row, fault.column) for fault in faults(cell("lot", value, form))] == [(2, "lot")]


@pytest.mark.parametrize(
    ("value", "form", "taken"),
    [
        ("46783.75", "yyyy-mm-dd hh:mm", "2028-01-31"),
        ("46783", "[$-F800]dddd, mmmm dd, yyyy", "2028-01-31"),
        ("46783", 'dd.mm.yyyy" exp"', "2028-01-31"),
        ("46783", "yyyy-mm-dd;;;", "2028-01-31"),
        ("46783", '"dmy"0', "46783"),
    ],
)
def test_a_day_is_taken_where_it_is_shown(value: str, form: str, taken: str) -> None:
    assert shown("expiry", value, form) == taken


@pytest.mark.parametrize(
    ("value", "form"),
    [("46783", "yyyy"), ("46783", "d/m"), ("0.5", "h:mm"), ("3000000", "d.m.yyyy")],
)
def test_a_day_that_is_not_shown_is_named(value: str, form: str) -> None:
    assert [fault.column for fault in faults(cell("expiry", value, form))] == ["expiry"]


def test_before_1904_there_is_no_day() -> None:
    rows = HEAD + row("A", "", number("-5", 1))
    content = book(rows, formats=("d.m.yyyy",), properties='<workbookPr date1904="1"/>')
    assert faults(content) == [Fault(2, "expiry", "There is no such day.")]


@pytest.mark.parametrize("written", ["T10:00", "10:30:00", "soon"])
def test_a_date_cell_without_a_day_is_named_not_emptied(written: str) -> None:
    content = book(HEAD + row("A", "", f'<c t="d"><v>{written}</v></c>'))
    assert [fault.column for fault in faults(content)] == ["expiry"]


def built_in(column: str, value: str, number_format: int) -> bytes:
    cells = ["A" if name == "sku" else "" for name in COLUMNS]
    cells[COLUMNS.index(column)] = number(value, 1)
    styles = f'<cellXfs><xf/><xf numFmtId="{number_format}"/></cellXfs>'
    part = f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
    return book(HEAD + row(*cells), parts={"xl/styles.xml": part})


@pytest.mark.parametrize("number_format", [5, 6, 9, 23, 37, 59, 67, 99, 163, 190])
def test_formats_named_by_number_alone_are_known_or_refused(number_format: int) -> None:
    content = built_in("packs", "12.6", number_format)
    assert [fault.column for fault in faults(content)] == ["packs"]


@pytest.mark.parametrize("number_format", [5, 14, 23, 71, 99, 200])
def test_a_lot_in_a_format_named_by_number_is_named(number_format: int) -> None:
    assert [f.column for f in faults(built_in("lot", "45", number_format))] == ["lot"]


@pytest.mark.parametrize("number_format", [16, 17, 27, 28, 36, 45, 50, 57, 58])
def test_parts_of_a_date_named_by_number_are_refused(number_format: int) -> None:
    assert [f.column for f in faults(built_in("expiry", "46783", number_format))] == ["expiry"]


@pytest.mark.parametrize("form", [";;;", '0;0;0;"LOT "@', '"LOT "@'])
def test_a_text_that_its_format_hides_or_extends_is_named(form: str) -> None:
    text_cell = '<c s="1" t="inlineStr"><is><t>L1</t></is></c>'
    assert faults(book(HEAD + row("A", text_cell), formats=(form,))) == [
        Fault(2, "lot", "This cell's number format shows something else. Format it as text.")
    ]


def test_a_text_in_an_accountants_format_is_text() -> None:
    form = '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)'
    text_cell = '<c s="1" t="inlineStr"><is><t>L1</t></is></c>'
    [found] = take(book(HEAD + row("A", text_cell), formats=(form,))).rows
    assert found["lot"] == "L1"


def test_formats_of_conditions_are_not_those_of_cells() -> None:
    part = (
        f'<styleSheet xmlns="{MAIN}">'
        '<numFmts><numFmt numFmtId="200" formatCode="000000"/></numFmts>'
        '<cellXfs><xf/><xf numFmtId="200"/></cellXfs>'
        '<dxfs><dxf><numFmt numFmtId="200" formatCode="General"/></dxf></dxfs></styleSheet>'
    )
    [found] = take(book(HEAD + row("A", number("4521", 1)), parts={"xl/styles.xml": part})).rows
    assert found["lot"] == "004521"


@pytest.mark.parametrize("style", [9, -1])
def test_a_style_that_is_not_there_leaves_a_number_unsayable(style: int) -> None:
    content = book(HEAD + row("A", number("4521", style)), formats=("000000",))
    assert [fault.column for fault in faults(content)] == ["lot"]


@pytest.mark.parametrize("raw", ["1_0", "0x10", "١٢", "nan", "1e999", "5 5"])
def test_what_is_no_number_in_a_number_cell_is_named(raw: str) -> None:
    assert [fault.column for fault in faults(cell("packs", raw, "General"))] == ["packs"]
