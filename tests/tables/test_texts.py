"""CSV as programs and people really make it."""

import pytest

from supply.tables import Fault, FaultyTable, Kind, Row, read_table

KINDS = {"sku": Kind.CODE, "lot": Kind.CODE, "quantity": Kind.NUMBER}


def rows(content: bytes | str) -> list[Row]:
    raw = content.encode() if isinstance(content, str) else content
    return read_table(raw, "stock.csv", ["sku"], ["lot", "quantity", "name"], KINDS).rows


def faults(content: bytes | str) -> list[tuple[int, str]]:
    with pytest.raises(FaultyTable) as refused:
        rows(content)
    return [(fault.row, fault.column) for fault in refused.value.errors]


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\r\nsku;lot\r\nA;L\r\n",
        "\ufeff\ufeffsku,lot\nA,L\n",
        "\r\n\r\nsku,lot\r\nA,L\r\n",
        "Stock of today\n\nsku,lot\nA,L\n",
        "sku|lot\nA|L",
        ' SKU ,"Lot"\rA,L\r',
        "sku,lot,\nA,L,\n,,\n",
    ],
)
def test_what_stands_around_the_table_is_passed_over(content: str) -> None:
    assert [(row["sku"], row["lot"]) for row in rows(content)] == [("A", "L")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_the_encodings_of_spreadsheets(encoding: str) -> None:
    assert [row["name"] for row in rows("sku,name\nA,Größe\n".encode(encoding))] == ["Größe"]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ('="004521"', "004521"),
        ('"=""004522"""', "004522"),
        ("'004523", "004523"),
        ("AB\u200b12\u200e", "AB12"),
        ("\ufeffAB12", "AB12"),
        ("AB\u00ad12", "AB12"),
        ("AB\u00a012", "AB 12"),
        ("AB  \t12", "AB 12"),
        ("ＡＢ１２", "AB12"),
        ("E\u0301-1", "É-1"),
        ("1E-05", "1E-05"),
        ("12E5", "12E5"),
    ],
)
def test_a_lot_is_kept_as_a_person_reads_it(cell: str, kept: str) -> None:
    assert [row["lot"] for row in rows(f"sku,lot\nA,{cell}\n")] == [kept]


@pytest.mark.parametrize(
    "cell",
    ["2.19E+26", '"2,19E+26"', "12-Oct", "Oct-26", "01-févr", "A\x00B", "A\ufffdB", '"A\nB"'],
)
def test_a_lot_that_a_spreadsheet_lost_is_named(cell: str) -> None:
    assert faults(f"sku,lot\nA,{cell}\n") == [(2, "lot")]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["5,0"], ["5.0"]),
        (["1,5", "1,250"], ["1.5", "1.250"]),
        (["1.250,5"], ["1250.5"]),
        (["1 250,5"], ["1250.5"]),
        (["1\u202f250,5"], ["1250.5"]),
        (["2.5", "12.500"], ["2.5", "12.500"]),
        (["1.250.000"], ["1250000"]),
        (["0,125"], ["0.125"]),
        (["12"], ["12"]),
    ],
)
def test_numbers_are_read_in_the_style_of_their_file(cells: list[str], read: list[str]) -> None:
    content = "sku;quantity\n" + "".join(f"A;{cell}\n" for cell in cells)
    assert [row["quantity"] for row in rows(content)] == read


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        (["5,0", "12.500"], [3]),
        (["12.500"], [2]),
        (["1,250"], [2]),
        (["2.5", "1,250"], [3]),
    ],
)
def test_a_number_that_could_be_two_is_named(cells: list[str], wrong: list[int]) -> None:
    content = "sku;quantity\n" + "".join(f"A;{cell}\n" for cell in cells)
    assert faults(content) == [(row, "quantity") for row in wrong]


def test_a_number_in_another_style_is_left_for_its_column_to_refuse() -> None:
    assert [row["quantity"] for row in rows("sku;quantity\nA;2.5\nA;2,5\n")] == ["2.5", "2,5"]


def test_between_commas_a_point_is_decimal_and_a_comma_in_quotes_is_doubted() -> None:
    assert [row["quantity"] for row in rows("sku,quantity\nA,12.500\n")] == ["12.500"]
    assert [row["quantity"] for row in rows('sku,quantity\nA,"1,250.00"\n')] == ["1250.00"]
    assert faults('sku,quantity\nA,"1,250"\n') == [(2, "quantity")]


def test_semicolons_within_cells_part_nothing() -> None:
    content = "sku,name,quantity\n" + "A,a; b; c; d; e; f,1\n" * 3
    assert [row["name"] for row in rows(content)] == ["a; b; c; d; e; f"] * 3


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(FaultyTable) as refused:
        rows(b"sku\n" + b"a" * 5_000_000)
    assert refused.value.errors == [
        Fault(2, "", "A cell of this row is longer than a spreadsheet can hold.")
    ]
