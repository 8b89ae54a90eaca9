"""What an answer makes of a line's packs, and which answers make no sense: without a database."""

import datetime as dt

import pytest

from supply.answering.answers import (
    Fault,
    LineAnswer,
    Outcome,
    Replacement,
    faults,
    outcome,
    substitute_price,
)

TODAY = dt.date(2026, 11, 22)
LATER = dt.date(2026, 12, 24)
OTHER = Replacement("BIO-10", 2)


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        (LineAnswer(), Outcome(5)),
        (LineAnswer(5), Outcome(5)),
        (LineAnswer(3), Outcome(3, backordered=2)),
        (LineAnswer(3, until=LATER), Outcome(3, backordered=2, promised_on=LATER)),
        (LineAnswer(until=LATER), Outcome(0, backordered=5, promised_on=LATER)),
        (LineAnswer(decline="Gone"), Outcome(0, declined=5)),
        (LineAnswer(4, decline="Gone"), Outcome(4, declined=1)),
        (LineAnswer(substitute=OTHER), Outcome(0, offered=5)),
        (LineAnswer(2, substitute=OTHER), Outcome(2, offered=3)),
        (LineAnswer(0, LATER, OTHER), Outcome(0, offered=5, promised_on=LATER)),
    ],
)
def test_an_answer_accounts_for_every_pack(answer: LineAnswer, made: Outcome) -> None:
    assert list(faults(5, answer, TODAY)) == []
    assert outcome(5, answer) == made
    assert made.confirmed + made.backordered + made.declined + made.offered == 5


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (LineAnswer(6), [Fault.CONFIRMS_TOO_MANY]),
        (LineAnswer(-1), [Fault.CONFIRMS_TOO_MANY]),
        (LineAnswer(5, until=LATER), [Fault.NOTHING_IS_LEFT]),
        (LineAnswer(5, decline="Gone"), [Fault.NOTHING_IS_LEFT]),
        (LineAnswer(5, substitute=OTHER), [Fault.NOTHING_IS_LEFT]),
        (LineAnswer(until=TODAY - dt.timedelta(days=1)), [Fault.DAY_IS_PAST]),
        (LineAnswer(until=TODAY), []),
        (LineAnswer(decline=" "), [Fault.NO_REASON]),
        (LineAnswer(until=LATER, decline="Gone"), [Fault.TWO_WAYS]),
        (LineAnswer(substitute=OTHER, decline="Gone"), [Fault.TWO_WAYS]),
    ],
)
def test_what_makes_no_sense_is_named(answer: LineAnswer, found: list[Fault]) -> None:
    assert list(faults(5, answer, TODAY)) == found


def test_nothing_is_asked_of_a_line_that_is_cancelled() -> None:
    assert list(faults(0, LineAnswer(), TODAY)) == []
    assert outcome(0, LineAnswer()) == Outcome(0)


@pytest.mark.parametrize(
    ("asked", "packs", "replaced", "rate", "replaced_rate", "price"),
    [
        (900, 2, 2000, 2000, 2000, 900),  # cheaper: its own price
        (1200, 2, 2000, 2000, 2000, 1000),  # dearer: no more than what it stands for
        (1200, 3, 2000, 2000, 2000, 666),  # rounded down, never a cent above
        (1000, 2, 2000, 2000, 0, 833),  # taxed higher: no dearer with VAT either
        (1200, 2, 2000, 0, 2000, 1000),  # taxed lower: no dearer net
        (0, 1, 2000, 0, 0, 0),
    ],
)
def test_a_substitute_is_never_dearer(
    asked: int, packs: int, replaced: int, rate: int, replaced_rate: int, price: int
) -> None:
    found = substitute_price(
        asked, packs, replaced_minor=replaced, rate=rate, replaced_rate=replaced_rate
    )
    assert found == price
