"""Pure decisions on open items: what a credit note takes off which invoice."""

from __future__ import annotations

from collections.abc import Sequence


def shares_of_note(total: int, by_invoice: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return what a credit note of ``total`` takes off each invoice it is about, in minor units.

    ``by_invoice`` are (invoice id, its lines with VAT on the note). VAT is rounded on the whole
    note, so the last invoice takes what is left: the parts add up to the note.
    """
    found: dict[int, int] = {}
    left = total
    for index, (invoice_id, gross) in enumerate(by_invoice):
        part = left if index == len(by_invoice) - 1 else min(left, gross)
        found[invoice_id] = part
        left -= part
    return found
