"""Queueing mails with the change that caused them, and queueing them once more."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from supply import addresses
from supply.actor import Actor
from supply.addresses import AddressError
from supply.audit import services as audit
from supply.db import db
from supply.languages import shown_locale
from supply.outbox import rules
from supply.outbox.models import Mail, MailAttachment
from supply.outbox.terms import CONFIDENTIAL_KINDS, MailKind
from supply.refusals import InvalidInput, Refusal

log = logging.getLogger(__name__)

SUBJECT_LENGTH = 300
NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to go with a mail."""

    filename: str
    media_type: str
    content: bytes


class NotWaiting(Refusal):
    """The mail cannot be sent again: it went out, or is being sent."""


class Belongs(TypedDict, total=False):
    """Whose a mail is: the person it is for, and the mailbox pages it shows in."""

    person_id: int | None
    practice_id: int | None
    supplier_id: int | None
    unsubscribe_url: str | None
    """Where that person stops mails of the kind."""


def enqueue(
    kind: MailKind,
    *,
    to_address: str,
    to_name: str = "",
    reply_to: tuple[str, str] | None = None,
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
    ``reply_to`` is the name and address that answers go to, if those take mail.

    A recipient who cannot be written to stops nothing: the mail is set aside at once, and shows
    so in the mailbox page, to be sent again when the address is mended.
    """
    known = {**context, "unsubscribe_url": belongs.get("unsubscribe_url")}
    subject, text, html = _render(template, known, locale)
    address, problem = _recipient(to_address)
    mail = Mail(
        message_id=_new_message_id(),
        kind=kind,
        **belongs,
        to_address=address,
        to_name=rules.one_line(to_name, NAME_LENGTH),
        **_answered_by(reply_to),
        subject=subject,
        text=text,
        html=html,
        queued_at=now,
        due_at=now,
        set_aside_at=now if problem else None,
        last_error=problem,
    )
    mail.attachments = [
        MailAttachment(filename=a.filename, media_type=a.media_type, content=a.content)
        for a in attachments
    ]
    db.session.add(mail)
    db.session.flush()
    return mail


def enqueue_alone(
    kind: MailKind,
    *,
    attachments: Callable[[], Sequence[Attachment]] = tuple,
    **mail: Any,
) -> Mail | None:
    """Queue a mail on which nothing else depends: see :func:`enqueue`; ``attachments`` makes them.

    One that cannot be made (a language, a template, a document that fails) is logged and left
    out, and None returned: neither its cause nor the mails to others suffer.
    """
    try:
        with db.session.begin_nested():
            return enqueue(kind, attachments=attachments(), **mail)
    except Exception:
        log.exception("no mail (%s) could be made for person %s", kind, mail.get("person_id"))
        return None


def send_again(mail: Mail, address: str, *, actor: Actor, now: dt.datetime) -> None:
    """Queue once more a mail that was set aside or failed, now to ``address``.

    Raises:
        NotWaiting: it went out, or is being sent at this moment.
        InvalidInput: ``address`` cannot be written to.
    """
    try:
        present = addresses.kept(address)
    except AddressError as error:
        raise InvalidInput(("email", str(error.sentence))) from None
    changed = _requeue(sa.and_(Mail.id == mail.id, _left_alone(now)), now, to_address=present)
    if not changed:
        raise NotWaiting(_("This mail went out already, or is being sent at this moment."))
    audit.record(
        actor,
        "mail.sent_again",
        ("mail", mail.id),
        now,
        practice_id=mail.practice_id,
        supplier_id=mail.supplier_id,
        before={"to": mail.to_address},
        after={"to": present},
    )


def send_all_again(now: dt.datetime) -> int:
    """Queue once more every mail that was set aside and whose address is one; return how many.

    For whoever runs the installation, after a server that refused everything is mended.
    """
    query = sa.select(Mail.id, Mail.to_address).where(
        Mail.sent_at.is_(None), Mail.set_aside_at.is_not(None)
    )
    ids = [row.id for row in db.session.execute(query) if addresses.is_mailable(row.to_address)]
    return _requeue(sa.and_(Mail.id.in_(ids), _left_alone(now)), now) if ids else 0


def readdress(
    *,
    person_id: int | None = None,
    supplier_id: int | None = None,
    address: str,
    now: dt.datetime,
) -> int:
    """Send what still waits for a person, or for a supplier's own address, to ``address`` instead.

    Return how many mails that were. Links to an account are not among them: they were asked for
    by whoever reads the earlier address.
    """
    whose = Mail.person_id == person_id
    if person_id is None:
        whose = sa.and_(Mail.supplier_id == supplier_id, Mail.person_id.is_(None))
    waiting = sa.and_(
        whose,
        Mail.kind.not_in(CONFIDENTIAL_KINDS),
        Mail.set_aside_at.is_(None),
        _left_alone(now),
    )
    return _requeue(waiting, now, to_address=address)


def _left_alone(now: dt.datetime) -> sa.ColumnElement[bool]:
    """Return which mails have not gone out and are not being sent by anyone at ``now``."""
    free = sa.or_(Mail.leased_until.is_(None), Mail.leased_until <= now)
    return sa.and_(Mail.sent_at.is_(None), free)


def _requeue(which: sa.ColumnElement[bool], now: dt.datetime, **values: str) -> int:
    fresh = {"set_aside_at": None, "last_error": None, "attempts": 0, "due_at": now, **values}
    statement = sa.update(Mail).where(which).values(fresh).returning(Mail.id)
    changed = db.session.execute(statement, execution_options={"synchronize_session": False})
    return len(changed.all())


def _recipient(address: str) -> tuple[str, str | None]:
    """Return the address as it is written to and None, or as it is and why it cannot be."""
    try:
        return addresses.kept(address), None
    except AddressError as error:
        return rules.one_line(address, addresses.LONGEST), str(error.sentence)


def _answered_by(reply_to: tuple[str, str] | None) -> dict[str, str]:
    """Return the columns of who answers go to; none where no mail reaches them."""
    name, address = reply_to or ("", "")
    try:
        kept = addresses.kept(address)
    except AddressError:
        return {}
    return {"reply_to_address": kept, "reply_to_name": rules.one_line(name, NAME_LENGTH)}


def _render(template: str, context: Mapping[str, Any], locale: str) -> tuple[str, str, str]:
    """Return subject, text and HTML. No request's context takes part: a mail has its own reader."""
    environment = current_app.jinja_env
    with force_locale(shown_locale(locale)):
        folder = f"email/{template}"
        subject = rules.one_line(
            environment.get_template(f"{folder}/subject.txt").render(context), SUBJECT_LENGTH
        )
        full = {**context, "subject": subject}
        text = environment.get_template(f"{folder}/body.txt").render(full).strip() + "\n"
        html = environment.get_template(f"{folder}/body.html").render(full).strip() + "\n"
    return subject, text, html


def _new_message_id() -> str:
    try:
        domain = addresses.named(current_app.config["MAIL_FROM"])[1].rpartition("@")[2]
    except AddressError:
        domain = "localhost"
    return f"<{uuid.uuid4().hex}@{domain}>"
