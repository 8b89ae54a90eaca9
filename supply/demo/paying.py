"""Paying in the demonstration: each week what falls due; one invoice is forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from supply.accounts.models import Practice
from supply.actor import Actor
from supply.clock import local_date
from supply.demo.agenda import Agenda, wall
from supply.demo.profiles import INJECTABLES
from supply.demo.supplying import Supplying
from supply.matching.matching import matches
from supply.open_items.models import OpenItem
from supply.settling import queries, saying
from supply.settling.saying import Account, NewPayment

_FRIDAY: Final = 4
_FORGETFUL: Final = 20
"""Days before the end from which on an invoice is forgotten: the first that falls due in them."""


class Paying:
    """A practice's payments to suppliers on Supply."""

    def __init__(
        self,
        practice: Practice,
        manager: Actor,
        suppliers: Mapping[str, Supplying],
        agenda: Agenda,
        *,
        forgets: bool,
    ) -> None:
        """Begin with nothing paid; ``forgets``: leaves an invoice overdue, and announces one."""
        self.practice = practice
        self.manager = manager
        self.suppliers = suppliers
        self.agenda = agenda
        self.forgets = forgets
        self.forgotten: set[int] = set()

    def plan(self, first: dt.date, last: dt.date, timezone: str) -> None:
        """Pay on each Friday from ``first`` to ``last``; announce something on the last day."""
        for number in range((last - first).days + 1):
            day = first + dt.timedelta(days=number)
            if day.weekday() == _FRIDAY:
                self.agenda.at(wall(day, 16, 30, timezone), partial(self._pay, last))
        if self.forgets:
            self.agenda.at(wall(last, 16, 45, timezone), self._announce)

    def _pay(self, last: dt.date, now: dt.datetime) -> None:
        """Have each supplier write down what came for all that falls due within the week."""
        for account, supplier in self._accounts(now):
            day = local_date(now, supplier.supplier.timezone)
            due = [item for item in _invoices(account) if _falls_due(item, day)]
            self._forget(due, day, last)
            parts = {one.id: one.open_minor for one in due if one.id not in self.forgotten}
            if parts and supplier.fulfiller is not None:
                reference = f"SEPA {day:%Y-%m-%d} {account.practice.code}"
                new = NewPayment(sum(parts.values()), day, reference, parts)
                saying.record(account, new, today=day, actor=supplier.fulfiller, now=now)

    def _forget(self, due: Sequence[OpenItem], day: dt.date, last: dt.date) -> None:
        """Leave the first invoice out, for good, that is overdue when history ends."""
        late = [item for item in due if item.due_on is not None and item.due_on < last]
        if self.forgets and not self.forgotten and late and (last - day).days <= _FORGETFUL:
            self.forgotten.add(late[0].id)

    def _announce(self, now: dt.datetime) -> None:
        """Say that one invoice is paid which is received and not due yet."""
        for account, supplier in self._accounts(now):
            day = local_date(now, supplier.supplier.timezone)
            items = [item for item in _invoices(account) if item.id not in self.forgotten]
            matched = matches([item.invoice_id for item in items if item.invoice_id])
            for item in items:
                if (
                    account.supplier.code == INJECTABLES.code
                    and not matched[item.invoice_id or 0].blocks
                ):
                    new = NewPayment(item.open_minor, day, item.name, {item.id: item.open_minor})
                    saying.announce(account, new, today=day, actor=self.manager, now=now)
                    return

    def _accounts(self, now: dt.datetime) -> Iterator[tuple[Account, Supplying]]:
        for row in queries.accounts_of(self.practice, now.date()):
            supplier = self.suppliers[row.code]
            yield Account(self.practice, supplier.supplier, row.currency), supplier


def _invoices(account: Account) -> list[OpenItem]:
    return [item for item in queries.open_items(account) if not item.is_credit]


def _falls_due(item: OpenItem, day: dt.date) -> bool:
    return item.due_on is not None and item.due_on < day + dt.timedelta(days=7)
