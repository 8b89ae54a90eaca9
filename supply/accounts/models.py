"""Practices, clinics, suppliers, people, and who may do what where."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.role_sets import Roles
from supply.accounts.terms import EVERY_DAY, Role
from supply.db import NO_ID_TWICE, Base, Identified, Instant, Key, derived, word
from supply.text import fold


class Registered:
    """Mix-in: a business that may be registered for VAT, and who looked its number up."""

    country: Mapped[str | None] = mapped_column(sa.String(2))
    """Where it is established, by ISO 3166."""
    vat_number: Mapped[str | None] = mapped_column(sa.String(20))
    """Beginning with its country's letters; see `supply.vat.numbers`."""
    vat_checked_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    vat_checked_by_id: Mapped[int | None] = mapped_column(Key)
    """Who, if a person; no foreign key, as people refer to clinics and those to practices."""


class Demanding:
    """Mix-in: a business that may ask roles for a second step at sign-in."""

    second_step_roles: Mapped[frozenset[Role]] = mapped_column(
        Roles, default=frozenset(), server_default=""
    )


CHECKED = "(vat_number IS NULL) = (vat_checked_at IS NULL)"
"""No VAT number without when it was looked up."""


class Practice(Identified, Registered, Demanding, Base):
    """A business that owns clinics."""

    __tablename__ = "practice"
    __table_args__ = (
        sa.Index("uq_practice_code_key", "code_key", unique=True),
        sa.CheckConstraint(CHECKED, name="vat_checked"),
    )

    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    code_key: Mapped[str] = mapped_column(sa.Text, default=derived("code", fold))
    name: Mapped[str] = mapped_column(sa.String(200))
    currency: Mapped[str] = mapped_column(sa.String(3))
    locale: Mapped[str] = mapped_column(sa.String(20))
    licence_number: Mapped[str | None] = mapped_column(sa.String(100))
    licence_valid_to: Mapped[dt.date | None]
    first_steps_hidden_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """Since when the list of first steps is out of sight."""
    created_at: Mapped[dt.datetime] = mapped_column(Instant)

    clinics: Mapped[list[Clinic]] = relationship(back_populates="practice", order_by="Clinic.code")


class Clinic(Identified, Base):
    """One address of a practice: its own stock, zone, currency and opening days."""

    __tablename__ = "clinic"
    __table_args__ = (
        sa.Index("uq_clinic_code_key", "code_key", unique=True),
        sa.CheckConstraint("opening_days BETWEEN 1 AND 127", name="opening_days"),
        sa.CheckConstraint("digest_hour BETWEEN 0 AND 23", name="digest_hour"),
    )

    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"), index=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    code_key: Mapped[str] = mapped_column(sa.Text, default=derived("code", fold))
    name: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str] = mapped_column(sa.Text, default="")
    timezone: Mapped[str] = mapped_column(sa.String(60))
    currency: Mapped[str] = mapped_column(sa.String(3))
    locale: Mapped[str] = mapped_column(sa.String(20))
    opening_days: Mapped[int] = mapped_column(default=EVERY_DAY)
    digest_hour: Mapped[int] = mapped_column(default=7)
    expiring_days: Mapped[int] = mapped_column(default=60)
    projected: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether items that nobody has set a reorder policy for are judged by their projection."""
    created_at: Mapped[dt.datetime] = mapped_column(Instant)

    practice: Mapped[Practice] = relationship(back_populates="clinics")


class Supplier(Identified, Registered, Demanding, Base):
    """A business that owns a catalogue. Without ``uses_supply`` its orders go by mail.

    With a ``practice`` it is that practice's own: nobody else sees it or buys from it, the practice
    keeps its catalogue, and its prices are in its ``currency``. Triggers hold that for orders,
    items and members.

    Its ``depot`` holds its own stock, a clinic to the ledger and to nothing else: triggers keep
    members, orders and sister clinics from it. One that ``keeps_stock`` ships from there.
    """

    __tablename__ = "supplier"
    __table_args__ = (
        sa.Index("uq_supplier_code_key", "code_key", unique=True),
        sa.CheckConstraint("lead_time_days >= 0", name="lead_time_days"),
        sa.CheckConstraint("payment_days >= 0", name="payment_days"),
        sa.CheckConstraint(CHECKED, name="vat_checked"),
        sa.CheckConstraint(
            "practice_id IS NULL"
            " OR (NOT uses_supply AND email IS NOT NULL AND currency IS NOT NULL)",
            name="own",
        ),
        sa.CheckConstraint(
            "depot_id IS NULL OR (uses_supply AND practice_id IS NULL)", name="depot"
        ),
        sa.CheckConstraint("depot_id IS NOT NULL OR NOT keeps_stock", name="keeps_stock"),
        sa.UniqueConstraint("practice_id", "name"),
        sa.Index("uq_supplier_depot_id", "depot_id", unique=True),
    )

    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    code_key: Mapped[str] = mapped_column(sa.Text, default=derived("code", fold))
    name: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    address: Mapped[str] = mapped_column(sa.Text, default="")
    timezone: Mapped[str] = mapped_column(sa.String(60), default="UTC")
    locale: Mapped[str] = mapped_column(sa.String(20), default="en")
    lead_time_days: Mapped[int] = mapped_column(default=5)
    uses_supply: Mapped[bool] = mapped_column(default=True)
    practice_id: Mapped[int | None] = mapped_column(sa.ForeignKey("practice.id"))
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    legal_name: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    """What invoices are issued under; "" where that is its name."""
    iban: Mapped[str] = mapped_column(sa.String(34), default="", server_default="")
    payment_days: Mapped[int] = mapped_column(default=30, server_default="30")
    """Days from an invoice to when it is due."""
    stripe_account: Mapped[str | None] = mapped_column(sa.String(100))
    """Its own account at Stripe, connected to ours: what is paid by card goes there."""
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    archived_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """When its practice put it away: nothing of it is offered. Only a practice's own is."""
    catalogue_edition: Mapped[int] = mapped_column(sa.BigInteger, server_default=sa.text("0"))
    """Another number after each transaction that changed its products: triggers say so."""
    depot_id: Mapped[int | None] = mapped_column(sa.ForeignKey("clinic.id"))
    """Where its own stock is; made when it first keeps stock here, and kept from then on."""
    keeps_stock: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether what it ships leaves its depot."""

    practice: Mapped[Practice | None] = relationship()
    depot: Mapped[Clinic | None] = relationship()


class Person(Identified, UserMixin, Base):
    """Someone who signs in; what they looked at last opens first the next time."""

    __tablename__ = "person"

    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    locale: Mapped[str | None] = mapped_column(sa.String(20))
    """What they chose to read in; None goes by where they work."""
    last_clinic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("clinic.id"))
    last_supplier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supplier.id"))
    disabled_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)

    memberships: Mapped[list[Membership]] = relationship(back_populates="person")

    @property
    def is_active(self) -> bool:
        """Whether the person may sign in."""
        return self.disabled_at is None

    def opened_by(self, secret: str) -> Person:
        """Say with which session's secret this person came in; return the person."""
        self.__dict__["session_secret"] = secret
        return self

    def get_id(self) -> str:
        """Return what the browser keeps to be known again: the secret of its session."""
        return str(self.__dict__["session_secret"])


class Membership(Identified, Base):
    """A person's role in one practice or one supplier, perhaps in some clinics only."""

    __tablename__ = "membership"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "practice_id"),
        sa.UniqueConstraint("person_id", "supplier_id"),
        sa.CheckConstraint(
            "(practice_id IS NOT NULL AND supplier_id IS NULL"
            " AND role IN ('owner','stock_manager','practitioner','viewer'))"
            " OR (practice_id IS NULL AND supplier_id IS NOT NULL"
            " AND role IN ('supplier_admin','fulfiller'))",
            name="one_side",
        ),
        sa.CheckConstraint("order_limit_minor >= 0", name="order_limit"),
        NO_ID_TWICE,
    )

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    practice_id: Mapped[int | None] = mapped_column(sa.ForeignKey("practice.id"), index=True)
    supplier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    role: Mapped[Role] = mapped_column(word(Role))
    order_limit_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    certificate_kind: Mapped[str] = mapped_column(sa.String(80), default="", server_default="")
    certificate_number: Mapped[str] = mapped_column(sa.String(80), default="", server_default="")
    certificate_valid_to: Mapped[dt.date | None]
    certificate_told_for: Mapped[dt.date | None]
    """The last day of the certificate whose end was told of: a renewed one is told of anew."""
    digest: Mapped[bool] = mapped_column(default=True)
    receives_prescription_only: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    """Whether a stock manager may take in prescription-only goods; owners always may."""
    second_step_since: Mapped[dt.datetime | None] = mapped_column(Instant)
    """Since when the place asks this member for a second step at sign-in, if it does."""
    created_at: Mapped[dt.datetime] = mapped_column(Instant)

    person: Mapped[Person] = relationship(back_populates="memberships")
    practice: Mapped[Practice | None] = relationship()
    supplier: Mapped[Supplier | None] = relationship()
    clinics: Mapped[list[Clinic]] = relationship(secondary="membership_clinic")


membership_clinic = sa.Table(
    "membership_clinic",
    Base.metadata,
    sa.Column("membership_id", Key, sa.ForeignKey("membership.id"), primary_key=True),
    sa.Column("clinic_id", Key, sa.ForeignKey("clinic.id"), primary_key=True),
)
"""The clinics a membership is limited to; no rows means all of the practice's."""


class Invitation(Identified, Base):
    """An offer of membership, taken up by a link in a mail."""

    __tablename__ = "invitation"
    __table_args__ = (
        sa.CheckConstraint("(practice_id IS NULL) <> (supplier_id IS NULL)", name="one_side"),
    )

    email: Mapped[str] = mapped_column(sa.String(254))
    name: Mapped[str] = mapped_column(sa.String(200))
    practice_id: Mapped[int | None] = mapped_column(sa.ForeignKey("practice.id"), index=True)
    supplier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    role: Mapped[Role] = mapped_column(word(Role))
    order_limit_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    certificate_kind: Mapped[str] = mapped_column(sa.String(80), default="", server_default="")
    certificate_number: Mapped[str] = mapped_column(sa.String(80), default="", server_default="")
    certificate_valid_to: Mapped[dt.date | None]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
    accepted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    practice: Mapped[Practice | None] = relationship()
    supplier: Mapped[Supplier | None] = relationship()
    clinics: Mapped[list[Clinic]] = relationship(secondary="invitation_clinic")


invitation_clinic = sa.Table(
    "invitation_clinic",
    Base.metadata,
    sa.Column("invitation_id", Key, sa.ForeignKey("invitation.id"), primary_key=True),
    sa.Column("clinic_id", Key, sa.ForeignKey("clinic.id"), primary_key=True),
)


class Setting(Base):
    """A fact about the whole installation, such as that its data is a demonstration."""

    __tablename__ = "installation"

    key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text)
