"""Terms of supply, decided without a database."""

import pytest

from supply.conditions.rules import (
    NONE,
    Carriage,
    Terms,
    carriage_minor,
    combined,
    missing_minor,
    to_free_minor,
)

ASKED = Terms(10_000, Carriage(900, 25_000), 30)


@pytest.mark.parametrize(
    ("own", "holds"),
    [
        (NONE, ASKED),
        (Terms(minimum_minor=0), Terms(0, Carriage(900, 25_000), 30)),
        (Terms(carriage=Carriage(0)), Terms(10_000, Carriage(0), 30)),
        (Terms(carriage=Carriage(500)), Terms(10_000, Carriage(500, None), 30)),
        (Terms(payment_days=0), Terms(10_000, Carriage(900, 25_000), 0)),
    ],
)
def test_a_practices_own_terms_come_before_those_for_all(own: Terms, holds: Terms) -> None:
    assert combined(ASKED, own) == holds


@pytest.mark.parametrize(
    ("goods", "missing", "carriage", "to_free"),
    [
        (0, 10_000, 900, 25_000),
        (9_999, 1, 900, 15_001),
        (10_000, 0, 900, 15_000),
        (24_999, 0, 900, 1),
        (25_000, 0, 0, None),
    ],
)
def test_what_goods_lack_and_what_their_carriage_costs(
    goods: int, missing: int, carriage: int, to_free: int | None
) -> None:
    assert missing_minor(goods, ASKED) == missing
    assert carriage_minor(goods, ASKED) == carriage
    assert to_free_minor(goods, ASKED) == to_free


def test_nothing_said_is_nothing_asked() -> None:
    assert (missing_minor(1, NONE), carriage_minor(1, NONE), to_free_minor(1, NONE)) == (0, 0, None)
    assert to_free_minor(1, Terms(carriage=Carriage(900))) is None
