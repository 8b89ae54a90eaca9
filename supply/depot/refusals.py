"""What a depot refuses."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.refusals import Refusal


class KeepsNoStock(Refusal):
    """The supplier does not keep its stock here."""

    def __init__(self) -> None:
        """Say where it begins."""
        super().__init__(_("Your stock is not kept here. Turn that on under Stock first."))


class OrdersByMail(Refusal):
    """Nobody of the supplier works here, so nothing would leave its depot."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_("Orders go to this supplier by mail: it keeps no stock here."))


class OfAShipment(Refusal):
    """What a shipment drew goes back with the shipment."""

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__(
            _("This left with a shipment: take the shipment back on its order's page.")
        )
