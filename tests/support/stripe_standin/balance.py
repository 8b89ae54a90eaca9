"""The platform's balance: one transaction for every sum that comes or goes."""

from __future__ import annotations

from tests.support.stripe_standin.books import Books, Object, new_id

FIXED_FEE = 25
"""What Stripe keeps of a charge, beside 1.5 % of it."""


def book_charge(books: Books, charge: Object) -> None:
    """Book what a charge brings, less Stripe's fee."""
    fee = FIXED_FEE + charge["amount"] * 15 // 1000
    booked = _book(books, charge["id"], "charge", charge["amount"], charge["currency"], fee)
    charge["balance_transaction"] = booked["id"]


def book_refund(books: Books, refund: Object) -> str:
    """Book what a refund takes; return the transaction's id."""
    sum_, currency = -refund["amount"], refund["currency"]
    return str(_book(books, refund["id"], "refund", sum_, currency, 0)["id"])


def book_return(books: Books, refund: Object) -> str:
    """Book what comes back of a refund that failed; return the transaction's id."""
    sum_, currency = refund["amount"], refund["currency"]
    return str(_book(books, refund["id"], "refund_failure", sum_, currency, 0)["id"])


def book_dispute(books: Books, dispute: Object, *, back: bool) -> Object:
    """Book what a dispute withdraws (with its fee) or reinstates."""
    sum_ = dispute["amount"] if back else -dispute["amount"]
    fee = 0 if back else 1500
    return _book(books, dispute["id"], "adjustment", sum_, dispute["currency"], fee)


def _book(books: Books, source: str, type_: str, amount: int, currency: str, fee: int) -> Object:
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return books.add(
        {
            "id": new_id("txn_3", 28),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": books.clock.now() + 7 * 86_400,
            "balance_type": "payments",
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [detail] if fee else [],
            "net": amount - fee,
            "reporting_category": type_,
            "source": source,
            "status": "pending",
            "type": type_,
        }
    )
