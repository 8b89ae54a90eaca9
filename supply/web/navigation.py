"""The navigation of a signed-in page: what one can do in this clinic, or at this supplier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request, session, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from supply.accounts import access
from supply.accounts.models import Clinic, Membership, Practice, Supplier
from supply.accounts.rules import RIGHTS, Right

PLACE = "place"
"""Session key of the place last looked at, such as ("clinic", 3): pages of none keep its menu."""


Place = Clinic | Supplier


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; shown to roles with any of ``rights``.

    ``covers`` are the first words of addresses below a clinic or supplier that it stands for.
    """

    endpoint: str
    label: LazyString
    icon: str
    shortcut: str
    covers: tuple[str, ...] = ()
    secondary: bool = False
    rights: frozenset[Right] = frozenset({Right.VIEW})


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the menu as templates show it; ``count`` is what waits behind it."""

    label: LazyString
    url: str
    icon: str
    active: bool
    shortcut: str
    secondary: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """``nav`` in templates: lines, where we are, where else one could be."""

    items: Sequence[Link]
    clinic: Place
    switch: Sequence[dict[str, Any]]
    home: str
    sign_out: str
    person: str


_KEEPERS = frozenset({Right.STOCK, Right.SETTINGS, Right.CATALOGUE})
_WRITERS = frozenset({Right.ORDER, Right.FULFIL})


def _second(endpoint: str, label: LazyString, icon: str, shortcut: str, *covers: str) -> Entry:
    return Entry(endpoint, label, icon, shortcut, covers, secondary=True, rights=_KEEPERS)


def _mailbox(endpoint: str) -> Entry:
    return Entry(endpoint, _l("Mailbox"), "envelope", "m", secondary=True, rights=_WRITERS)


CLINIC = (
    Entry("today.index", _l("Today"), "sun", "t"),
    Entry(
        "inventory.stock",
        _l("Stock"),
        "box-seam",
        "s",
        ("stock", "items", "shelves", "lots", "entries"),
    ),
    Entry("treatments.use", _l("Use"), "clipboard2-pulse", "u"),
    Entry("ordering.basket", _l("Order"), "cart3", "o", ("basket", "orders")),
    Entry("fulfilment.receive", _l("Receive"), "box-arrow-in-down", "r", ("receive", "shipments")),
    Entry("catalogue.index", _l("Catalogue"), "search", "c"),
    Entry("treatments.sessions", _l("Sessions"), "journal-text", "h", ("sessions", "courses")),
    Entry("replenishment.alerts", _l("Alerts"), "bell", "a"),
    Entry("reports.trace", _l("Trace"), "diagram-3", "x", secondary=True),
)
PRACTICE = (
    _second("settings.index", _l("Settings"), "gear", "e", "locations", "policies"),
    _mailbox("outbox.practice_mailbox"),
)
SUPPLIER = (
    Entry("fulfilment.desk", _l("Orders"), "inboxes", "o", ("orders", "shipments")),
    Entry("catalogue.supplier_products", _l("Products"), "tags", "p"),
    _second("settings.supplier_people", _l("People"), "people", "e"),
    _mailbox("outbox.supplier_mailbox"),
)


def navigation() -> dict[str, Any]:
    """Return ``nav`` for templates; None for people who are signed out or members nowhere."""
    if g.get("standing_alone") or not current_user.is_authenticated:
        return {"nav": None}
    places = places_of_person()
    here = _here(places)
    if here is None:
        return {"nav": None}
    session_key = list(_key(here))
    if session.get(PLACE) != session_key:
        session[PLACE] = session_key
    menu = Menu(
        items=_items(here),
        clinic=here,
        switch=_switch(places, here) if len(places) > 1 else [],
        home=first_page(here),
        sign_out=url_for("accounts.sign_out"),
        person=url_for("accounts.you"),
    )
    return {"nav": menu}


def places_of_person() -> list[Place]:
    """Return the clinics and suppliers the signed-in person is a member of, clinics first."""
    suppliers = [m.supplier for m in current_user.memberships if m.supplier is not None]
    return [
        *access.clinics_of(current_user),
        *sorted(suppliers, key=lambda supplier: supplier.name),
    ]


def place_here() -> Place | None:
    """Return the clinic or supplier the signed-in person works at on this page."""
    return _here(places_of_person())


def first_page(place: Place) -> str:
    """Return the address of the page that opens a clinic or a supplier's desk."""
    lines = CLINIC if isinstance(place, Clinic) else SUPPLIER
    found = next((_url(line, place) for line in lines if _exists(line)), None)
    return found or url_for("accounts.you")


def _here(places: Sequence[Place]) -> Place | None:
    """Return the place of this page: its own, else the last one looked at, else the first."""
    own: Clinic | Practice | Supplier | None = (
        g.get("clinic") or g.get("supplier") or g.get("practice")
    )
    if isinstance(own, Clinic | Supplier):
        return own
    kept = session.get(PLACE)
    if own is not None:
        places = [p for p in places if isinstance(p, Clinic) and p.practice_id == own.id]
    return next((p for p in places if list(_key(p)) == kept), places[0] if places else None)


def _key(place: Place) -> tuple[str, int]:
    return ("clinic" if isinstance(place, Clinic) else "supplier", place.id)


def _items(here: Place) -> list[Link]:
    lines = (*CLINIC, *PRACTICE) if isinstance(here, Clinic) else SUPPLIER
    rights = _rights(here)
    shown = [line for line in lines if _exists(line) and line.rights & rights]
    urls = [_url(line, here) for line in shown]
    active = _active(urls, shown)
    return [
        Link(line.label, url, line.icon, url == active, line.shortcut, line.secondary)
        for line, url in zip(shown, urls, strict=True)
    ]


def _active(urls: Sequence[str], shown: Sequence[Entry]) -> str | None:
    """Return the line this page stands under: its own, else the one that covers its address."""
    word = next(iter(request.path.split("/")[3:4]), "")
    for line, url in zip(shown, urls, strict=True):
        if line.endpoint == request.endpoint:
            return url
    covering = (url for line, url in zip(shown, urls, strict=True) if word in line.covers)
    under = [url for url in urls if request.path.startswith(f"{url.rstrip('/')}/")]
    return next(covering, None) or max(under, key=len, default=None)


def _rights(here: Place) -> frozenset[Right]:
    membership: Membership | None
    if isinstance(here, Clinic):
        membership = access.membership_reaching(current_user, here)
    else:
        membership = next((m for m in current_user.memberships if m.supplier_id == here.id), None)
    return RIGHTS[membership.role] if membership else frozenset()


def _switch(places: Sequence[Place], here: Place) -> list[dict[str, Any]]:
    return [
        {"name": place.name, "url": first_page(place), "active": _key(place) == _key(here)}
        for place in places
    ]


def _exists(line: Entry) -> bool:
    return line.endpoint in current_app.view_functions


def _url(line: Entry, place: Place) -> str:
    if isinstance(place, Supplier):
        return url_for(line.endpoint, supplier_code=place.code)
    if line in PRACTICE:
        membership = access.membership_reaching(current_user, place)
        practice = membership.practice if membership else None
        return url_for(line.endpoint, practice_code=practice.code if practice else "")
    return url_for(line.endpoint, clinic_code=place.code)
