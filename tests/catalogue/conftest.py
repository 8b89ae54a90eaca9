"""A supplier's file, and the cast of the small world."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from supply.catalogue.importing.reading import REQUIRED

ROW: Mapping[str, str] = {
    "sku": "HA-10-V5x5",
    "name": "Hyaluronic acid 1%, vial",
    "category": "hyaluronic_acid",
    "kind": "vial",
    "concerns": "hydration laxity",
    "unit": "ml",
    "containers_per_pack": "5",
    "content_per_container": "5",
    "dose": "single",
    "ingredients": "sodium hyaluronate 10 mg/ml; water for injections",
    "allergens": "",
    "storage": "2-25C; do_not_freeze",
    "shelf_life_months": "24",
    "after_opening_hours": "0",
    "prescription_only": "no",
    "regulatory_class": "medical device class III (EU)",
    "source": "",
}


def catalogue_file(rows: Iterable[Mapping[str, str]], columns: Iterable[str] = REQUIRED) -> bytes:
    """Return a CSV of :data:`ROW` with each of ``rows`` laid over it."""
    lines = [{**ROW, **row} for row in rows]
    extra = [name for row in lines for name in row if name not in REQUIRED]
    buffer = io.StringIO()
    writer = csv.DictWriter(
        buffer, [*columns, *dict.fromkeys(extra)], extrasaction="ignore", restval=""
    )
    writer.writeheader()
    writer.writerows(lines)
    return buffer.getvalue().encode()
