"""Words of the catalogue: storage classes, doses, pack levels, availability."""

from __future__ import annotations

import enum


class Storage(enum.StrEnum):
    """Where a product may be kept: 2–8 °C, 15–25 °C, both, or frozen."""

    COLD = "cold"
    AMBIENT = "ambient"
    EITHER = "either"
    FROZEN = "frozen"

    @property
    def is_cold(self) -> bool:
        """Whether what is kept so must not leave the cold chain."""
        return self in (Storage.COLD, Storage.FROZEN)


class Dose(enum.StrEnum):
    """Whether an opened container serves one patient, several, or is not opened at all."""

    SINGLE = "single"
    MULTI = "multi"
    NONE = "none"


class Availability(enum.StrEnum):
    """Whether the supplier has a product: plenty, hardly, or none for now."""

    AVAILABLE = "available"
    SHORT = "short"
    UNAVAILABLE = "unavailable"


class PackLevel(enum.StrEnum):
    """What one GTIN identifies."""

    EACH = "each"
    PACK = "pack"
    CASE = "case"
