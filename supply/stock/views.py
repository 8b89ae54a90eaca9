"""What a clinic has: the list, an item, an entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from secrets import token_hex
from typing import Any, TypeVar

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.catalogue import wording as goods
from supply.catalogue.barcodes import scan
from supply.catalogue.models import Product
from supply.catalogue.search import scanned as read_scan
from supply.inventory import entries, wording
from supply.inventory import queries as inventory
from supply.inventory.boxes import item_behind, place_behind
from supply.inventory.worth import worth_of_lots
from supply.items.models import Item, Location
from supply.items.queries import item_here
from supply.ordering import queries as ordering
from supply.quantity import ZERO
from supply.stock import lots, overview, queries
from supply.stock import what_if as questions
from supply.stock.ahead import Ahead, ahead_of
from supply.stock.overview import Show, Sort, StockRow
from supply.stock.proposed import proposed
from supply.transfers import queries as transfers
from supply.web import access

Word = TypeVar("Word", bound=StrEnum)

blueprint = Blueprint("stock", __name__)

PAGE = 50

SOURCE_PAGES: Mapping[str, tuple[str, str]] = {
    "treatment_session": ("treatments.session", "session_id"),
    "purchase_order": ("ordering.order", "order_id"),
    "shipment": ("fulfilment.shipment", "shipment_id"),
    "receipt": ("fulfilment.receipt", "receipt_id"),
    "transfer": ("transfers.show", "transfer_id"),
    "count": ("counting.count", "count_id"),
    "undo": ("stock.entry", "entry_id"),
}
"""Where the document behind an entry has its page, and what its address calls the id."""


@blueprint.get("/c/<clinic_code>/stock")
@login_required
def index(clinic_code: str) -> str | Response:
    """Show what there is: searched, filtered, sorted, fifty rows at a time."""
    clinic = access.clinic(clinic_code)
    text = request.args.get("q", "").strip()[:200]
    scanned = _scanned(clinic, text)
    if scanned is not None:
        return redirect(url_for(".item", clinic_code=clinic.code, item_id=scanned))
    rows = _all_rows(clinic)
    place = place_behind(clinic, scan(text, today=access.today())) if text else None
    found = _matching(clinic, rows, text, place)
    show = _one_of(Show, request.args.get("show"))
    shown = [row for row in found if overview.SHOWS[show](row)] if show else found
    sort = request.args.get("sort", "name")
    column = _one_of(Sort, sort.removeprefix("-")) or Sort.NAME
    ordered = overview.sort_rows(shown, column, descending=sort.startswith("-"))
    page = min(max(request.args.get("page", 1, int), 1), (len(ordered) - 1) // PAGE + 1 or 1)
    return render_template(
        "stock/index.html",
        clinic=clinic,
        today=access.today(),
        rows=ordered[(page - 1) * PAGE : page * PAGE],
        total=len(ordered),
        stocked=len(rows),
        counts={name: sum(map(test, found)) for name, test in overview.SHOWS.items()},
        all_count=len(found),
        summary=_summary(rows),
        q=text,
        read=None if place else read_scan(text, today=access.today()),
        place=place,
        show=show,
        sort=f"-{column}" if sort.startswith("-") else column.value,
        page=page,
        page_size=PAGE,
        words=wording,
    )


def _matching(
    clinic: Clinic, rows: list[StockRow], text: str, place: Location | None
) -> list[StockRow]:
    """Return the rows asked for: of what lies in the location scanned, or what fits words."""
    if place is not None:
        there = overview.items_at(place.id)
        return [row for row in rows if row.item.id in there]
    if not text:
        return rows
    return overview.matching(rows, text, overview.items_with_lot(clinic, text))


def _one_of(kind: type[Word], value: str | None) -> Word | None:
    """Return the member ``value`` names, or None: an unknown filter is no filter."""
    return next((member for member in kind if member.value == value), None)


def _scanned(clinic: Clinic, text: str) -> int | None:
    """Return the item behind a scanned code, None where the text is no code of ours."""
    if len(text) < 8 or not any(character.isdigit() for character in text):
        return None
    item = item_behind(clinic.practice_id, scan(text, today=access.today()))
    return item.id if item else None


def _all_rows(clinic: Clinic) -> list[StockRow]:
    today = access.today()
    targets = queries.targets(clinic, today)
    on_order = ordering.on_order([clinic.id], None)
    coming = {item_id for _clinic, item_id in on_order}
    return overview.stock_rows(
        clinic,
        overview.stocked_items(clinic, {*targets, *coming}),
        inventory.levels([clinic.id], None, now=clock.now()),
        on_order,
        targets,
        {*targets, *queries.named(clinic.practice_id)},
        queries.lasting(clinic.id),
        today,
    )


def _summary(rows: Sequence[StockRow]) -> dict[str, int]:
    return {
        "low": sum(row.is_low for row in rows),
        "out": sum(row.is_out for row in rows),
        "expiring": sum(row.is_expiring for row in rows),
    }


@blueprint.get("/c/<clinic_code>/items/<int:item_id>")
@login_required
def item(clinic_code: str, item_id: int) -> str:
    """Show one item: how much, where, until when, what happened to it, what is coming."""
    clinic = access.clinic(clinic_code)
    found = item_here(clinic, item_id)
    now = clock.now()
    before = request.args.get("before", None, int)
    movements, older = entries.movements(clinic, item_id, before)
    on_order = ordering.on_order([clinic.id], [item_id]).get((clinic.id, item_id), ZERO)
    row = queries.stock_row(clinic, found, on_order, now)
    bought = queries.bought_as(item_id)
    ahead = _ahead(clinic, found, row, now)
    return render_template(
        "stock/item.html",
        clinic=clinic,
        item=found,
        row=row,
        level=row.level,
        policy=row.target,
        on_order=on_order,
        arriving=queries.arriving(clinic.id, item_id) if on_order else [],
        sent_here=transfers.arriving_of_item(clinic.id, item_id) if on_order else [],
        products=bought.sold,
        buy=proposed(row, _to_buy(bought, ahead), ahead.packs if ahead else None),
        replaced_products=bought.replaced,
        goods=goods,
        lots=lots.lots_of(clinic, item_id, now),
        ahead=ahead,
        worth=worth_of_lots(clinic.id, item_id, clinic.currency),
        movements=movements,
        older=older,
        before=before,
        today=access.today(),
        now=now,
        words=wording,
        source_url=source_url,
        may_undo=access.may_undo,
        page_of=page_of,
        key=token_hex(16),
    )


def _to_buy(bought: queries.BoughtAs, ahead: Ahead | None) -> Product | None:
    """Return the product to order: the one the projection chose, else the preferred one."""
    products = [product for product, _preferred in bought.sold]
    chosen = ahead.product_id if ahead else None
    return next((one for one in products if one.id == chosen), products[0] if products else None)


def _ahead(clinic: Clinic, item: Item, row: StockRow, now: dt.datetime) -> Ahead | None:
    """Return what the page says of the days ahead; nothing of what is not counted here."""
    if not row.tracked:
        return None
    return ahead_of(clinic, item, now=now)


@blueprint.get("/c/<clinic_code>/what-if")
@login_required
def what_if(clinic_code: str) -> str:
    """Show which items would fall short with more sessions, or without a supplier."""
    clinic = access.clinic(clinic_code)
    formulations, suppliers = questions.formulations_of(clinic), questions.suppliers_of(clinic)
    question = questions.asked(request.args, formulations, suppliers, access.today())
    return render_template(
        "stock/what_if.html",
        clinic=clinic,
        today=access.today(),
        formulations=formulations,
        suppliers=suppliers,
        question=question,
        changes=questions.answer(clinic, question, now=clock.now()) if question else [],
        names=dict(formulations),
        sellers=dict(suppliers),
        most=questions.MOST_SESSIONS,
    )


@blueprint.get("/c/<clinic_code>/entries/<int:entry_id>")
@login_required
def entry(clinic_code: str, entry_id: int) -> str:
    """Show one entry of the ledger with its moves."""
    clinic = access.clinic(clinic_code)
    found = entries.entry_of(clinic, entry_id)
    if found is None:
        raise NotFoundHereError(str(entry_id))
    return render_template(
        "stock/entry.html",
        clinic=clinic,
        entry=found,
        today=access.today(),
        words=wording,
        source_url=source_url,
        may_undo=access.may_undo,
        title=_("%(kind)s, entry %(id)d", kind=wording.ENTRY_WORDS[found.kind], id=found.entry_id),
    )


def source_url(clinic: Clinic, movement: entries.Movement) -> str | None:
    """Return the page of the document behind an entry, where it has one."""
    if movement.source_type is None or movement.source_id is None:
        return None
    endpoint, parameter = SOURCE_PAGES.get(movement.source_type, ("", ""))
    return page_of(endpoint, clinic_code=clinic.code, **{parameter: movement.source_id})


def page_of(endpoint: str, **values: Any) -> str | None:
    """Return the address of a page of another room, None where there is no such page."""
    if endpoint not in current_app.view_functions:
        return None
    return url_for(endpoint, **values)
