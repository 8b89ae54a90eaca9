"""Mails about parcels: on its way, and what was wrong with one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from supply.fulfilment.models import Shipment
from supply.ordering import mail as order_mail
from supply.ordering.models import PurchaseOrder
from supply.outbox.links import public_url


def tell_clinic_of_shipment(shipment: Shipment, now: dt.datetime) -> None:
    """Queue a mail to the clinic's owners and stock managers: what is on its way, by which code."""
    order = shipment.order
    url = public_url(
        "fulfilment.receive_shipment", clinic_code=order.clinic.code, shipment_id=shipment.id
    )
    context = {"shipment": shipment, "button_url": url}
    order_mail.tell_clinic(order, "order_shipped", context, now)


def tell_supplier_of_claims(
    order: PurchaseOrder, rows: Sequence[dict[str, Any]], now: dt.datetime
) -> None:
    """Queue a mail to the supplier about packs that came damaged, short-dated or not at all.

    Each row has ``name``, ``sku``, ``lot``, ``packs`` and ``reason``.
    """
    order_mail.tell_supplier(order, "order_claim", {"rows": rows}, now)
