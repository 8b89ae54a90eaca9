"""What fulfilment refuses, typed so that programs can tell."""

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


class ShippedSince(Refusal):
    """A receipt cannot be undone: what it called missing was sent or cancelled since."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            _("This cannot be undone: the missing packs were sent again or cancelled since.")
        )
