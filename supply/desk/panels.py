"""What rooms above show at the supplier's desk: they register it here."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from supply.accounts.models import Supplier

Panel = Callable[[Supplier], str]
"""Renders a template of its room, which escapes; "" shows nothing."""
_panels: list[Panel] = []


def on_desk(panel: Panel) -> Panel:
    """Register what the desk shows below its orders; "" shows nothing."""
    _panels.append(panel)
    return panel


def panels(supplier: Supplier) -> list[Markup]:
    """Return what the rooms above show at the desk of ``supplier``."""
    return [Markup(shown) for panel in _panels if (shown := panel(supplier))]  # noqa: S704
