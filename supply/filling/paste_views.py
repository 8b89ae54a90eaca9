"""A pasted list: shown as it was understood, and put into the basket once it is right."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.baskets.drafts import BasketLine
from supply.catalogue import wording as goods
from supply.filling.finding import Match, Wanted, match_lines
from supply.filling.pages import fill_once
from supply.filling.routes import blueprint
from supply.filling.rules import LONGEST, MOST_LINES, read_list
from supply.filling.services import packs_in_baskets
from supply.ordering.rules import MOST_PACKS
from supply.refusals import InvalidInput, Refusal
from supply.text import whole
from supply.web import access
from supply.web.forms import sentences

Answer = str | Response | tuple[str, int]

LEAVE_OUT = "0"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list on the page: what it may mean, what is chosen and typed, what is wrong."""

    place: int
    match: Match
    pick: str
    packs: str
    notes: Sequence[str]
    error: str | None = None

    @property
    def chosen(self) -> Wanted | None:
        """The product that is picked, if any."""
        picked = (one for one in self.match.choices if str(one.product.id) == self.pick)
        return next(picked, None)


@blueprint.post("/c/<clinic_code>/basket/paste")
@login_required
def paste(clinic_code: str) -> Answer:
    """Show what a pasted list asks for; nothing is in the basket yet."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    try:
        matches = _read(clinic)
    except Refusal as refusal:
        return _page(clinic, [], refusal), 400
    return _page(clinic, [_row(place, match, {}) for place, match in enumerate(matches)])


@blueprint.post("/c/<clinic_code>/basket/paste/add")
@login_required
def add_pasted(clinic_code: str) -> Answer:
    """Put what was chosen of a list into the basket, all of it or nothing."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    rows: list[Row] = []
    try:
        matches = _read(clinic)
        rows = [_row(place, one, request.form) for place, one in enumerate(matches)]
        fill_once(clinic, _lines(rows), clock.now())
    except Refusal as refusal:
        return _page(clinic, rows, refusal), 400
    return redirect(url_for("ordering.basket", clinic_code=clinic_code))


def _read(clinic: Clinic) -> list[Match]:
    text = request.form.get("pasted", "")
    if len(text) > LONGEST:
        most = _("Paste at most %(most)d characters at a time.", most=LONGEST)
        raise InvalidInput(("pasted", most))
    lines = read_list(text)
    if not lines:
        raise InvalidInput(("pasted", _("Paste at least one line, such as “5 x BIO-5”.")))
    if len(lines) > MOST_LINES:
        most = _("Paste at most %(most)d lines at a time.", most=MOST_LINES)
        raise InvalidInput(("pasted", most))
    return match_lines(lines, clinic, today=access.today())


def _row(place: int, match: Match, form: Mapping[str, str]) -> Row:
    sure = match.choices[0] if match.sure else None
    pick = form.get(f"pick_{place}", str(sure.product.id) if sure else "")
    first = sure or next(iter(match.choices), None)
    said = str(first.packs) if first and first.packs is not None else ""
    notes = [one.note for one in ([first] if first else []) if one.note]
    return Row(place, match, pick, form.get(f"packs_{place}", said), notes)


def _lines(rows: Iterable[Row]) -> list[BasketLine]:
    """Return what the rows ask for.

    Raises:
        InvalidInput: naming every line that has to be decided, or whose packs are none.
    """
    lines, faults = [], []
    for row in rows:
        if not row.match.choices or row.pick == LEAVE_OUT:
            continue
        number, packs = row.match.line.number, whole(row.packs)
        if row.chosen is None:
            text = _("Line %(number)d: choose one, or leave it out.", number=number)
            faults.append((f"pick_{row.place}", text))
        elif packs is None or not 1 <= packs <= MOST_PACKS:
            text = _(
                "Line %(number)d: enter whole packs from 1 to %(most)d.",
                number=number,
                most=MOST_PACKS,
            )
            faults.append((f"packs_{row.place}", text))
        else:
            lines.append(BasketLine(row.chosen.product.id, packs))
    if faults:
        raise InvalidInput(*faults)
    return lines


def _page(clinic: Clinic, rows: Sequence[Row], refusal: Refusal | None = None) -> str:
    faults = dict(refusal.errors) if isinstance(refusal, InvalidInput) else {}
    return render_template(
        "filling/pasted.html",
        clinic=clinic,
        rows=[row for row in rows if row.match.choices],
        unknown=[row for row in rows if not row.match.choices],
        twice=_twice(rows),
        there=packs_in_baskets(clinic.id),
        goods=goods,
        text=request.form.get("pasted", ""),
        longest=LONGEST,
        faults=faults,
        errors=sentences(refusal),
        leave_out=LEAVE_OUT,
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _twice(rows: Sequence[Row]) -> dict[int, int]:
    """Return by product id the packs of all lines together, where several ask for one product."""
    lines: dict[int, list[int]] = {}
    for row in rows:
        if (found := row.chosen) is not None:
            lines.setdefault(found.product.id, []).append(whole(row.packs) or 0)
    return {key: sum(packs) for key, packs in lines.items() if len(packs) > 1}
