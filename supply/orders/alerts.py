"""Alerts about orders: a delivery overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import flask_babel
from flask import url_for
from flask_babel import lazy_gettext as _l

from supply.alerts.kinds import Facts, Kind, Link, register
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.web.filters import relative_date

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def _delivery_overdue(facts: Facts, today: dt.date) -> str:
    return ngettext(
        "%(num)s pack from %(supplier)s was expected %(when)s. Ask the supplier.",
        "%(num)s packs from %(supplier)s were expected %(when)s. Ask the supplier.",
        facts["packs"],
        supplier=facts["supplier"],
        when=relative_date(dt.date.fromisoformat(facts["expected_on"]), today),
    )


def _order_link(alert: Alert, clinic_code: str) -> Link | None:
    if alert.order_id is None:
        return None
    page = url_for("ordering.order", clinic_code=clinic_code, order_id=alert.order_id)
    return _("See the order"), page


register(
    Kind(
        word=AlertKind.DELIVERY_OVERDUE,
        rank=90,
        label=_l("Delivery overdue"),
        sentence=_delivery_overdue,
        counted=lambda count: ngettext(
            "%(num)s delivery overdue", "%(num)s deliveries overdue", count
        ),
        subject=lambda facts: _("Order %(order)s", order=facts["order"]),
        link=_order_link,
    )
)
