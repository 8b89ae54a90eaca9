"""Codes and when they are right; who is held at the door. Pure decisions."""

from __future__ import annotations

import datetime as dt
import hmac
import unicodedata

import pyotp

STEP_SECONDS = 30
DIGITS = 6
WINDOW = 1
"""A phone's clock may be off by this many steps, either way."""
FAR = 40
"""How many steps away a code is still known for one of a clock that is wrong: twenty minutes."""

GRACE = dt.timedelta(days=7)
"""How long those may go on who were signed in when their practice began to ask."""

RECOVERY_CODES = 10
FEW_LEFT = 3

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty-two that are told apart on paper: I, L, O and U are read as 1, 1, 0 and V."""
GROUP = 4
SYMBOLS_IN_CODE = 16
_READ_AS = str.maketrans("ILOU", "110V")


def step_at(now: dt.datetime) -> int:
    """Return the number of the thirty seconds that ``now`` lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def code_typed(text: str) -> str | None:
    """Return the six digits that ``text`` holds, however they are spaced; None where it holds none.

    Keyboards of other scripts have digits of their own.
    """
    kept = _symbols(text)
    if len(kept) != DIGITS or not kept.isdecimal():
        return None
    return "".join(str(unicodedata.decimal(digit)) for digit in kept)


def recovery_code_typed(text: str) -> str | None:
    """Return the recovery code that ``text`` holds: in any case, with any gaps, O for 0."""
    kept = _symbols(text).upper().translate(_READ_AS)
    return kept if len(kept) == SYMBOLS_IN_CODE and not set(kept) - set(SYMBOLS) else None


def written(code: str) -> str:
    """Return a recovery code as it is shown: in groups."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def step_of(secret: str, code: str, now: dt.datetime, *, within: int = WINDOW) -> int | None:
    """Return which step near ``now`` the secret shows ``code`` in, the nearest first; or None."""
    here, codes = step_at(now), pyotp.HOTP(secret)
    away = sorted(range(-within, within + 1), key=lambda off: (abs(off), off))
    found = None
    for off in away:
        if here + off >= 0 and hmac.compare_digest(codes.at(here + off), code) and found is None:
            found = here + off
    return found


def is_of_wrong_clock(secret: str, code: str, now: dt.datetime) -> bool:
    """Return whether ``code`` would be right at another time: the clock that made it is wrong."""
    return step_of(secret, code, now) is None and step_of(secret, code, now, within=FAR) is not None


def is_held(*, begun: dt.datetime, since: dt.datetime, now: dt.datetime) -> bool:
    """Return whether a session without a second step goes no further, where one is asked ``since``.

    Whoever was signed in before goes on for a few days, so that nobody is stopped at their work.
    """
    return begun >= since or now >= since + GRACE


def _symbols(text: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKC", text) if mark.isalnum())
