"""What settles what, how old a debt is, what does not match: rules without a database."""

import datetime as dt

import pytest

from supply.settling.rules import (
    BilledLine,
    Claimed,
    Difference,
    Open,
    OrderedLine,
    age,
    differences,
    may_move,
    shares_of_note,
    spread,
)
from supply.settling.terms import DifferenceKind, PaymentState

TODAY = dt.date(2026, 11, 22)

A, C, D, W = (
    PaymentState.ANNOUNCED,
    PaymentState.CONFIRMED,
    PaymentState.DENIED,
    PaymentState.WITHDRAWN,
)


@pytest.mark.parametrize("before", PaymentState)
@pytest.mark.parametrize("after", PaymentState)
@pytest.mark.parametrize("announced", [True, False])
def test_where_a_payment_may_go(before: PaymentState, after: PaymentState, announced: bool) -> None:
    allowed = {(A, C), (A, D), (A, W), (D, A)} | ({(C, A)} if announced else {(C, W)})
    assert may_move(before, after, announced=announced) is ((before, after) in allowed)


def test_a_sum_goes_to_the_first_as_far_as_it_goes() -> None:
    items = [Open(1, 100), Open(2, 0), Open(3, 50)]
    assert spread(120, items) == [Open(1, 100), Open(3, 20)]
    assert spread(500, items) == [Open(1, 100), Open(3, 50)]
    assert spread(0, items) == []


@pytest.mark.parametrize(
    ("total", "by_invoice", "shares"),
    [
        (100, [(7, 100)], {7: 100}),
        (100, [(7, 99)], {7: 100}),
        (101, [(9, 50), (7, 50)], {9: 50, 7: 51}),
        (49, [(9, 50), (7, 1)], {9: 49, 7: 0}),
        (10, [], {}),
    ],
)
def test_a_note_is_shared_out_to_the_cent(
    total: int, by_invoice: list[tuple[int, int]], shares: dict[int, int]
) -> None:
    assert shares_of_note(total, by_invoice) == shares


@pytest.mark.parametrize(
    ("late", "place"),
    [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (900, 3)],
)
def test_ages(late: int, place: int) -> None:
    assert age(TODAY - dt.timedelta(days=late), TODAY) == place


def test_a_credit_is_never_overdue() -> None:
    assert age(None, TODAY) == 0


def billed(
    packs: int, shipment: int = 1, *, issued: int | None = None, minor: int = 500
) -> BilledLine:
    return BilledLine(10 + shipment, shipment, shipment, packs, issued or packs, minor)


def line(
    *lines: BilledLine,
    received: dict[int, int] | None = None,
    claimed: dict[int, Claimed] | None = None,
    packs: int = 5,
) -> OrderedLine:
    return OrderedLine(packs, 500, lines, received or {}, claimed or {})


def told(ordered: OrderedLine) -> list[tuple[int, str, int]]:
    return [(one.line_id, one.kind.value, one.packs) for one in differences(ordered)]


@pytest.mark.parametrize(
    ("ordered", "found"),
    [
        # All of it came.
        (line(billed(5), received={1: 5}), []),
        # Nothing came yet; some came.
        (line(billed(5)), [(11, "not_received", 5)]),
        (line(billed(5), received={1: 3}), [(11, "not_received", 2)]),
        # More came than was billed, as a gift.
        (line(billed(3), received={1: 5}), []),
        # Missing and claimed; the supplier says they were sent; credited.
        (line(billed(5), received={1: 3}, claimed={1: Claimed(missing=2)}), [(11, "missing", 2)]),
        (
            line(billed(5), received={1: 2}, claimed={1: Claimed(missing=2)}),
            [(11, "missing", 2), (11, "not_received", 1)],
        ),
        (line(billed(5), received={1: 3}, claimed={1: Claimed(said_sent=2)}), []),
        (line(billed(3, issued=5), received={1: 3}), []),
        # Damaged and claimed; refused (no claim counts); credited.
        (line(billed(5), received={1: 5}, claimed={1: Claimed(open=2)}), [(11, "claimed", 2)]),
        (line(billed(3, issued=5), received={1: 5}, claimed={1: Claimed(gone=2)}), []),
        # Damaged and to be sent again: not here until it came in another parcel, which is free.
        (
            line(billed(5), received={1: 5}, claimed={1: Claimed(replaced=2)}),
            [(11, "to_replace", 2)],
        ),
        (line(billed(5), received={1: 5, 2: 2}, claimed={1: Claimed(replaced=2)}), []),
        # What was missing came in another parcel; it makes up for the oldest invoice first.
        (line(billed(5), received={1: 3, 2: 2}), []),
        (
            line(billed(3), billed(2, 2), received={1: 2, 2: 1, 3: 1}),
            [(12, "not_received", 1)],
        ),
        # One is missing though one that was damaged, and credited, came.
        (
            line(billed(4, issued=5), received={1: 4}, claimed={1: Claimed(gone=1)}),
            [(11, "not_received", 1)],
        ),
        # More invoiced than ordered, over two invoices; credited in full.
        (line(billed(4), billed(2, 2), received={1: 4, 2: 2}), [(12, "not_ordered", 1)]),
        (line(billed(0, issued=5), received={}), []),
    ],
)
def test_order_receipt_and_invoice(ordered: OrderedLine, found: list[tuple[int, str, int]]) -> None:
    assert told(ordered) == found


def test_a_price_that_is_not_the_orders() -> None:
    dearer = line(billed(5, minor=505), received={1: 5})
    assert differences(dearer) == [Difference(11, DifferenceKind.PRICE, 5, 500)]
