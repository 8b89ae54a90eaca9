"""Pure decisions on returns: which step leads where, when one lapses, what may be credited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from supply.returning.refusals import WrongStep
from supply.returning.terms import Notice, ReturnState, Step

VALID_DAYS: Final = 14
"""Days that a supplier is offered to leave a clinic for sending."""
MOST_DAYS: Final = 366

TOLD_BEFORE: Final = dt.timedelta(days=3)
"""How long before the last day to send a clinic is reminded."""
TOLD_AFTER: Final = dt.timedelta(days=14)
"""How long after it the clinic is still told, where no job ran in time; kept runs last longer."""

_LEADS: Final[Mapping[tuple[ReturnState, Step], ReturnState]] = {
    (ReturnState.ASKED, Step.AUTHORISE): ReturnState.AUTHORISED,
    (ReturnState.ASKED, Step.REFUSE): ReturnState.REFUSED,
    (ReturnState.ASKED, Step.WITHDRAW): ReturnState.WITHDRAWN,
    (ReturnState.AUTHORISED, Step.WITHDRAW): ReturnState.WITHDRAWN,
    (ReturnState.AUTHORISED, Step.LAPSE): ReturnState.LAPSED,
    (ReturnState.AUTHORISED, Step.SEND): ReturnState.SENT,
    (ReturnState.SENT, Step.UNDO_SENDING): ReturnState.AUTHORISED,
    (ReturnState.SENT, Step.SETTLE): ReturnState.SETTLED,
    (ReturnState.SENT, Step.TURN_DOWN): ReturnState.TURNED_DOWN,
}


def moved(state: ReturnState, step: Step) -> ReturnState:
    """Return the state that ``step`` leads to.

    Raises:
        WrongStep: it cannot be taken from ``state``.
    """
    leads_to = _LEADS.get((state, step))
    if leads_to is None:
        raise WrongStep(state)
    return leads_to


def on_day(state: ReturnState, valid_until: dt.date | None, today: dt.date) -> ReturnState:
    """Return where a return stands on the clinic's day ``today``: not sent in time, it lapsed."""
    late = valid_until is not None and valid_until < today
    if state is ReturnState.AUTHORISED and late:
        return moved(state, Step.LAPSE)
    return state


def notice(
    state: ReturnState, valid_until: dt.date, answered_on: dt.date, today: dt.date
) -> Notice | None:
    """Return what the clinic is to be told on its day ``today`` of a return it may send; if at all.

    Nothing on the day it was authorised: the mail of that names the last day.
    """
    if state is not ReturnState.AUTHORISED or today <= answered_on:
        return None
    if today <= valid_until:
        return Notice.NEAR if valid_until - today <= TOLD_BEFORE else None
    return Notice.LAPSED if today - valid_until <= TOLD_AFTER else None


def is_creditable(credit_minor: int, pack_minor: int) -> bool:
    """Return whether that much may be credited for a pack: no more than it cost, and something.

    A supplier that wants to credit nothing refuses the return instead.
    """
    return min(1, pack_minor) <= credit_minor <= pack_minor
