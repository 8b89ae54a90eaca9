"""Files of loggers of any make: understood, asked about where they do not tell, read once."""

import datetime as dt
import io
from random import Random
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from flask import Flask

from supply.coldchain.files.fridge_tag import is_fridge_tag, read_fridge_tag
from supply.coldchain.files.grid import read_grid
from supply.coldchain.files.reading import FileReadings, read_file
from supply.coldchain.files.times import Order
from supply.coldchain.files.understanding import Question, Understood, shape_of, understand
from supply.coldchain.rules import DayValues
from supply.tables import FaultyTable

RIGA = ZoneInfo("Europe/Riga")
TODAY = dt.date(2026, 11, 20)


@pytest.fixture(autouse=True)
def speaking(app: Flask) -> None:
    """Messages need an application."""


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def understood(content: bytes | str, today: dt.date = TODAY) -> Understood:
    """Return how a file is understood."""
    raw = content.encode() if isinstance(content, str) else content
    return understand(read_grid(raw, "log.csv"), today)


def read(content: bytes | str, today: dt.date = TODAY, zone: ZoneInfo = RIGA) -> FileReadings:
    """Read a file that needs no answer."""
    found = understood(content, today)
    assert found.questions == []
    return read_file(found.columns, found.shape, zone, "log.csv")


def said(content: bytes | str, today: dt.date = TODAY) -> list[tuple[str, int]]:
    """Return the readings: when in UTC, hundredths of °C."""
    return [(f"{at:%Y-%m-%dT%H:%M}", celsius) for at, celsius in read(content, today).points]


SAME = [("2026-11-17T06:00", 520), ("2026-11-17T06:10", 480), ("2026-11-17T06:20", -30)]
"""What each of the files below says: eight in the morning in Riga, ten minutes apart."""

SHAPES = {
    "program": "at,celsius\n2026-11-17T08:00:00+02:00,5.2\n2026-11-17T06:10Z,4.8\n"
    "2026-11-17 08:20,-0.3\n",
    "hobo": '\ufeff"Plot Title: Vaccines"\n"#","Date Time, GMT+02:00","Temp, °F (LGR S/N: 2099, '
    'SEN S/N: 2099)","Coupler Detached (LGR S/N: 2099)"\n1,11/17/26 08:00:00 AM,41.360,\n'
    "2,11/17/26 08:05:00 AM,,Logged\n3,11/17/26 08:10:00 AM,40.640,\n"
    "4,11/17/26 08:20:00 AM,31.460,\n",
    "split": "Logger report\nSerial number;L-7001\nInterval;10 min\n\nDatum;Uhrzeit;Temperatur [°C]"
    ";Feuchte [%]\n17.11.2026;08:00:00;5,2;40,1\n17.11.2026;08:10:00;4,8;40,5\n"
    "17.11.2026;08:20:00;-0,3;41\n",
    "tabs": "No.\tTime\tTemperature(℃)\tHumidity(%RH)\n1\t2026-11-17 08:00:00\t5.2\t41\n"
    "2\t2026-11-17 08:10:00\t4.8\t42\n3\t2026-11-17 08:20:00\t−0.3\t43\n",
    "name first": "Pharmacy fridge,Time,Celsius(°C),High Alarm,Low Alarm,Serial Number\n"
    "1,17/11/2026 08:00:00,5.2,8.0,2.0,90017\n2,17/11/2026 08:10:00,4.8,8.0,2.0\n"
    "3,17/11/2026 08:20:00,-0.3,8.0,2.0\n",
    "app": "\ufeffTimestamp for sample frequency every 10 min min, Temperature_Celsius,"
    "Relative_Humidity\n2026-11-17 08:00:00,5.2,50.1\n2026-11-17 08:10:00,4.8,50\n"
    "2026-11-17 08:20:00,-0.3,49\n",
    "unit column": "Part Number: D-1\nRegistration Number: AB12CD34\n\nDate/Time,Unit,Value\n"
    "17/11/26 8:00:01 AM,C,5,2\n17/11/26 8:10:01 AM,C,4,8\n17/11/26 8:20:01 AM,C,0,-3\n".replace(
        "0,-3", "-0,3"
    ),
    "newest first": "Date,Time,Reading\n2026-11-17,08:20,-0.3 °C\n2026-11-17,08:10,4.8 °C\n"
    "2026-11-17,08:00,5.2 °C\n",
    "named months": "Sample,Logged at,Temp (C)\n1,17 Nov 2026 08:00,5.2\n2,17 Nov 2026 08:10,4.8\n"
    "3,17 Nov 2026 08:20,-0.3\n",
    "american": '"Sensor","Timestamp","Temp"\n"F1","11/17/2026 8:00 AM","5.2"\n'
    '"F1","11/17/2026 8:10 AM","4.8"\n"F1","11/17/2026 8:20 AM","-0.3"\n',
    "no heading": "2026/11/17 08:00;5,2\n2026/11/17 08:10;4,8\n2026/11/17 08:20;-0,3\n",
    "both units": "Date;Temp °F;Temp °C\n17.11.2026 08:00;41,4;5,2\n17.11.2026 08:10;40,6;4,8\n"
    "17.11.2026 08:20;31,5;-0,3\n",
}


@pytest.mark.parametrize("name", SHAPES)
def test_files_of_any_make_say_the_same(name: str) -> None:
    assert said(SHAPES[name]) == SAME


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "utf-8-sig"])
def test_in_whatever_encoding(encoding: str) -> None:
    assert said(SHAPES["split"].encode(encoding)) == SAME


def test_a_workbook_with_its_own_dates() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Fridge 1"])
    sheet.append(["When", "Temperature °C"])
    for minute, celsius in ((0, 5.2), (10, 4.8), (20, -0.3)):
        sheet.append([dt.datetime(2026, 11, 17, 8, minute), celsius])  # noqa: DTZ001
    saved = io.BytesIO()
    book.save(saved)
    assert said(saved.getvalue()) == SAME


def test_who_wrote_it() -> None:
    serials = {name: understood(SHAPES[name]).serial for name in SHAPES}
    assert {name: one for name, one in serials.items() if one} == {
        "hobo": "2099",
        "split": "L-7001",
        "name first": "90017",
        "unit column": "AB12CD34",
    }


def test_what_a_day_and_month_are_is_found_out() -> None:
    """By a day beyond twelve, the future, readings that follow one another; or it is asked."""
    rows = "time,temp °C\n{} 08:00,5\n{} 08:00,5\n"
    assert understood(rows.format("03/11/2026", "13/11/2026")).orders == [Order.DMY]
    assert understood(rows.format("11/03/2026", "11/04/2026")).orders == [Order.MDY]
    assert understood(rows.format("12/02/2026", "12/03/2026")).orders == [Order.DMY]
    unsure = understood(rows.format("05/06/2026", "05/06/2026"))
    assert (unsure.questions, unsure.orders) == ([Question.ORDER], [Order.DMY, Order.MDY])
    decided = unsure.answered({"order": "mdy"})
    assert decided.questions == []
    [first, *_rest] = read_file(decided.columns, decided.shape, RIGA).points
    assert first.at == dt.datetime(2026, 5, 6, 5, 0, tzinfo=dt.UTC)
    assert unsure.answered({"order": "ydm"}).questions == [Question.ORDER]


def test_two_probes_and_a_figure_without_a_unit_are_asked_about() -> None:
    two = understood("time;Probe 1 °C;Probe 2 °C\n17.11.2026 08:00;5,0;6,0\n")
    assert (two.questions, two.columns.values) == ([Question.VALUE], [1, 2])
    assert two.answered({"value": "2"}).shape.value == 2
    warm = understood("time,reading\n2026-11-17 08:00,41.4\n2026-11-17 08:10,40.5\n")
    assert warm.questions == [Question.UNIT]
    asked = warm.answered({"unit": "F"})
    assert read_file(asked.columns, asked.shape, RIGA).points[0].celsius == 522


def test_what_was_confirmed_is_used_without_asking() -> None:
    unsure = understood("S/N: 7788,x\ntime,temp °C\n05/06/2026 08:00,5\n")
    kept = unsure.answered({"order": "mdy"}).shape.as_json()
    assert shape_of(kept).order is Order.MDY
    later = read_grid(b"S/N: 7799,x\ntime,temp \xc2\xb0C\n07/08/2026 08:00,5\n", "log.csv")
    again = understand(later, TODAY, {unsure.signature: kept})
    assert (again.questions, again.shape.order, again.serial) == ([], Order.MDY, "7799")


def test_a_bad_row_refuses_all_of_them() -> None:
    bad = "at,celsius\nyesterday,5\n2026-11-17 08:00,5.0\n2026-11-17 08:10,warm\n\n,4\nx,,\n"
    bad += "2026-11-17 08:20,812\n"
    with pytest.raises(FaultyTable) as refused:
        read(bad)
    assert [str(fault) for fault in refused.value.errors] == [
        "Row 2: This row has no time that can be read.",
        "Row 4: “warm” is no temperature.",
        "Row 6: This row has no time that can be read.",
        "Row 8: 812 is no temperature of a fridge or room.",
    ]


def test_the_hour_that_comes_twice() -> None:
    """In Riga summer time ended on 25 October 2026, at four."""
    clock = ("03:30", "03:50", "03:10", "03:30", "03:50", "04:10")
    rows = "".join(f"2026-10-25 {at},5\n" for at in clock)
    utc = ["00:30", "00:50", "01:10", "01:30", "01:50", "02:10"]
    assert [at[11:] for at, _celsius in said("time,temp °C\n" + rows)] == utc
    downwards = "".join(f"2026-10-25 {at},5\n" for at in reversed(clock))
    assert [at[11:] for at, _celsius in said("time,temp °C\n" + downwards)] == utc


def test_lowest_and_highest_of_days() -> None:
    file = "Date;Min °C;Max °C\n16.11.2026;2,1;7,9\n17.11.2026;2,4;9,5\n"
    found = read(file)
    assert found.points == []
    assert found.days == [
        DayValues(dt.date(2026, 11, 16), 210, 790),
        DayValues(dt.date(2026, 11, 17), 240, 950),
    ]


FRIDGE_TAG = """Device: Fridge-tag
Vers: 1.0
Conf:
 Serial: 9911001
 Temp unit: C
 Alarm:
  0:
   T AL: +2.0, t AL: 60
  1:
   T AL: +8.0, t AL: 600
 Report history length: 60
Hist:
 TS Actv: 2026-11-15 09:00
 1:
  Date: 2026-11-17
  Min T: +3.1, TS Min T: 00:20
  Max T: +9.4, TS Max T: 07:47
  Avrg T: +5.4
  Alarm:
   0:
    t Acc: 0
   1:
    t Acc: 95, TS A: 06:00, C A: 0
  Events: 1
 2:
  Date: 2026-11-16
  Min T: -0.4, TS Min T: 02:20
  Max T: +6.0, TS Max T: 07:47
  Alarm:
   0:
    t Acc: 610, TS A: 00:00
   1:
    t Acc: 0
 3:
  Date: 2026-11-15
  Min T: ---, TS Min T: --:--
Cert:
 Lot: 1
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_text_of_a_fridge_tag(end: str) -> None:
    text = FRIDGE_TAG.replace("\n", end)
    assert is_fridge_tag(text)
    found = read_fridge_tag(text)
    assert found.serial == "9911001"
    assert found.readings.left_out == 1
    assert found.readings.days == [
        DayValues(dt.date(2026, 11, 16), -40, 600, 800, 0, 200, 610),
        DayValues(dt.date(2026, 11, 17), 310, 940, 800, 95, 200, 0),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty."),
        (b"\x00\x01\x02\x03\x04\x05\xff\xfe" * 90, "This is no text."),
        (b"name,amount\nbiotin,5\n", "There is no column with dates in this file."),
        (b"time,name\n2026-11-17 08:00,x\n", "no column with times beside temperatures"),
        (b"PK\x03\x04rubbish", "cannot be"),
    ],
)
def test_what_is_no_such_file(content: bytes, why: str) -> None:
    with pytest.raises(FaultyTable) as refused:
        read(content)
    assert why in str(refused.value)


def test_arbitrary_bytes_never_crash_nor_become_readings() -> None:
    """Cut, spliced and scrambled files are read as far as they are sound, or refused."""
    random = Random(8)
    seeds = [text.encode() for text in (*SHAPES.values(), FRIDGE_TAG)]
    for _round in range(400):
        content = _mangled(random, random.choice(seeds))
        try:
            grid = read_grid(content, "x")
            if is_fridge_tag(grid.text):
                days = read_fridge_tag(grid.text).readings.days
                assert all(-10_000 <= one.low <= one.high <= 10_000 for one in days)
                continue
            found = understand(grid, TODAY)
            points = read_file(found.columns, found.shape, RIGA).points
        except FaultyTable:
            continue
        assert all(-10_000 <= point.celsius <= 10_000 for point in points)
        assert all(2000 <= point.at.year <= 2100 for point in points)


def _mangled(random: Random, content: bytes) -> bytes:
    how = random.randrange(4)
    if how == 0:
        return random.randbytes(random.randrange(300))
    start = random.randrange(len(content))
    end = random.randrange(start, len(content))
    if how == 1:
        return content[:start] + content[end:]
    if how == 2:
        return content[:start] + random.randbytes(5) + content[start:]
    return content[:end] + content[start:]


@pytest.mark.parametrize(
    "nothing", ["---", "NC", "N/A", "-999", "-999.9", "OL", "Err 3", "NaN", "--.-", "-127", "HI"]
)
def test_a_sensor_that_gives_nothing_leaves_a_gap(nothing: str) -> None:
    """The file is taken all the same; the row is left out, so that the time is unknown."""
    found = read(f"at,temp °C\n2026-11-17 08:00,5.2\n2026-11-17 08:10,{nothing}\n"
                 "2026-11-17 08:20,9.1 *\n")  # fmt: skip
    assert ([point.celsius for point in found.points], found.left_out) == ([520, 910], 1)


def test_midnight_is_a_time() -> None:
    """In a workbook, where it is a whole number; written as a day alone; and as 24:00."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["When", "Temperature °C"])
    for hour in (23, 24, 25):
        sheet.append([dt.datetime(2026, 11, 16) + dt.timedelta(hours=hour), 5])  # noqa: DTZ001
    saved = io.BytesIO()
    book.save(saved)
    hours = [(f"2026-11-16T{hour}:00", 500) for hour in (21, 22, 23)]
    assert said(saved.getvalue()) == hours
    alone = "at,temp °C\n16/11/2026 23:00,5\n17/11/2026,5\n17/11/2026 01:00,5\n"
    split = "day,time,temp °C\n16/11/2026,23:00,5\n16/11/2026,24:00,5\n17/11/2026,01:00,5\n"
    assert (said(alone), said(split)) == (hours, hours)


def test_lines_that_sum_up_are_no_readings() -> None:
    rows = SHAPES["no heading"] + "Min;-0,3\nMax;5,2\nMittelwert;3,2\n"
    assert said("Zeit;Temperatur °C\n" + rows) == SAME


def test_several_sensors_below_one_another_are_named() -> None:
    """Only one could be kept of each moment, and nobody would know which."""
    rows = "".join(
        f"2026-11-17 08:{minute:02},{name},{celsius}\n"
        for minute in range(0, 50, 10)
        for name, celsius in (("Fridge", 5), ("Freezer", -20))
    )
    with pytest.raises(FaultyTable, match=r"several sensors \(Freezer, Fridge\)"):
        read("at,sensor,celsius\n" + rows)
    twice = "at,sensor,celsius\n" + "2026-11-17 08:00,Fridge,5\n" * 2 + "2026-11-17 08:10,Fridge,6"
    assert [celsius for _at, celsius in said(twice)] == [500, 500, 600]
