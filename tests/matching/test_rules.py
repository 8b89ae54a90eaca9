"""In what an invoice differs from order and receipt."""

import pytest

from supply.matching.rules import BilledLine, Claimed, Difference, OrderedLine, differences
from supply.matching.terms import DifferenceKind, MatchStatus
from supply.matching.wording import match_word


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


@pytest.mark.parametrize(
    ("status", "kinds", "word"),
    [
        (MatchStatus.MATCHED, [], ("Matches", "good")),
        (MatchStatus.DIFFERS, [DifferenceKind.NOT_RECEIVED], ("Not received yet", "neutral")),
        (
            MatchStatus.DIFFERS,
            [DifferenceKind.NOT_RECEIVED, DifferenceKind.PRICE],
            ("Differs", "bad"),
        ),
        (
            MatchStatus.WAIVED,
            [DifferenceKind.NOT_RECEIVED],
            ("Differs, paid nevertheless", "warn"),
        ),
    ],
)
def test_a_parcel_on_its_way_is_no_fault(
    status: MatchStatus, kinds: list[DifferenceKind], word: tuple[str, str]
) -> None:
    said = match_word(status, kinds)
    assert (str(said.text), said.tone) == word
