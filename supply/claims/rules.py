"""Pure decisions on claims: where one stands, and when a mail tells of what is said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from supply.claims.terms import ClaimOutcome, ClaimStatus

QUIET = dt.timedelta(minutes=5)
"""How long a mail about a comment waits, so that what is said meanwhile is read with it."""


def claim_status(outcome: ClaimOutcome | None) -> ClaimStatus:
    """Return where a claim with this ``outcome`` stands; None: nobody has answered yet."""
    match outcome:
        case None:
            return ClaimStatus.OPEN
        case ClaimOutcome.REFUSED:
            return ClaimStatus.REFUSED
        case ClaimOutcome.WITHDRAWN:
            return ClaimStatus.WITHDRAWN
        case _:
            return ClaimStatus.SETTLED


@dataclass(frozen=True, slots=True)
class NextMail:
    """When a mail goes that tells of a comment, and whether it is still to be queued."""

    at: dt.datetime
    is_new: bool


def next_mail(last: dt.datetime | None, now: dt.datetime) -> NextMail:
    """Return which mail tells of what is said ``now``: the ``last`` one while it has not gone."""
    if last is not None and last > now:
        return NextMail(last, is_new=False)
    return NextMail(now + QUIET, is_new=True)
