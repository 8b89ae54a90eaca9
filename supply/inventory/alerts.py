"""Alerts about what stands on a shelf: expiring, expired, open past its time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import flask_babel
import sqlalchemy as sa
from flask import url_for
from flask_babel import lazy_gettext as _l

from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.alerts.kinds import Facts, Kind, Link, register
from supply.alerts.models import Alert
from supply.alerts.shown import Shown, presents, shown
from supply.alerts.terms import AlertKind
from supply.clock import local_date
from supply.db import db
from supply.inventory import availability
from supply.inventory.models import Balance
from supply.inventory.wording import measured
from supply.items.models import Location
from supply.items.wording import one_or_many
from supply.quantity import Unit
from supply.web.filters import instant, quantity, relative_date, short_date

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def measure(amount: Decimal, facts: Facts) -> str:
    """Return a quantity as people think of it: "8 vials", "8 vials and 3.2 ml", "40 pieces"."""
    return measured(amount, Decimal(facts["content"]), facts["container"], Unit(facts["unit"]))


def item_link(alert: Alert, clinic_code: str) -> Link | None:
    """Return the page of the item an alert is about."""
    if alert.item_id is None:
        return None
    return _("See the item"), url_for("stock.item", clinic_code=clinic_code, item_id=alert.item_id)


def _expiring(facts: Facts, today: dt.date) -> str:
    left = measure(Decimal(facts["quantity"]), facts)
    return ngettext(
        "%(left)s of lot %(lot)s expires %(when)s. Use it first.",
        "%(left)s of lot %(lot)s expire %(when)s. Use them first.",
        one_or_many(left),
        left=left,
        lot=facts["lot"],
        when=relative_date(dt.date.fromisoformat(facts["expiry"]), today),
    )


def _expired(facts: Facts, _today: dt.date) -> str:
    left = measure(Decimal(facts["quantity"]), facts)
    return ngettext(
        "Lot %(lot)s expired on %(day)s, and %(left)s is still on the shelf. Discard it.",
        "Lot %(lot)s expired on %(day)s, and %(left)s are still on the shelf. Discard them.",
        one_or_many(left),
        left=left,
        lot=facts["lot"],
        day=short_date(dt.date.fromisoformat(facts["expiry"])),
    )


def _open_past_time(facts: Facts, _today: dt.date) -> str:
    return _(
        "An open container of lot %(lot)s, %(left)s left: use by %(when)s has passed. Discard it.",
        left=f"{quantity(Decimal(facts['quantity']))} {facts['unit']}",
        lot=facts["lot"],
        when=instant(dt.datetime.fromisoformat(facts["discard_at"]), facts["timezone"]),
    )


@presents(AlertKind.EXPIRED, AlertKind.OPEN_PAST_TIME)
def show_gone(alerts: Sequence[Alert], clinic: Clinic, now: dt.datetime) -> dict[int, Shown | None]:
    """Return the rows of what is to be discarded, each with the way to where it lies."""
    lying = _lying(clinic.id, [alert.lot_id for alert in alerts if alert.lot_id])
    today = local_date(now, clinic.timezone)
    rows: dict[int, Shown | None] = {}
    for alert in alerts:
        row = shown(alert, clinic, today)
        container = alert.subject.removeprefix("container:")
        spot = next(
            (
                spot
                for spot in lying
                if spot.lot_id == alert.lot_id
                and (alert.kind is AlertKind.EXPIRED or str(spot.container_id) == container)
            ),
            None,
        )
        if spot is not None:
            row = replace(row, action=_discard(spot, clinic), needs=Right.WASTE)
        rows[alert.id] = row
    return rows


def _discard(spot: Any, clinic: Clinic) -> Link:
    page = "handling.waste" if spot.container_id is None else "handling.discard"
    return _("Discard"), url_for(page, clinic_code=clinic.code, balance_id=spot.id)


def _lying(clinic_id: int, lot_ids: Sequence[int]) -> Sequence[Any]:
    """Return where lots lie on shelves, what is sealed first."""
    query = (
        sa.select(Balance.id, Balance.lot_id, Balance.container_id)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.clinic_id == clinic_id, Balance.lot_id.in_(lot_ids), availability.on_shelf())
        .order_by(Balance.container_id.is_not(None), Balance.id)
    )
    return db.session.execute(query).all()


def _left_and(
    sentence: Callable[[Facts, dt.date], str],
) -> Callable[[Facts, dt.date], tuple[str, str]]:
    def figures(facts: Facts, today: dt.date) -> tuple[str, str]:
        return measure(Decimal(facts["quantity"]), facts), sentence(facts, today)

    return figures


register(
    Kind(
        word=AlertKind.OPEN_PAST_TIME,
        rank=60,
        label=_l("Open past its time"),
        sentence=_open_past_time,
        figures=_left_and(_open_past_time),
        counted=lambda count: ngettext(
            "%(num)s open container past its time", "%(num)s open containers past their time", count
        ),
        link=item_link,
    ),
    Kind(
        word=AlertKind.EXPIRED,
        rank=70,
        label=_l("Expired"),
        sentence=_expired,
        figures=_left_and(_expired),
        counted=lambda count: ngettext(
            "%(num)s expired lot to discard", "%(num)s expired lots to discard", count
        ),
        link=item_link,
        grave=True,
    ),
    Kind(
        word=AlertKind.EXPIRING,
        rank=80,
        label=_l("Expiring"),
        sentence=_expiring,
        figures=_left_and(_expiring),
        counted=lambda count: ngettext("%(num)s lot expiring", "%(num)s lots expiring", count),
        link=item_link,
    ),
)
