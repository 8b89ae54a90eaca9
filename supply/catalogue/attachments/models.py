"""Pictures and documents of products; what is in them stands apart, so no list loads it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.catalogue.attachments.terms import AttachmentKind
from supply.catalogue.models import Product
from supply.db import NO_ID_TWICE, Base, Identified, Instant, word


class ProductAttachment(Identified, Base):
    """A picture or document of a product. Once removed it can be put back for a while."""

    __tablename__ = "product_attachment"
    __table_args__ = (
        sa.Index(
            "uq_product_attachment_digest",
            "product_id",
            "digest",
            unique=True,
            postgresql_where=sa.text("removed_at IS NULL"),
            sqlite_where=sa.text("removed_at IS NULL"),
        ),
        sa.CheckConstraint("size > 0", name="size"),
        sa.CheckConstraint("length(digest) = 64", name="digest"),
        sa.CheckConstraint("kind <> 'picture' OR width IS NOT NULL", name="picture"),
        sa.CheckConstraint("(width IS NULL) = (height IS NULL)", name="measures"),
        NO_ID_TWICE,
    )

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"), index=True)
    kind: Mapped[AttachmentKind] = mapped_column(word(AttachmentKind))
    name: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(60))
    size: Mapped[int]
    """In bytes."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    """In pixels, of what is a picture."""
    digest: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the content, in its address: what is kept under one never changes."""
    added_at: Mapped[dt.datetime] = mapped_column(Instant)
    removed_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    product: Mapped[Product] = relationship()


class AttachmentContent(Base):
    """The bytes of an attachment."""

    __tablename__ = "product_attachment_content"

    attachment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("product_attachment.id", ondelete="CASCADE"), primary_key=True
    )
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
