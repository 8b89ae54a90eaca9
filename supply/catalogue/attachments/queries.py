"""Reading the pictures and documents of products."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.catalogue.attachments.models import AttachmentContent, ProductAttachment
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to
from supply.db import db


def attachments_of(product_id: int) -> Sequence[ProductAttachment]:
    """Return what is attached to a product, without its content, in the order it was added."""
    return db.session.scalars(
        sa.select(ProductAttachment)
        .where(ProductAttachment.product_id == product_id, ProductAttachment.removed_at.is_(None))
        .order_by(ProductAttachment.id)
    ).all()


def attachment_of(product_id: int, attachment_id: int) -> ProductAttachment | None:
    """Return an attachment of the product, removed ones too, or None."""
    return db.session.scalar(
        sa.select(ProductAttachment)
        .options(joinedload(ProductAttachment.product).joinedload(Product.supplier))
        .where(ProductAttachment.id == attachment_id, ProductAttachment.product_id == product_id)
    )


def attachment_seen(
    practice_id: int, product_id: int, attachment_id: int
) -> ProductAttachment | None:
    """Return an attachment of a product that the practice may see; None for others and removed."""
    return db.session.scalar(
        sa.select(ProductAttachment)
        .join(Product, Product.id == ProductAttachment.product_id)
        .where(
            ProductAttachment.id == attachment_id,
            ProductAttachment.product_id == product_id,
            ProductAttachment.removed_at.is_(None),
            offered_to(practice_id),
        )
    )


def content_of(attachment_id: int) -> bytes:
    """Return what is in an attachment."""
    row = sa.select(AttachmentContent.content).where(
        AttachmentContent.attachment_id == attachment_id
    )
    return db.session.scalars(row).one()
