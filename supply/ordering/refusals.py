"""What ordering refuses, typed so that programs can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask_babel import gettext as _

from supply.money import Money
from supply.ordering.terms import OfferStatus, Stage
from supply.refusals import Refusal
from supply.web import filters


class WrongStage(Refusal):
    """The order is not in a stage that allows this."""

    def __init__(self, number: str, stage: Stage) -> None:
        """Name the order and the stage it is in."""
        super().__init__(STAGE_SENTENCES[stage](number))
        self.number = number
        self.stage = stage


class GoneOn(Refusal):
    """A step cannot be taken back: something else has happened to the order since."""

    def __init__(self, number: str, since: str) -> None:
        """Name the order, and in words what happened."""
        super().__init__(
            _(
                "This cannot be taken back. Since then, on order %(number)s: %(since)s.",
                number=number,
                since=since,
            )
        )


class NothingLeft(Refusal):
    """Every pack of the order has been shipped or cancelled."""

    def __init__(self, number: str) -> None:
        """Name the order."""
        super().__init__(_("Nothing is left to cancel on order %(number)s.", number=number))


class EmptyOrder(Refusal):
    """An order without lines cannot be placed."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(_("Put at least one product into the basket first."))


class NotSold(Refusal):
    """Products that cannot be bought; ``names`` lists every one of them."""

    def __init__(self, message: str, names: Sequence[str]) -> None:
        """Keep the products' names beside the sentence."""
        super().__init__(message)
        self.names = list(names)


class Withdrawn(NotSold):
    """Products their supplier no longer sells."""

    def __init__(self, names: Sequence[str]) -> None:
        """Name all of them."""
        listed = ", ".join(names)
        super().__init__(
            _("No longer sold: %(names)s. Take them off the order.", names=listed), names
        )


class NoPrice(NotSold):
    """Products without a price in the clinic's currency."""

    def __init__(self, currency: str, names: Sequence[str]) -> None:
        """Name all of them and the currency."""
        sentence = _(
            "No price in %(currency)s for: %(names)s. Ask the supplier for one, or take them off.",
            currency=currency,
            names=", ".join(names),
        )
        super().__init__(sentence, names)


class BelowMinimum(Refusal):
    """An order's goods are worth less than its supplier takes orders for."""

    def __init__(self, supplier: str, minimum: Money, missing: Money) -> None:
        """Keep both sums beside the sentence; they are net and without carriage."""
        super().__init__(
            _(
                "%(supplier)s takes orders from %(minimum)s, net: %(missing)s are missing.",
                supplier=supplier,
                minimum=filters.money(minimum),
                missing=filters.money(missing),
            )
        )
        self.minimum = minimum
        self.missing = missing


class PricesChanged(Refusal):
    """Prices have changed since they were shown; ``lines`` names each as (name, was, now)."""

    def __init__(self, lines: Sequence[tuple[str, Money | None, Money | None]]) -> None:
        """Name every line with what a pack cost and costs."""
        told = "; ".join(_changed(*line) for line in lines)
        super().__init__(
            _("Nothing is placed: prices have changed since they were shown. %(lines)s", lines=told)
        )
        self.lines = list(lines)


def _changed(name: str, was: Money | None, now: Money | None) -> str:
    if was is None or now is None:
        return name
    old, new = filters.money(was), filters.money(now)
    return str(_("%(name)s: was %(was)s a pack, now %(now)s", name=name, was=old, now=new))


class LicenceNeeded(NotSold):
    """Prescription-only products, and no licence in date."""

    def __init__(self, names: Sequence[str]) -> None:
        """Name all of them."""
        sentence = _(
            "Prescription only: %(names)s. The practice needs a licence in date to order them;"
            " an owner can enter it in the settings.",
            names=", ".join(names),
        )
        super().__init__(sentence, names)


class ChangedSince(Refusal):
    """The clinic changed the order while its supplier looked at it."""

    def __init__(self, number: str) -> None:
        """Name the order."""
        super().__init__(
            _(
                "The clinic has changed order %(number)s since you opened it. Nothing was answered:"
                " look at it as it is now.",
                number=number,
            )
        )


class AskedAnew(Refusal):
    """An order that waits for approval is not the one that its owner was shown."""

    def __init__(self, number: str, changes: Sequence[str]) -> None:
        """Name the order, and in sentences what has changed on it."""
        told = " ".join(changes) or _("It was sent back since, and asked for anew.")
        super().__init__(
            _(
                "Nothing is decided: order %(number)s is not as you were shown it."
                " %(changes)s Look at it again.",
                number=number,
                changes=told,
            )
        )


class OtherLines(Refusal):
    """A draft has other lines than the page showed."""

    def __init__(self, added: Sequence[str], *, taken_off: bool) -> None:
        """Name what was added; what was taken off is not there to be named."""
        told = []
        if added:
            told.append(_("Added since: %(names)s.", names=", ".join(added)))
        if taken_off:
            told.append(_("Something was taken off since."))
        super().__init__(
            _(
                "Nothing is placed: somebody has changed this order since it was shown."
                " %(changes)s Look at it again.",
                changes=" ".join(told),
            )
        )


class OfferAnswered(Refusal):
    """A substitute was answered, or withdrawn with what it stood for, before."""

    def __init__(self, status: OfferStatus | None) -> None:
        """Say what became of it; None: there is no such offer."""
        super().__init__(
            OFFER_SENTENCES[status]() if status else _("This substitute is not offered any more.")
        )


class OnOrderAlready(Refusal):
    """A product that is to come onto an order is on it."""

    def __init__(self, name: str) -> None:
        """Name the product."""
        super().__init__(
            _("%(name)s has come onto this order since: refuse the substitute.", name=name)
        )


class NoCard(Refusal):
    """The order cannot be paid by card; the sentence says why."""


OFFER_SENTENCES: Mapping[OfferStatus, Callable[[], str]] = {
    OfferStatus.OPEN: lambda: _("This order has ended: its substitutes cannot be answered."),
    OfferStatus.ACCEPTED: lambda: _("This substitute has already been accepted."),
    OfferStatus.REFUSED: lambda: _("This substitute has already been refused."),
    OfferStatus.WITHDRAWN: lambda: _("This substitute is not offered any more."),
}

STAGE_SENTENCES = {
    Stage.DRAFT: lambda number: _("Order %(number)s has not been placed yet.", number=number),
    Stage.AWAITING_APPROVAL: lambda number: _(
        "Order %(number)s is waiting for an owner's approval.", number=number
    ),
    Stage.AWAITING_PAYMENT: lambda number: _(
        "Order %(number)s is waiting to be paid.", number=number
    ),
    Stage.PLACED: lambda number: _("Order %(number)s has already been placed.", number=number),
    Stage.ACKNOWLEDGED: lambda number: _(
        "Order %(number)s has already been acknowledged.", number=number
    ),
    Stage.CLOSED: lambda number: _("Order %(number)s is closed.", number=number),
    Stage.CANCELLED: lambda number: _("Order %(number)s is cancelled.", number=number),
    Stage.DECLINED: lambda number: _("The supplier declined order %(number)s.", number=number),
}
"""Why not, by where the order stands."""
