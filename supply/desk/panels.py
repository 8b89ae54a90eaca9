"""What rooms above show at the supplier's desk: they register it here."""

from __future__ import annotations

from supply.accounts.models import Supplier
from supply.web.panels import Panels

_at_desk: Panels[Supplier] = Panels()

on_desk = _at_desk.register
"""Registers what the desk shows below its orders; "" shows nothing."""
panels = _at_desk.of
"""Returns what the rooms above show at the desk of a supplier."""
