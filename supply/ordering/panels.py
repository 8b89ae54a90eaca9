"""What rooms above show on both sides' pages of an order: they register it here."""

from __future__ import annotations

from supply.ordering.models import PurchaseOrder
from supply.web.panels import Panels

_of_clinic: Panels[PurchaseOrder] = Panels()
_of_supplier: Panels[PurchaseOrder] = Panels()

on_order_page = _of_clinic.register
"""Registers what the clinic's page shows between lines and timeline; "" shows nothing."""
on_supplier_page = _of_supplier.register
"""Registers what the supplier's page of an order shows there; "" shows nothing."""
panels = _of_clinic.of
"""Returns what the rooms above show of an order to its clinic."""
supplier_panels = _of_supplier.of
"""Returns what the rooms above show of an order to its supplier."""
