"""Reading the mailbox: what a practice or supplier was or will be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import defer, selectinload

from supply.db import db
from supply.outbox.models import Mail, MailAttachment
from supply.outbox.terms import CONFIDENTIAL_KINDS

PAGE = 50


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mails one reader may list: those of a practice or supplier, perhaps only their own.

    ``reveal``: also shows what is confidential (a demonstration, in which nobody is anybody).
    """

    reader_id: int
    practice_id: int | None = None
    supplier_id: int | None = None
    own_only: bool = False
    reveal: bool = False

    def condition(self) -> sa.ColumnElement[bool]:
        """Return which rows are in this mailbox."""
        if self.practice_id is not None:
            place = Mail.practice_id == self.practice_id
        else:
            place = Mail.supplier_id == self.supplier_id
        return sa.and_(place, Mail.person_id == self.reader_id) if self.own_only else place

    def may_read(self, mail: Mail) -> bool:
        """Return whether the reader may see what ``mail`` says, beyond that there is one."""
        if mail.kind not in CONFIDENTIAL_KINDS or self.reveal:
            return True
        return mail.person_id == self.reader_id


def mails(
    mailbox: Mailbox, before: int | None = None, *, only_set_aside: bool = False
) -> tuple[Sequence[Mail], int | None]:
    """Return a page of mails, the newest first, and the id to continue before (None: the last)."""
    query = (
        sa.select(Mail)
        .where(mailbox.condition())
        .options(defer(Mail.text), defer(Mail.html))
        .order_by(Mail.id.desc())
        .limit(PAGE + 1)
    )
    if only_set_aside:
        query = query.where(*_SET_ASIDE)
    if before is not None:
        query = query.where(Mail.id < before)
    found = db.session.scalars(query).all()
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return found[:PAGE], more


def waiting(mailbox: Mailbox) -> int:
    """Return how many mails are still to go out."""
    return _count(mailbox, Mail.sent_at.is_(None), Mail.set_aside_at.is_(None))


def set_aside(mailbox: Mailbox) -> int:
    """Return how many mails were refused for good and wait for somebody to send them again."""
    return _count(mailbox, *_SET_ASIDE)


_SET_ASIDE = (Mail.sent_at.is_(None), Mail.set_aside_at.is_not(None))


def _count(mailbox: Mailbox, *conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count(Mail.id)).where(mailbox.condition(), *conditions)
    return db.session.scalar(query) or 0


def mail(mailbox: Mailbox, mail_id: int) -> Mail | None:
    """Return one mail of this mailbox with its files' names, if it is there to be read."""
    found = db.session.scalar(
        sa.select(Mail)
        .where(mailbox.condition(), Mail.id == mail_id)
        .options(selectinload(Mail.attachments).defer(MailAttachment.content))
    )
    return found if found is not None and mailbox.may_read(found) else None


def attachment(mail_id: int, file_id: int) -> MailAttachment | None:
    """Return a file that goes with a mail."""
    return db.session.scalar(
        sa.select(MailAttachment).where(
            MailAttachment.id == file_id, MailAttachment.mail_id == mail_id
        )
    )
