"""The pages of the audit: of a practice for its owners, of a supplier for its admins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Practice, Supplier
from supply.accounts.rules import Right
from supply.audit import services as audit
from supply.db import transaction
from supply.documents.answers import CSV, download
from supply.seals.sealing import newest
from supply.tables import write_csv
from supply.trail import shown
from supply.trail.actions import Group, actions_of
from supply.trail.forms import SearchForm
from supply.trail.queries import Asked, Place, Whose, people_of, rows, whose
from supply.trail.reading import span, zone_of
from supply.web import access
from supply.web.both_sides import of_both

blueprint = Blueprint("trail", __name__)

PAGE: Final = 50
IN_A_FILE: Final = 1000
"""Rows of a file that are read at a time."""
LOOKED_BACK: Final = dt.timedelta(days=92)
"""How far back words and subjects are looked for where no day is given."""


@of_both(blueprint, "audit", "audit")
def index(**codes: str) -> str | tuple[str, int]:
    """List who did what, the newest first."""
    place = _place(**codes)
    of = whose(place)
    form = _form(of)
    asked = _asked(form, place) if form.validate() else None
    found = rows(of, asked, _after(), PAGE + 1) if asked else []
    page, side = found[:PAGE], _side(place)
    page_of = render_template(
        "trail/index.html",
        place=place,
        form=form,
        rows=shown.rows_of(page, place),
        timezone=zone_of(place),
        has_clinics=isinstance(place, Practice),
        seal=newest(),
        looked_back=asked.since if asked and not form.first.data else None,
        next_url=_next(found, side, codes),
        file_url=url_for(f".{side}_file", **_address(codes)),
    )
    return page_of if asked else (page_of, 422)


@of_both(blueprint, "file", "audit.csv")
def file(**codes: str) -> Response:
    """Give all that is looked for as a file, however long; that it was taken is noted."""
    place = _place(**codes)
    of = whose(place)
    form = _form(of)
    if not form.validate():
        abort(422)
    content = write_csv(_header(), _lines(of, _asked(form, place), place))
    with transaction():
        audit.record(
            access.actor(), "audit.exported", (_side(place), place.id), clock.now(), **_ids(place)
        )
    return download(content.encode(), CSV, f"audit-{place.code}-{access.today()}.csv")


def _place(*, practice_code: str = "", supplier_code: str = "") -> Practice | Supplier:
    if supplier_code:
        return access.supplier(supplier_code, Right.CATALOGUE)
    return access.practice(practice_code, Right.SETTINGS)


def _side(place: Practice | Supplier) -> str:
    return "practice" if isinstance(place, Practice) else "supplier"


def _ids(place: Practice | Supplier) -> dict[str, Any]:
    return {f"{_side(place)}_id": place.id}


def _form(of: Whose) -> SearchForm:
    form = SearchForm(request.args)
    form.offer(people_of(of))
    return form


def _asked(form: SearchForm, place: Practice | Supplier) -> Asked:
    since, until = span(form.first.data, form.last.data, place)
    group = form.about.data
    words = (form.q.data or "").strip()
    if since is None and (group or words):
        since = (until or clock.now()) - LOOKED_BACK
    return Asked(
        since=since,
        until=until,
        person_id=int(form.person.data) if form.person.data else None,
        actions=actions_of(Group(group)) if group else None,
        words=words,
    )


def _after() -> Place | None:
    """Return the row after which the page begins, None for the first; a stale one is the first."""
    at, _space, row_id = request.args.get("after", "").partition("~")
    try:
        instant = dt.datetime.fromisoformat(at)
        return (instant.astimezone(dt.UTC), int(row_id)) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _next(found: list[Any], side: str, codes: dict[str, str]) -> str | None:
    if len(found) <= PAGE:
        return None
    last = found[PAGE - 1]
    after = f"{last.at.isoformat()}~{last.id}"
    return url_for(f".{side}_audit", **_address(codes), after=after)


def _address(codes: dict[str, str]) -> dict[str, Any]:
    """Return what the address of this page says: whose it is, and what is looked for."""
    names = ("person", "about", "from", "to", "q")
    return {**codes, **{name: request.args[name] for name in names if request.args.get(name)}}


def _header() -> list[str]:
    return [
        _("When"), _("Who"), _("E-mail"), _("Address"), _("What"), _("Subject"), _("Before"),
        _("After"),
    ]  # fmt: skip


def _lines(of: Whose, asked: Asked, place: Practice | Supplier) -> Iterator[list[str]]:
    after: Place | None = None
    while found := rows(of, asked, after, IN_A_FILE):
        yield from (one.as_line() for one in shown.rows_of(found, place))
        after = found[-1].at, found[-1].id
