"""Seals over the ledger and the audit."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supply.db import Base, Instant, Key


class Seal(Base):
    """What all rows up to some were when it was made: a hash over them and the seal before.

    ``number`` counts from 1 without a gap. ``…_to`` are the ids up to which rows are sealed, from
    those of the seal before on; ``…_digest`` is the hash over each kind of row, so that a seal
    that is broken says where; ``digest`` chains them. ``form`` is how rows were written out.
    Append-only.
    """

    __tablename__ = "seal"
    __table_args__ = (sa.CheckConstraint("number > 0", name="number"),)

    number: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    sealed_at: Mapped[dt.datetime] = mapped_column(Instant)
    form: Mapped[int]
    entry_to: Mapped[int] = mapped_column(Key)
    entry_digest: Mapped[str] = mapped_column(sa.String(64))
    move_to: Mapped[int] = mapped_column(Key)
    move_digest: Mapped[str] = mapped_column(sa.String(64))
    audit_row_to: Mapped[int] = mapped_column(Key)
    audit_row_digest: Mapped[str] = mapped_column(sa.String(64))
    digest: Mapped[str] = mapped_column(sa.String(64))
