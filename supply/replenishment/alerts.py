"""Alerts about reordering: an item to order, and one that is out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import flask_babel
from flask import url_for
from flask_babel import lazy_gettext as _l

from supply.accounts.models import Clinic
from supply.alerts.kinds import Facts, Kind, Lead, Link, register
from supply.alerts.models import Alert
from supply.alerts.shown import Shown, presents, shown
from supply.alerts.terms import AlertKind
from supply.clock import local_date
from supply.inventory.alerts import item_link, measure
from supply.replenishment import current, wording
from supply.replenishment.current import Standing
from supply.replenishment.emptied import Remedy

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def _order_now(facts: Facts, today: dt.date) -> str:
    if wording.is_projected(facts):
        return _order_foreseen(facts, today)
    if "packs" not in facts:
        return f"{wording.why(facts)} {wording.unpriced(facts)}"
    advice = _(
        "Order %(how_much)s to reach the par level of %(par)s.",
        how_much=wording.how_much(facts),
        par=wording.bare(Decimal(facts["par_level"]), facts),
    )
    return f"{wording.why(facts)} {advice}"


def _order_foreseen(facts: Facts, today: dt.date) -> str:
    if "packs" in facts:
        advice = _(
            "Order %(how_much)s %(by)s.",
            how_much=wording.how_much(facts),
            by=wording.order_by(facts, today),
        )
        return f"{wording.why(facts)} {advice}"
    if "brought" in facts:
        return wording.why(facts)
    return f"{wording.why(facts)} {wording.unpriced(facts)}"


def _order_figures(facts: Facts, today: dt.date) -> tuple[str, str]:
    if "packs" in facts:
        return wording.how_much(facts), wording.why(facts)
    return "", _order_now(facts, today)


def _out_of_stock(facts: Facts, today: dt.date) -> str:
    """Return that nothing is available, what is on order, and what to do."""
    coming = Decimal(facts["on_order"])
    if not coming:
        there = _("None available, and none on order.")
    elif facts.get("expected_on"):
        there = _(
            "None available; %(coming)s on order, expected on %(day)s.",
            coming=measure(coming, facts),
            day=wording.day(facts["expected_on"]),
        )
    else:
        there = _("None available; %(coming)s on order.", coming=measure(coming, facts))
    advice = wording.remedy(facts, today)
    return f"{there} {advice}" if advice else there


def _proposals_link(alert: Alert, clinic_code: str) -> Link | None:
    """Return where it is ordered, or brought over; what cannot be ordered leads to its item."""
    page = url_for("replenishment.proposals", clinic_code=clinic_code)
    if "brought" in alert.facts:
        return _("Bring over"), page
    return (_("Order"), page) if "packs" in alert.facts else item_link(alert, clinic_code)


def _out_link(alert: Alert, clinic_code: str) -> Link | None:
    if alert.facts.get("remedy") == Remedy.COMING and "order" in alert.facts:
        order = url_for("ordering.order", clinic_code=clinic_code, order_id=alert.facts["order"])
        return _("See the order"), order
    return _proposals_link(alert, clinic_code)


def _headline(count: int, clinic: str, names: str) -> str:
    return ngettext(
        "Order %(num)s item at %(clinic)s: %(names)s",
        "Order %(num)s items at %(clinic)s: %(names)s",
        count,
        clinic=clinic,
        names=names,
    )


register(
    Kind(
        word=AlertKind.OUT_OF_STOCK,
        rank=30,
        label=_l("Out of stock"),
        sentence=_out_of_stock,
        counted=lambda count: ngettext(
            "%(num)s item out of stock", "%(num)s items out of stock", count
        ),
        link=_out_link,
        grave=True,
        said_by=AlertKind.ORDER_NOW,
    ),
    Kind(
        word=AlertKind.ORDER_NOW,
        rank=40,
        label=_l("Order now"),
        sentence=_order_now,
        figures=_order_figures,
        counted=lambda count: ngettext("%(num)s item to order", "%(num)s items to order", count),
        link=_proposals_link,
        lead=Lead(_headline, _l("Review what to order"), "replenishment.proposals"),
    ),
)


@presents(AlertKind.OUT_OF_STOCK, AlertKind.ORDER_NOW)
def show_low(alerts: Sequence[Alert], clinic: Clinic, now: dt.datetime) -> dict[int, Shown | None]:
    """Return the rows of items out or low, by the figures of now; one that is both is one row."""
    there = current.standing(clinic.id, {a.item_id for a in alerts if a.item_id}, now=now)
    low = {a.item_id: a for a in alerts if a.kind is AlertKind.ORDER_NOW}
    out = {a.item_id for a in alerts if a.kind is AlertKind.OUT_OF_STOCK}
    today = local_date(now, clinic.timezone)
    rows: dict[int, Shown | None] = {}
    for alert in alerts:
        if alert.kind is AlertKind.OUT_OF_STOCK:
            rows[alert.id] = _shown_low(alert, low.get(alert.item_id), there, clinic, today)
        elif alert.item_id in out:
            rows[alert.id] = None
        else:
            rows[alert.id] = _shown_low(alert, alert, there, clinic, today)
    return rows


def _shown_low(
    alert: Alert, low: Alert | None, there: Standing, clinic: Clinic, today: dt.date
) -> Shown:
    """Return the row of an item that is out or low; ``low``: its alert to order, if there is."""
    row = shown(alert, clinic, today)
    item_id = alert.item_id or 0
    facts = there.refreshed(item_id, (low or alert).facts)
    told = _order_now(facts, today) if low is not None else _out_of_stock(facts, today)
    pill = wording.asked(there.asked(item_id))
    if low is not None and not there.is_low(item_id, facts):
        told, pill = wording.enough(facts), _("On order") if Decimal(facts["on_order"]) else ""
        row = replace(row, link=item_link(alert, clinic.code))
    also = [low.id] if low is not None and low is not alert else []
    return replace(row, message=told, pill=pill, also=also)
