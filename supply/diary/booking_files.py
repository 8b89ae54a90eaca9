"""Bookings as a file: in, all rows or none, and a week of the diary out in the same columns."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.diary.bookings import Booking, Counts, Foreseen, Outcome, foresee, is_own_id, own_id
from supply.diary.bookings import take_in as take_in_bookings
from supply.diary.rules import FIRST_DAY, LAST_DAY, read_time
from supply.diary.week import Appointment, Day
from supply.refusals import InvalidInput
from supply.tables import Fault, FaultyTable, Kind, Row, read_table, stop_at_many, write_csv
from supply.tables.days import Order, order_of, read_any_day, usual_order
from supply.tables.numbers import whole_number
from supply.text import fold
from supply.treatments.terms import MOST_AREAS, SessionStatus

REQUIRED = ("external_id", "patient_ref", "formulation", "date")
OPTIONAL = ("time", "areas", "practitioner", "status")
COLUMNS = REQUIRED + OPTIONAL
KINDS = {
    "external_id": Kind.CODE,
    "patient_ref": Kind.CODE,
    "formulation": Kind.CODE,
    "date": Kind.MOMENT,
    "time": Kind.TIME,
    "areas": Kind.NUMBER,
}
STATUSES = {
    "booked": SessionStatus.PLANNED,
    "cancelled": SessionStatus.CANCELLED,
    "no_show": SessionStatus.NO_SHOW,
}
_SPELLINGS = STATUSES | {"canceled": SessionStatus.CANCELLED}
_PARTED = re.compile(r"[\s-]+")
_MOMENT = re.compile(r"(.*\d{4}.*?)[T ,]+(\d{1,2}[:.h]\d{2}.*)", re.ASCII)
"""A day, and a time of day beside it."""
RECORDED = "recorded"
"""What a download says of sessions that were given; bringing it back changes nothing of them."""

MOST_ROWS = 2_000
_LONGEST = {"external_id": 200, "practitioner": 120}

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class BookingFile:
    """The bookings of a file, and the row that each stands in."""

    bookings: Sequence[Booking]
    rows: Sequence[int]
    notes: Sequence[str]
    filename: str


def read_bookings(content: bytes, filename: str, timezone: str) -> BookingFile:
    """Return the bookings of a file; call it before the transaction begins.

    Days are read as spreadsheets save them: of 01/02/2027 the other rows tell what stands first,
    else what is usual in the clinic's ``timezone``.

    Raises:
        FaultyTable: every fault by row and column.
    """
    table = read_table(content, filename, REQUIRED, OPTIONAL, KINDS)
    faults: list[Fault] = []
    if len(table.rows) > MOST_ROWS:
        message = _("The file has more than %(count)d rows. Split it.", count=MOST_ROWS)
        raise FaultyTable([Fault(table.rows[MOST_ROWS].number, "", message)], table.filename)
    wanted = [row for row in table.rows if fold(row["status"]) != RECORDED]
    order = order_of((_parted(row)[0] for row in wanted), usual_order(timezone))
    read: dict[int, Booking] = {}
    seen: dict[str, int] = {}
    for row in wanted:
        first = seen.setdefault(row["external_id"], row.number)
        if row["external_id"] and first != row.number:
            message = _("Row %(row)d has the same one.", row=first)
            faults.append(Fault(row.number, "external_id", message))
        read[row.number] = _booking(row, order, faults)
        stop_at_many(faults, table.filename)
    if faults:
        raise FaultyTable(faults, table.filename)
    notes = [*table.notes, *_note_given(len(table.rows) - len(wanted))]
    return BookingFile(list(read.values()), list(read), notes, table.filename)


def _note_given(count: int) -> list[str]:
    if not count:
        return []
    return [
        ngettext(
            "%(num)s row says recorded and is left out: a session is recorded under Use.",
            "%(num)s rows say recorded and are left out: a session is recorded under Use.",
            count,
        )
    ]


def _parted(row: Row) -> tuple[str, str]:
    """Return the day that a row says, and its time: from its own column, else beside the day."""
    match = _MOMENT.fullmatch(row["date"])
    if match is None:
        return row["date"], row["time"]
    return match[1], row["time"] or match[2]


def _booking(row: Row, order: Order | None, faults: list[Fault]) -> Booking:
    """Return what a row says; of one with faults it is not to be used."""
    faults += [
        Fault(row.number, column, _("Fill this in."))
        for column in ("external_id", "patient_ref", "formulation")
        if not row[column]
    ]
    for column, most in _LONGEST.items():
        if len(row[column]) > most:
            message = _("Use at most %(num)s characters.", num=most)
            faults.append(Fault(row.number, column, message))

    def said(column: str, cell: str, how: Callable[[str], Read]) -> Read | None:
        """Return what a cell says; None where it is empty, or wrong, which ``faults`` then says."""
        if not cell and column != "date":
            return None
        try:
            return how(cell)
        except ValueError as error:
            faults.append(Fault(row.number, column, str(error)))
            return None

    day, time = _parted(row)
    return Booking(
        external_id=row["external_id"],
        patient_reference=row["patient_ref"],
        formulation=row["formulation"],
        day=said("date", day, lambda cell: _day(cell, order)) or FIRST_DAY,
        status=said("status", row["status"], _status) or SessionStatus.PLANNED,
        time=said("time", time, _time),
        practitioner=row["practitioner"] or None,
        areas=said("areas", row["areas"], lambda cell: whole_number(cell, 1, MOST_AREAS)),
    )


def _day(cell: str, order: Order | None) -> dt.date:
    day = read_any_day(cell, order)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(_("There is no such day."))
    return day


def _time(cell: str) -> dt.time:
    time = read_time(cell)
    if time is None:
        raise ValueError(_("Write the time as 09:30."))
    return time


def _status(cell: str) -> SessionStatus:
    status = _SPELLINGS.get(_PARTED.sub("_", fold(cell)))
    if status is None:
        raise ValueError(_("Write booked, cancelled or no_show."))
    return status


def preview(clinic: Clinic, file: BookingFile) -> list[tuple[int, Foreseen]]:
    """Return what each row would do, with its number; nothing is changed.

    Raises:
        FaultyTable: every fault by row and column.
    """
    try:
        found = foresee(clinic, file.bookings)
    except InvalidInput as invalid:
        raise _by_row(file, invalid) from invalid
    unknown = [
        Fault(row, "external_id", _("This clinic has no such session."))
        for row, one in zip(file.rows, found, strict=True)
        if one.outcome is Outcome.CREATED and is_own_id(one.booking.external_id)
    ]
    if unknown:
        raise FaultyTable(unknown, file.filename)
    return list(zip(file.rows, found, strict=True))


def take_in(clinic: Clinic, file: BookingFile, *, actor: Actor, now: dt.datetime) -> Counts:
    """Book what a file says: all of its rows, or none.

    Raises:
        FaultyTable: every fault by row and column; nothing is booked then.
    """
    preview(clinic, file)
    return take_in_bookings(clinic, file.bookings, actor=actor, now=now)


def _by_row(file: BookingFile, invalid: InvalidInput) -> FaultyTable:
    """Return what is wrong with bookings ("bookings.3.formulation") by row and column."""
    faults, whole = [], 0
    for name, message in invalid.errors:
        place, _dot, column = name.removeprefix("bookings.").partition(".")
        row = file.rows[int(place)] if place.isdigit() else whole
        faults.append(Fault(row, column, message))
    return FaultyTable(faults, file.filename)


def export_days(days: Sequence[Day]) -> str:
    """Return the sessions of ``days`` as CSV, in the columns that :func:`read_bookings` takes."""
    return write_csv(COLUMNS, (_cells(one) for day in days for one in day.appointments))


def _cells(one: Appointment) -> list[str]:
    said = {status: word for word, status in STATUSES.items()}
    return [
        one.external_id or own_id(one.session_id),
        one.patient_reference,
        one.formulation,
        one.day.isoformat(),
        one.time.isoformat("minutes") if one.time else "",
        str(one.areas),
        one.practitioner,
        said.get(one.status, RECORDED),
    ]
