"""Telling what leaves a clinic short for its booked sessions: importing this registers it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from flask_babel import format_date, ngettext

from supply.accounts.models import Clinic
from supply.clock import local_date
from supply.inventory import wording
from supply.inventory.queries import levels
from supply.today import rules
from supply.transfers.booked import Lacking, tells_lacking
from supply.treatments.queries import Booked, bookings

AHEAD = dt.timedelta(days=13)
"""Two weeks, today with them: for so long a clinic keeps what its own sessions take."""


@tells_lacking
def lacking_for_sessions(
    clinic: Clinic, item_ids: Collection[int], now: dt.datetime
) -> dict[int, Lacking]:
    """Return what is missing of ``item_ids`` for the sessions of two weeks."""
    today = local_date(now, clinic.timezone)
    booked = bookings(clinic.id, today, today + AHEAD)
    there = levels([clinic.id], sorted(item_ids), now=now)
    available = {item_id: level.available for (_clinic, item_id), level in there.items()}
    return {
        short.item_id: Lacking(short.missing, _words(short, booked))
        for short in rules.shortages(booked.needs, available)
        if short.item_id in item_ids
    }


def _words(short: rules.Shortage, booked: Booked) -> str:
    item = booked.items[short.item_id]
    return str(
        ngettext(
            "%(item)s: %(num)d session booked from %(day)s on would lack %(missing)s.",
            "%(item)s: %(num)d sessions booked from %(day)s on would lack %(missing)s together.",
            short.sessions,
            item=item.name,
            day=format_date(short.first_day, "EEEE d MMM"),
            missing=wording.measure(short.missing, item),
        )
    )
