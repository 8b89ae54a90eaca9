"""A practice's pages of its accounts: what it owes whom, saying that it paid, using credit."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import ForbiddenError
from supply.accounts.models import Practice
from supply.accounts.rules import Right
from supply.matching.routes import blueprint
from supply.settling import answering, queries, saying
from supply.settling.pages import (
    Page,
    account_page,
    address_of,
    list_page,
    statement_page,
)
from supply.settling.saying import Account, Clinics
from supply.settling.steps import set_off, statement_file, undo_set_off, write_payment
from supply.web import access
from supply.web.saving import done
from supply.web.toasts import flash_undo

Answer = Page | Response

_ACCOUNT = "/p/<practice_code>/accounts/<supplier_code>/<currency>"


def _practice(code: str, right: Right = Right.VIEW) -> Practice:
    """Return a practice to a member of all its clinics: an account is of all of them."""
    practice = access.practice(code, right)
    if any(one.practice_id == practice.id and one.clinics for one in access.person().memberships):
        raise ForbiddenError(_("Your membership is limited to some clinics; this is for all."))
    return practice


def _in_part(code: str) -> tuple[Practice, Clinics]:
    """Return a practice to look at to any member, with the clinics they are limited to."""
    practice = access.practice(code)
    (membership,) = (one for one in access.person().memberships if one.practice_id == practice.id)
    return practice, frozenset(clinic.id for clinic in membership.clinics) or None


def _account(practice: Practice, supplier_code: str, currency: str) -> Account:
    return queries.account_with(practice, None, supplier_code, currency)


def _back(account: Account) -> Response:
    return redirect(address_of(account.practice, account.supplier.code, account.currency))


@blueprint.get("/p/<practice_code>/accounts")
@login_required
def practice_accounts(practice_code: str) -> Answer:
    """List the suppliers that a practice has an account with, and what is due.

    Who is limited to some clinics sees what their orders were invoiced: they clear what differs
    there. Payments, credits and statements are the practice's, for members of all its clinics.
    """
    return list_page(*_in_part(practice_code))


@blueprint.get(_ACCOUNT)
@login_required
def practice_account(practice_code: str, supplier_code: str, currency: str) -> Answer:
    """Show what a practice owes a supplier, and the way to say that it paid."""
    practice, clinics = _in_part(practice_code)
    account = queries.account_with(practice, None, supplier_code, currency, clinics)
    may_write = clinics is None and access.can(Right.ORDER)
    return account_page(account, by_practice=True, may_write=may_write)


@blueprint.post(_ACCOUNT)
@login_required
def announce(practice_code: str, supplier_code: str, currency: str) -> Answer:
    """Say that the practice paid; the toast takes it back."""

    def read() -> Account:
        return _account(_practice(practice_code, Right.ORDER), supplier_code, currency)

    answer = write_payment(read, saying.announce, by_practice=True)
    if not isinstance(answer, dict):
        return answer
    told = _("%(sum)s announced. The supplier is asked whether it came.", sum=answer["sum"])
    undo = url_for(".withdraw", practice_code=practice_code, payment_id=answer["payment"])
    flash_undo(told, undo)
    return _back(read())


@blueprint.post("/p/<practice_code>/bank-payments/<int:payment_id>/withdraw")
@login_required
def withdraw(practice_code: str, payment_id: int) -> Answer:
    """Take back that the practice paid, while the supplier has not answered."""
    practice = _practice(practice_code, Right.ORDER)
    payment = queries.payment_at(practice, payment_id)
    account = Account(practice, payment.supplier, payment.currency)
    if done(lambda: answering.withdraw(payment_id, actor=access.actor(), now=clock.now())):
        flash(_("Taken back, and the supplier is told."), "success")
    return _back(account)


@blueprint.post(f"{_ACCOUNT}/credits/<int:item_id>")
@login_required
def practice_set_off(practice_code: str, supplier_code: str, currency: str, item_id: int) -> Answer:
    """Use a credit against the invoices that are due first."""
    account = _account(_practice(practice_code, Right.ORDER), supplier_code, currency)
    set_off(account, item_id, "settling.practice_undo_set_off")
    return _back(account)


@blueprint.post(f"{_ACCOUNT}/credits/undo/<mark>")
@login_required
def practice_undo_set_off(
    practice_code: str, supplier_code: str, currency: str, mark: str
) -> Answer:
    """Take back what was set off in one step."""
    account = _account(_practice(practice_code, Right.ORDER), supplier_code, currency)
    undo_set_off(account, mark)
    return _back(account)


@blueprint.get(f"{_ACCOUNT}/statement")
@login_required
def practice_statement(practice_code: str, supplier_code: str, currency: str) -> Answer:
    """Show the statement of an account for a period."""
    account = _account(_practice(practice_code), supplier_code, currency)
    return statement_page(account, by_practice=True)


@blueprint.get(f"{_ACCOUNT}/statement.<any(pdf, csv):form>")
@login_required
def practice_statement_file(
    practice_code: str, supplier_code: str, currency: str, form: str
) -> Answer:
    """Download the statement of an account for a period."""
    account = _account(_practice(practice_code), supplier_code, currency)
    return statement_file(account, form)
