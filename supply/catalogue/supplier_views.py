"""The catalogue as its supplier keeps it: products, terms, prices, files."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required

from supply import clock, money
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.catalogue import queries, rules, services, wording
from supply.catalogue.forms import PriceForm, TermsForm, UploadForm
from supply.catalogue.importing import uploads
from supply.catalogue.models import Product
from supply.catalogue.routes import Page, blueprint
from supply.catalogue.services import ImportSummary, ProductTerms
from supply.db import transaction
from supply.refusals import InvalidInput, Refusal
from supply.tables import FaultyTable
from supply.web import access, forms
from supply.web.once import once

PAGE = 50


@blueprint.get("/s/<supplier_code>/products")
@login_required
def supplier_products(supplier_code: str) -> Page:
    """Show what the supplier sells, or what it has withdrawn."""
    supplier = access.supplier(supplier_code)
    q = request.args.get("q", "").replace("\x00", "").strip()[:300]
    withdrawn = request.args.get("show") == "withdrawn"
    start = max(0, min(request.args.get("start", 0, type=int), 1_000_000))
    page = queries.products_of_supplier(
        supplier.id, q=q, withdrawn=withdrawn, start=start, limit=PAGE
    )
    today = clock.local_date(clock.now(), supplier.timezone)
    prices = queries.list_prices([product.id for product in page.products], today)
    return render_template(
        "catalogue/supplier_products.html",
        supplier=supplier,
        page=page,
        q=q,
        withdrawn=withdrawn,
        prices=_home_first(supplier, prices),
        pages=_pages(supplier, q, withdrawn, start, page),
        may_edit=access.can(Right.CATALOGUE),
        words=wording,
    )


def _home_first(
    supplier: Supplier, prices: Mapping[int, Mapping[str, rules.PriceRow]]
) -> dict[int, list[money.Money]]:
    """Return each product's prices, the one in the currency of the supplier's country first."""
    home = money.currency_of_zone(supplier.timezone)

    def order(row: rules.PriceRow) -> tuple[bool, str]:
        return row.currency != home, row.currency

    return {
        product_id: [
            money.Money(row.pack_minor, row.currency)
            for row in sorted(by_currency.values(), key=order)
        ]
        for product_id, by_currency in prices.items()
    }


def _pages(
    supplier: Supplier, q: str, withdrawn: bool, start: int, page: queries.SupplierPage
) -> dict[str, Any]:
    last = start + len(page.products)
    query: dict[str, Any] = {"q": q or None, "show": "withdrawn" if withdrawn else None}

    def url(first: int) -> str:
        return url_for(
            ".supplier_products", supplier_code=supplier.code, start=first or None, **query
        )

    return {
        "next_url": url(last) if page.products and last < page.total else None,
        "prev_url": url(max(0, start - PAGE)) if start else None,
        "text": _(
            "%(first)d to %(last)d of %(total)d", first=start + 1, last=last, total=page.total
        ),
    }


@blueprint.get("/s/<supplier_code>/products/<int:product_id>")
@login_required
def supplier_product(supplier_code: str, product_id: int) -> Page:
    """Show a product with its terms and the history of its prices."""
    supplier = access.supplier(supplier_code)
    product = _product(supplier, product_id)
    return _product_page(supplier, product)


@blueprint.post("/s/<supplier_code>/products/<int:product_id>")
@login_required
def change_product(supplier_code: str, product_id: int) -> Page:
    """Change a product's terms."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    form = TermsForm()
    now = clock.now()

    def work() -> dict[str, Any]:
        product = _product(supplier, product_id)
        terms = ProductTerms(
            name=forms.text(form.name).strip(),
            lead_time_days=form.lead_time_days.data,
            minimum_order_packs=form.minimum_order_packs.data or 0,
            minimum_remaining_days=form.minimum_remaining_days.data,
        )
        services.change_terms(product, terms, actor=access.actor(), now=now)
        return {"product": product.id}

    if form.validate_on_submit():
        try:
            once(work, now)
        except Refusal as refusal:
            forms.show(form, refusal)
        else:
            flash(_("Saved."), "success")
            return _back_to(supplier, product_id)
    product = _product(supplier, product_id)
    return _product_page(supplier, product, terms_form=form), 400


@blueprint.post("/s/<supplier_code>/products/<int:product_id>/prices")
@login_required
def add_price(supplier_code: str, product_id: int) -> Page:
    """Start a price on a day, for one pack or for several."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    form = PriceForm()
    now = clock.now()
    if form.validate_on_submit():
        try:
            once(lambda: _start_price(supplier, product_id, form), now)
        except Refusal as refusal:
            forms.show(form, refusal)
        else:
            flash(_("The price is on file."), "success")
            return _back_to(supplier, product_id)
    product = _product(supplier, product_id)
    return _product_page(supplier, product, price_form=form), 400


def _start_price(supplier: Supplier, product_id: int, form: PriceForm) -> dict[str, Any]:
    now = clock.now()
    today = clock.local_date(now, supplier.timezone)
    currency = forms.text(form.currency).strip().upper()
    if not money.is_currency(currency):
        raise InvalidInput(("currency", _("Enter a currency, such as EUR.")))
    try:
        minor = money.parse_minor(forms.text(form.price).replace(",", "."), currency)
    except money.InvalidMoneyError as error:
        raise InvalidInput(("price", str(error))) from error
    price = services.set_price(
        _product(supplier, product_id),
        money.Money(minor, currency),
        from_packs=form.from_packs.data or 0,
        valid_from=form.valid_from.data or today,
        today=today,
        actor=access.actor(),
        now=now,
    )
    return {"price": price.id}


@blueprint.post("/s/<supplier_code>/products/<int:product_id>/withdrawal")
@login_required
def withdraw_product(supplier_code: str, product_id: int) -> Page:
    """Take a product out of the catalogue, or offer it again."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    again = request.form.get("again") == "yes"
    address = url_for(".withdraw_product", supplier_code=supplier.code, product_id=product_id)
    with transaction():
        product = _product(supplier, product_id)
        change = services.reinstate if again else services.withdraw
        change(product, actor=access.actor(), now=clock.now())
    if again:
        flash(_("The product is in the catalogue again."), "success")
    else:
        undo: Any = {"undo_url": address, "fields": {"again": "yes"}}
        undo["text"] = str(_("The product is withdrawn."))
        flash(undo, "undo")
    return _back_to(supplier, product_id)


def _back_to(supplier: Supplier, product_id: int) -> Page:
    return redirect(
        url_for(".supplier_product", supplier_code=supplier.code, product_id=product_id)
    )


def _product(supplier: Supplier, product_id: int) -> Product:
    product = queries.product_of(supplier.id, product_id)
    if product is None:
        abort(404)
    return product


def _product_page(
    supplier: Supplier,
    product: Product,
    *,
    terms_form: TermsForm | None = None,
    price_form: PriceForm | None = None,
) -> str:
    today = clock.local_date(clock.now(), supplier.timezone)
    history = queries.price_history(product.id)
    first = history[0].currency if history else "EUR"
    new_price = {"currency": first, "from_packs": 1, "valid_from": today, "form_key": _key()}
    terms = terms_form or TermsForm(formdata=None, obj=product, data={"form_key": _key()})
    return render_template(
        "catalogue/supplier_product.html",
        supplier=supplier,
        product=product,
        terms=terms,
        price=price_form or PriceForm(formdata=None, data=new_price),
        history=[(row, money.Money(row.pack_minor, row.currency)) for row in history],
        today=today,
        may_edit=access.can(Right.CATALOGUE),
        words=wording,
    )


def _key() -> str:
    return secrets.token_urlsafe(16)


@blueprint.get("/s/<supplier_code>/products/file")
@login_required
def upload(supplier_code: str) -> Page:
    """Ask for a catalogue file."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    return _upload_page(supplier, UploadForm(formdata=None))


@blueprint.post("/s/<supplier_code>/products/file")
@login_required
def take_file(supplier_code: str) -> Page:
    """Check a catalogue file and show what it would change; with ``do=take`` take it."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    taking = request.form.get("do") == "take"
    form = UploadForm()
    filename, content = _brought(form)
    if content is None:
        form.validate()
        return _upload_page(supplier, form), 400
    try:
        summary = _import(supplier, filename, content, dry_run=not taking)
    except FaultyTable as faulty:
        return _upload_page(supplier, form, faulty=faulty), 400
    if not taking:
        kept = uploads.keep(content)
        return _upload_page(supplier, form, summary=summary, kept=kept, filename=filename)
    flash(_taken(summary), "success")
    return redirect(url_for(".supplier_products", supplier_code=supplier.code))


def _brought(form: UploadForm) -> tuple[str, bytes | None]:
    """Return the name and content of the file just chosen, or else of the one just checked."""
    if form.file.data:
        return form.file.data.filename or "", form.file.data.read()
    packed = request.form.get("kept", "")
    return request.form.get("filename", "")[:200], uploads.kept(packed) if packed else None


def _import(supplier: Supplier, filename: str, content: bytes, *, dry_run: bool) -> ImportSummary:
    table = services.read_catalogue(content, filename)
    with transaction():
        return services.import_catalogue(
            table, supplier, dry_run=dry_run, actor=access.actor(), now=clock.now()
        )


def _taken(summary: ImportSummary) -> str:
    products = summary.added + summary.changed
    return str(
        ngettext(
            "%(num)d product added or changed, %(prices)d prices begin today.",
            "%(num)d products added or changed, %(prices)d prices begin today.",
            products,
            prices=summary.prices,
        )
    )


def _upload_page(
    supplier: Supplier,
    form: UploadForm,
    *,
    faulty: FaultyTable | None = None,
    summary: ImportSummary | None = None,
    kept: str = "",
    filename: str = "",
) -> str:
    return render_template(
        "catalogue/upload.html",
        supplier=supplier,
        form=form,
        faulty=faulty,
        summary=summary,
        kept=kept,
        filename=filename,
    )
