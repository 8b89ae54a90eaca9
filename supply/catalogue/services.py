"""Writing the catalogue."""

from __future__ import annotations

from supply.catalogue.importing import ImportRefused, ImportSummary, import_catalogue

__all__ = ["ImportRefused", "ImportSummary", "import_catalogue"]
