"""Codes as people type them, clocks as phones have them, and who is held at the door."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pyotp
import pytest

from supply.accounts.factors.rules import (
    GRACE,
    STEP_SECONDS,
    SYMBOLS,
    code_typed,
    is_held,
    is_of_wrong_clock,
    recovery_code_typed,
    step_at,
    step_of,
    written,
)

NOW: Final = dt.datetime(2026, 11, 22, 9, 0, 10, tzinfo=dt.UTC)
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def _shown(seconds: int) -> str:
    """Return what a phone shows whose clock is off by so many seconds."""
    return pyotp.TOTP(SECRET).at(NOW + dt.timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("123-456", "123456"),
        ("１２３４５６", "123456"),
        ("١٢٣٤٥٦", "123456"),
        ("12345", None),
        ("1234567", None),
        ("12345a", None),
        ("12345²", "123452"),
        ("", None),
    ],
)
def test_six_digits_however_they_are_typed(typed: str, code: str | None) -> None:
    assert code_typed(typed) == code


def test_a_recovery_code_as_it_is_read_from_paper() -> None:
    code = "0K1Q9XMR3TPAHV2C"
    assert written(code) == "0K1Q-9XMR-3TPA-HV2C"
    for typed in (
        written(code),
        "ok1q 9xmr 3tpa hv2c",
        "OKLQ–9XMR–3TPA–HV2C",
        f" {code.lower()}\t",
    ):
        assert recovery_code_typed(typed) == code
    assert recovery_code_typed(code[:-1]) is None
    assert recovery_code_typed(code[:-1] + "Ж") is None
    assert len(SYMBOLS) == len(set(SYMBOLS)) == 32


@pytest.mark.parametrize(
    ("off", "taken"), [(0, 0), (-30, -1), (30, 1), (-40, -1), (-41, None), (50, None)]
)
def test_a_clock_may_be_one_step_off(off: int, taken: int | None) -> None:
    found = step_of(SECRET, _shown(off), NOW)
    assert found == (None if taken is None else step_at(NOW) + taken)
    assert is_of_wrong_clock(SECRET, _shown(off), NOW) is (taken is None)


def test_a_code_of_no_near_time_is_plainly_wrong() -> None:
    assert not is_of_wrong_clock(SECRET, _shown(-STEP_SECONDS * 50), NOW)


def test_who_is_held() -> None:
    since = NOW
    before, day = since - dt.timedelta(seconds=1), dt.timedelta(days=1)
    assert is_held(begun=since, since=since, now=since)
    assert not is_held(begun=before, since=since, now=since + GRACE - day)
    assert is_held(begun=before, since=since, now=since + GRACE)
