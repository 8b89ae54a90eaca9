"""What roles, days and languages are called on pages."""

from __future__ import annotations

from babel import Locale
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from supply.accounts.models import Membership
from supply.accounts.terms import Role

ROLE_NAMES: dict[Role, LazyString] = {
    Role.OWNER: _l("Owner"),
    Role.STOCK_MANAGER: _l("Stock manager"),
    Role.PRACTITIONER: _l("Practitioner"),
    Role.VIEWER: _l("Viewer"),
    Role.SUPPLIER_ADMIN: _l("Supplier admin"),
    Role.FULFILLER: _l("Fulfiller"),
}

ROLE_HELP: dict[Role, LazyString] = {
    Role.OWNER: _l("May do everything, people and settings included"),
    Role.STOCK_MANAGER: _l("Receives, corrects and orders, up to a limit if one is set"),
    Role.PRACTITIONER: _l("Records sessions and waste while the certificate is in date"),
    Role.VIEWER: _l("Sees everything, changes nothing"),
    Role.SUPPLIER_ADMIN: _l("Orders, products, prices, recalls and people"),
    Role.FULFILLER: _l("Orders and shipments"),
}

DAYS: tuple[LazyString, ...] = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)

LOCALES = ("en", "en_GB", "en_US", "fr", "de", "es", "it")
"""Offered on pages; a command takes any that Babel knows."""


def role_name(role: Role) -> str:
    """Return what pages call ``role``."""
    return str(ROLE_NAMES[role])


def place_name(membership: Membership) -> str:
    """Return the name of the practice or supplier, or of the one clinic it is limited to."""
    if len(membership.clinics) == 1:
        return membership.clinics[0].name
    place = membership.practice or membership.supplier
    return place.name if place else ""


def locale_choices(kept: str | None = None) -> list[tuple[str, str]]:
    """Return (code, name in its own language) of the offered locales and the one in use."""
    codes = LOCALES if kept is None or kept in LOCALES else (*LOCALES, kept)
    return [(code, Locale.parse(code).get_display_name() or code) for code in codes]
