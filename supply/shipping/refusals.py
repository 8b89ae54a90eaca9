"""What is refused of parcels on their way, typed so that programs can tell."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.refusals import Refusal


class NotOnItsWay(Refusal):
    """The order is not in a stage in which goods move."""

    def __init__(self, number: str) -> None:
        """Name the order."""
        super().__init__(
            _("Order %(number)s is not open: nothing can be shipped or received.", number=number)
        )


class NoLongerSent(Refusal):
    """The supplier took a shipment back before anything of it was received."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_("The supplier took this shipment back: it is not on its way any more."))


class PartlyReceived(Refusal):
    """A shipment cannot be taken back: the clinic has said something of it."""

    def __init__(self, code: str) -> None:
        """Name the shipment."""
        super().__init__(
            _(
                "Shipment %(code)s cannot be taken back: the clinic has received some of it.",
                code=code,
            )
        )
