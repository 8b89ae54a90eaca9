"""What payments refuse, typed so that programs can tell."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.refusals import Refusal


class StripeAway(Refusal):
    """Stripe cannot be reached just now; what was asked for is kept and asked again."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            _("The card page cannot be reached at the moment. Nothing was charged: try again soon.")
        )


class StripeRefused(Refusal):
    """Stripe will not take this payment; ``said`` is what it said."""

    def __init__(self, said: str) -> None:
        """Keep what was said."""
        super().__init__(_("The card page refused this order: %(said)s", said=said))
        self.said = said
