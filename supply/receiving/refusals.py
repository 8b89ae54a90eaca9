"""What is refused of receiving, typed so that programs can tell."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply.refusals import Refusal
from supply.web import filters


class AlreadyReceived(Refusal):
    """Somebody received these packs of a shipment, and said something else of them.

    ``entry`` is the ledger entry of theirs; None when they only said that packs are missing.
    """

    def __init__(
        self,
        code: str,
        who: str,
        at: dt.datetime,
        timezone: str,
        *,
        entry: int | None,
        order_id: int,
    ) -> None:
        """Name the shipment, who received it and when."""
        super().__init__(
            _(
                "%(who)s received shipment %(code)s, %(when)s. What you say of it is not recorded:"
                " if packs are damaged, wrong or missing, claim them on the order.",
                who=who,
                code=code,
                when=filters.instant(at, timezone),
            )
        )
        self.code = code
        self.who = who
        self.at = at
        self.entry = entry
        self.order_id = order_id
