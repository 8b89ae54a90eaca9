"""Mails about people: a link for a new password, an invitation, what was done to an account."""

from __future__ import annotations

import datetime as dt

from supply import addresses
from supply.accounts.models import Invitation, Person, Practice, Supplier
from supply.accounts.names import ROLE_NAMES
from supply.accounts.reading import locale_of
from supply.accounts.terms import Notice
from supply.outbox.links import public_url
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind

_PAGES = dict.fromkeys(
    (
        Notice.FACTOR_ADDED,
        Notice.FACTOR_REMOVED,
        Notice.FACTORS_RESET,
        Notice.PASSKEY_COPIED,
        Notice.RECOVERY_CODES_MADE,
        Notice.RECOVERY_CODE_USED,
        Notice.SECOND_STEP_DEMANDED,
    ),
    "accounts.second_step",
)
"""Where a notice leads, but to one's account."""


def send_reset(person: Person, token: str, now: dt.datetime) -> None:
    """Queue the mail with the link under which ``person`` chooses a new password."""
    enqueue(
        MailKind.PASSWORD_RESET,
        to_address=person.email,
        to_name=person.name,
        template="password_reset",
        context={"button_url": public_url("accounts.reset", token=token)},
        locale=locale_of(person),
        person_id=person.id,
        now=now,
    )


def send_invitation(
    invitation: Invitation, place: Practice | Supplier, inviter: str, secret: str, now: dt.datetime
) -> None:
    """Queue the mail with the link under which an invitation is taken up."""
    enqueue(
        MailKind.INVITATION,
        to_address=invitation.email,
        to_name=invitation.name,
        template="invitation",
        context={
            "place": place.name,
            "role": ROLE_NAMES[invitation.role],
            "inviter": inviter,
            "until": invitation.expires_at.date(),
            "button_url": public_url("accounts.invitation", token=secret),
        },
        locale=place.locale,
        practice_id=invitation.practice_id,
        supplier_id=invitation.supplier_id,
        now=now,
    )


def send_notice(
    person: Person, notice: Notice, now: dt.datetime, *, address: str | None, what: str = ""
) -> None:
    """Queue the mail that tells ``person`` what was done; ``what`` names the token or device."""
    _tell(person, person.email, notice, now, address=address, what=what, person_id=person.id)


def send_farewell(person: Person, earlier: str, now: dt.datetime, *, address: str | None) -> None:
    """Queue the mail to the ``earlier`` e-mail of ``person`` that says it is theirs no more.

    It follows nobody to a newer one, so it belongs to no person; where none could be written
    to, nobody is to be told.
    """
    try:
        addresses.kept(earlier)
    except addresses.AddressError:
        return
    _tell(
        person, earlier, Notice.ADDRESS_CHANGED, now, address=address, what=person.email,
        person_id=None,
    )  # fmt: skip


def _tell(
    person: Person,
    to_address: str,
    notice: Notice,
    now: dt.datetime,
    *,
    address: str | None,
    what: str,
    person_id: int | None,
) -> None:
    enqueue(
        MailKind.ACCOUNT,
        to_address=to_address,
        to_name=person.name,
        template="account_notice",
        context={
            "notice": notice.value,
            "what": what,
            "at": now,
            "address": address or "",
            "email": to_address,
            "button_url": public_url(_PAGES.get(notice, "accounts.account")),
        },
        locale=locale_of(person),
        person_id=person_id,
        now=now,
    )
