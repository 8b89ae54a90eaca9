"""What lets someone in, kept as hashes: sessions, known devices, reset links, API tokens; tries."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person
from supply.accounts.terms import SessionEnd
from supply.db import Base, Identified, Instant, Key, word

ADDRESS_LENGTH = 64
USER_AGENT_LENGTH = 300
TOKEN_NAME_LENGTH = 80


class WebSession(Identified, Base):
    """One browser in which a person is signed in, until it is ended here or has run out.

    ``last_seen_at`` and ``address`` are kept coarsely: they are not written at every request.
    """

    __tablename__ = "web_session"
    __table_args__ = (
        sa.CheckConstraint("(ended_at IS NULL) = (ended_how IS NULL)", name="ended_somehow"),
        sa.Index("ix_web_session_person_id_last_seen_at", "person_id", "last_seen_at"),
    )

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    secret_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    last_seen_at: Mapped[dt.datetime] = mapped_column(Instant)
    address: Mapped[str] = mapped_column(sa.String(ADDRESS_LENGTH))
    user_agent: Mapped[str] = mapped_column(sa.String(USER_AGENT_LENGTH))
    remembered: Mapped[bool]
    second_step: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether it was begun with more than a password."""
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    ended_how: Mapped[SessionEnd | None] = mapped_column(word(SessionEnd))

    person: Mapped[Person] = relationship()


class KnownDevice(Base):
    """A browser in which a person has signed in before; a shared one is known to several."""

    __tablename__ = "known_device"

    secret_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        Key, sa.ForeignKey("person.id"), primary_key=True, index=True
    )
    tries_key: Mapped[str] = mapped_column(sa.String(64))
    """What tries for this person on it are counted under; it outlasts the secret."""
    last_used_at: Mapped[dt.datetime] = mapped_column(Instant)


class PasswordReset(Identified, Base):
    """A link by which a person may choose a new password, once and for a while."""

    __tablename__ = "password_reset"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    person: Mapped[Person] = relationship()


class ApiToken(Identified, Base):
    """A bearer token for the API. ``last_used_at`` is kept coarsely."""

    __tablename__ = "api_token"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(TOKEN_NAME_LENGTH), server_default="")
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    last_used_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    expires_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    person: Mapped[Person] = relationship()


class Throttle(Base):
    """Tries counted per subject and window, shared by every worker. The subject is a hash."""

    __tablename__ = "throttle"

    subject: Mapped[str] = mapped_column(sa.String(300), primary_key=True)
    window_start: Mapped[dt.datetime] = mapped_column(Instant, primary_key=True)
    attempts: Mapped[int] = mapped_column(default=0)
