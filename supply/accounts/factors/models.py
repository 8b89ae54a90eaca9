"""What a person has for the second step: apps, passkeys, recovery codes; what was used up."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supply.db import NO_ID_TWICE, Base, Identified, Instant

NAME_LENGTH = 60


class AuthenticatorApp(Identified, Base):
    """An app that shows a code for every thirty seconds, from a secret that both sides keep.

    A code is good once: ``last_step`` is the newest thirty seconds that one was taken of.
    """

    __tablename__ = "authenticator_app"
    __table_args__ = (NO_ID_TWICE,)

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    sealed_secret: Mapped[str] = mapped_column(sa.String(300))
    """Encrypted with a key made from the installation's; see `boxes`."""
    last_step: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    last_used_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class Passkey(Identified, Base):
    """A key that a device keeps for one site; we keep its public half."""

    __tablename__ = "passkey"
    __table_args__ = (NO_ID_TWICE,)

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    site: Mapped[str] = mapped_column(sa.String(253))
    """The host it was made for: it works nowhere else."""
    credential_id: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    """How often it says it was used; many always say 0."""
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    last_used_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class RecoveryCode(Identified, Base):
    """A code for when nothing else is at hand, good once; kept as its hash."""

    __tablename__ = "recovery_code"
    __table_args__ = (sa.UniqueConstraint("person_id", "code_hash"), NO_ID_TWICE)

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    used_at: Mapped[dt.datetime | None] = mapped_column(Instant)


class SpentChallenge(Base):
    """A question that a passkey has answered: the same answer is worth nothing again."""

    __tablename__ = "spent_challenge"

    challenge_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    spent_at: Mapped[dt.datetime] = mapped_column(Instant, index=True)
