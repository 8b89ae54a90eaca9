"""Templates: saved, renamed, changed, deleted and brought back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.actor import Actor
from supply.audit import services as audit
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to
from supply.catalogue.successors import replacements
from supply.db import db
from supply.filling.models import OrderTemplate, TemplateLine
from supply.filling.refusals import NameTaken, NothingToOrder
from supply.filling.rules import MOST_LINES
from supply.ordering.rules import MOST_PACKS
from supply.refusals import InvalidInput
from supply.text import clean, fold

MOST_TEMPLATES = 200
"""Templates a clinic may keep."""

LONGEST_NAME = 100


def templates_of(clinic: Clinic) -> Sequence[OrderTemplate]:
    """Return the clinic's templates by name, with their lines; two statements."""
    query = (
        sa.select(OrderTemplate)
        .where(OrderTemplate.clinic_id == clinic.id, OrderTemplate.deleted_at.is_(None))
        .options(selectinload(OrderTemplate.lines))
        .order_by(OrderTemplate.name_key, OrderTemplate.id)
    )
    return db.session.scalars(query).all()


def templates_after(clinic: Clinic, after: int, limit: int) -> Sequence[OrderTemplate]:
    """Return ``limit`` of the clinic's templates by id, ``after`` one, with their products."""
    query = (
        sa.select(OrderTemplate)
        .where(
            OrderTemplate.clinic_id == clinic.id,
            OrderTemplate.deleted_at.is_(None),
            OrderTemplate.id > after,
        )
        .options(
            selectinload(OrderTemplate.lines)
            .joinedload(TemplateLine.product)
            .joinedload(Product.supplier)
        )
        .order_by(OrderTemplate.id)
        .limit(limit)
    )
    return db.session.scalars(query).all()


def template_suppliers(clinic: Clinic) -> Sequence[Supplier]:
    """Return the suppliers of what stands on the clinic's templates, by name."""
    query = (
        sa.select(Supplier)
        .where(
            Supplier.id.in_(
                sa.select(Product.supplier_id)
                .join(TemplateLine, TemplateLine.product_id == Product.id)
                .join(OrderTemplate, OrderTemplate.id == TemplateLine.template_id)
                .where(OrderTemplate.clinic_id == clinic.id, OrderTemplate.deleted_at.is_(None))
            )
        )
        .order_by(Supplier.name, Supplier.id)
    )
    return db.session.scalars(query).all()


def template_of(clinic: Clinic, template_id: int, *, deleted: bool = False) -> OrderTemplate:
    """Return a template of the clinic with its lines and products, or a ``deleted`` one.

    Raises:
        NotFoundHereError: there is none.
    """
    query = (
        sa.select(OrderTemplate)
        .where(
            OrderTemplate.id == template_id,
            OrderTemplate.clinic_id == clinic.id,
            OrderTemplate.deleted_at.is_not(None)
            if deleted
            else OrderTemplate.deleted_at.is_(None),
        )
        .options(
            selectinload(OrderTemplate.lines)
            .joinedload(TemplateLine.product)
            .joinedload(Product.supplier)
        )
        .execution_options(populate_existing=True)
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFoundHereError
    return found


def save_template(
    clinic: Clinic, name: str, lines: Iterable[BasketLine], *, actor: Actor, now: dt.datetime
) -> OrderTemplate:
    """Keep ``lines`` as a template under ``name``. Locks the clinic's row.

    Raises:
        NothingToOrder: no lines.
        InvalidInput: no name, one too long or taken, too many templates or lines: field ``name``.
    """
    _lock(clinic)
    kept = list(lines)
    if not kept:
        raise NothingToOrder
    if len(kept) > MOST_LINES:
        raise InvalidInput(("name", _("A template has at most %(most)d lines.", most=MOST_LINES)))
    if len(templates_of(clinic)) >= MOST_TEMPLATES:
        raise InvalidInput(("name", _("Delete a template you no longer use first.")))
    template = OrderTemplate(
        clinic_id=clinic.id,
        name=_name(clinic, name),
        created_by_id=actor.person_id,
        created_at=now,
        changed_at=now,
    )
    template.lines = [
        TemplateLine(position=place, product_id=line.product_id, packs=line.packs)
        for place, line in enumerate(kept, start=1)
    ]
    db.session.add(template)
    return _saved(template, "saved", actor, now)


def rename_template(
    clinic: Clinic, template_id: int, name: str, *, actor: Actor, now: dt.datetime
) -> OrderTemplate:
    """Give a template another name. Locks the clinic's row.

    Raises:
        InvalidInput: no name, one too long or taken: field ``name``.
    """
    _lock(clinic)
    template = template_of(clinic, template_id)
    template.name = _name(clinic, name, template)
    return _saved(template, "renamed", actor, now)


def change_packs(
    clinic: Clinic, template_id: int, packs: Mapping[int, int], *, actor: Actor, now: dt.datetime
) -> OrderTemplate:
    """Set the packs of lines by their ids; others stay. Locks the clinic's row.

    Raises:
        InvalidInput: packs out of range, field ``packs_<line id>``, all of them.
    """
    _lock(clinic)
    template = template_of(clinic, template_id)
    faults = []
    for line in template.lines:
        wanted = packs.get(line.id, line.packs)
        if not 1 <= wanted <= MOST_PACKS:
            text = _("Enter whole packs from 1 to %(most)d.", most=MOST_PACKS)
            more = _("%(what)s: %(more)s", what=line.product.name, more=text)
            faults.append((f"packs_{line.id}", str(more)))
        else:
            line.packs = wanted
    if faults:
        raise InvalidInput(*faults)
    return _saved(template, "changed", actor, now)


def add_lines(
    clinic: Clinic,
    template_id: int,
    lines: Iterable[BasketLine],
    *,
    actor: Actor,
    now: dt.datetime,
) -> OrderTemplate:
    """Put ``lines`` on a template; a product that is there gets these packs instead.

    Locks the clinic's row.

    Raises:
        InvalidInput: the template would have too many lines; a product not sold to the practice.
    """
    _lock(clinic)
    template = template_of(clinic, template_id)
    lines = list(lines)
    _check_offered(clinic, lines)
    there = {line.product_id: line for line in template.lines}
    place = max((line.position for line in template.lines), default=0)
    for line in lines:
        if line.product_id in there:
            there[line.product_id].packs = line.packs
            continue
        place += 1
        added = TemplateLine(position=place, product_id=line.product_id, packs=line.packs)
        template.lines.append(added)
        there[line.product_id] = added
    if len(template.lines) > MOST_LINES:
        raise InvalidInput(("", _("A template has at most %(most)d lines.", most=MOST_LINES)))
    return _saved(template, "changed", actor, now)


def drop_line(
    clinic: Clinic, template_id: int, line_id: int, *, actor: Actor, now: dt.datetime
) -> BasketLine:
    """Take a line off a template; return what would put it back. Locks the clinic's row.

    Raises:
        InvalidInput: the template has no such line.
    """
    _lock(clinic)
    template = template_of(clinic, template_id)
    line = next((line for line in template.lines if line.id == line_id), None)
    if line is None:
        raise InvalidInput(("", _("This line is no longer on the template.")))
    template.lines.remove(line)
    _saved(template, "changed", actor, now)
    return BasketLine(line.product_id, line.packs)


@dataclass(frozen=True, slots=True)
class Replaced:
    """What is on a template instead of a product, and what would put that back."""

    new: Product
    old_id: int
    packs: int


def replace_line(
    clinic: Clinic, template_id: int, line_id: int, *, actor: Actor, now: dt.datetime
) -> Replaced:
    """Put what replaces a line's product on the template instead, as many packs.

    Where it is on the template already its own packs stay. Locks the clinic's row.

    Raises:
        InvalidInput: the template has no such line, or nothing replaces its product.
    """
    _lock(clinic)
    template = template_of(clinic, template_id)
    line = next((line for line in template.lines if line.id == line_id), None)
    instead = replacements([line.product]).get(line.product_id) if line else None
    if line is None or instead is None:
        raise InvalidInput(("", _("This line is no longer on the template.")))
    done = Replaced(instead, line.product_id, line.packs)
    if any(other.product_id == instead.id for other in template.lines):
        template.lines.remove(line)
    else:
        line.product = instead
    _saved(template, "changed", actor, now)
    return done


def undo_replacing(
    clinic: Clinic,
    template_id: int,
    line_id: int,
    old: BasketLine,
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Put the ``old`` product back on the line that what replaces it was put on, or on a line of
    its own where it had one. Locks the clinic's row.

    Raises:
        InvalidInput: it is on the template again, or was never replaced by what is there.
    """
    _lock(clinic)
    template = template_of(clinic, template_id)
    _check_offered(clinic, [old])
    product = db.session.get_one(Product, old.product_id)
    instead = replacements([product]).get(product.id)
    there = {line.product_id: line for line in template.lines}
    if instead is None or product.id in there or instead.id not in there:
        raise InvalidInput(("", _("The template was changed since: this cannot be undone.")))
    if there[instead.id].id == line_id:
        there[instead.id].product = product
    else:
        place = max(line.position for line in template.lines) + 1
        template.lines.append(TemplateLine(position=place, product_id=product.id, packs=old.packs))
    _saved(template, "changed", actor, now)


def replaced_on(template: OrderTemplate) -> dict[int, Product]:
    """Return by product's id what replaces those on a template that are no longer sold."""
    return replacements(line.product for line in template.lines)


def delete_template(clinic: Clinic, template_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """Delete a template; :func:`restore_template` brings it back. Locks the clinic's row."""
    _lock(clinic)
    template = template_of(clinic, template_id)
    template.deleted_at = now
    _saved(template, "deleted", actor, now)


def restore_template(
    clinic: Clinic, template_id: int, *, actor: Actor, now: dt.datetime
) -> OrderTemplate:
    """Bring a deleted template back. Locks the clinic's row.

    Raises:
        NameTaken: another template has its name by now.
    """
    _lock(clinic)
    template = template_of(clinic, template_id, deleted=True)
    if _is_taken(clinic, template.name, template):
        raise NameTaken(template.name)
    template.deleted_at = None
    return _saved(template, "restored", actor, now)


def _check_offered(clinic: Clinic, lines: Sequence[BasketLine]) -> None:
    ids = {line.product_id for line in lines}
    query = sa.select(Product.id).where(Product.id.in_(ids), offered_to(clinic.practice_id))
    if ids - set(db.session.scalars(query)):
        raise InvalidInput(("", _("This product is not sold here.")))
    if any(not 1 <= line.packs <= MOST_PACKS for line in lines):
        raise InvalidInput(("", _("Enter whole packs from 1 to %(most)d.", most=MOST_PACKS)))


def _lock(clinic: Clinic) -> None:
    db.session.execute(
        sa.select(Clinic.id).where(Clinic.id == clinic.id).with_for_update(key_share=True)
    )


def _name(clinic: Clinic, name: str, own: OrderTemplate | None = None) -> str:
    bare = " ".join(clean(name).split())
    if not bare:
        raise InvalidInput(("name", _("Give it a name.")))
    if len(bare) > LONGEST_NAME:
        raise InvalidInput(("name", _("Use at most %(num)s characters.", num=LONGEST_NAME)))
    if _is_taken(clinic, bare, own):
        raise InvalidInput(("name", _("Another template is called so.")))
    return bare


def _is_taken(clinic: Clinic, name: str, own: OrderTemplate | None) -> bool:
    query = sa.select(OrderTemplate.id).where(
        OrderTemplate.clinic_id == clinic.id,
        OrderTemplate.name_key == fold(name),
        OrderTemplate.deleted_at.is_(None),
    )
    others = set(db.session.scalars(query)) - {own.id if own else None}
    return bool(others)


def _saved(template: OrderTemplate, did: str, actor: Actor, now: dt.datetime) -> OrderTemplate:
    template.changed_at = now
    db.session.flush()
    clinic = db.session.get_one(Clinic, template.clinic_id)
    audit.record(
        actor,
        f"order_template.{did}",
        ("order_template", template.id),
        now,
        practice_id=clinic.practice_id,
        clinic_id=clinic.id,
        after={
            "name": template.name,
            "packs": {str(line.product_id): line.packs for line in template.lines},
        },
    )
    return template
