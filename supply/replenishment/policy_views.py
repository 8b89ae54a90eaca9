"""Reorder points: a table edited in place, and the same as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from secrets import token_hex
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.db import transaction
from supply.documents import answers
from supply.documents.answers import CSV
from supply.inventory import wording as stock_words
from supply.quantity import InvalidQuantityError, Unit
from supply.refusals import InvalidInput
from supply.replenishment import policy_files, queries, services
from supply.replenishment.queries import ItemPolicy
from supply.replenishment.routes import blueprint
from supply.replenishment.rules import USUAL_SERVICE_LEVEL
from supply.replenishment.terms import Method
from supply.tables import FaultyTable
from supply.web import access
from supply.web.numbers import read_quantity, typed
from supply.web.once import once
from supply.web.toasts import flash_notes

FIELDS = {"reorder_point": "point", "par_level": "par"}
"""Levels of a policy, and how the names of their inputs begin."""

LEVELS = tuple(FIELDS)


@dataclass(slots=True)
class Row:
    """A row of the table: what stands in its inputs, what stood there, what is wrong."""

    standing: ItemPolicy
    texts: dict[str, str]
    was: str
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether the person changed something in it."""
        return _joined(self.texts) != self.was

    def in_containers(self, name: str) -> str:
        """Return what is kept for a field as containers: "= 12 vials"; "" where they are one."""
        value: Decimal | None = getattr(self.standing.policy, name, None)
        item = self.standing.item
        if not value or item.unit is Unit.EACH or value < item.content_per_container:
            return ""
        return f"= {stock_words.measure(value, item)}"


@blueprint.get("/c/<clinic_code>/policies")
@login_required
def policies(clinic_code: str) -> str:
    """Show every item's reorder point and par level, to change in place."""
    clinic = access.clinic(clinic_code)
    return _page(clinic, _rows(clinic, {}))


@blueprint.post("/c/<clinic_code>/policies")
@login_required
def save_policies(clinic_code: str) -> str | Response | tuple[str, int]:
    """Save the rows that were changed, all of them or none."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    rows = _rows(clinic, request.form)
    changed = [row for row in rows if row.changed]
    now = clock.now()

    def save() -> dict[str, Any]:
        faults = [fault for row in changed for fault in _save(clinic, row)]
        if faults:
            raise InvalidInput(*faults)
        return {"changed": len(changed)}

    try:
        saved = once(save, now)["changed"]
    except InvalidInput:
        return _page(clinic, rows), 400
    said = ngettext("%(num)s row saved.", "%(num)s rows saved.", saved)
    flash(str(said) if saved else str(_("Nothing was changed.")), "success")
    return redirect(url_for(".policies", clinic_code=clinic.code))


@blueprint.get("/c/<clinic_code>/policies.csv")
@login_required
def export_policies(clinic_code: str) -> Response:
    """Give the reorder points as a file."""
    clinic = access.clinic(clinic_code)
    filename = f"reorder-points-{clinic.code}.csv"
    return answers.download(policy_files.export_policies(clinic).encode(), CSV, filename)


@blueprint.post("/c/<clinic_code>/policies/file")
@login_required
def import_policies(clinic_code: str) -> str | Response | tuple[str, int]:
    """Take reorder points from a file."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    file = request.files.get("file")
    content = file.read() if file else b""
    if file is None or not content:
        return _page(clinic, _rows(clinic, {}), [_("Choose a file first.")]), 400
    try:
        table = policy_files.read_policies(content, file.filename or "")
        with transaction():
            taken = policy_files.import_policies(
                clinic, table, actor=access.actor(), now=clock.now()
            )
    except FaultyTable as faulty:
        return _page(clinic, _rows(clinic, {}), str(faulty).splitlines()), 400
    said = ngettext("%(num)s reorder point set.", "%(num)s reorder points set.", taken)
    flash(str(said), "success")
    flash_notes(table.notes)
    return redirect(url_for(".policies", clinic_code=clinic.code))


def _page(clinic: Clinic, rows: list[Row], file_errors: list[str] | None = None) -> str:
    errors: list[Any] = [*(file_errors or [])]
    for row in rows:
        item = row.standing.item
        errors += [
            {
                "text": str(_("%(what)s: %(more)s", what=item.name, more=text)),
                "url": f"#{FIELDS[name]}-{item.id}",
            }
            for name, text in row.errors.items()
        ]
    return render_template(
        "replenishment/policies.html",
        clinic=clinic,
        rows=rows,
        errors=errors,
        with_point=sum(1 for row in rows if row.standing.policy is not None),
        may_change=access.can(Right.STOCK),
        projected=Method.PROJECTED,
        with_projection=sum(row.texts["method"] == Method.PROJECTED for row in rows),
        words=stock_words,
        form_key=request.form.get("form_key") or token_hex(16),
    )


def _rows(clinic: Clinic, form: Mapping[str, str]) -> list[Row]:
    """Return the table with what ``form`` has in place of what is kept."""
    rows = []
    usual = Method.PROJECTED if clinic.projected else Method.FIXED
    for standing in queries.item_policies(clinic.id, now=clock.now()):
        kept = {name: _kept(standing, name) for name in LEVELS}
        kept["method"] = (standing.policy.method if standing.policy else usual).value
        item_id = standing.item.id
        texts = {name: form.get(f"{FIELDS[name]}-{item_id}", kept[name]).strip() for name in LEVELS}
        texts["method"] = _ticked(form, item_id) or kept["method"]
        rows.append(Row(standing, texts, form.get(f"was-{item_id}", _joined(kept))))
    return rows


def _ticked(form: Mapping[str, str], item_id: int) -> str | None:
    """Return what a row that was sent is to be judged by; a box not ticked is not sent."""
    if f"was-{item_id}" not in form:
        return None
    projected = form.get(f"by-{item_id}") == Method.PROJECTED
    return (Method.PROJECTED if projected else Method.FIXED).value


def _kept(standing: ItemPolicy, name: str) -> str:
    value: Decimal | None = getattr(standing.policy, name, None)
    return "" if value is None else typed(value)


def _joined(texts: Mapping[str, str]) -> str:
    return "|".join(texts[name] for name in (*LEVELS, "method"))


def _method(row: Row) -> Method:
    """Return what an item is to be judged by.

    Who sets a reorder point where nothing was set, and leaves the choice as it stands, means it.
    """
    chosen = Method.PROJECTED if row.texts["method"] == Method.PROJECTED else Method.FIXED
    left = row.was.endswith(f"|{chosen.value}")
    points = all(row.texts[name] for name in LEVELS)
    if row.standing.policy is None and left and points:
        return Method.FIXED
    return chosen


def _service_level(method: Method, thousandths: int | None) -> Decimal | None:
    """Return the level that was set; of what is judged by its projection at least the usual one."""
    if thousandths is not None:
        return Decimal(thousandths).scaleb(-3)
    return Decimal(str(USUAL_SERVICE_LEVEL)) if method is Method.PROJECTED else None


def _save(clinic: Clinic, row: Row) -> list[tuple[str, str]]:
    """Save one row; keep what is wrong in it, and return that."""
    item, policy = row.standing.item, row.standing.policy
    levels: dict[str, Decimal | None] = {}
    for name in LEVELS:
        text = row.texts[name]
        try:
            levels[name] = read_quantity(text, item.unit, allow_zero=True) if text else None
        except InvalidQuantityError as error:
            row.errors[name] = str(error)
    method = _method(row)
    now, actor = clock.now(), access.actor()
    if not row.errors and method is Method.FIXED and not any(row.texts[name] for name in LEVELS):
        services.remove_policy(clinic.id, item.id, actor=actor, now=now)
    elif not row.errors:
        level = policy.service_level_thousandths if policy else None
        try:
            services.set_policy(
                clinic.id,
                item.id,
                method=method,
                reorder_point=levels["reorder_point"],
                par_level=levels["par_level"],
                service_level=_service_level(method, level),
                actor=actor,
                now=now,
            )
        except InvalidInput as invalid:
            row.errors.update(invalid.errors)
    return list(row.errors.items())
