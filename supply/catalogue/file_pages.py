"""A file brought in two steps: what it would change first, then taking it. One flow for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request

from supply import clock
from supply.accounts.rules import Right
from supply.catalogue.forms import UploadForm
from supply.catalogue.importing import uploads
from supply.catalogue.routes import Page
from supply.catalogue.seller import Seller, seller
from supply.db import transaction
from supply.tables import SHOWN, FaultyTable, Table
from supply.web import access


@dataclass(frozen=True, slots=True)
class FileKind:
    """What is brought: its page, how it is read and taken, and what is said of it then."""

    template: str
    read: Callable[[bytes, str], Table]
    take: Callable[..., Any]
    """Takes the table for a supplier, all rows or none, and returns what it changes; with
    ``dry_run`` only that. Raises FaultyTable."""
    said: Callable[[Any], str]
    columns: tuple[Sequence[str], Sequence[str]]
    """Those that are needed, and those that may be there."""


def ask(kind: FileKind, supplier_code: str, practice_code: str | None) -> Page:
    """Ask for a file."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    return _page(kind, kept_by, UploadForm(formdata=None))


def take(kind: FileKind, supplier_code: str, practice_code: str | None) -> Page:
    """Check a file and show what it would change; with ``do=take`` take it."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    taking = request.form.get("do") == "take"
    form = UploadForm()
    filename, content = uploads.brought(form.file.data, request.form)
    if content is None:
        form.validate()
        return _page(kind, kept_by, form), 400
    try:
        summary = _taken(kind, kept_by, filename, content, dry_run=not taking)
    except FaultyTable as faulty:
        return _page(kind, kept_by, form, faulty=faulty), 400
    if not taking:
        kept = uploads.keep(content)
        return _page(kind, kept_by, form, summary=summary, kept=kept, filename=filename)
    flash(kind.said(summary), "success")
    return redirect(kept_by.url("supplier_products"))


def _taken(kind: FileKind, kept_by: Seller, filename: str, content: bytes, *, dry_run: bool) -> Any:
    table = kind.read(content, filename)
    with transaction():
        return kind.take(
            table, kept_by.supplier, dry_run=dry_run, actor=access.actor(), now=clock.now()
        )


def _page(
    kind: FileKind,
    kept_by: Seller,
    form: UploadForm,
    *,
    faulty: FaultyTable | None = None,
    summary: Any = None,
    kept: str = "",
    filename: str = "",
) -> str:
    return render_template(
        kind.template,
        seller=kept_by,
        form=form,
        faulty=faulty,
        summary=summary,
        kept=kept,
        filename=filename,
        shown=SHOWN,
        columns=kind.columns,
    )
