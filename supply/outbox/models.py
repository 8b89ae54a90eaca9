"""Mail waiting to be sent, queued in the transaction that caused it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.db import Base, Identified, Instant, Key, word
from supply.outbox.terms import MailKind

WAITS = "sent_at IS NULL AND set_aside_at IS NULL"
"""Which mails there are still to be tried, as the index of them has it."""

UNSENT = "sent_at IS NULL"
"""Which mails are to be tried, or sent again by a person: few, however long the mailbox."""


class Mail(Identified, Base):
    """One message to one address, with its Message-ID fixed when queued."""

    __tablename__ = "mail"
    __table_args__ = (
        sa.Index(
            "ix_mail_waiting",
            "due_at",
            postgresql_where=sa.text(WAITS),
            sqlite_where=sa.text(WAITS),
        ),
        *(
            sa.Index(
                f"ix_mail_unsent_{place}",
                f"{place}_id",
                postgresql_where=sa.text(UNSENT),
                sqlite_where=sa.text(UNSENT),
            )
            for place in ("practice", "supplier")
        ),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
    )

    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    kind: Mapped[MailKind] = mapped_column(word(MailKind))
    person_id: Mapped[int | None] = mapped_column(Key, index=True)
    practice_id: Mapped[int | None] = mapped_column(Key, index=True)
    supplier_id: Mapped[int | None] = mapped_column(Key, index=True)
    to_address: Mapped[str] = mapped_column(sa.String(254))
    to_name: Mapped[str] = mapped_column(sa.String(200), default="")
    reply_to_address: Mapped[str | None] = mapped_column(sa.String(254))
    """Who reads what is answered, where that is not who sends (MAIL_FROM)."""
    reply_to_name: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    subject: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    unsubscribe_url: Mapped[str | None] = mapped_column(sa.String(500))
    """Where its reader says that no more of the kind is wanted (RFC 8058)."""
    queued_at: Mapped[dt.datetime] = mapped_column(Instant)
    due_at: Mapped[dt.datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[dt.datetime | None] = mapped_column(Instant)
    sent_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    set_aside_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """Since when nobody tries any more: ``last_error`` says why, and a person sends it again."""
    last_error: Mapped[str | None] = mapped_column(sa.Text)

    attachments: Mapped[list[MailAttachment]] = relationship(
        back_populates="mail", order_by="MailAttachment.id"
    )


class MailAttachment(Identified, Base):
    """A file that goes with a mail."""

    __tablename__ = "mail_attachment"

    mail_id: Mapped[int] = mapped_column(sa.ForeignKey("mail.id"), index=True)
    filename: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)

    mail: Mapped[Mail] = relationship(back_populates="attachments")
