"""What rooms above show on both sides' pages of an order: they register it here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from markupsafe import Markup

from supply.ordering.models import PurchaseOrder

Panel = Callable[[PurchaseOrder], str]
"""Renders a template of its room, which escapes; "" shows nothing."""
_panels: list[Panel] = []
_supplier_panels: list[Panel] = []


def on_order_page(panel: Panel) -> Panel:
    """Register what the clinic's page shows between lines and timeline; "" shows nothing."""
    _panels.append(panel)
    return panel


def on_supplier_page(panel: Panel) -> Panel:
    """Register what the supplier's page of an order shows there; "" shows nothing."""
    _supplier_panels.append(panel)
    return panel


def panels(order: PurchaseOrder) -> list[Markup]:
    """Return what the rooms above show of ``order`` to its clinic."""
    return _shown(_panels, order)


def supplier_panels(order: PurchaseOrder) -> list[Markup]:
    """Return what the rooms above show of ``order`` to its supplier."""
    return _shown(_supplier_panels, order)


def _shown(registered: Iterable[Panel], order: PurchaseOrder) -> list[Markup]:
    return [Markup(shown) for panel in registered if (shown := panel(order))]  # noqa: S704
