"""A statement of account on paper and for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Response
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply import iban
from supply.documents import answers, layout
from supply.settling.queries import Booked, Statement
from supply.tables import write_csv
from supply.web import filters

KINDS: dict[str, LazyString] = {
    "invoice": _l("Invoice"),
    "credit_note": _l("Credit note"),
    "bank": _l("Payment by bank"),
    "card": _l("Paid by card"),
    "refund": _l("Back to the card"),
}

_WIDTHS: Final = (26, 40, 60, 32, 32)
_ALIGNS: Final[tuple[layout.Align, ...]] = ("LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT")

COLUMNS: Final = ("date", "what", "document", "amount", "balance", "currency")


def download(statement: Statement, form: str) -> Response:
    """Return a statement as a file to download: ``form`` is pdf or csv."""
    account = statement.account
    period = f"{statement.first.isoformat()}-{statement.last.isoformat()}"
    name = f"statement-{account.supplier.code}-{account.practice.code}-{period}.{form}"
    if form == "pdf":
        return answers.download(statement_pdf(statement), "application/pdf", name)
    return answers.download(statement_csv(statement), answers.CSV, name)


def statement_csv(statement: Statement) -> bytes:
    """Return a statement as CSV (UTF-8 with a mark): both balances are rows of their own."""
    currency = statement.account.currency
    first, last = statement.first.isoformat(), statement.last.isoformat()
    opening, closing = str(statement.opening.amount), str(statement.closing.amount)
    rows = [
        (first, "opening_balance", "", "", opening, currency),
        *(
            (
                line.on.isoformat(),
                line.kind,
                line.name,
                str(line.sum.amount),
                str(line.balance.amount),
                currency,
            )
            for line in statement.lines
        ),
        (last, "closing_balance", "", "", closing, currency),
    ]
    return write_csv(COLUMNS, rows).encode("utf-8-sig")


def statement_pdf(statement: Statement) -> bytes:
    """Return a statement as a PDF in the language of whoever reads it."""
    account = statement.account
    title = _("Statement of account")
    page = layout.new_page(title)
    layout.heading(page, title)
    layout.lines(page, _about(statement))
    layout.table(page, _WIDTHS, _ALIGNS, _rows(statement))
    if account.supplier.iban:
        layout.space(page)
        pay_to = _("Pay to: %(account)s", account=iban.spaced(account.supplier.iban))
        layout.lines(page, [pay_to])
    return layout.finished(page)


def _about(statement: Statement) -> Iterator[str]:
    account = statement.account
    yield _("Supplier: %(name)s", name=account.supplier.legal_name or account.supplier.name)
    yield _("Practice: %(name)s", name=account.practice.name)
    yield _(
        "From %(first)s to %(last)s, in %(currency)s",
        first=filters.short_date(statement.first),
        last=filters.short_date(statement.last),
        currency=account.currency,
    )


def _rows(statement: Statement) -> Iterator[tuple[str, ...]]:
    yield _("Day"), _("What"), _("Document"), _("Amount"), _("Balance")
    opening, closing = filters.money(statement.opening), filters.money(statement.closing)
    yield filters.short_date(statement.first), _("Opening balance"), "", "", opening
    yield from (_cells(line) for line in statement.lines)
    yield filters.short_date(statement.last), _("Closing balance"), "", "", closing


def _cells(line: Booked) -> tuple[str, ...]:
    return (
        filters.short_date(line.on),
        str(KINDS[line.kind]),
        line.name,
        filters.money(line.sum),
        filters.money(line.balance),
    )
