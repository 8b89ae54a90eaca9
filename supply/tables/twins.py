"""Codes of a file that read the same and are not: Case-1, CASE-1, and one with an odd space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask_babel import gettext as _

from supply.tables.faults import Fault
from supply.text import fold


def twin_faults(
    column: str, codes: Iterable[tuple[int, str]], known: Iterable[str] = ()
) -> Iterator[Fault]:
    """Yield a fault for each of ``codes`` (row, code) that is another one, written otherwise.

    Another is one of ``known``, or of a row before. The same code again is none, and neither is
    one that is known itself.
    """
    there = set(known)
    first = {fold(code): code for code in there}
    for number, code in codes:
        other = first.setdefault(fold(code), code)
        if other != code and code not in there:
            message = _(
                "“%(code)s” differs from “%(other)s” only in how it is written. Write it the same"
                " way, or give it another code.",
                code=code,
                other=other,
            )
            yield Fault(number, column, message)
