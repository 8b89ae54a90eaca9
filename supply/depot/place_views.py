"""The places of a depot: seen, added, renamed, put away."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.catalogue.terms import Storage
from supply.db import db
from supply.depot import wording
from supply.depot.forms import PlaceForm
from supply.depot.routes import ADDRESS, Page, blueprint, opened
from supply.items.models import Location
from supply.items.places import add_location, archive_location, change_location, restore_location
from supply.items.queries import places
from supply.items.terms import LocationKind
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.saving import done, saved, saved_once
from supply.web.toasts import flash_undo


@blueprint.route(f"{ADDRESS}/places", methods=["GET", "POST"])
@login_required
def all_places(supplier_code: str) -> Page:
    """Show the places, and add one."""
    supplier, depot = opened(supplier_code)
    form = PlaceForm()
    now = clock.now()

    def work() -> dict[str, Any]:
        added = add_location(
            depot,
            name=text(form.name),
            storage=Storage(form.storage.data),
            actor=access.actor(),
            now=now,
        )
        return {"name": added.name}

    answer = saved_once(form, work, now)
    if answer is not None:
        flash(_("%(name)s is added.", name=answer["name"]), "success")
        return redirect(url_for(".all_places", supplier_code=supplier_code))
    page = render_template(
        "depot/places.html", supplier=supplier, places=places(depot), form=form, words=wording
    )
    return page, status_of(form)


@blueprint.route(f"{ADDRESS}/places/<int:place_id>", methods=["GET", "POST"])
@login_required
def place(supplier_code: str, place_id: int) -> Page:
    """Rename a place, or say at what temperature it is kept."""
    supplier, depot = opened(supplier_code)
    found = _place(depot, place_id)
    form = PlaceForm(data={"name": found.name, "storage": found.storage})
    now = clock.now()

    def work() -> None:
        change_location(
            found,
            name=text(form.name),
            storage=Storage(form.storage.data),
            actor=access.actor(),
            now=now,
        )

    if saved(form, work):
        flash(_("Saved."), "success")
        return redirect(url_for(".all_places", supplier_code=supplier_code))
    page = render_template("depot/place.html", supplier=supplier, place=found, form=form)
    return page, status_of(form)


@blueprint.post(f"{ADDRESS}/places/<int:place_id>/archive")
@login_required
def archive(supplier_code: str, place_id: int) -> Page:
    """Put a place away; the toast takes it back."""
    _supplier, depot = opened(supplier_code)
    found = _place(depot, place_id)
    name = found.name
    now = clock.now()
    if done(lambda: archive_location(found, actor=access.actor(), now=now)):
        undo = url_for(".restore", supplier_code=supplier_code, place_id=place_id)
        flash_undo(_("%(name)s is put away.", name=name), undo)
    return redirect(url_for(".all_places", supplier_code=supplier_code))


@blueprint.post(f"{ADDRESS}/places/<int:place_id>/restore")
@login_required
def restore(supplier_code: str, place_id: int) -> Page:
    """Take a place back into use."""
    _supplier, depot = opened(supplier_code)
    found = _place(depot, place_id)
    now = clock.now()
    if done(lambda: restore_location(found, actor=access.actor(), now=now)):
        flash(_("Undone."), "success")
    return redirect(url_for(".all_places", supplier_code=supplier_code))


def _place(depot: Clinic, place_id: int) -> Location:
    found = db.session.get(Location, place_id)
    if found is None or found.clinic_id != depot.id or found.kind is not LocationKind.SHELF:
        raise NotFoundHereError(str(place_id))
    return found
