"""What rooms above say of documents in a list: whether they match, what is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from supply.invoicing.models import Invoice
from supply.ordering.wording import Word

Telling = Callable[[Sequence[Invoice]], Mapping[int, Sequence[Word]]]
"""Returns words by the id of a document, for all of them at once."""
_tellings: list[Telling] = []


def tells_standing(telling: Telling) -> Telling:
    """Register what a list of documents says of each, as pills."""
    _tellings.append(telling)
    return telling


def standing(documents: Sequence[Invoice]) -> dict[int, list[Word]]:
    """Return what the rooms above say of ``documents``, by id."""
    found: dict[int, list[Word]] = {document.id: [] for document in documents}
    for telling in _tellings:
        for document_id, words in telling(documents).items():
            found[document_id] += words
    return found
