"""Adverse events in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from supply.adverse.models import AdverseEventLot
from supply.adverse.terms import Severity
from supply.inventory.wording import unit_word
from supply.quantity import Unit

SEVERITY_WORDS = {
    Severity.MILD: _l("Mild"),
    Severity.MODERATE: _l("Moderate"),
    Severity.SEVERE: _l("Severe"),
}
SEVERITY_TONES = {
    Severity.MILD: "neutral",
    Severity.MODERATE: "warn",
    Severity.SEVERE: "bad",
}
KINDS = (
    _l("Infection"),
    _l("Allergic reaction"),
    _l("Swelling that does not go"),
    _l("Nodule"),
    _l("Bruising"),
    _l("Vessel blocked"),
    _l("Skin dying"),
    _l("Severe pain"),
    _l("Fainting"),
)
"""Kinds that are offered; people may write another."""


def unit_of(lot: AdverseEventLot) -> str:
    """Return the unit that what was given of a lot is measured in, as a word."""
    return unit_word(Unit(lot.unit), lot.quantity)
