"""Reading what a scanner typed: GS1 element strings, their printed form, EAN and UPC digits.

Nothing is invented and nothing dropped in silence: what could not be read for sure is a
problem beside the parts that could, for a person to confirm.
"""

from __future__ import annotations

import calendar
import datetime as dt
import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from supply.catalogue import as_typed, own_codes
from supply.catalogue.as_typed import SEPARATOR
from supply.catalogue.rules import GTIN_LENGTHS, InvalidGtinError, is_gtin, parse_gtin
from supply.sentences import Sentence, say

LONGEST_FIELD = 20
"""Characters of a lot or serial number at most."""


class ProblemCode(enum.StrEnum):
    """What may be wrong with a scan."""

    NOT_GS1 = "not_gs1"
    NO_CODE = "no_code"
    CHECK_DIGIT = "check_digit"
    INVALID_DATE = "invalid_date"
    LOST_SEPARATOR = "lost_separator"
    INVALID_FIELD = "invalid_field"
    CONTRADICTION = "contradiction"
    KEYBOARD = "keyboard"
    TWO_SCANS = "two_scans"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to look at, with a sentence for the person who scanned."""

    code: ProblemCode
    message: str


@dataclass(slots=True)
class Scan:
    """The parts of a scan; None where the code does not say. ``gtin`` has 14 digits.

    On our labels ``item`` is a practice's own code of an item, ``place`` a location ("riga/7") and
    ``paper`` the code of a shipment.
    """

    text: str
    gtin: str | None = None
    lot: str | None = None
    expiry: dt.date | None = None
    serial: str | None = None
    count: int | None = None
    item: str | None = None
    place: str | None = None
    paper: str | None = None
    is_case: bool = False
    """Whether the GTIN is of what is in a case or on a pallet, and the count says how many."""
    problems: list[Problem] = field(default_factory=list)

    def note(self, code: ProblemCode, message: Sentence) -> None:
        """Add a problem, said in the language of the moment."""
        self.problems.append(Problem(code, str(message)))

    @property
    def boxes(self) -> int:
        """How many of its GTIN are there: more than one only in a case or on a pallet."""
        return max(self.count or 1, 1) if self.is_case else 1

    @property
    def says_nothing(self) -> bool:
        """Whether the code names none of the parts."""
        parts = (
            self.gtin, self.lot, self.expiry, self.serial, self.count, self.item, self.place,
            self.paper
        )  # fmt: skip
        return all(part is None for part in parts)


_PRINTED = re.compile(r"\((\d{2,4})\)((?:[^(]|\((?!\d{2,4}\)))*)")
_FOREIGN = re.compile(r"[^!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]")
"""What GS1 allows in no lot or serial number."""

_PPN = re.compile(r"9N\d{12}|\[\)>")
"""Bare, it has all its digits: a lot number may begin like that too."""

_FIXED = {"00": 18, "01": 14, "02": 14} | dict.fromkeys(("11", "12", "13", "15", "16", "17"), 6)
_DIGITS = frozenset({*_FIXED, "30", "37", "7003"})
_NUMBERS = frozenset({"10", "21"})
_GTIN_WITHIN = re.compile(r"(?=01(\d{14}))")
_FOREIGN_START = re.compile(f"(?:{_FOREIGN.pattern})+")
_DATES = frozenset({"11", "12", "13", "15", "16", "17"})
_SWALLOWED_DATE = re.compile(r".+1[1357]\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])")
_SWALLOWED_REST = re.compile(
    r".+17\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:10.+)?|.{3,}10.+17\d{6}"
)
_SWALLOWED_SERIAL = re.compile(r".{3,}21[0-9A-Za-z]{6,}")

_Element = tuple[str, str]


def scan(text: str, *, today: dt.date) -> Scan:
    """Return what a scanned or typed code says; ``today`` places two-digit years.

    Takes element strings with GS between the fields and a leading symbology identifier
    (]d2, ]C1 …) or not, the printed form "(01)…(17)…", GS1 Digital Links, and bare GTINs.
    HIBC, ICCBBA and PPN codes are named as such; of two scans run together nothing is taken. A
    date whose day is 00 is the month's last day.
    """
    found = Scan(text)
    code = as_typed.normalised(text)
    if not code:
        found.note(ProblemCode.NO_CODE, say("There is nothing to read."))
    elif refused := _no_gs1(code):
        found.note(*refused)
    elif code.isascii() and code.isdigit() and len(code) in GTIN_LENGTHS:
        _take_gtin(found, _in_full(code))
    else:
        elements = list(_elements(code, found))
        if sum(ai == "01" for ai, _value in elements) > 1:
            found.note(ProblemCode.TWO_SCANS, _TWO_SCANS)
        for ai, value in elements:
            _take(found, ai, value, today)
        if SEPARATOR not in code and not code.startswith(("(", "http")):
            _suspect_lost_separator(found)
        if found.says_nothing and not found.problems:
            # A parcel's or pallet's own number, say.
            found.note(ProblemCode.NO_CODE, say("This code names no product. Scan one of the box."))
    two = [problem for problem in found.problems if problem.code is ProblemCode.TWO_SCANS]
    return Scan(text, problems=two) if two else found


def _no_gs1(code: str) -> tuple[ProblemCode, Sentence] | None:
    """Return why nothing is read from a code of another kind, a garbled one or two in one."""
    if as_typed.by_another_keyboard(code):
        return ProblemCode.KEYBOARD, _OTHER_KEYBOARD
    if as_typed.are_gtins(code):
        return ProblemCode.TWO_SCANS, _TWO_SCANS
    if code.startswith("+"):
        named = say("This is a %(kind)s code. Enter lot and expiry by hand.", kind="HIBC")
    elif _PPN.match(code):
        named = say("This is a %(kind)s code. Enter lot and expiry by hand.", kind="PPN")
    elif code.startswith(("=", "&")):
        named = say("This is an %(kind)s code. Enter lot and expiry by hand.", kind="ICCBBA")
    else:
        return None
    return ProblemCode.NOT_GS1, named


def _elements(code: str, found: Scan) -> Iterator[_Element]:
    if code.startswith("("):
        return _printed_elements(code, found)
    if code.casefold().startswith(("http://", "https://")):
        return _link_elements(code, found)
    return _element_strings(code, found)


def _printed_elements(code: str, found: Scan) -> Iterator[_Element]:
    """Yield the fields of the form printed for people; parentheses within a value are kept."""
    end = 0
    for match in _PRINTED.finditer(code):
        end = match.end()
        value = "".join(match[2].split()) if match[1] in _DIGITS else match[2].strip()
        if match[1] in _NUMBERS and (foreign := _FOREIGN.search(value)):
            _note_foreign(found, foreign[0])
            value = value[: foreign.start()]
        yield match[1], value
    if end != len(code):
        _note_no_code(found)


def _link_elements(code: str, found: Scan) -> Iterator[_Element]:
    """Yield the fields that an address names; in its query ";" parts them as "&" does."""
    from biip import ParseError
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    try:
        link = GS1DigitalLinkURI.parse(code.replace(";", "&"))
    except (ParseError, ValueError):  # the address is none, or names no GTIN
        _note_no_code(found)
        return
    for element in link.element_strings:
        value = element.value
        if element.ai.ai in _NUMBERS and (foreign := _FOREIGN.search(value)):
            _note_foreign(found, foreign[0])
            value = value[: foreign.start()]
        yield element.ai.ai, value


def _element_strings(code: str, found: Scan) -> Iterator[_Element]:
    """Yield the fields one after another; stop with a problem at what is no field."""
    from biip import ParseError
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

    rest = code
    while rest := rest.lstrip(SEPARATOR):
        try:
            identifier = GS1ApplicationIdentifier.extract(rest)
        except ParseError:
            _note_no_code(found)
            return
        ai = identifier.ai
        if ai in _FIXED:
            value = rest[len(ai) : len(ai) + _FIXED[ai]]
        elif identifier.separator_required:
            value = rest[len(ai) :].partition(SEPARATOR)[0]
            if ai in _NUMBERS and (foreign := _FOREIGN.search(value)):
                _note_foreign(found, foreign[0])
                value = value[: foreign.start()]
                rest = rest[: len(ai) + len(value)] + _after(rest[len(ai) + len(value) :])
        elif match := re.match(identifier.pattern.rstrip("$"), rest):
            value = match[0][len(ai) :]
        else:
            found.note(ProblemCode.INVALID_FIELD, say("Field (%(ai)s) cannot be read.", ai=ai))
            return
        rest = rest[len(ai) + len(value) :]
        yield ai, value


def _after(rest: str) -> str:
    """Return what follows the signs that stand where a separator should."""
    end = len(rest) - len(_FOREIGN_START.sub("", rest))
    return SEPARATOR + rest[end:]


def _note_foreign(found: Scan, sign: str) -> None:
    message = say("“%(sign)s” is in no lot or serial number: check it on the box.", sign=sign)
    found.note(ProblemCode.LOST_SEPARATOR, message)


def _note_no_code(found: Scan) -> None:
    found.note(ProblemCode.NO_CODE, say("Not all of this is a GS1 code. Check what was read."))


def _take(found: Scan, ai: str, value: str, today: dt.date) -> None:
    if ai in ("01", "02"):
        _take_gtin(found, value)
        found.is_case = found.is_case or ai == "02"
    elif ai in ("10", "21"):
        _take_number(found, ai, value)
    elif ai in _DATES:
        day = parse_date(value, today)
        if day is None:
            _note_no_date(found, ai, value)
        elif ai == "17":
            _set(found, "expiry", day)
    elif ai == "7003":
        _take_moment(found, value, today)
    elif ai in ("30", "37"):
        _take_count(found, ai, value)
    elif ours := own_codes.said_by(ai, value):
        _set(found, *ours)


def _take_moment(found: Scan, value: str, today: dt.date) -> None:
    """Take an expiry with its time of day, YYMMDDHHMM, of which the day is kept."""
    day = parse_date(value[:6], today)
    clock = value[6:]
    timed = len(clock) == 4 and clock.isdigit() and clock[:2] < "24" and clock[2:] < "60"
    if day is None or not timed:
        _note_no_date(found, "7003", value)
    else:
        _set(found, "expiry", day)


def _in_full(digits: str) -> str:
    """Return eight digits that are no GTIN as the UPC they are short for, if they are one."""
    return digits if is_gtin(digits) else as_typed.upc_e_in_full(digits) or digits


def _note_no_date(found: Scan, ai: str, value: str) -> None:
    message = say("“%(value)s” in field (%(ai)s) is no date.", value=value, ai=ai)
    found.note(ProblemCode.INVALID_DATE, message)


def _take_gtin(found: Scan, value: str) -> None:
    try:
        _set(found, "gtin", parse_gtin(value))
    except InvalidGtinError as error:
        digits = value.isascii() and value.isdigit() and len(value) in GTIN_LENGTHS
        code = ProblemCode.CHECK_DIGIT if digits else ProblemCode.INVALID_FIELD
        found.note(code, say("%(value)s: %(reason)s", value=value, reason=error))


_OTHER_KEYBOARD = say("The scanner types for another keyboard. Set it to this computer's language.")
_TWO_SCANS = say("Two scans ran together. Scan once more.")
_LOT_TOO_LONG = say(
    "The lot is longer than %(most)s characters: fields ran together.", most=LONGEST_FIELD
)
_SERIAL_TOO_LONG = say(
    "The serial number is longer than %(most)s characters: fields ran together.",
    most=LONGEST_FIELD,
)


def _take_number(found: Scan, ai: str, value: str) -> None:
    is_lot = ai == "10"
    if not value:
        empty = say("The lot is empty.") if is_lot else say("The serial number is empty.")
        found.note(ProblemCode.INVALID_FIELD, empty)
        return
    if len(value) > LONGEST_FIELD and any(is_gtin(at[1]) for at in _GTIN_WITHIN.finditer(value)):
        found.note(ProblemCode.TWO_SCANS, _TWO_SCANS)
    elif len(value) > LONGEST_FIELD:
        found.note(ProblemCode.LOST_SEPARATOR, _LOT_TOO_LONG if is_lot else _SERIAL_TOO_LONG)
    _set(found, "lot" if is_lot else "serial", value)


def _take_count(found: Scan, ai: str, value: str) -> None:
    if value.isascii() and value.isdigit() and len(value) <= 8:
        _set(found, "count", int(value))
    else:
        found.note(ProblemCode.INVALID_FIELD, say("Field (%(ai)s) cannot be read.", ai=ai))


def _set(found: Scan, name: str, value: object) -> None:
    known = getattr(found, name)
    if known is not None and known != value:
        message = say("The code says two things: %(one)s and %(other)s.", one=known, other=value)
        found.note(ProblemCode.CONTRADICTION, message)
        return
    setattr(found, name, value)


def _suspect_lost_separator(found: Scan) -> None:
    """Warn where a scanner that drops FNC1 may have let a date or serial run into the lot."""
    lot, serial = found.lot or "", found.serial or ""
    if len(lot) > LONGEST_FIELD or len(serial) > LONGEST_FIELD:
        return
    if found.expiry is None and _SWALLOWED_DATE.fullmatch(lot):
        message = say(
            "The lot “%(lot)s” ends like a date: check lot and expiry on the box.", lot=lot
        )
        found.note(ProblemCode.LOST_SEPARATOR, message)
    elif found.serial is None and _SWALLOWED_SERIAL.fullmatch(lot):
        message = say(
            "The lot “%(lot)s” may hold the serial number too: check it on the box.", lot=lot
        )
        found.note(ProblemCode.LOST_SEPARATOR, message)
    elif found.expiry is None and found.lot is None and _SWALLOWED_REST.fullmatch(serial):
        message = say(
            "The serial number “%(serial)s” may hold lot and expiry too: read them off the box.",
            serial=serial,
        )
        found.note(ProblemCode.LOST_SEPARATOR, message)


def parse_date(value: str, today: dt.date) -> dt.date | None:
    """Return the date written YYMMDD, or None where there is no such day.

    The year lies between 49 before and 50 after ``today``'s; day 00 is the month's last.
    """
    if len(value) != 6 or not (value.isascii() and value.isdigit()):
        return None
    year, month, day = int(value[:2]), int(value[2:4]), int(value[4:])
    century = today.year - today.year % 100
    year += century
    if year - today.year > 50:
        year -= 100
    elif today.year - year > 49:
        year += 100
    if not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    return dt.date(year, month, day or last) if day <= last else None
