"""Queueing mails with the change that caused them, and delivering them afterwards."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any, Protocol, TypedDict, Unpack

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from supply.db import db, transaction
from supply.outbox import rules
from supply.outbox.models import Mail, MailAttachment
from supply.outbox.terms import MailKind
from supply.refusals import InvalidInput

SUBJECT_LENGTH = 300
NAME_LENGTH = 200
BATCH = 100
"""Mails one delivery run tries at most; the next run takes the rest."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to go with a mail."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Counts:
    """What one delivery run did, and how many mails still wait."""

    sent: int
    failed: int
    waiting: int


class Belongs(TypedDict, total=False):
    """Whose a mail is: the person it is for, and the mailbox pages it shows in."""

    person_id: int | None
    practice_id: int | None
    supplier_id: int | None


class DeliveryError(Exception):
    """A mail was not taken. ``str()`` is what the server or the network said.

    ``permanent``: refused for good. ``server``: the server itself is out of reach or
    refuses us, so that trying further mails now is useless.
    """

    def __init__(self, reason: str, *, permanent: bool = False, server: bool = False) -> None:
        """Keep what was said and what it means for this mail and the next."""
        super().__init__(reason)
        self.permanent = permanent
        self.server = server


class Gateway(Protocol):
    """Something that takes a mail, or raises DeliveryError."""

    def send(self, mail: Mail, sent_at: dt.datetime) -> None:
        """Hand ``mail`` over, dated ``sent_at``."""


def enqueue(
    kind: MailKind,
    *,
    to_address: str,
    to_name: str = "",
    template: str,
    context: Mapping[str, Any],
    attachments: Sequence[Attachment] = (),
    locale: str = "en",
    now: dt.datetime,
    **belongs: Unpack[Belongs],
) -> Mail:
    """Queue a mail in the running transaction, worded in ``locale``; return it, flushed.

    ``template`` names a folder of templates/email with subject.txt, body.txt and body.html;
    the rendered subject is in the context of the other two as ``subject``. ``person_id`` is
    whom it is for; ``practice_id`` or ``supplier_id`` says in whose mailbox page it shows.
    Raises InvalidInput on an address that is not one.
    """
    if not rules.is_address(to_address):
        raise InvalidInput(("email", _("Enter an e-mail address, such as anna@example.org.")))
    subject, text, html = _render(template, context, locale)
    mail = Mail(
        message_id=_new_message_id(),
        kind=kind,
        **belongs,
        to_address=to_address,
        to_name=rules.one_line(to_name, NAME_LENGTH),
        subject=subject,
        text=text,
        html=html,
        queued_at=now,
        due_at=now,
    )
    mail.attachments = [
        MailAttachment(filename=a.filename, media_type=a.media_type, content=a.content)
        for a in attachments
    ]
    db.session.add(mail)
    db.session.flush()
    return mail


def deliver(now: dt.datetime, gateway: Gateway | None) -> Counts:
    """Send the mails due by ``now``; without a ``gateway`` they wait.

    Each mail is claimed, sent and marked on its own: claiming and marking are one short
    transaction each, and sending happens outside any. Whoever crashes in between leaves one
    claimed mail, which goes out again under the same Message-ID once its lease is over.
    """
    sent = failed = 0
    present = _ticking_from(now)
    if gateway is None:
        return Counts(0, 0, _waiting())
    for mail_id in _due(now):
        mail = _claim(mail_id, present())
        if mail is None:
            continue
        try:
            gateway.send(mail, present())
        except DeliveryError as error:
            failed += 1
            _put_back(mail, error, present())
            if error.server:
                break
        else:
            sent += 1
            _mark_sent(mail, present())
    return Counts(sent, failed, _waiting())


def _render(template: str, context: Mapping[str, Any], locale: str) -> tuple[str, str, str]:
    """Return subject, text and HTML. No request's context takes part: a mail has its own reader."""
    environment = current_app.jinja_env
    with force_locale(locale):
        folder = f"email/{template}"
        subject = rules.one_line(
            environment.get_template(f"{folder}/subject.txt").render(context), SUBJECT_LENGTH
        )
        full = {**context, "subject": subject}
        text = environment.get_template(f"{folder}/body.txt").render(full).strip() + "\n"
        html = environment.get_template(f"{folder}/body.html").render(full).strip() + "\n"
    return subject, text, html


def _new_message_id() -> str:
    sender = parseaddr(current_app.config["MAIL_FROM"])[1]
    domain = sender.rpartition("@")[2] or "localhost"
    return f"<{uuid.uuid4().hex}@{domain}>"


def _ticking_from(now: dt.datetime) -> Callable[[], dt.datetime]:
    """Return a clock that starts at ``now``, so that a late mail's lease is not already old."""
    started = time.monotonic()
    return lambda: now + dt.timedelta(seconds=time.monotonic() - started)


def _claimable(now: dt.datetime) -> sa.ColumnElement[bool]:
    free = sa.or_(Mail.leased_until.is_(None), Mail.leased_until <= now)
    return sa.and_(Mail.sent_at.is_(None), Mail.due_at <= now, free)


def _due(now: dt.datetime) -> Sequence[int]:
    """Return the ids of mails to try, longest due first, and leave no transaction open."""
    query = sa.select(Mail.id).where(_claimable(now)).order_by(Mail.due_at, Mail.id).limit(BATCH)
    found = db.session.scalars(query).all()
    db.session.rollback()
    return found


def _claim(mail_id: int, now: dt.datetime) -> Mail | None:
    """Lease one mail and return it, detached; None when somebody else has it."""
    with transaction():
        claimed = db.session.execute(
            sa.update(Mail)
            .where(Mail.id == mail_id, _claimable(now))
            .values(leased_until=now + rules.LEASE, attempts=Mail.attempts + 1)
            .returning(Mail.id),
            execution_options={"synchronize_session": False},
        ).scalar_one_or_none()
        if claimed is None:
            return None
        mail = db.session.scalars(
            sa.select(Mail)
            .where(Mail.id == mail_id)
            .options(selectinload(Mail.attachments))
            .execution_options(populate_existing=True)
        ).one()
        db.session.expunge(mail)
        return mail


def _mark_sent(mail: Mail, now: dt.datetime) -> None:
    _settle(mail, {"sent_at": now, "leased_until": None, "last_error": None})


def _put_back(mail: Mail, error: DeliveryError, now: dt.datetime) -> None:
    due = now + rules.wait_after(mail.attempts, permanent=error.permanent)
    _settle(mail, {"due_at": due, "leased_until": None, "last_error": str(error)})


def _settle(mail: Mail, values: dict[str, Any]) -> None:
    """Write the outcome, unless the lease ran out and somebody else sent it meanwhile."""
    with transaction():
        db.session.execute(
            sa.update(Mail).where(Mail.id == mail.id, Mail.sent_at.is_(None)).values(values),
            execution_options={"synchronize_session": False},
        )


def _waiting() -> int:
    count = db.session.scalar(sa.select(sa.func.count(Mail.id)).where(Mail.sent_at.is_(None)))
    db.session.rollback()
    return count or 0
