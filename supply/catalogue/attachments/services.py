"""Adding, naming, replacing and removing the pictures and documents of a product."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from supply.actor import Actor
from supply.catalogue.attachments import limits
from supply.catalogue.attachments.content import LONGEST_NAME, Content
from supply.catalogue.attachments.models import AttachmentContent, ProductAttachment
from supply.catalogue.attachments.terms import AttachmentKind
from supply.catalogue.models import Product
from supply.catalogue.recording import record
from supply.db import db
from supply.refusals import InvalidInput


@dataclass(frozen=True, slots=True)
class Label:
    """What an attachment is called, and what it is."""

    name: str
    kind: AttachmentKind


def add_attachment(
    product: Product, label: Label, content: Content, *, actor: Actor, now: dt.datetime
) -> ProductAttachment:
    """Attach a picture or document to a product. Locks the product's row.

    Raises:
        InvalidInput: the same content is there already, a picture that is none, no name, or too
            many.
    """
    _queue(product)
    _check(product, label, content)
    there = sa.select(sa.func.count()).where(
        ProductAttachment.product_id == product.id, ProductAttachment.removed_at.is_(None)
    )
    if (db.session.scalar(there) or 0) >= limits.MOST_ATTACHMENTS:
        message = ngettext(
            "A product has at most %(num)d picture or document. Remove one first.",
            "A product has at most %(num)d pictures and documents. Remove one first.",
            limits.MOST_ATTACHMENTS,
        )
        raise InvalidInput(("file", message))
    _forget_old(product, now)
    row = ProductAttachment(
        product_id=product.id,
        name=label.name,
        kind=label.kind,
        added_at=now,
        **_columns(content),
    )
    db.session.add(row)
    db.session.flush()
    db.session.add(AttachmentContent(attachment_id=row.id, content=content.data))
    db.session.flush()
    record(product, "product.attachment_added", actor, now, after=_said(row))
    return row


def change_attachment(
    row: ProductAttachment,
    label: Label,
    content: Content | None,
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Name an attachment otherwise, and replace what is in it unless ``content`` is None.

    Raises:
        InvalidInput: as `add_attachment`.
    """
    product = row.product
    _queue(product)
    _check(product, label, content, row)
    before = _said(row)
    row.name, row.kind = label.name, label.kind
    if content is not None and content.digest != row.digest:
        for column, value in _columns(content).items():
            setattr(row, column, value)
        db.session.get_one(AttachmentContent, row.id).content = content.data
        row.added_at = now
    db.session.flush()
    if before != _said(row):
        record(product, "product.attachment_changed", actor, now, before=before, after=_said(row))


def remove_attachment(row: ProductAttachment, *, actor: Actor, now: dt.datetime) -> None:
    """Take an attachment off its product; for a while it can be put back."""
    if row.removed_at is None:
        row.removed_at = now
        db.session.flush()
        record(row.product, "product.attachment_removed", actor, now, before=_said(row))


def put_back(row: ProductAttachment, *, actor: Actor, now: dt.datetime) -> None:
    """Undo `remove_attachment`.

    Raises:
        InvalidInput: the same content has been attached again since.
    """
    if row.removed_at is None:
        return
    _queue(row.product)
    _check_digest(row.product, row.digest, row)
    row.removed_at = None
    db.session.flush()
    record(row.product, "product.attachment_put_back", actor, now, after=_said(row))


def _queue(product: Product) -> None:
    db.session.execute(sa.select(Product.id).where(Product.id == product.id).with_for_update())


def _check(
    product: Product, label: Label, content: Content | None, row: ProductAttachment | None = None
) -> None:
    if not label.name or len(label.name) > LONGEST_NAME:
        message = _("Give it a name of at most %(count)d characters.", count=LONGEST_NAME)
        raise InvalidInput(("name", message))
    width = content.width if content else row.width if row else None
    if label.kind is AttachmentKind.PICTURE and width is None:
        message = _("A PDF is no picture. Say which kind of document it is.")
        raise InvalidInput(("kind", message))
    if content is not None:
        _check_digest(product, content.digest, row)


def _check_digest(product: Product, digest: str, row: ProductAttachment | None) -> None:
    same = sa.select(ProductAttachment.name).where(
        ProductAttachment.product_id == product.id,
        ProductAttachment.digest == digest,
        ProductAttachment.removed_at.is_(None),
        ProductAttachment.id != (row.id if row else 0),
    )
    name = db.session.scalar(same)
    if name is not None:
        message = _("The product has this already, as “%(name)s”.", name=name)
        raise InvalidInput(("file", message))


def _forget_old(product: Product, now: dt.datetime) -> None:
    """Delete what was removed so long ago that nobody puts it back."""
    long_ago = now - dt.timedelta(days=limits.DAYS_KEPT)
    gone = sa.select(ProductAttachment.id).where(
        ProductAttachment.product_id == product.id, ProductAttachment.removed_at < long_ago
    )
    for attachment_id in list(db.session.scalars(gone)):
        for model, column in (
            (AttachmentContent, AttachmentContent.attachment_id),
            (ProductAttachment, ProductAttachment.id),
        ):
            db.session.execute(sa.delete(model).where(column == attachment_id))


def _columns(content: Content) -> dict[str, Any]:
    return {
        "media_type": content.media_type,
        "size": len(content.data),
        "width": content.width,
        "height": content.height,
        "digest": content.digest,
    }


def _said(row: ProductAttachment) -> dict[str, Any]:
    return {
        "attachment": row.id,
        "name": row.name,
        "kind": row.kind.value,
        "media_type": row.media_type,
        "size": row.size,
        "sha256": row.digest,
    }
