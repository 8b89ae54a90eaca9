"""Small files that unpack to much: refused, and read apart from the server."""

import json
import random
import subprocess
import threading
from tempfile import TemporaryFile

import pytest

from supply.tables import FaultyTable, read_table, sandbox
from supply.tables.parsing import limits
from tests.tables.books import MAIN, RELATIONS, book, number, row

HEAD = row("sku")
TOO_MUCH = "The file holds too much. Split it, and leave out what is not needed."
BROKEN = "The workbook cannot be read. Save it again as XLSX or CSV."
NO_TAGS = str.maketrans("", "", "<>!-")
SHARED = '<c t="s"><v>0</v></c>'


def bombs() -> dict[str, tuple[bytes, str]]:
    """Return files by name, each with the sentence that refuses it."""
    entity = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    name = "xl/worksheets/sheet1.xml"
    many_strings = "<si><t>abc</t></si>" * 1_500_000
    noise = random.Random(1)  # what packs badly passes the limit of the ratio
    dust = [f"<!--{noise.getrandbits(40)}-->" for _at in range(15_000)]
    merges = "".join(f'<mergeCell ref="A{at}:G{at + 9}"/>' for at in range(60_000, 100_000))
    return {
        "strings": (book(HEAD + row(SHARED), strings=many_strings), TOO_MUCH),
        "one long string": (
            book(HEAD + row(SHARED) * 4_000, strings=f"<si><t>{'x' * 32_000}</t></si>"),
            TOO_MUCH,
        ),
        "blanks": (book(HEAD + " " * 40_000_000), TOO_MUCH),
        "entities": (book("", parts={name: entity + sheet}), BROKEN),
        "outside": (book("", parts={name: outside + sheet}), BROKEN),
        "deep": (book("", parts={name: f'<worksheet xmlns="{MAIN}">' + "<a>" * 9_000}), BROKEN),
        "parts": (book(HEAD, parts={f"x{at}": "" for at in range(6_000)}), TOO_MUCH),
        "far": (
            book(HEAD + '<row r="2"><c r="XFD2"><v>1</v></c></row>'),
            "This row has more than 1000 columns. Delete those that are not needed.",
        ),
        "rows twice": (book('<row r="5"/><row r="5"/>'), BROKEN),
        "empty cells": (
            book(HEAD + "<row>" + ("<c/>" * 1_500).join(dust[:4_000]) + "</row>"),
            TOO_MUCH,
        ),
        "a long format": (book(HEAD + row(number("1", 1)), formats=("[$" * 200_000,)), BROKEN),
        "an open format": (
            book(HEAD + row(number("1", 1)), formats=("[$" * 127,)),
            "This cell is a number, and may not be what is printed. Format it as text and enter"
            " it again.",
        ),
        "a long tag": (
            book(HEAD + f'<row x="{"".join(dust).translate(NO_TAGS)}{"x" * 2_000_000}"/>'),
            TOO_MUCH,
        ),
        "a text told over and over": (
            book(HEAD + row(SHARED) * 4_000, strings=f"<si><t>{'é' * 3_000}</t></si>"),
            TOO_MUCH,
        ),
        "many styles": (
            book(
                HEAD,
                parts={
                    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs>'
                    + ("<xf/>" * 10).join(dust)
                    + "</cellXfs></styleSheet>"
                },
            ),
            TOO_MUCH,
        ),
        "many columns": (
            book(
                HEAD,
                before="<cols>" + '<col min="9" max="9" hidden="1"/>' * 20_000 + "</cols>",
            ),
            TOO_MUCH,
        ),
        "many sheets": (
            book(
                HEAD,
                parts={
                    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
                    + '<sheet name="S" r:id="r1"/>' * 6_000
                    + "</sheets></workbook>"
                },
            ),
            TOO_MUCH,
        ),
        "merged and merged": (
            book(
                HEAD + "".join(row(f"A{at}") for at in range(10_000)),
                after=f"<mergeCells>{merges}</mergeCells>",
            ),
            "",
        ),
    }


BOMBS = bombs()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str) -> None:
    content, sentence = BOMBS[name]
    if not sentence:  # strange, and harmless
        assert len(read_table(content, "bomb.xlsx", ["sku"]).rows) == 10_000
        return
    with pytest.raises(FaultyTable) as refused:
        read_table(content, "bomb.xlsx", ["sku"])
    assert [fault.message for fault in refused.value.errors] == [sentence]


def test_a_reader_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "LEAST_SECONDS", 0.2)
    monkeypatch.setattr(sandbox, "_COMMAND", "while True: pass")
    ended: list[subprocess.Popen[bytes]] = []
    kill = subprocess.Popen.kill

    def noted(child: subprocess.Popen[bytes]) -> None:
        ended.append(child)
        kill(child)

    monkeypatch.setattr(subprocess.Popen, "kill", noted)
    with pytest.raises(FaultyTable, match=TOO_MUCH):
        read_table(book(HEAD + row("A")), "slow.xlsx", ["sku"])
    assert [child.returncode for child in ended] == [-9]


def test_a_reader_that_dies_is_a_file_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_COMMAND", "raise SystemExit(3)")
    with pytest.raises(FaultyTable, match=BROKEN):
        read_table(book(HEAD + row("A")), "bad.xlsx", ["sku"])


def test_the_reader_gets_no_environment_and_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    looks = (
        "import json, os, resource, sys; sys.path.append(sys.argv[1]);"
        " from parsing import child; child._limit(7);"
        " print(json.dumps({'names': sorted(os.environ),"
        " 'seconds': resource.getrlimit(resource.RLIMIT_CPU)[0],"
        " 'files': resource.getrlimit(resource.RLIMIT_FSIZE)[0],"
        " 'supply': 'supply' in sys.modules}))"
    )
    monkeypatch.setattr(sandbox, "_COMMAND", looks)
    with TemporaryFile() as answer:
        sandbox._run(b"", frozenset(), answer)
        answer.seek(0)
        said = json.load(answer)
    assert "SECRET_KEY" not in said["names"]
    assert (said["seconds"], said["files"], said["supply"]) == (7, limits.MAXIMUM_ANSWER, False)


def test_only_so_many_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(sandbox, "PATIENCE", 0)
    content = book(HEAD + row("A"))
    assert len(read_table(content, "a.xlsx", ["sku"]).rows) == 1
    with sandbox._turns, pytest.raises(sandbox.TooBusy, match="Try again in a minute"):
        read_table(content, "a.xlsx", ["sku"])


def test_an_honest_large_workbook_is_read() -> None:
    rows = "".join(row(f"SKU-{at}", number(str(at))) for at in range(20_000))
    table = read_table(book(row("sku", "packs") + rows), "large.xlsx", ["sku"], ["packs"])
    assert (len(table.rows), table.rows[-1]["sku"], table.rows[-1]["packs"]) == (
        20_000,
        "SKU-19999",
        "19999",
    )
    assert limits.MAXIMUM_ROWS == 100_000


def test_marks_upon_marks_are_refused_by_cell() -> None:
    pile = "a" + "\u0301\u0323" * 15_000
    with pytest.raises(FaultyTable) as refused:
        read_table(f"sku,lot\nA,{pile}\nB,{pile}\n".encode(), "pile.csv", ["sku"], ["lot"])
    assert [(fault.row, fault.column) for fault in refused.value.errors] == [(2, "lot"), (3, "lot")]


def test_an_answer_too_long_to_be_told_ends_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sandbox,
        "_COMMAND",
        "import sys; sys.path.append(sys.argv[1]); from parsing import child, limits;"
        " limits.MAXIMUM_ANSWER = 1000; child.main(5, set(sys.argv[3:]))",
    )
    content = book(HEAD + "".join(row(f"SKU-{at}") for at in range(2_000)))
    with pytest.raises(FaultyTable, match=TOO_MUCH):
        read_table(content, "long.xlsx", ["sku"])
