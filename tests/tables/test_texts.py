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
        "SKU*,Lot:\nA,L\n",
        "\u00a0sku , * LOT :\nA,L\n",
        'sku, lot\nA, "L"\n',
        "sku,lot\r\r\nA,L\r\r\n",
    ],
)
def test_what_stands_around_the_table_is_passed_over(content: str) -> None:
    assert [(row["sku"], row["lot"]) for row in rows(content)] == [("A", "L")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
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
        ("12-OCT", "12-OCT"),
        ("LIP-10", "LIP-10"),
        ("'12-Oct", "12-Oct"),
        ('="12-Oct"', "12-Oct"),
        ("'2.19E+26", "2.19E+26"),
        ("'=1+1", "=1+1"),
        ("''X", "'X"),
    ],
)
def test_a_lot_is_kept_as_a_person_reads_it(cell: str, kept: str) -> None:
    assert [row["lot"] for row in rows(f"sku,lot\nA,{cell}\n")] == [kept]


@pytest.mark.parametrize(
    "cell",
    [
        "2.19E+26",
        '"2,19E+26"',
        "12-Oct",
        "Oct-26",
        "01-févr",
        "A\x00B",
        "A\ufffdB",
        '"A\nB"',
        "maj-26",
        "12. Okt",
        "#N/A",
        "#REF!",
        "#NV",
        "#BEZUG!",
        "#VALEUR!",
        "#DIV/0!",
        "#¡VALOR!",
        "#Н/Д",
        "####",
        "a" + "\u0301\u0323" * 20,
    ],
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


@pytest.mark.parametrize("cell", ["#N/A", "#NAME?"])
def test_a_name_that_is_an_error_is_named(cell: str) -> None:
    assert faults(f"sku,name\nA,{cell}\n") == [(2, "name")]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [("'90s cream", "'90s cream"), ("'=x", "=x"), ("''tis", "'tis"), ("# 5", "# 5"), ('="a"', "a")],
)
def test_a_name_keeps_its_own_apostrophe(cell: str, kept: str) -> None:
    assert [row["name"] for row in rows(f"sku,name\nA,{cell}\n")] == [kept]


@pytest.mark.parametrize(
    "content",
    [
        'sku,name,lot\nA,"Saline,L1\nB,Needle 1",L2\nC,x,L3\n',
        'sku,name,lot\r\nA,"Saline,L1\r\nB,y,L2\r\nD,Needle 1",L2\r\n',
        'sku;name;lot\rA;"Saline;L1\rB;Needle 1";L2\r',
    ],
)
def test_rows_between_two_stray_quotation_marks_are_not_lost(content: str) -> None:
    with pytest.raises(FaultyTable) as refused:
        rows(content)
    assert refused.value.errors == [
        Fault(
            2,
            "",
            "A cell of this row holds whole rows: check the quotation marks at its beginning"
            " and end.",
        )
    ]


def test_a_name_on_several_lines_is_one_name() -> None:
    content = 'sku,name,lot\nA,"Saline, sterile\n0.9 %",L1\n'
    assert [row["name"] for row in rows(content)] == ["Saline, sterile\n0.9 %"]


def test_single_quotation_marks_part_no_cells() -> None:
    assert faults("'sku','lot'\n'A','L'\n") == [(1, "sku")]


@pytest.mark.parametrize("heading", ["sku,,lot", "sku,lot,"])
def test_a_cell_in_a_column_without_a_heading_is_named(heading: str) -> None:
    assert faults(f"{heading}\nA,L,M\n") == [(2, "")]


def test_columns_that_were_not_read_are_named() -> None:
    table = read_table(b"sku,Lots,place\nA,L,x\n", "stock.csv", ["sku"], ["lot"], KINDS)
    assert table.notes == ["These columns were not read: lots, place."]


@pytest.mark.parametrize(
    "content",
    [b"<!-- x --><table>", b"MIME-Version: 1.0\n", "<html>".encode("utf-16"), b"SQLite format 3\0",
     b'{"sku": "A"}', b"  <?xml version='1.0'?>", b"\x09\x08\x10\x00"],
)  # fmt: skip
def test_what_is_no_table_is_called_so(content: bytes) -> None:
    with pytest.raises(FaultyTable) as refused:
        rows(content)
    assert refused.value.errors == [Fault(1, "", "This is no table. Save it as XLSX or CSV.")]


@pytest.mark.parametrize(
    "cell", ["2028-01-31 00:00:00", "2028-01-31T00:00:00Z", "2028-01-31 00:00"]
)
def test_a_day_with_an_empty_time_is_a_day(cell: str) -> None:
    table = read_table(f"sku\n{cell}\n".encode(), "x.csv", ["sku"], (), {"sku": Kind.DATE})
    assert table.rows[0]["sku"] == "2028-01-31"


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["€ 12,50"], ["12.50 €"]),
        (["12,50 EUR", "1.250,00 €"], ["12.50 EUR", "1250.00 €"]),
        (["1'250.50 CHF"], ["1250.50 CHF"]),
        (["12,50"], ["12.50"]),
        (["12,50 per box"], ["12,50 per box"]),
        (["€ 12,50 EUR"], ["€ 12,50 EUR"]),
    ],
)
def test_a_price_may_have_its_currency_beside_it(cells: list[str], read: list[str]) -> None:
    content = "price\n" + "".join(f'"{cell}"\n' for cell in cells)
    table = read_table(content.encode(), "x.csv", ["price"], (), {"price": Kind.MONEY})
    assert [row["price"] for row in table.rows] == read


def test_a_filename_is_kept_as_it_can_be_shown() -> None:
    table = read_table(b"sku\nA\n", "a\0b\udcff" + "c" * 300, ["sku"])
    assert table.filename == "a\ufffdb\ufffd" + "c" * 196


def test_a_file_full_of_faults_is_not_read_to_its_end() -> None:
    content = "sku,lot\n" + "A,#N/A\n" * 5_000
    with pytest.raises(FaultyTable) as refused:
        rows(content)
    assert len(refused.value.errors) == 1_000
    assert str(refused.value).splitlines()[100:] == [
        "… and very many more. Look at the first ones; the rest may be alike."
    ]
