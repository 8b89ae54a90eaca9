"""Setting up a clinic's places and items."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock, searching
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue.barcodes import scan
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.offered import offered_to
from supply.catalogue.queries import product_sold
from supply.catalogue.terms import Dose, Storage
from supply.db import db, transaction
from supply.items import forms, places, services, wording
from supply.items.contents import lots_by_place
from supply.items.models import ClinicItem, Item, ItemGtin, ItemProduct, Location
from supply.items.queries import item_here
from supply.items.terms import LocationKind
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.once import once
from supply.web.saving import done, saved, saved_once
from supply.web.toasts import flash_undo

Page = str | Response | tuple[str, int]

blueprint = Blueprint("items", __name__)

CANDIDATES = 20


@blueprint.route("/c/<clinic_code>/locations", methods=["GET", "POST"])
@login_required
def locations(clinic_code: str) -> Page:
    """List the clinic's places, and add one."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    form = forms.LocationForm()
    if saved_once(form, lambda: _add_location(clinic, form), clock.now()):
        flash(_("%(name)s is added.", name=text(form.name).strip()), "success")
        return redirect(url_for(".locations", clinic_code=clinic.code))
    page = render_template(
        "items/locations.html",
        clinic=clinic,
        form=form,
        places=_places(clinic),
        words=wording,
        key=token_hex(16),
    )
    return page, status_of(form)


def _add_location(clinic: Clinic, form: forms.LocationForm) -> dict[str, Any]:
    location = places.add_location(
        clinic,
        name=text(form.name),
        storage=Storage(form.storage.data),
        actor=access.actor(),
        now=clock.now(),
    )
    return {"location": location.id}


def _places(clinic: Clinic) -> list[tuple[Location, int]]:
    """Return (place, how many lots are there), those archived last."""
    lots = lots_by_place(clinic.id)
    found = db.session.scalars(
        sa.select(Location)
        .where(Location.clinic_id == clinic.id, Location.kind == LocationKind.SHELF)
        .order_by(Location.archived_at.is_not(None), Location.position, Location.id)
    )
    return [(place, lots.get(place.id, 0)) for place in found]


@blueprint.route("/c/<clinic_code>/locations/<int:location_id>", methods=["GET", "POST"])
@login_required
def location(clinic_code: str, location_id: int) -> Page:
    """Rename a place, or say how it is kept."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    place = _place(clinic, location_id)
    form = forms.LocationForm(data={"name": place.name, "storage": place.storage})
    if saved(form, lambda: _change_location(_place(clinic, location_id), form)):
        flash(_("Saved."), "success")
        return redirect(url_for(".locations", clinic_code=clinic.code))
    page = render_template("items/location.html", clinic=clinic, form=form, place=place)
    return page, status_of(form)


def _change_location(place: Location, form: forms.LocationForm) -> None:
    places.change_location(
        place,
        name=text(form.name),
        storage=Storage(form.storage.data),
        actor=access.actor(),
        now=clock.now(),
    )


@blueprint.post("/c/<clinic_code>/locations/<int:location_id>/archive")
@login_required
def archive_location(clinic_code: str, location_id: int) -> Page:
    """Archive an empty place."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    place = _place(clinic, location_id)
    name = place.name
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}
    if done(lambda: places.archive_location(_place(clinic, location_id), **who)):
        undo = url_for(".restore_location", clinic_code=clinic.code, location_id=location_id)
        flash_undo(_("%(name)s is archived.", name=name), undo)
    return redirect(url_for(".locations", clinic_code=clinic.code))


@blueprint.post("/c/<clinic_code>/locations/<int:location_id>/restore")
@login_required
def restore_location(clinic_code: str, location_id: int) -> Page:
    """Take a place back into use."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    _place(clinic, location_id)
    with transaction():
        here = _place(clinic, location_id)
        places.restore_location(here, actor=access.actor(), now=clock.now())
    flash(_("Back in use."), "success")
    return redirect(url_for(".locations", clinic_code=clinic.code))


def _place(clinic: Clinic, location_id: int) -> Location:
    found = db.session.get(Location, location_id)
    if found is None or found.clinic_id != clinic.id or found.kind is not LocationKind.SHELF:
        raise NotFoundHereError(str(location_id))
    return found


@blueprint.get("/c/<clinic_code>/items")
@login_required
def index(clinic_code: str) -> str:
    """List the items of the practice, and products that could become one."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    words = request.args.get("q", "").strip()[:200]
    return render_template(
        "items/index.html",
        clinic=clinic,
        rows=_items(clinic, words),
        candidates=_candidates(clinic, words) if words else [],
        q=words,
        words=wording,
        key=token_hex(16),
    )


def _items(clinic: Clinic, words: str) -> list[tuple[Item, bool | None]]:
    """Return (item, whether this clinic keeps count of it; None: never stocked here)."""
    rows = db.session.execute(
        sa.select(Item, ClinicItem.tracked)
        .outerjoin(
            ClinicItem, sa.and_(ClinicItem.item_id == Item.id, ClinicItem.clinic_id == clinic.id)
        )
        .where(Item.practice_id == clinic.practice_id, Item.archived_at.is_(None))
        .where(*_asked_for(words))
        .order_by(Item.searched, Item.id)
        .limit(500)
    )
    return [(item, tracked) for item, tracked in rows]


def _asked_for(words: str) -> Iterator[sa.ColumnElement[bool]]:
    """Return what items that were looked for fulfil: they mention the words, or have the code."""
    gtin = scan(words, today=access.today()).gtin
    if gtin is None:
        yield from (searching.mentions(Item.searched, word) for word in searching.wanted(words))
        return
    coded = (
        sa.select(ItemProduct.item_id)
        .join(ProductGtin, ProductGtin.product_id == ItemProduct.product_id)
        .where(ProductGtin.gtin == gtin)
    )
    linked = sa.select(ItemGtin.item_id).where(ItemGtin.gtin == gtin)
    yield Item.id.in_(coded.union_all(linked))


def _candidates(clinic: Clinic, words: str) -> list[Product]:
    """Return products on sale that match and that the practice has no item of yet."""
    linked = (
        sa.select(ItemProduct.product_id)
        .join(Item, Item.id == ItemProduct.item_id)
        .where(Item.practice_id == clinic.practice_id)
    )
    return list(
        db.session.scalars(
            sa.select(Product)
            .options(sa.orm.joinedload(Product.supplier))
            .where(
                Product.withdrawn_at.is_(None),
                offered_to(clinic.practice_id),
                Product.id.not_in(linked),
            )
            .where(
                *(searching.mentions(Product.searched, word) for word in searching.wanted(words))
            )
            .order_by(Product.searched, Product.id)
            .limit(CANDIDATES)
        )
    )


@blueprint.post("/c/<clinic_code>/items")
@login_required
def add(clinic_code: str) -> Page:
    """List a catalogue product's item at this clinic."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    product_id = request.form.get("product_id", 0, int)
    if product_sold(clinic.practice_id, product_id) is None:
        raise NotFoundHereError(str(product_id))
    now = clock.now()

    def work() -> dict[str, Any]:
        product = db.session.get_one(Product, product_id)
        added = services.add_item(clinic, product, actor=access.actor(), now=now)
        return {"item": added.id, "name": added.name}

    answer = once(work, now)
    flash(_("%(name)s is an item now.", name=answer["name"]), "success")
    return redirect(url_for("stock.item", clinic_code=clinic.code, item_id=answer["item"]))


@blueprint.route("/c/<clinic_code>/items/<int:item_id>/edit", methods=["GET", "POST"])
@login_required
def edit(clinic_code: str, item_id: int) -> Page:
    """Edit an item's name, opening rules and preferred product, and whether it is counted here."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    item = item_here(clinic, item_id)
    form = forms.ItemForm(data=_as_form(clinic, item))
    form.preferred.choices = [(0, _("No preference")), *((p.id, _bought(p)) for p in item.products)]
    if saved(form, lambda: _save_item(clinic, item_here(clinic, item_id), form)):
        flash(_("Saved."), "success")
        return redirect(url_for("stock.item", clinic_code=clinic.code, item_id=item_id))
    linked = db.session.scalars(
        sa.select(ItemGtin).where(ItemGtin.item_id == item.id).order_by(ItemGtin.id)
    ).all()
    page = render_template("items/edit.html", clinic=clinic, item=item, form=form, linked=linked)
    return page, status_of(form)


def _save_item(clinic: Clinic, item: Item, form: forms.ItemForm) -> None:
    actor, now = access.actor(), clock.now()
    change = services.ItemChange(
        name=text(form.name),
        injectable=bool(form.injectable.data),
        preferred_id=form.preferred.data or None,
        opening_rules=_rules(item, form),
    )
    services.change_item(item, change, actor=actor, now=now)
    services.set_tracked(clinic, item, tracked=bool(form.tracked.data), actor=actor, now=now)


def _as_form(clinic: Clinic, item: Item) -> dict[str, Any]:
    tracked = db.session.scalar(
        sa.select(ClinicItem.tracked).where(
            ClinicItem.clinic_id == clinic.id, ClinicItem.item_id == item.id
        )
    )
    preferred = db.session.scalar(
        sa.select(ItemProduct.product_id).where(
            ItemProduct.item_id == item.id, ItemProduct.preferred
        )
    )
    return {
        "name": item.name,
        "tracked": tracked is not False,
        "injectable": item.injectable,
        "preferred": preferred or 0,
        **{
            forms.HOURS[rule.storage]: rule.hours
            for rule in item.opening_rules
            if rule.storage in forms.HOURS
        },
    }


def _rules(item: Item, form: forms.ItemForm) -> list[tuple[Storage | None, int]]:
    """Return the opening rules as typed; those that the form does not ask for stay."""
    if item.dose is not Dose.MULTI:
        return [(rule.storage, rule.hours) for rule in item.opening_rules]
    kept = [(r.storage, r.hours) for r in item.opening_rules if r.storage not in forms.HOURS]
    typed = [(storage, form[name].data) for storage, name in forms.HOURS.items()]
    return [*kept, *((storage, hours) for storage, hours in typed if hours is not None)]


def _bought(product: Product) -> str:
    return f"{product.name} ({product.supplier.name}, {product.sku})"
