"""Who may answer a proposal, and how few packs a line may have: without a database."""

import itertools

import pytest

from supply.amending.rules import answered, fewest_packs, following_packs
from supply.amending.terms import Answer, ChangeState

ALLOWED = {
    (ChangeState.OPEN, Answer.ACCEPT, False): ChangeState.ACCEPTED,
    (ChangeState.OPEN, Answer.DECLINE, False): ChangeState.DECLINED,
    (ChangeState.OPEN, Answer.WITHDRAW, True): ChangeState.WITHDRAWN,
}


@pytest.mark.parametrize(
    ("state", "answer", "own"), list(itertools.product(ChangeState, Answer, (True, False)))
)
def test_every_other_transition_is_forbidden(state: ChangeState, answer: Answer, own: bool) -> None:
    assert answered(state, answer, by_proposer=own) is ALLOWED.get((state, answer, own))


@pytest.mark.parametrize(
    ("wanted", "to_ship", "resend", "fewest"),
    [(5, 5, 0, 0), (5, 2, 0, 3), (5, 0, 0, 5), (5, 1, 1, 5), (5, 3, 1, 3)],
)
def test_what_was_sent_or_is_owed_again_stays(
    wanted: int, to_ship: int, resend: int, fewest: int
) -> None:
    assert fewest_packs(wanted, to_ship, resend) == fewest


@pytest.mark.parametrize(
    ("to_ship", "confirmed", "shipped", "resend", "following"),
    [
        (3, 1, 0, 0, 2),
        (2, 1, 1, 0, 2),
        (1, 1, 2, 0, 1),
        (3, 3, 0, 0, 0),
        (0, 1, 3, 0, 0),
        (2, 3, 3, 2, 0),
        (3, 0, 0, 0, 3),
    ],
)
def test_packs_that_follow_were_never_confirmed(
    to_ship: int, confirmed: int, shipped: int, resend: int, following: int
) -> None:
    assert following_packs(to_ship, confirmed, shipped, resend) == following
