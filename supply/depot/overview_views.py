"""What is there, by product and lot; and whether stock is kept here at all."""

from __future__ import annotations

import secrets
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.depot import queries, wording
from supply.depot.keeping import depot_of, keep_stock
from supply.depot.refusals import KeepsNoStock
from supply.depot.routes import ADDRESS, Page, blueprint
from supply.depot.rules import Show
from supply.web import access
from supply.web.saving import done
from supply.web.toasts import flash_undo


@blueprint.get(ADDRESS)
@login_required
def index(supplier_code: str) -> Page:
    """Show what is there by product and lot, or what keeping stock here brings."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    depot = depot_of(supplier)
    show = next((one for one in Show if one == request.args.get("show")), Show.ALL)
    q = request.args.get("q", "").replace("\x00", "").strip()[:200]
    start = max(0, min(request.args.get("start", 0, type=int), 1_000_000))
    page = queries.overview(supplier, depot, clock.now(), show=show, q=q, start=start)
    return render_template(
        "depot/index.html",
        supplier=supplier,
        page=page,
        show=show,
        q=q,
        chips=_chips(supplier, show, q),
        pages=_pages(supplier, show, q, start, page),
        words=wording,
        today=access.today(),
        may_end=access.can(Right.CATALOGUE),
        key=secrets.token_hex(16),
    )


@blueprint.errorhandler(KeepsNoStock)
def begin(_refusal: KeepsNoStock) -> Page:
    """Show what keeping stock here brings, wherever a page of it was asked for."""
    page = render_template(
        "depot/begin.html", supplier=g.supplier, may_begin=access.can(Right.CATALOGUE)
    )
    return page, 409 if request.method == "POST" else 200


def _chips(supplier: Supplier, show: Show, q: str) -> list[dict[str, Any]]:
    return [
        {
            "label": wording.SHOW_WORDS[one],
            "url": _url(supplier, one, q),
            "active": one is show,
        }
        for one in Show
    ]


def _url(supplier: Supplier, show: Show, q: str, start: int = 0) -> str:
    return url_for(
        ".index",
        supplier_code=supplier.code,
        show=None if show is Show.ALL else show.value,
        q=q or None,
        start=start or None,
    )


def _pages(
    supplier: Supplier, show: Show, q: str, start: int, page: queries.Page
) -> dict[str, Any]:
    last = start + len(page.products)
    return {
        "next_url": _url(supplier, show, q, last) if page.products and last < page.total else None,
        "prev_url": _url(supplier, show, q, max(0, start - queries.PAGE)) if start else None,
        "text": _(
            "%(first)d to %(last)d of %(total)d", first=start + 1, last=last, total=page.total
        ),
    }


@blueprint.post(f"{ADDRESS}/keeping")
@login_required
def keep(supplier_code: str) -> Page:
    """Keep stock here from now on, or no longer; the toast takes it back."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    keeps = request.form.get("keep") == "yes"
    now = clock.now()
    if done(lambda: keep_stock(supplier, keeps=keeps, actor=access.actor(), now=now)):
        if keeps:
            said = _("Your stock is kept here. Take in what is on your shelves.")
            flash(said, "success")
        else:
            said = _("Your stock is not kept here any more. What is recorded stays as it is.")
            again = url_for(".keep", supplier_code=supplier_code)
            flash_undo(said, again, {"keep": "yes"})
    return redirect(url_for(".index", supplier_code=supplier_code))
