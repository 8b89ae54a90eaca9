"""Which step leads where, when a return lapses, what may be credited: without a database."""

import datetime as dt
import itertools

import pytest

from supply.returning.refusals import WrongStep
from supply.returning.rules import is_creditable, moved, notice, on_day
from supply.returning.terms import Notice, Step
from supply.returning.terms import ReturnState as At

TODAY = dt.date(2026, 11, 22)
LEADS = {
    (At.ASKED, Step.AUTHORISE): At.AUTHORISED,
    (At.ASKED, Step.REFUSE): At.REFUSED,
    (At.ASKED, Step.WITHDRAW): At.WITHDRAWN,
    (At.AUTHORISED, Step.WITHDRAW): At.WITHDRAWN,
    (At.AUTHORISED, Step.LAPSE): At.LAPSED,
    (At.AUTHORISED, Step.SEND): At.SENT,
    (At.SENT, Step.UNDO_SENDING): At.AUTHORISED,
    (At.SENT, Step.SETTLE): At.SETTLED,
    (At.SENT, Step.TURN_DOWN): At.TURNED_DOWN,
}


@pytest.mark.parametrize(("state", "step"), list(LEADS))
def test_a_step_leads_on(state: At, step: Step) -> None:
    assert moved(state, step) is LEADS[state, step]


@pytest.mark.parametrize(
    ("state", "step"), [one for one in itertools.product(At, Step) if one not in LEADS]
)
def test_every_other_step_is_refused(state: At, step: Step) -> None:
    with pytest.raises(WrongStep) as refused:
        moved(state, step)
    assert refused.value.state is state


@pytest.mark.parametrize("state", list(At))
@pytest.mark.parametrize(("days", "late"), [(-1, True), (0, False), (1, False)])
def test_what_is_authorised_lapses_after_its_last_day(state: At, days: int, late: bool) -> None:
    until = TODAY + dt.timedelta(days=days)
    lapses = late and state is At.AUTHORISED
    assert on_day(state, until, TODAY) is (At.LAPSED if lapses else state)
    assert on_day(state, None, TODAY) is state


@pytest.mark.parametrize(
    ("credit", "price", "allowed"),
    [
        (2505, 2505, True),
        (1, 2505, True),
        (0, 2505, False),
        (-1, 2505, False),
        (2506, 2505, False),
        (0, 0, True),
        (1, 0, False),
    ],
)
def test_what_may_be_credited_for_a_pack(credit: int, price: int, allowed: bool) -> None:
    assert is_creditable(credit, price) is allowed


@pytest.mark.parametrize(
    ("state", "left", "answered", "told"),
    [
        (At.AUTHORISED, 4, 10, None),
        (At.AUTHORISED, 3, 10, Notice.NEAR),
        (At.AUTHORISED, 0, 10, Notice.NEAR),
        (At.AUTHORISED, 2, 0, None),
        (At.AUTHORISED, 2, 1, Notice.NEAR),
        (At.AUTHORISED, -1, 10, Notice.LAPSED),
        (At.AUTHORISED, -14, 20, Notice.LAPSED),
        (At.AUTHORISED, -15, 20, None),
        (At.SENT, 1, 10, None),
        (At.WITHDRAWN, -1, 10, None),
    ],
)
def test_a_clinic_is_told_before_and_after_the_last_day(
    state: At, left: int, answered: int, told: Notice | None
) -> None:
    last, answered_on = TODAY + dt.timedelta(left), TODAY - dt.timedelta(answered)
    assert notice(state, last, answered_on, TODAY) is told
