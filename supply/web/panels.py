"""Parts of pages that rooms above register with the room whose page it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from markupsafe import Markup

Shown = TypeVar("Shown")


class Panels(Generic[Shown]):
    """What rooms above show on a page of something, in the order they registered.

    A panel renders a template of its room, which escapes; "" shows nothing.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._panels: list[Callable[[Shown], str]] = []

    def register(self, panel: Callable[[Shown], str]) -> Callable[[Shown], str]:
        """Show ``panel`` on the page, too."""
        self._panels.append(panel)
        return panel

    def of(self, shown: Shown) -> list[Markup]:
        """Return what is shown on the page of ``shown``."""
        return [Markup(html) for panel in self._panels if (html := panel(shown))]  # noqa: S704
