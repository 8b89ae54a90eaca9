"""A supplier's pages of its accounts: who owes it what, writing down what came."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.matching.routes import blueprint
from supply.open_items.models import BankPayment
from supply.settling import answering, queries, saying
from supply.settling.pages import (
    Page,
    account_page,
    address_of,
    list_page,
    statement_page,
)
from supply.settling.saying import Account
from supply.settling.steps import set_off, statement_file, undo_set_off, write_payment
from supply.web import access
from supply.web.saving import done
from supply.web.toasts import flash_undo

Answer = Page | Response

_ACCOUNT = "/s/<supplier_code>/accounts/<practice_code>/<currency>"
_PAYMENT = "/s/<supplier_code>/bank-payments/<int:payment_id>"


def _account(supplier_code: str, practice_code: str, currency: str) -> Account:
    supplier = access.supplier(supplier_code, Right.FULFIL)
    return queries.account_with(None, supplier, practice_code, currency)


def _back(account: Account) -> Response:
    return redirect(address_of(account.supplier, account.practice.code, account.currency))


@blueprint.get("/s/<supplier_code>/accounts")
@login_required
def supplier_accounts(supplier_code: str) -> Answer:
    """List the practices that a supplier has an account with, and what is overdue."""
    return list_page(access.supplier(supplier_code, Right.FULFIL))


@blueprint.get(_ACCOUNT)
@login_required
def supplier_account(supplier_code: str, practice_code: str, currency: str) -> Answer:
    """Show what a practice owes, what it says it paid, and where a payment is written down."""
    account = _account(supplier_code, practice_code, currency)
    return account_page(account, by_practice=False, may_write=True)


@blueprint.post(_ACCOUNT)
@login_required
def record(supplier_code: str, practice_code: str, currency: str) -> Answer:
    """Write down a payment that came by itself; the toast takes it back."""

    def read() -> Account:
        return _account(supplier_code, practice_code, currency)

    answer = write_payment(read, saying.record, by_practice=False)
    if not isinstance(answer, dict):
        return answer
    undo = url_for(".take_back", supplier_code=supplier_code, payment_id=answer["payment"])
    flash_undo(_("%(sum)s is on the account.", sum=answer["sum"]), undo)
    return _back(read())


@blueprint.post(f"{_PAYMENT}/confirm")
@login_required
def confirm(supplier_code: str, payment_id: int) -> Answer:
    """Say that a payment came; the toast takes it back."""
    supplier, payment = _payment(supplier_code, payment_id)
    account = _account_of(supplier, payment)
    if done(lambda: answering.confirm(payment_id, actor=access.actor(), now=clock.now())):
        undo = url_for(".take_back", supplier_code=supplier_code, payment_id=payment_id)
        flash_undo(_("Confirmed: it settles its invoices."), undo)
    return _back(account)


@blueprint.post(f"{_PAYMENT}/deny")
@login_required
def deny(supplier_code: str, payment_id: int) -> Answer:
    """Say that a payment did not come; the toast takes it back."""
    supplier, payment = _payment(supplier_code, payment_id)
    account = _account_of(supplier, payment)
    answer = request.form.get("answer", "")
    if done(lambda: answering.deny(payment_id, answer, actor=access.actor(), now=clock.now())):
        undo = url_for(".take_back", supplier_code=supplier_code, payment_id=payment_id)
        flash_undo(_("Said, and the practice is told."), undo)
    return _back(account)


@blueprint.post(f"{_PAYMENT}/take-back")
@login_required
def take_back(supplier_code: str, payment_id: int) -> Answer:
    """Take the supplier's word on a payment back."""
    supplier, payment = _payment(supplier_code, payment_id)
    account = _account_of(supplier, payment)
    if done(lambda: answering.take_back(payment_id, actor=access.actor(), now=clock.now())):
        flash(_("Undone: what it settled is open again."), "success")
    return _back(account)


def _payment(supplier_code: str, payment_id: int) -> tuple[Supplier, BankPayment]:
    supplier = access.supplier(supplier_code, Right.FULFIL)
    return supplier, queries.payment_at(supplier, payment_id)


def _account_of(supplier: Supplier, payment: BankPayment) -> Account:
    return Account(payment.practice, supplier, payment.currency)


@blueprint.post(f"{_ACCOUNT}/credits/<int:item_id>")
@login_required
def supplier_set_off(supplier_code: str, practice_code: str, currency: str, item_id: int) -> Answer:
    """Use a practice's credit against the invoices that are due first."""
    account = _account(supplier_code, practice_code, currency)
    set_off(account, item_id, "settling.supplier_undo_set_off")
    return _back(account)


@blueprint.post(f"{_ACCOUNT}/credits/undo/<mark>")
@login_required
def supplier_undo_set_off(
    supplier_code: str, practice_code: str, currency: str, mark: str
) -> Answer:
    """Take back what was set off in one step."""
    account = _account(supplier_code, practice_code, currency)
    undo_set_off(account, mark)
    return _back(account)


@blueprint.get(f"{_ACCOUNT}/statement")
@login_required
def supplier_statement(supplier_code: str, practice_code: str, currency: str) -> Answer:
    """Show the statement of an account for a period."""
    account = _account(supplier_code, practice_code, currency)
    return statement_page(account, by_practice=False)


@blueprint.get(f"{_ACCOUNT}/statement.<any(pdf, csv):form>")
@login_required
def supplier_statement_file(
    supplier_code: str, practice_code: str, currency: str, form: str
) -> Answer:
    """Download the statement of an account for a period."""
    account = _account(supplier_code, practice_code, currency)
    return statement_file(account, form)
