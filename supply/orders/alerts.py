"""Alerts about orders, and transfers from sister clinics: a delivery overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import flask_babel
from flask import url_for
from flask_babel import lazy_gettext as _l

from supply.alerts.kinds import Facts, Kind, Link, register
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.clock import local_date
from supply.web.filters import relative_date

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def _delivery_overdue(facts: Facts, today: dt.date) -> str:
    if "transfer" in facts:
        return _transfer_overdue(facts, today)
    return ngettext(
        "%(num)s pack from %(supplier)s was expected %(when)s. Ask the supplier.",
        "%(num)s packs from %(supplier)s were expected %(when)s. Ask the supplier.",
        facts["packs"],
        supplier=facts["supplier"],
        when=relative_date(dt.date.fromisoformat(facts["expected_on"]), today),
    )


def _transfer_overdue(facts: Facts, today: dt.date) -> str:
    sent = local_date(dt.datetime.fromisoformat(facts["sent_at"]), facts["timezone"])
    when = relative_date(sent, today)
    if facts["arrives"]:
        return _(
            "%(clinic)s sent it %(when)s, and it is not received. Receive it, or ask them.",
            clinic=facts["clinic"],
            when=when,
        )
    return _(
        "Sent %(when)s, and %(clinic)s has not received all of it. It is yours until then.",
        clinic=facts["clinic"],
        when=when,
    )


def _subject(facts: Facts) -> str:
    if "transfer" in facts:
        return _("Transfer %(code)s", code=facts["transfer"])
    return _("Order %(order)s", order=facts["order"])


def _order_link(alert: Alert, clinic_code: str) -> Link | None:
    if "transfer_id" in alert.facts:
        transfer_id = alert.facts["transfer_id"]
        page = url_for("transfers.show", clinic_code=clinic_code, transfer_id=transfer_id)
        return _("See the transfer"), page
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
        subject=_subject,
        link=_order_link,
    )
)
