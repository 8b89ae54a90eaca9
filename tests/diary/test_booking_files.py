"""Bookings as a file: looked at, taken in whole or not at all, and a week taken away."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply.db import db, transaction
from supply.diary import steps
from supply.formulations.models import Formulation
from supply.tables.days import order_of, read_any_day, usual_order
from tests.diary.pages import book, booking, session_id, sessions, toast, words
from tests.factories import NEEDLE, NOW, World, make_formulation
from tests.support.people import AsPerson
from tests.tables import books

PATH = "/c/riga/diary/file"
HEAD = "external_id,patient_ref,formulation,date,time,areas,practitioner,status"


@pytest.fixture
def client(world: World, as_person: AsPerson, formulation: Formulation) -> FlaskClient:
    return as_person(world.practitioner)


def sent(client: FlaskClient, content: str | bytes, name: str = "week.csv") -> tuple[int, str]:
    """Upload a file to be looked at; return the status and the page."""
    data = content.encode() if isinstance(content, str) else content
    answer = client.post(PATH, data={"file": (io.BytesIO(data), name)})
    return answer.status_code, answer.text


def saved(client: FlaskClient, page: str) -> str:
    """Press *Save* twice on what was looked at; return where that leads."""
    form = page.split('enctype="multipart/form-data"')[1].split("</form>", maxsplit=1)[0]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    answers = [client.post(PATH, data=fields) for _each in range(2)]
    assert {answer.status_code for answer in answers} == {302}
    return answers[0].location


def faults(page: str) -> list[str]:
    listed = page.split("data-error-summary")[1].split("</ul>", maxsplit=1)[0]
    return [words(one) for one in re.findall(r"<li>(.*?)</li>", listed, re.DOTALL)]


def lines(*rows: str) -> str:
    return "\r\n".join([HEAD, *rows]) + "\r\n"


def test_what_a_file_would_do_is_shown_then_done_once(world: World, client: FlaskClient) -> None:
    book(world, booking(1, 1, "09:30"), booking(2, 2), booking(3, 3))
    file = lines(
        "D-1,P-1,hair-test,2026-06-16,09:30,,,",
        "D-2,P-2,HAIR-TEST,2026-06-18,2:15 PM,2,Dr Ozola,",
        "D-3,P-3,HAIR-TEST,2026-06-18,,,,Cancelled",
        "D-9,'0042,HAIR-TEST,2026-06-19,,,,",
        "D-8,P-8,HAIR-TEST,2026-06-19,,,,no_show",
        "D-7,P-7,HAIR-TEST,2026-06-01,,,,recorded",
    )
    before = sessions()
    status, page = sent(client, file)
    assert status == 200
    text = words(page)
    assert "To book 1 To change 2 Unchanged 2" in text
    assert (
        "P-2 · Thu 18 Jun, 14:15 HAIR-TEST · Wed 17 Jun → Thu 18 Jun · none → 14:15"
        " · none → Dr Ozola · 1 area → 2 areas"
    ) in text
    assert "P-3 · Thu 18 Jun HAIR-TEST · Booked → Cancelled" in text
    assert "0042 · Fri 19 Jun HAIR-TEST" in text
    assert "1 row says recorded and is left out" in text
    assert sessions() == before

    location = saved(client, page)
    assert location == "/c/riga/diary?week=2026-W25"
    assert sessions() == [
        ("P-1", "2026-06-16", "09:30", "planned"),
        ("P-2", "2026-06-18", "14:15", "planned"),
        ("P-3", "2026-06-18", None, "cancelled"),
        ("0042", "2026-06-19", None, "planned"),
    ]
    assert toast(client.get(location).text) == "1 session booked. 2 changed."
    status, page = sent(client, file)
    assert (status, "Everything is booked like that already." in page) == (200, True)


def test_a_week_taken_away_changes_nothing_when_it_comes_back(
    world: World, client: FlaskClient
) -> None:
    book(world, booking(1, 1, "09:30", "Dr Ozola"), booking(2, 2))
    with transaction():
        steps.cancel_session(world.clinic, session_id("P-2"), actor=world.actor(), now=NOW)
    form = {"patient_ref": "P-5", "formulation": "1", "planned_on": "2026-06-19"}
    assert client.post("/c/riga/diary/book", data=form).status_code == 302
    answer = client.get("/c/riga/diary.csv?week=2026-W25")
    assert answer.headers["Content-Disposition"].endswith('"diary-riga-2026-W25.csv"')
    own = f"supply-{session_id('P-5')}"
    assert answer.text == lines(
        "D-1,P-1,HAIR-TEST,2026-06-16,09:30,1,Dr Ozola,booked",
        "D-2,P-2,HAIR-TEST,2026-06-17,,1,,cancelled",
        f"{own},P-5,HAIR-TEST,2026-06-19,,1,,booked",
    )
    page = sent(client, answer.text)[1]
    assert "To book 0 To change 0 Unchanged 3" in words(page)
    moved = answer.text.replace("2026-06-19", "2026-06-30")
    saved(client, sent(client, moved)[1])
    assert sessions()[2] == ("P-5", "2026-06-30", None, "planned")
    assert len(sessions()) == 3
    again = client.get("/c/riga/diary.csv?week=2026-W27").text
    assert again == lines(f"{own},P-5,HAIR-TEST,2026-06-30,,1,,booked")


def test_every_fault_is_named_and_nothing_is_taken(world: World, client: FlaskClient) -> None:
    status, page = sent(
        client,
        lines(
            ",P-1,HAIR-TEST,2026-06-16,,,,",
            "D-2,P-2,HAIR-TEST,16 June 2026,0.45,0,,given",
            "D-3,P-3,HAIR-TEST,2026-06-16,,,,",
            "D-3,,HAIR-TEST,1999-06-16,,,,",
        ),
    )
    assert status == 400
    assert faults(page) == [
        "Row 2, external_id: Fill this in.",
        "Row 3, date: Write the date as 2027-01-31 (year, month, day).",
        "Row 3, status: Write booked, cancelled or no_show.",
        "Row 3, time: Write the time as 09:30.",
        "Row 3, areas: Enter a whole number from 1 to 100.",
        "Row 5, external_id: Row 4 has the same one.",
        "Row 5, patient_ref: Fill this in.",
        "Row 5, date: The year is 1999. Write all four digits of it.",
    ]
    status, page = sent(
        client,
        lines(
            "D-1,P-1,HAIR-TEST,2026-06-16,,,,",
            f"D-2,{'x' * 81},NOPE,2026-06-16,,,,",
        ),
    )
    assert status == 400
    assert faults(page) == [
        "Row 3, formulation: There is no formulation NOPE.",
        "Row 3, patient_ref: A reference has at most 80 plain characters.",
    ]
    page = sent(client, lines("supply-99,P-1,HAIR-TEST,2026-06-16,,,,"))[1]
    assert faults(page) == ["Row 2, external_id: This clinic has no such session."]
    assert sent(client, "a,b\r\n1,2\r\n")[0] == 400
    assert sessions() == []


def test_days_are_read_as_spreadsheets_save_them(client: FlaskClient) -> None:
    """A point tells that the day is first; with strokes another row does, else where the clinic is.

    A time beside the day is the session's.
    """
    file = lines(
        "D-1,P-1,HAIR-TEST,01.07.2026,9h30,,,",
        "D-2,P-2,HAIR-TEST,7/2/2026,9:30\u202fAM,,,",
        "D-3,P-3,HAIR-TEST,7/31/2026 2:15 PM,,,,no-show",
        "D-4,P-4,HAIR-TEST,2026-07-04 00:00:00,14h,,,Canceled",
        "D-5,P-5,HAIR-TEST,2026/7/05T08:00,,,,",
    )
    saved(client, sent(client, file.replace(",no-show", ",").replace(",Canceled", ","))[1])
    assert sessions() == [
        ("P-1", "2026-07-01", "09:30", "planned"),
        ("P-2", "2026-07-02", "09:30", "planned"),
        ("P-3", "2026-07-31", "14:15", "planned"),
        ("P-4", "2026-07-04", "14:00", "planned"),
        ("P-5", "2026-07-05", "08:00", "planned"),
    ]
    saved(client, sent(client, file)[1])
    assert [row[3] for row in sessions()[2:4]] == ["no_show", "cancelled"]
    saved(client, sent(client, lines("D-6,P-6,HAIR-TEST,8/7/2026,,,,"))[1])
    assert sessions()[5][1] == "2026-07-08"
    status, page = sent(client, file + "D-7,P-7,HAIR-TEST,31/7/2026,,,,\r\n")
    assert (status, faults(page)) == (
        400,
        ["Row 3, date: “7/2/2026” could be one of two days. Write it as 2027-01-31."],
    )


@pytest.mark.parametrize(
    ("timezone", "day"),
    [
        ("Europe/London", dt.date(2027, 2, 1)),
        ("Pacific/Auckland", dt.date(2027, 2, 1)),
        ("America/New_York", None),
    ],
)
def test_where_no_row_tells_the_clinics_place_does(timezone: str, day: dt.date | None) -> None:
    order = order_of(["01/02/2027", "12/05/2027", "02.01.2027"], usual_order(timezone))
    if day is not None:
        assert read_any_day("01/02/2027", order) == day
        return
    with pytest.raises(ValueError, match="could be one of two days"):
        read_any_day("01/02/2027", order)


def test_times_of_a_workbook_are_read_as_they_show(client: FlaskClient) -> None:
    """0.395833 under h:mm is 09:30; with seconds, with a date or bare it is refused."""
    head = books.row("external_id", "patient_ref", "formulation", "date", "time")

    def made(*cells: str) -> bytes:
        rows = [
            books.row(f"D-{at}", f"P-{at}", "HAIR-TEST", "2026-06-16", cell)
            for at, cell in enumerate(cells)
        ]
        return books.book(head + "".join(rows), formats=("h:mm", "h:mm:ss", "dd/mm/yyyy h:mm"))

    content = made(books.number("0.39583333333333331", 1), books.number("0.604166666666667", 2))
    saved(client, sent(client, content, "week.xlsx")[1])
    assert [row[2] for row in sessions()] == ["09:30", "14:30"]
    content = made(books.number("0.39584", 2), books.number("46189.5", 3), books.number("0.5", 0))
    status, page = sent(client, content, "week.xlsx")
    assert status == 400
    not_alone = "This cell is not a time of day alone. Write it as 09:30."
    assert faults(page) == [f"Row {number}, time: {not_alone}" for number in (2, 3, 4)]


def test_a_formulation_is_known_by_its_code_or_its_name(world: World, client: FlaskClient) -> None:
    """A name that two have says nothing."""

    def call(code: str) -> None:
        """Give a formulation the name."""
        with transaction():
            named = sa.update(Formulation).where(Formulation.code == code)
            db.session.execute(named.values(name="Hair loss, weekly"))

    row = 'D-1,P-1,"HAIR LOSS, weekly",2026-06-16,,,,'
    call("HAIR-TEST")
    saved(client, sent(client, lines(row))[1])
    assert sessions() == [("P-1", "2026-06-16", None, "planned")]
    make_formulation(world, [(NEEDLE, "1")], code="TWIN")
    call("TWIN")
    page = sent(client, lines(row))[1]
    assert faults(page) == ["Row 2, formulation: There is no formulation HAIR LOSS, weekly."]


def test_a_time_beside_the_day_in_a_workbook_is_kept(client: FlaskClient) -> None:
    head = books.row("external_id", "patient_ref", "formulation", "date")
    cells = (books.number("46189.395833333336", 1), books.number("46189.395833333336", 2))
    rows = [books.row(f"D-{at}", f"P-{at}", "HAIR-TEST", cell) for at, cell in enumerate(cells)]
    content = books.book(head + "".join(rows), formats=("dd/mm/yyyy h:mm", "dd/mm/yyyy"))
    saved(client, sent(client, content, "week.xlsx")[1])
    assert [row[1:3] for row in sessions()] == [("2026-06-16", "09:30"), ("2026-06-16", None)]


def test_only_who_may_give_sessions_books_them(
    world: World, client: FlaskClient, as_person: AsPerson
) -> None:
    file = {"file": (io.BytesIO(lines("D-1,P-1,HAIR-TEST,2026-06-16,,,,").encode()), "a.csv")}
    assert as_person(world.manager).post(PATH, data=file).status_code == 403
    assert as_person(world.outsider).get("/c/riga/diary.csv").status_code == 404
    assert as_person(world.viewer).get("/c/riga/diary.csv").status_code == 200
    assert "Upload bookings" not in as_person(world.viewer).get("/c/riga/diary").text
    assert client.post(PATH, data={}).status_code == 400
    assert sessions() == []
