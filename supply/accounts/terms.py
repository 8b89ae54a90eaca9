"""Words of accounts: roles, how a session ended, what people are told."""

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


class SessionEnd(enum.StrEnum):
    """How a session came to its end before it had run out."""

    SIGNED_OUT = "signed_out"
    ENDED_ELSEWHERE = "ended_elsewhere"
    """By its person, from another session."""
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_RESET = "password_reset"
    ADDRESS_CHANGED = "address_changed"
    SECOND_STEP_CHANGED = "second_step_changed"
    """A second step is asked from now on, or what there was for it is taken away."""


class Notice(enum.StrEnum):
    """What was done to someone's account that they should hear of, in case it was not them."""

    PASSWORD_CHANGED = "password_changed"
    ADDRESS_CHANGED = "address_changed"
    TOKEN_ISSUED = "token_issued"
    NEW_DEVICE = "new_device"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    FACTORS_RESET = "factors_reset"
    CODES_REFUSED = "codes_refused"
    PASSKEY_COPIED = "passkey_copied"
    SECOND_STEP_DEMANDED = "second_step_demanded"


PRACTICE_ROLES = (Role.OWNER, Role.STOCK_MANAGER, Role.PRACTITIONER, Role.VIEWER)


SUPPLIER_ROLES = (Role.SUPPLIER_ADMIN, Role.FULFILLER)


EVERY_DAY = 0b1111111
"""Opening days as bits, Monday the lowest."""
