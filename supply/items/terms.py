"""Words of items and locations."""

from __future__ import annotations

import enum

from supply.catalogue.terms import Storage


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


PLACE_STORAGES = (Storage.AMBIENT, Storage.COLD, Storage.FROZEN)
"""At what a place may be kept; *either* is said of products only."""
