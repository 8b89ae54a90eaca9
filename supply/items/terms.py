"""Words of items and locations."""

from __future__ import annotations

import enum


class LocationKind(enum.StrEnum):
    """A place in the clinic, stock on its way, or the outside."""

    # A depot has customers, and no patients.

    SHELF = "shelf"
    TRANSIT = "transit"
    SUPPLIER = "supplier"
    PATIENT = "patient"
    WASTE = "waste"
    DIFFERENCE = "difference"
    CUSTOMER = "customer"
