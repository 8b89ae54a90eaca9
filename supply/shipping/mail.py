"""Mails about parcels: one is on its way, or is not after all."""

from __future__ import annotations

import datetime as dt

from supply.ordering import mail as order_mail
from supply.ordering.models import PurchaseOrder
from supply.outbox.links import public_url
from supply.shipping.models import Shipment


def tell_clinic_of_shipment(shipment: Shipment, now: dt.datetime) -> None:
    """Queue a mail to the clinic's owners and stock managers: what is on its way, by which code."""
    order = shipment.order
    url = public_url(
        "fulfilment.receive_shipment", clinic_code=order.clinic.code, shipment_id=shipment.id
    )
    context = {"shipment": shipment, "button_url": url}
    order_mail.tell_clinic(order, "order_shipped", context, now)


def tell_clinic_of_no_shipment(order: PurchaseOrder, code: str, now: dt.datetime) -> None:
    """Queue a mail to the clinic: a shipment it was told of is not on its way after all."""
    order_mail.tell_clinic(order, "shipment_taken_back", {"code": code}, now)
