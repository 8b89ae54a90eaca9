"""What people choose of labels: the paper, where it begins, how many of each; kept as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.labels.labels import Label
from supply.labels.papers import MOST_LABELS, PAPERS, PaperName
from supply.refusals import InvalidInput
from supply.text import whole

PAPER_WORDS: dict[PaperName, LazyString] = {
    PaperName.A4_65: _l("A4 sheet, 65 labels of 38 × 21 mm"),
    PaperName.A4_24: _l("A4 sheet, 24 labels of 64 × 34 mm"),
    PaperName.A4_21: _l("A4 sheet, 21 labels of 64 × 38 mm"),
    PaperName.ROLL_57_32: _l("Roll, 57 × 32 mm"),
    PaperName.ROLL_62_29: _l("Roll, 62 × 29 mm"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is printed on what: the labels, each as often as wanted, from a place of the sheet."""

    paper: PaperName
    start: int
    labels: tuple[Label, ...]


def paper_named(name: str | None) -> PaperName:
    """Return the paper of a name; what is not known is the first."""
    return next((paper for paper in PaperName if paper == name), PaperName.A4_65)


def read_wish(labels: Sequence[Label], sent: Mapping[str, str]) -> Wish:
    """Return what is asked for; a label's copies are in the field of its name.

    Raises:
        InvalidInput: no place of that sheet, copies that cannot be read, nothing or too much.
    """
    paper = paper_named(sent.get("paper"))
    faults = []
    most = PAPERS[paper].per_page
    start = whole(sent.get("start", "1") or "1") or 0
    if most == 1:
        start = 1
    if not 1 <= start <= most:
        faults.append(("start", _("Begin at a label from 1 to %(most)d.", most=most)))
    wanted: list[Label] = []
    for label in labels:
        copies = whole(sent.get(label.name, str(label.copies)) or "0")
        if copies is None or copies > MOST_LABELS:
            message = _("Print from 0 to %(most)d of each.", most=MOST_LABELS)
            faults.append((label.name, message))
        else:
            wanted += [replace(label, copies=copies)] * copies
    if not faults and not 1 <= len(wanted) <= MOST_LABELS:
        message = _("Print from 1 to %(most)d labels at a time.", most=MOST_LABELS)
        faults.append((labels[0].name, message))
    if faults:
        raise InvalidInput(*faults)
    return Wish(paper, start, tuple(wanted))
