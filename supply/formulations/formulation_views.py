"""Pages that show: the list of formulations, one of them, two of its versions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue import wording
from supply.formulations import queries, rules
from supply.formulations.comparing import Fate, Said, differences
from supply.formulations.models import Formulation, FormulationVersion
from supply.formulations.routes import Page, blueprint, formulation_or_404
from supply.formulations.wording import changes_in_words, said_in_words
from supply.money import Money, round_minor
from supply.web import access


@blueprint.get("/c/<clinic_code>/formulations")
@login_required
def index(clinic_code: str) -> Page:
    """Show the practice's formulations by concern."""
    clinic = access.clinic(clinic_code)
    concern = request.args.get("concern", "").replace("\x00", "")[:60]
    archived = request.args.get("show") == "archived"
    concerns = queries.concerns_of(clinic.practice_id)
    return render_template(
        "formulations/index.html",
        clinic=clinic,
        rows=queries.formulations_of(clinic.practice_id, concern, archived=archived),
        chips=_chips(clinic, concerns, concern),
        concern=concern,
        archived=archived,
        may_edit=access.can(Right.FORMULATE),
        may_archive=access.can(Right.STOCK),
        words=wording,
    )


def _chips(
    clinic: Clinic, concerns: Sequence[tuple[str, int]], chosen: str
) -> list[dict[str, Any]]:
    everything = {
        "label": _("All"),
        "url": url_for(".index", clinic_code=clinic.code),
        "active": not chosen,
        "count": sum(count for _code, count in concerns),
    }
    return [
        everything,
        *(
            {
                "label": wording.concern(code) if code else _("No concern"),
                "url": url_for(".index", clinic_code=clinic.code, concern=code),
                "active": code == chosen,
                "count": count,
            }
            for code, count in concerns
            if code
        ),
    ]


@blueprint.get("/c/<clinic_code>/formulations/<int:formulation_id>")
@login_required
def detail(clinic_code: str, formulation_id: int) -> Page:
    """Show what a formulation says, what it carries, and how it came to say it."""
    clinic = access.clinic(clinic_code)
    formulation = formulation_or_404(clinic, formulation_id)
    version = formulation.versions[-1]
    item_ids = {line.item_id for line in version.lines}
    item_ids |= {other.item_id for line in version.lines for other in line.substitutes}
    cost = rules.session_cost(queries.costed(version, clinic.id))
    return render_template(
        "formulations/detail.html",
        clinic=clinic,
        formulation=formulation,
        version=version,
        carried=queries.carried_by(item_ids),
        cost=None if cost is None else Money(round_minor(cost), clinic.currency),
        may_edit=access.can(Right.FORMULATE),
        may_archive=access.can(Right.STOCK),
        words=wording,
    )


@blueprint.get("/c/<clinic_code>/formulations/<int:formulation_id>/compare")
@login_required
def compare(clinic_code: str, formulation_id: int) -> Page:
    """Show two versions side by side: the newest and the one before, unless others are named."""
    clinic = access.clinic(clinic_code)
    formulation = formulation_or_404(clinic, formulation_id)
    before, after = _two_versions(formulation)
    names = {line.item_id: line.item for one in (before, after) for line in one.lines}
    found = differences(_said(before), _said(after))
    stand_ins = {
        other.item_id: other.item
        for one in (before, after)
        for line in one.lines
        for other in line.substitutes
    }
    items = {**stand_ins, **names}
    return render_template(
        "formulations/compare.html",
        clinic=clinic,
        formulation=formulation,
        before=before,
        after=after,
        rows=[
            {
                "item": items[one.item_id],
                "fate": one.fate.value,
                "before": said_in_words(one.before, items),
                "after": said_in_words(one.after, items),
                "changes": changes_in_words(one, items),
            }
            for one in found
        ],
        counts={fate.value: sum(one.fate is fate for one in found) for fate in Fate},
    )


def _two_versions(formulation: Formulation) -> tuple[FormulationVersion, FormulationVersion]:
    """Return the versions that the address names, the earlier one first; 404 for none such."""
    numbered = {version.number: version for version in formulation.versions}
    newest = formulation.versions[-1].number
    after = request.args.get("to", newest, type=int)
    earlier = [number for number in numbered if number < after]
    before = request.args.get("from", max(earlier, default=after), type=int)
    if before not in numbered or after not in numbered:
        abort(404)
    first, second = sorted((before, after))
    return numbered[first], numbered[second]


def _said(version: FormulationVersion) -> list[Said]:
    return [
        Said(
            line.item_id,
            line.quantity,
            line.per,
            line.optional,
            line.dead_space,
            tuple((other.item_id, other.quantity) for other in line.substitutes),
        )
        for line in version.lines
    ]
