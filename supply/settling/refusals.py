"""What settling refuses, typed so that programs can tell."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from supply.open_items.terms import PaymentState
from supply.refusals import Refusal


class PaymentMoved(Refusal):
    """A payment does not stand where this step begins."""

    def __init__(self, reference: str, state: PaymentState) -> None:
        """Name the payment and say where it stands."""
        super().__init__(_moved(reference, state))
        self.state = state


def _moved(reference: str, state: PaymentState) -> str:
    match state:
        case PaymentState.ANNOUNCED:
            return str(_("Payment %(reference)s waits for the supplier.", reference=reference))
        case PaymentState.CONFIRMED:
            return str(_("Payment %(reference)s is confirmed already.", reference=reference))
        case PaymentState.DENIED:
            sentence = _(
                "Payment %(reference)s did not come, says the supplier.", reference=reference
            )
            return str(sentence)
        case PaymentState.WITHDRAWN:
            return str(_("Payment %(reference)s was taken back.", reference=reference))


class BuiltUpon(Refusal):
    """A step cannot be taken back: what it left has been used since."""


class Blocked(Refusal):
    """Invoices do not match what was ordered and received; ``numbers`` lists every one."""

    def __init__(self, found: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Keep the numbers; the sentence names each invoice and its differences."""
        sentences = [
            _("%(number)s: %(differences)s.", number=number, differences="; ".join(texts))
            for number, texts in found
        ]
        rest = _("Clear this first, or say on the order why it is paid nevertheless.")
        super().__init__(" ".join([*sentences, rest]))
        self.numbers = [number for number, _texts in found]


class NothingToSetOff(Refusal):
    """There is no credit left, or no invoice that it could settle."""
