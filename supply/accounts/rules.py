"""Who may do what, and how long a session lasts: pure decisions."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from supply.accounts.terms import Role


class Right(enum.StrEnum):
    """Something a role may or may not do."""

    VIEW = "view"
    RECORD = "record"
    """Record sessions and open containers: a qualified practitioner's work."""
    WASTE = "waste"
    """Waste and discard."""
    STOCK = "stock"
    """Receive, correct, hold, import, set up items, locations and policies."""
    TRACE = "trace"
    """Follow a patient reference to what it got."""
    FORMULATE = "formulate"
    """Write down what formulations say: what a session uses, and how much."""
    ORDER = "order"
    SETTINGS = "settings"
    """People, limits, clinics and the practice itself."""
    FULFIL = "fulfil"
    """A supplier's orders and shipments."""
    CATALOGUE = "catalogue"
    """A supplier's products, prices, recalls and people."""


_OWNER = {
    Right.VIEW,
    Right.RECORD,
    Right.WASTE,
    Right.STOCK,
    Right.TRACE,
    Right.FORMULATE,
    Right.ORDER,
    Right.SETTINGS,
}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(_OWNER),
    Role.STOCK_MANAGER: frozenset(
        {Right.VIEW, Right.WASTE, Right.STOCK, Right.TRACE, Right.FORMULATE, Right.ORDER}
    ),
    Role.PRACTITIONER: frozenset(
        {Right.VIEW, Right.RECORD, Right.WASTE, Right.TRACE, Right.FORMULATE}
    ),
    Role.VIEWER: frozenset({Right.VIEW}),
    Role.SUPPLIER_ADMIN: frozenset({Right.VIEW, Right.FULFIL, Right.CATALOGUE}),
    Role.FULFILLER: frozenset({Right.VIEW, Right.FULFIL}),
}

_CERTIFIED = frozenset({Right.RECORD, Right.WASTE, Right.FORMULATE})
"""What a practitioner may do only while the certificate on file is in date."""


def may(role: Role, right: Right, *, certificate_valid_to: dt.date | None, today: dt.date) -> bool:
    """Return whether a member with ``role`` has ``right`` on ``today`` (clinic's calendar).

    A practitioner records, opens, discards and writes formulations only through the
    certificate's last day; one without a certificate on file does not.
    """
    if right not in RIGHTS[role]:
        return False
    if role is Role.PRACTITIONER and right in _CERTIFIED:
        return certificate_valid_to is not None and today <= certificate_valid_to
    return True


CERTIFICATE_TOLD_BEFORE = dt.timedelta(days=60)
"""How long before a certificate's last day its owner and the practice's owners are told."""

CERTIFICATE_TOLD_AFTER = dt.timedelta(days=60)
"""How long after it they still are, where nobody could be told before."""


class CertificateState(enum.StrEnum):
    """How a certificate stands on a day."""

    IN_DATE = "in_date"
    ENDING = "ending"
    OUT = "out"


def certificate_state(valid_to: dt.date, today: dt.date) -> CertificateState:
    """Return how a certificate stands that is valid through ``valid_to``."""
    if today > valid_to:
        return CertificateState.OUT
    near = valid_to - today <= CERTIFICATE_TOLD_BEFORE
    return CertificateState.ENDING if near else CertificateState.IN_DATE


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts: unused, and at most."""

    idle: dt.timedelta
    whole: dt.timedelta


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long sessions last: of a browser, and of a device that was to remember the person."""

    plain: Lifetime
    remembered: Lifetime

    def of(self, *, remembered: bool) -> Lifetime:
        """Return the one that holds for a session."""
        return self.remembered if remembered else self.plain


def session_is_over(
    lifetime: Lifetime, *, begun: dt.datetime, seen: dt.datetime, now: dt.datetime
) -> bool:
    """Return whether a session has run out at ``now``: unused for too long, or too old.

    Nothing is kept of it, so a clock that was wrong for an hour has ended nobody's session.
    """
    return now - seen >= lifetime.idle or now - begun >= lifetime.whole
