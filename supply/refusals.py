"""A rule said no: what every room's refusals are made of."""

from __future__ import annotations


class Refusal(Exception):
    """A rule said no. ``str()`` is the sentence shown to the person.

    Features subclass it; views turn it into a message with status 400 or 409,
    commands into exit status 1, the API into a problem document.
    """


class InvalidInput(Refusal):
    """Input that cannot be taken: ``errors`` lists (field, message) for every fault found."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        """Keep ``errors``; the sentence shown is their messages, one after another."""
        super().__init__(" ".join(message for _, message in errors))
        self.errors = list(errors)


class NotForThem(InvalidInput):
    """Rows that this person may not do, though a colleague may: 403, nothing typed is lost."""
