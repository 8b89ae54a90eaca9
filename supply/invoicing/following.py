"""Whoever keeps accounts follows from above what is issued: it registers here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from supply.actor import Actor
from supply.invoicing.models import Invoice

Follower = Callable[[Invoice, Actor, dt.datetime], None]
_followers: list[Follower] = []


def on_issue(follower: Follower) -> Follower:
    """Register what to do when a document was issued, in the transaction that issued it.

    It runs under the locks of the order and of the supplier's counter of numbers.
    """
    _followers.append(follower)
    return follower


def issued(invoice: Invoice, actor: Actor, now: dt.datetime) -> None:
    """Tell the rooms above that ``invoice`` was issued; it has its number and its sums."""
    for follower in _followers:
        follower(invoice, actor, now)
