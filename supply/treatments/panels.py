"""What rooms above show on the page of a session: they register it here."""

from __future__ import annotations

from supply.treatments.models import TreatmentSession
from supply.web.panels import Panels

_of_session: Panels[TreatmentSession] = Panels()

on_session_page = _of_session.register
"""Registers what the page of a session shows below its lots; "" shows nothing."""
panels = _of_session.of
"""Returns what the rooms above show of a session."""
