"""The clinic's page of an order: its room registers it here, and rooms below show it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from supply.accounts.models import Clinic
from supply.refusals import Refusal

Page = Callable[[Clinic, int, Refusal], str]
"""Renders the page of a clinic's order, by its id, with what was refused there."""
_pages: list[Page] = []

Shows = TypeVar("Shows", bound=Page)


def shows_orders(page: Shows) -> Shows:
    """Register what renders the clinic's page of an order."""
    _pages.append(page)
    return page


def shown_again(clinic: Clinic, order_id: int, refusal: Refusal) -> str:
    """Return the clinic's page of an order, which says what was refused and keeps what was typed.

    Raises:
        ValueError: no room, or more than one, has that page.
    """
    (page,) = _pages
    return page(clinic, order_id, refusal)
