"""Steps on an account that both sides take in the same way, each on its own page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Protocol

from flask import Response, flash, request, url_for
from flask_babel import gettext as _

from supply import clock
from supply.actor import Actor
from supply.open_items.models import BankPayment
from supply.refusals import Refusal
from supply.settling import crediting, documents, forms, queries
from supply.settling.pages import Page, account_page
from supply.settling.saying import Account, NewPayment
from supply.web import access, filters
from supply.web.once import once
from supply.web.saving import done, done_once
from supply.web.toasts import flash_undo


class Write(Protocol):
    """Writes a payment by bank down, as one side says it."""

    def __call__(
        self,
        account: Account,
        new: NewPayment,
        *,
        today: dt.date,
        actor: Actor,
        now: dt.datetime,
    ) -> BankPayment:
        """Return it; raises Refusal."""
        ...


def write_payment(
    read: Callable[[], Account], write: Write, *, by_practice: bool
) -> dict[str, Any] | Page:
    """Write down the payment typed, once; return its ``payment`` id and ``sum`` in words.

    Of a refusal return the account's page instead, with what was typed.
    """
    account = read()
    now, today = clock.now(), access.today()

    def work() -> dict[str, Any]:
        new = forms.typed_payment(request.form, account.currency)
        payment = write(account, new, today=today, actor=access.actor(), now=now)
        return {"payment": payment.id, "sum": filters.money(payment.total)}

    try:
        return once(work, now)
    except Refusal as refusal:
        return account_page(
            read(), by_practice=by_practice, may_write=True, refusal=refusal, typed=request.form
        )


def set_off(account: Account, item_id: int, undo_endpoint: str) -> None:
    """Set a credit off once, and say so with the way back; a refusal is told on the next page."""
    now, today = clock.now(), access.today()

    def work() -> dict[str, Any]:
        mark, used = crediting.set_off(account, item_id, on=today, actor=access.actor(), now=now)
        return {"mark": mark, "sum": filters.money(used)}

    answer = done_once(work, now)
    if answer is not None:
        at: dict[str, Any] = {
            "practice_code": account.practice.code,
            "supplier_code": account.supplier.code,
        }
        undo = url_for(undo_endpoint, currency=account.currency, mark=answer["mark"], **at)
        flash_undo(_("%(sum)s of the credit is set off.", sum=answer["sum"]), undo)


def undo_set_off(account: Account, mark: str) -> None:
    """Take a step of setting off back; a refusal is told on the next page."""
    now, today = clock.now(), access.today()
    who: dict[str, Any] = {"on": today, "actor": access.actor(), "now": now}
    if done(lambda: crediting.undo_set_off(account, mark, **who)):
        flash(_("Undone: the credit is open again."), "success")


def statement_file(account: Account, form: str) -> Response:
    """Download the statement of an account for the period asked for."""
    first, last = forms.period(request.args, access.today())
    return documents.download(queries.statement(account, first, last), form)
