"""Scans: what is read, and what a person is asked to check."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supply.catalogue.barcodes import ProblemCode, Scan, parse_date, scan

TODAY = dt.date(2026, 11, 22)
GTIN = "09521234543213"
GS = "\x1d"


def parts(found: Scan) -> tuple[str | None, str | None, dt.date | None, str | None]:
    return found.gtin, found.lot, found.expiry, found.serial


def codes(found: Scan) -> list[ProblemCode]:
    return [problem.code for problem in found.problems]


@pytest.mark.parametrize(
    "text",
    [
        f"01{GTIN}1727033110AB-12{GS}21S77",
        f"{GS}01{GTIN}1727033110AB-12{GS}21S77{GS}",
        f"]d201{GTIN}1727033110AB-12{GS}21S77",
        f"]C101{GTIN}10AB-12{GS}21S77{GS}17270331",
        f"]Q301{GTIN}21S77{GS}1727033110AB-12\r\n",
        f"01{GTIN}1727033110AB-12<GS>21S77",
        f"01{GTIN}11260331{''}1727033110AB-12{GS}21S77",
        f"(01){GTIN}(17)270331(10)AB-12(21)S77",
        f"(01) {GTIN} (17) 270331 (10) AB-12 (21) S77",
        f"https://id.gs1.org/01/{GTIN}/10/AB-12/21/S77?17=270331",
    ],
)
def test_every_carrier_says_the_same(text: str) -> None:
    found = scan(text, today=TODAY)
    assert parts(found) == (GTIN, "AB-12", dt.date(2027, 3, 31), "S77")
    assert found.problems == []


def test_characters_of_lots_and_serials_are_kept() -> None:
    found = scan(f"01{GTIN}10a/b%c{GS}21!%&'()*+,-./:;<=>?_x", today=TODAY)
    assert parts(found) == (GTIN, "a/b%c", None, "!%&'()*+,-./:;<=>?_x")
    assert found.problems == []


def test_parentheses_within_a_printed_lot_are_kept() -> None:
    found = scan(f"(01){GTIN}(10)LOT(A)(21)10987d", today=TODAY)
    assert parts(found) == (GTIN, "LOT(A)", None, "10987d")


@pytest.mark.parametrize(
    ("text", "gtin"),
    [("4006381333931", "04006381333931"), ("614141123452", "00614141123452"), (GTIN, GTIN)],
)
def test_bare_digits_are_a_gtin(text: str, gtin: str) -> None:
    assert parts(scan(text, today=TODAY)) == (gtin, None, None, None)


def test_a_case_names_what_is_in_it() -> None:
    found = scan(f"02{GTIN}3712", today=TODAY)
    assert (found.gtin, found.count, found.problems) == (GTIN, 12, [])


def test_other_fields_are_read_over() -> None:
    found = scan(f"01{GTIN}310300125010L1{GS}99OWN", today=TODAY)
    assert (found.gtin, found.lot, found.problems) == (GTIN, "L1", [])


def test_only_an_expiry_date_is_an_expiry() -> None:
    found = scan(f"01{GTIN}1526123111250101", today=TODAY)
    assert (found.expiry, found.problems) == (None, [])


def test_an_expiry_with_a_time_is_its_day() -> None:
    assert scan(f"01{GTIN}70032612311530", today=TODAY).expiry == dt.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("261100", dt.date(2026, 11, 30)),
        ("280200", dt.date(2028, 2, 29)),
        ("270228", dt.date(2027, 2, 28)),
        ("760101", dt.date(2076, 1, 1)),
        ("770101", dt.date(1977, 1, 1)),
        ("270229", None),
        ("261301", None),
        ("260001", None),
        ("2611", None),
        ("26113x", None),
    ],
)
def test_two_digit_years_and_day_zero(value: str, day: dt.date | None) -> None:
    assert parse_date(value, TODAY) == day


def test_the_century_turns_with_today() -> None:
    assert parse_date("200115", dt.date(2080, 1, 1)) == dt.date(2120, 1, 15)


@pytest.mark.parametrize(
    ("text", "problem", "expected"),
    [
        (f"01{GTIN[:-1]}410AB", ProblemCode.CHECK_DIGIT, (None, "AB", None, None)),
        ("4006381333930", ProblemCode.CHECK_DIGIT, (None, None, None, None)),
        (f"(01){GTIN}(17)261331", ProblemCode.INVALID_DATE, (GTIN, None, None, None)),
        (f"01{GTIN}1727133110AB", ProblemCode.INVALID_DATE, (GTIN, "AB", None, None)),
        (f"01{GTIN}10032917270526", ProblemCode.LOST_SEPARATOR, (GTIN, "032917270526", None, None)),
        (
            f"01{GTIN}1727033110AB121987654321",
            ProblemCode.LOST_SEPARATOR,
            (GTIN, "AB121987654321", dt.date(2027, 3, 31), None),
        ),
        (
            f"01{GTIN}10ABCDEFGHIJKL17270331219",
            ProblemCode.LOST_SEPARATOR,
            (GTIN, "ABCDEFGHIJKL17270331219", None, None),
        ),
        (f"(01){GTIN}(10)A(10)B", ProblemCode.CONTRADICTION, (GTIN, "A", None, None)),
        (f"01{GTIN}10{GS}21S", ProblemCode.INVALID_FIELD, (GTIN, None, None, "S")),
        (f"01{GTIN}30x", ProblemCode.INVALID_FIELD, (GTIN, None, None, None)),
        (f"01{GTIN}3103x", ProblemCode.INVALID_FIELD, (GTIN, None, None, None)),
        (f"01{GTIN}??", ProblemCode.NO_CODE, (GTIN, None, None, None)),
        (f"(01){GTIN}(10", ProblemCode.INVALID_FIELD, (None, None, None, None)),
        ("(lot) 7", ProblemCode.NO_CODE, (None, None, None, None)),
        ("+H123PARTNO1/$$420020216LOT1", ProblemCode.NOT_GS1, (None, None, None, None)),
        ("=/A9999XYZ100T0944=,000025", ProblemCode.NOT_GS1, (None, None, None, None)),
        ("https://example.com/shop", ProblemCode.NO_CODE, (None, None, None, None)),
        ("biotin", ProblemCode.NO_CODE, (None, None, None, None)),
        (" ", ProblemCode.NO_CODE, (None, None, None, None)),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_read(
    text: str,
    problem: ProblemCode,
    expected: tuple[str | None, str | None, dt.date | None, str | None],
) -> None:
    found = scan(text, today=TODAY)
    assert (codes(found), parts(found)) == ([problem], expected)


def test_a_lot_at_the_end_needs_no_separator() -> None:
    found = scan(f"01{GTIN}1727033110LOT2021-42", today=TODAY)
    assert (found.lot, found.problems) == ("LOT2021-42", [])


@pytest.mark.parametrize(
    "written",
    ["^]", "<GS>", "{GS}", "[GS]", "\\x1d", "\\u001d", "~029", "\u241d", "<FNC1>", "<gs>", "&#29;"],
)
def test_a_separator_that_a_scanner_writes_out_is_one(written: str) -> None:
    found = scan(f"01{GTIN}10AB-12{written}17270331", today=TODAY)
    assert parts(found) == (GTIN, "AB-12", dt.date(2027, 3, 31), None)
    assert found.problems == []


@pytest.mark.parametrize("sign", ["|", "#", "~", "^", "[", "]", "@", "$", " ", "\\", "{", "ß"])
def test_a_sign_that_no_lot_has_is_a_lost_separator(sign: str) -> None:
    found = scan(f"01{GTIN}10AB12{sign}21S77", today=TODAY)
    assert (found.lot, found.serial, codes(found)) == ("AB12", "S77", [ProblemCode.LOST_SEPARATOR])
    printed = scan(f"(01){GTIN}(10)AB12{sign}7", today=TODAY)
    assert (printed.lot, codes(printed)) == ("AB12", [ProblemCode.LOST_SEPARATOR])


@pytest.mark.parametrize("value", ["2699121530", "2612312530", "26123115", "261231153x"])
def test_a_bad_moment_is_a_problem(value: str) -> None:
    found = scan(f"(01){GTIN}(7003){value}", today=TODAY)
    assert (found.expiry, codes(found)) == (None, [ProblemCode.INVALID_DATE])


@pytest.mark.parametrize(
    "text",
    [
        f"+d201{GTIN}",
        f"+d2\x1d01{GTIN}17270531",
        "+C117270531",
        ")01=0952",
        "à&àçé&é\"'ç&é",
        "$dé" + "à&àçé&é\"'ç&é",
        f"httpsÖ--id.gs1.org-01-{GTIN}",
        f"https>--id.gs1.org-01-{GTIN}",
        *(f"{key}01{GTIN}" for key in ("¨d2", "`d2", "´C1", "üd2", "õd2", "ъв2", "]δ2")),
        "é+éíéž+č+éí",
        "0ą09ę0ą90ė",
        f"01{GTIN}".replace("0", "ö"),
    ],
)
def test_another_keyboard_is_said(text: str) -> None:
    assert codes(scan(text, today=TODAY)) == [ProblemCode.KEYBOARD]


@pytest.mark.parametrize(
    "text", ["9N110375286414\x1d1TABC\x1dD270531", "[)>\x1e06\x1d9N110375286414\x1d1TABC\x1e\x04"]
)
def test_a_ppn_is_named(text: str) -> None:
    found = scan(text, today=TODAY)
    assert [problem.message for problem in found.problems] == [
        "This is a PPN code. Enter lot and expiry by hand."
    ]
    assert (found.gtin, found.lot, found.expiry) == (None, None, None)


@pytest.mark.parametrize("text", ["+D2341234/$$3270531LOT1C", "+E1230A", "+A123BJC5D6E71G"])
def test_a_hibc_is_no_other_keyboard(text: str) -> None:
    assert codes(scan(text, today=TODAY)) == [ProblemCode.NOT_GS1]


WHOLE = f"01{GTIN}1727053110AB12"


def test_signs_that_programs_write_for_others_are_put_back() -> None:
    """Wide letters of an input method, dashes and quotes of a word processor."""
    wide = scan(f"（01）{GTIN}（10）ＡＢ－１", today=TODAY)
    assert (wide.gtin, wide.lot, wide.problems) == (GTIN, "AB-1", [])
    for typed, lot in (("A–1", "A-1"), ("A\u20111", "A-1"), ("A’1", "A'1"), ("A—1", "A--1")):
        found = scan(f"(01){GTIN}(10){typed}", today=TODAY)
        assert (found.lot, found.problems) == (lot, []), typed
    spaced = scan("(01) 0 9521234 54321 3 (17) 27 05 31 (10) AB", today=TODAY)
    assert parts(spaced) == (GTIN, "AB", dt.date(2027, 5, 31), None)
    assert codes(scan("*+H123PARTNO1*", today=TODAY)) == [ProblemCode.NOT_GS1]
    link = scan(f"https://a.example/01/{GTIN}?17=270531;linkType=all", today=TODAY)
    assert (link.gtin, link.expiry) == (GTIN, dt.date(2027, 5, 31))


def test_a_short_upc_is_the_long_one() -> None:
    assert scan("04252614", today=TODAY).gtin == "00042100005264"
    assert scan("96385074", today=TODAY).gtin == "00000096385074"
    for short, full in (("01234523", "012200003453"), ("01234543", "012340000053")):
        assert scan(short, today=TODAY).gtin == f"00{full}"
    assert codes(scan("04252615", today=TODAY)) == [ProblemCode.CHECK_DIGIT]


def test_only_of_a_case_the_count_says_how_many_boxes_there_are() -> None:
    assert scan(f"02{GTIN}3712", today=TODAY).boxes == 12
    assert scan(f"02{GTIN}10A", today=TODAY).boxes == 1
    assert scan(f"01{GTIN}3012", today=TODAY).boxes == 1, "pieces in the box"


def test_a_serial_that_swallowed_lot_and_expiry_is_said() -> None:
    """The order of the boxes of medicines: serial, expiry, lot."""
    for tail in ("1727053110AB12", "10AB12X17270531"):
        found = scan(f"01{GTIN}21X9{tail}", today=TODAY)
        assert codes(found) == [ProblemCode.LOST_SEPARATOR], tail
        assert (found.lot, found.expiry) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE * 2,
        f"{WHOLE}{WHOLE.replace('AB12', 'C9')}",
        f"{WHOLE}{GS}{WHOLE}",
        f"{WHOLE}\r\n{WHOLE}",
        f"]d2{WHOLE}]d2{WHOLE}",
        "9521234000013" * 3,
        "9521234000013\r9521234000013",
    ],
)
def test_of_two_scans_in_one_nothing_is_taken(text: str) -> None:
    found = scan(text, today=TODAY)
    assert (found.gtin, found.lot, found.expiry, found.serial) == (None, None, None, None)
    assert [problem.message for problem in found.problems] == [
        "Two scans ran together. Scan once more."
    ]


@pytest.mark.parametrize(
    "text", [f"d2{WHOLE}", f"C1{WHOLE}", f"\xe8{WHOLE}", f"[)>\x1e05\x1d{WHOLE}\x1e\x04"]
)
def test_what_some_scanners_put_before_a_code_is_left_out(text: str) -> None:
    found = scan(text, today=TODAY)
    assert (found.gtin, found.lot, found.problems) == (GTIN, "AB12", [])


@pytest.mark.parametrize("sign", ["<F8>", "{F8}", "(GS)", "<Group Separator>", "~d029"])
def test_a_separator_in_words_is_one(sign: str) -> None:
    found = scan(f"{WHOLE}{sign}21S77", today=TODAY)
    assert (found.lot, found.serial, found.problems) == ("AB12", "S77", [])


def test_a_link_without_its_beginning_is_one() -> None:
    found = scan(f"id.gs1.org/01/{GTIN}/10/AB12?17=270531", today=TODAY)
    assert (found.gtin, found.lot, found.problems) == (GTIN, "AB12", [])


@pytest.mark.parametrize("text", ["http://[", "https://[::1", "HTTP://\u2100/01/"])
def test_an_address_that_is_none_is_no_code(text: str) -> None:
    assert codes(scan(text, today=TODAY)) == [ProblemCode.NO_CODE]


SIGNS = st.text() | st.text("01723]()dC<GS>^~[htps:/.%?=&\x1d+=ABab 0123456789", max_size=60)


@given(
    SIGNS,
    st.sampled_from(["", "01" + GTIN, "(01)" + GTIN, "http://", "]d2", "https://id.gs1.org/"]),
)
def test_any_text_is_read_or_said_to_be_none(text: str, start: str) -> None:
    found = scan(start + text, today=TODAY)
    assert found.gtin or found.lot or found.serial or found.expiry or found.count or found.problems
    allowed = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*""")
    assert allowed.fullmatch(found.lot or "")


@pytest.mark.parametrize("text", ["00340123450000000018", "(00)340123450000000018", "00"])
def test_a_code_that_names_no_product_says_so(text: str) -> None:
    """A pallet's label, for one: it must not look like something that was read."""
    found = scan(text, today=TODAY)
    assert (found.gtin, found.lot, found.expiry) == (None, None, None)
    assert [problem.code for problem in found.problems] == [ProblemCode.NO_CODE]


UDI = [
    ("(01)51022222233336(11)141231(17)150707(10)A213B1(21)1234",
     "51022222233336", "A213B1", "2015-07-07", "1234", ""),
    ("0151022222233336111412311715070710A213B1\x1d211234",
     "51022222233336", "A213B1", "2015-07-07", "1234", ""),
    ("(01)00844588003288(17)141120(10)7654321D(21)10987654d321",
     "00844588003288", "7654321D", "2014-11-20", "10987654d321", ""),
    ("(01)00643169001763(17)160712(21)21A11F4855",
     "00643169001763", "", "2016-07-12", "21A11F4855", ""),
    ("]d2011231231231233310ABC123\x1d99TESTING", "12312312312333", "ABC123", "", "", ""),
    ("]C1011231231231233310ABC123\x1d99TESTING", "12312312312333", "ABC123", "", "", ""),
    ("0107032069804988100329\x1d15210526", "07032069804988", "0329", "", "", ""),
    ("010703206980498815210526100329", "07032069804988", "0329", "", "", ""),
    ("010703206980498810032915210526",
     "07032069804988", "032915210526", "", "", "lost_separator"),
    ("01095040000591181726110010ABC", "09504000059118", "ABC", "2026-11-30", "", ""),
    ("0112312312312334", "", "", "", "", "check_digit"),
    ("(01)95012345678902(17)261231", "", "", "2026-12-31", "", "check_digit"),
    ("(01)95012345678903(11)131313", "95012345678903", "", "", "", "invalid_date"),
    ("(01)10840861100818(17)261231(10)LOTA1", "10840861100818", "LOTA1", "2026-12-31", "", ""),
    ("(01)20801741045046(17)270131(10)LOTB2", "20801741045046", "LOTB2", "2027-01-31", "", ""),
    ("010952123454321310a/b%c\x1d21!\"%&()*+,-./:;<=>?_x",
     "09521234543213", "a/b%c", "", "!\"%&()*+,-./:;<=>?_x", ""),
    ("https://id.gs1.org/01/00614141123452", "00614141123452", "", "", "", ""),
    ("+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202C",
     "", "", "", "", "not_gs1"),
    ("=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123",
     "", "", "", "", "not_gs1"),
]  # fmt: skip
"""Codes of devices as makers and agencies print them: GTIN, lot, expiry, serial, what is wrong."""


def test_codes_of_devices_say_what_their_makers_mean() -> None:
    read = [scan(text, today=TODAY) for text, *_said in UDI]
    found = [
        (one.text, one.gtin or "", one.lot or "", str(one.expiry or ""), one.serial or "",
         " ".join(problem.code for problem in one.problems))
        for one in read
    ]  # fmt: skip
    assert found == UDI


@given(st.text(alphabet="0123456789SIPL:/%A\x1d()", max_size=60))
def test_our_own_fields_are_read_only_where_they_stand(text: str) -> None:
    found = scan(text, today=TODAY)
    if found.item is not None:
        assert "SI:" in text
    if found.place is not None:
        assert "SP:" in text
