"""Words of the outbox."""

from __future__ import annotations

import enum


class MailKind(enum.StrEnum):
    """What a mail is about."""

    DIGEST = "digest"
    ORDER = "order"
    ORDER_NEWS = "order_news"
    APPROVAL = "approval"
    RECALL = "recall"
    SESSION_SHORT = "session_short"
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"
    ACCOUNT = "account"
    """What was done to someone's account: a new password, token or device."""


CONFIDENTIAL_KINDS = (MailKind.INVITATION, MailKind.PASSWORD_RESET)
"""Mails that carry a key to someone's account: nobody else may read them."""
