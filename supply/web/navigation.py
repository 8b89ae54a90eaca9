"""The navigation of a signed-in page: what one can do in this clinic, or at this supplier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request, session, url_for
from flask_babel import LazyString
from flask_login import current_user

from supply.accounts import access
from supply.accounts.models import Clinic, Membership, Practice, Supplier
from supply.accounts.rules import RIGHTS, Right
from supply.web.access import clinics
from supply.web.menu import CLINIC, SUPPLIER, Entry, Group
from supply.web.signed_in import PLACE
from supply.web.waiting import Place, waiting


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the menu as templates show it; ``count`` is what waits behind it."""

    label: LazyString
    url: str
    icon: str
    active: bool
    shortcut: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that belong together, as templates show them; ``tab`` and ``apart`` as in `Group`."""

    label: LazyString
    icon: str
    links: Sequence[Link]
    tab: bool
    apart: bool

    @property
    def active(self) -> bool:
        """Whether the page stands under one of its lines."""
        return any(link.active for link in self.links)

    @property
    def count(self) -> int:
        """What waits behind its lines together."""
        return sum(link.count or 0 for link in self.links)


@dataclass(frozen=True, slots=True)
class Menu:
    """``nav`` in templates: sections of lines, where we are, where else one could be."""

    sections: Sequence[Section]
    clinic: Place
    switch: Sequence[dict[str, Any]]
    home: str
    sign_out: str
    person: str

    @property
    def items(self) -> list[Link]:
        """All lines."""
        return [link for section in self.sections for link in section.links]


def navigation() -> dict[str, Any]:
    """Return ``nav`` for templates; None for people who are signed out or members nowhere."""
    if g.get("standing_alone") or not current_user.is_authenticated:
        return {"nav": None}
    places = places_of_person()
    here = _here(places)
    if here is None:
        return {"nav": None}
    menu = Menu(
        sections=_sections(here),
        clinic=here,
        switch=_switch(places, here) if len(places) > 1 else [],
        home=first_page(here),
        sign_out=url_for("accounts.sign_out"),
        person=url_for("accounts.account"),
    )
    return {"nav": menu}


def places_of_person() -> list[Place]:
    """Return the clinics and suppliers the signed-in person is a member of, clinics first."""
    suppliers = [m.supplier for m in current_user.memberships if m.supplier is not None]
    return [*clinics(), *sorted(suppliers, key=lambda supplier: supplier.name)]


def place_here() -> Place | None:
    """Return the clinic or supplier the signed-in person works at on this page."""
    return _here(places_of_person())


def first_page(place: Place) -> str:
    """Return the address of the page that opens a clinic or a supplier's desk."""
    groups = CLINIC if isinstance(place, Clinic) else SUPPLIER
    lines = (line for group in groups for line in group.entries)
    found = next((_url(line, place) for line in lines if _exists(line)), None)
    return found or url_for("accounts.account")


def _here(places: Sequence[Place]) -> Place | None:
    """Return the place of this page: its own, else the last one looked at, else the first."""
    own: Clinic | Practice | Supplier | None = (
        g.get("clinic") or g.get("supplier") or g.get("practice")
    )
    if isinstance(own, Clinic | Supplier):
        return own
    if own is not None:
        places = [p for p in places if isinstance(p, Clinic) and p.practice_id == own.id]
    return _last_or_first(places)


def _last_or_first(places: Sequence[Place]) -> Place | None:
    """Return the place looked at last if it is among ``places``, else the one made first.

    Not the first by name: a clinic opened yesterday, empty yet, is nobody's home.
    """
    kept = session.get(PLACE)
    last = next((place for place in places if list(_key(place)) == kept), None)
    return last or min(places, key=_key, default=None)


def _key(place: Place) -> tuple[str, int]:
    return ("clinic" if isinstance(place, Clinic) else "supplier", place.id)


def _sections(here: Place) -> list[Section]:
    """Return the groups of lines that exist and that the person's role may use."""
    rights = _rights(here)
    groups = CLINIC if isinstance(here, Clinic) else SUPPLIER
    shown = {
        line: _url(line, here)
        for group in groups
        for line in group.entries
        if _exists(line) and line.rights & rights
    }
    active = _active(shown)
    counts = waiting(current_user, here, [line.endpoint for line in shown])
    sections = (_section(group, shown, active, counts) for group in groups)
    return [section for section in sections if section.links]


def _section(
    group: Group, shown: Mapping[Entry, str], active: Entry | None, counts: Mapping[str, int]
) -> Section:
    links = [
        Link(
            line.label, shown[line], line.icon, line is active, line.shortcut,
            counts.get(line.endpoint),
        )
        for line in group.entries
        if line in shown
    ]  # fmt: skip
    return Section(group.label, group.icon, links, group.tab, group.apart)


def _active(shown: Mapping[Entry, str]) -> Entry | None:
    """Return the line this page stands under: its own, else the one that covers its address."""
    for line in shown:
        if request.endpoint in (line.endpoint, *line.covers):
            return line
    word = next(iter(request.path.split("/")[3:4]), "")
    for line in shown:
        if word in line.covers:
            return line
    under = [line for line, url in shown.items() if request.path.startswith(f"{url.rstrip('/')}/")]
    return max(under, key=lambda line: len(shown[line]), default=None)


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
    if line.of_practice:
        membership = access.membership_reaching(current_user, place)
        practice = membership.practice if membership else None
        return url_for(line.endpoint, practice_code=practice.code if practice else "")
    return url_for(line.endpoint, clinic_code=place.code)
