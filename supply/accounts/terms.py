"""Words of accounts: roles."""

from __future__ import annotations

import enum


class Role(enum.StrEnum):
    """What a member of a practice or supplier is there for."""

    OWNER = "owner"
    STOCK_MANAGER = "stock_manager"
    PRACTITIONER = "practitioner"
    VIEWER = "viewer"
    SUPPLIER_ADMIN = "supplier_admin"
    FULFILLER = "fulfiller"


PRACTICE_ROLES = (Role.OWNER, Role.STOCK_MANAGER, Role.PRACTITIONER, Role.VIEWER)


SUPPLIER_ROLES = (Role.SUPPLIER_ADMIN, Role.FULFILLER)


EVERY_DAY = 0b1111111
"""Opening days as bits, Monday the lowest."""
