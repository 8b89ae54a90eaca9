"""What people type on the page that receives a parcel: packs by condition, kept as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.ordering.typed import Fault, read_packs
from supply.receiving.receiving import ReceiveLine
from supply.receiving.terms import ClaimWish
from supply.refusals import InvalidInput
from supply.shipping.models import Shipment, ShipmentLine
from supply.shipping.terms import Condition
from supply.text import whole


@dataclass(frozen=True, slots=True)
class ReceiveRow:
    """One line of the receive form: packs typed by condition.

    ``left`` is how many packs were left to receive when the form was shown.
    """

    line: ShipmentLine
    left: int
    good: str = "0"
    damaged: str = "0"
    warm: bool = False
    """Whether what is there of it arrived warm, though it has to be kept cold."""

    def with_more(self, packs: int) -> ReceiveRow:
        """Return the row with ``packs`` more that are good."""
        return replace(self, good=str((whole(self.good) or 0) + packs))

    @property
    def room(self) -> int:
        """Packs that nobody has counted yet."""
        return max(self.left - self.counted, 0)

    def filled(self) -> ReceiveRow:
        """Return the row with all that is not said to be damaged as good."""
        return replace(self, good=str(max(self.left - (whole(self.damaged) or 0), 0)))

    @property
    def is_cold(self) -> bool:
        """Whether it has to be kept cold on its way."""
        return self.line.order_line.product.storage.is_cold

    @property
    def damaged_packs(self) -> int:
        """Packs not to be used as they are, as far as they can be read."""
        return (whole(self.damaged) or 0) + ((whole(self.good) or 0) if self.warm else 0)

    def why(self, reason: str) -> str:
        """Return what is wrong with the line: that it arrived warm, and what was typed."""
        if not self.warm:
            return reason
        parts = [_("Arrived warm."), reason]
        if damaged := whole(self.damaged):
            said = ngettext("%(num)d pack is damaged.", "%(num)d packs are damaged.", damaged)
            parts.insert(1, said)
        return " ".join(str(part) for part in parts if part)

    @property
    def counted(self) -> int:
        """Packs said to be there, good or damaged."""
        return (whole(self.good) or 0) + (whole(self.damaged) or 0)

    @property
    def complete(self) -> bool:
        """Whether every pack that was left is said to be there."""
        good, damaged = whole(self.good), whole(self.damaged)
        return good is not None and damaged is not None and good + damaged == self.left


def blank_receive_rows(shipment: Shipment) -> list[ReceiveRow]:
    """Return the rows of a fresh receive form: every pack that is left, as good."""
    return [
        ReceiveRow(line, line.unaccounted).filled() for line in shipment.lines if line.unaccounted
    ]


def receive_rows(shipment: Shipment, form: Mapping[str, str]) -> list[ReceiveRow]:
    """Return the rows of the receive form, as typed, of the state in which it was shown.

    What was left then may be received by now: the service says so.
    """
    return [
        ReceiveRow(
            line,
            min(whole(form.get(f"left_{line.id}", "")) or line.unaccounted, line.packs),
            form.get(f"good_{line.id}", "0").strip(),
            form.get(f"damaged_{line.id}", "0").strip(),
            f"warm_{line.id}" in form,
        )
        for line in shipment.lines
        if line.unaccounted or f"left_{line.id}" in form
    ]


def received_lines(
    rows: Sequence[ReceiveRow], *, rest_missing: bool, reason: str, want: ClaimWish | None = None
) -> list[ReceiveLine]:
    """Return what the typed rows say; with ``rest_missing`` also what is not there.

    Raises:
        InvalidInput: packs that cannot be read, or more than were sent, by field name.
    """
    faults: list[Fault] = []
    lines: list[ReceiveLine] = []
    for row in rows:
        name = row.line.order_line.name
        good = read_packs(row.good or "0", f"good_{row.line.id}", name, faults)
        damaged = read_packs(row.damaged or "0", f"damaged_{row.line.id}", name, faults)
        left = row.left - good - damaged
        if left < 0:
            sentence = ngettext(
                "%(name)s: %(num)d pack was sent; counted: %(counted)d.",
                "%(name)s: %(num)d packs were sent; counted: %(counted)d.",
                row.left,
                name=name,
                counted=good + damaged,
            )
            faults.append((f"good_{row.line.id}", sentence))
        said = {Condition.GOOD: good, Condition.DAMAGED: damaged}
        if row.warm and row.is_cold:
            said = {Condition.DAMAGED: good + damaged}
        if rest_missing:
            said[Condition.MISSING] = left
        lines += [
            _line(row.line, packs, condition, _why(row, condition, reason), want)
            for condition, packs in said.items()
            if packs
        ]
    if faults:
        raise InvalidInput(*faults)
    if not lines:
        raise InvalidInput(("scan", _("Say what is in the parcel, or that the rest is missing.")))
    return lines


def _why(row: ReceiveRow, condition: Condition, reason: str) -> str:
    return row.why(reason) if condition is Condition.DAMAGED and row.is_cold else reason


def _line(
    line: ShipmentLine, packs: int, condition: Condition, reason: str, want: ClaimWish | None
) -> ReceiveLine:
    return ReceiveLine(line.order_line.sku, line.lot_number, packs, condition, reason, want)
