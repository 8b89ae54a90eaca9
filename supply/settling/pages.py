"""What pages of accounts show on both sides: the account, its statement."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template, request, url_for

from supply import iban
from supply.accounts.models import Practice, Supplier
from supply.matching.matching import Match, matches
from supply.money import Money
from supply.open_items import booking
from supply.open_items.models import OpenItem
from supply.refusals import InvalidInput, Refusal
from supply.settling import documents, forms, queries, wording
from supply.settling.rules import age
from supply.settling.saying import Account, Clinics
from supply.web import access
from supply.web.forms import sentences

Page = str | tuple[str, int]


def list_page(place: Practice | Supplier, clinics: Clinics = None) -> str:
    """Show the accounts of a practice or a supplier, what is overdue by age.

    To somebody limited to ``clinics`` as far as their orders were invoiced.
    """
    everything = request.args.get("show") == "all"
    return render_template(
        "settling/accounts.html",
        place=place,
        by_practice=isinstance(place, Practice),
        rows=queries.accounts_of(place, access.today(), all_=everything, clinics=clinics),
        limited_to=_names(clinics),
        everything=everything,
        ages=wording.AGES,
        url=lambda row: address_of(place, row.code, row.currency),
    )


def address_of(place: Practice | Supplier, other: str, currency: str, page: str = "account") -> str:
    """Return the address of an account's page, by the code of who is on its other side."""
    if isinstance(place, Practice):
        at: dict[str, Any] = {"practice_code": place.code, "supplier_code": other}
    else:
        at = {"supplier_code": place.code, "practice_code": other}
    side = "practice" if isinstance(place, Practice) else "supplier"
    return url_for(f"settling.{side}_{page}", currency=currency, **at)


def account_page(
    account: Account,
    *,
    by_practice: bool,
    may_write: bool,
    refusal: Refusal | None = None,
    typed: Mapping[str, str] | None = None,
) -> Page:
    """Show one account: what is open, payments, and where a payment is written down."""
    place = account.practice if by_practice else account.supplier
    other = account.supplier.code if by_practice else account.practice.code
    items = queries.open_items(account)
    invoices = [item for item in items if not item.is_credit]
    today = access.today()
    page = render_template(
        "settling/account.html",
        account=account,
        by_practice=by_practice,
        may_write=may_write,
        invoices=invoices,
        credits=[item for item in items if item.is_credit],
        announced=_announced(account, [item.id for item in invoices]),
        matched=matches([item.invoice_id for item in invoices if item.invoice_id]),
        unmatched=Match(),
        payments=queries.payments_on(account) if account.clinics is None else [],
        limited_to=_names(account.clinics),
        owed=_sums(account, items, today),
        age=lambda item: age(item.due_on, today),
        words=wording,
        place=place,
        at={"practice_code": account.practice.code, "supplier_code": account.supplier.code},
        list_url=_list_address(place),
        statement_url=address_of(place, other, account.currency, "statement"),
        today=today,
        typed=typed or {},
        parts_shown=any(name.startswith("item_") for name in _faults(refusal)),
        pay_to=iban.spaced(account.supplier.iban),
        faults=_faults(refusal),
        refusals=sentences(refusal),
        key=secrets.token_hex(16),
    )
    return (page, 400) if refusal else page


def _names(clinics: Clinics) -> list[str]:
    """Return the names of the clinics that whoever looks is limited to; none for all."""
    return [clinic.name for clinic in access.clinics() if clinics and clinic.id in clinics]


def _list_address(place: Practice | Supplier) -> str:
    if isinstance(place, Practice):
        return url_for("settling.practice_accounts", practice_code=place.code)
    return url_for("settling.supplier_accounts", supplier_code=place.code)


def _faults(refusal: Refusal | None) -> dict[str, str]:
    return dict(refusal.errors) if isinstance(refusal, InvalidInput) else {}


def _announced(account: Account, item_ids: list[int]) -> dict[int, Money]:
    parts = booking.announced_parts(item_ids)
    return {item_id: Money(minor, account.currency) for item_id, minor in parts.items()}


def _sums(account: Account, items: Sequence[OpenItem], today: dt.date) -> dict[str, Money]:
    """Return what is open, overdue and credit, of the items shown."""
    invoices = [item for item in items if not item.is_credit]
    late = [item for item in invoices if age(item.due_on, today)]
    credit = sum(item.open_minor for item in items if item.is_credit)
    return {
        "open": Money(sum(item.open_minor for item in invoices), account.currency),
        "overdue": Money(sum(item.open_minor for item in late), account.currency),
        "credit": Money(credit, account.currency),
    }


def statement_page(account: Account, *, by_practice: bool) -> str:
    """Show the statement of an account for a period; it prints as it stands."""
    first, last = forms.period(request.args, access.today())
    place = account.practice if by_practice else account.supplier
    other = account.supplier.code if by_practice else account.practice.code
    return render_template(
        "settling/statement.html",
        account=account,
        by_practice=by_practice,
        statement=queries.statement(account, first, last),
        kinds=documents.KINDS,
        account_url=address_of(place, other, account.currency),
        statement_url=address_of(place, other, account.currency, "statement"),
    )
