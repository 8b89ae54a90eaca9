"""What rooms above show on the clinic's page of an order: they register it here."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from supply.ordering.models import PurchaseOrder

Panel = Callable[[PurchaseOrder], Markup]
_panels: list[Panel] = []


def on_order_page(panel: Panel) -> Panel:
    """Register what to show of an order between its lines and its timeline; "" shows nothing."""
    _panels.append(panel)
    return panel


def panels(order: PurchaseOrder) -> list[Markup]:
    """Return what the rooms above show of ``order``."""
    return [shown for panel in _panels if (shown := panel(order))]
