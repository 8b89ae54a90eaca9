"""A supplier's pages of recalls: look what one reaches, declare it, follow it until it is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.db import db
from supply.idempotency import content_hash
from supply.items import wording as amounts
from supply.recalls import previewing, queries, wording
from supply.recalls.declaring import Looked, Named, Notice, declare, look
from supply.recalls.figures import Row, items_of
from supply.recalls.forms import NoticeForm, WithdrawForm
from supply.recalls.looking import looks_of
from supply.recalls.models import RecallPractice
from supply.recalls.naming import listed, lots_in
from supply.recalls.reminding import BY_HAND, remind
from supply.recalls.routes import Page, blueprint
from supply.recalls.scanned import read_codes
from supply.recalls.spreading import spread
from supply.recalls.terms import MOST_LOTS, RecallClass, RecallStatus
from supply.recalls.withdrawing import withdraw
from supply.refusals import InvalidInput, Refusal
from supply.text import whole
from supply.web import access
from supply.web.choices import chosen
from supply.web.forms import show, status_of, text
from supply.web.once import once
from supply.web.saving import done_once, saved_once


@blueprint.get("/s/<supplier_code>/recalls")
@login_required
def supplier_recalls(supplier_code: str) -> Page:
    """List a supplier's recalls and drills."""
    supplier = access.supplier(supplier_code)
    status = chosen(RecallStatus, request.args.get("status"), RecallStatus.OPEN)
    before = whole(request.args.get("before", ""))
    found = queries.recalls_for(
        suppliers=[supplier.id], status=status, before=before, most=queries.PAGE + 1
    )
    shown = found[: queries.PAGE]
    is_all = before is None and found == shown
    count = len(found) if is_all else queries.how_many(suppliers=[supplier.id], status=status)
    return render_template(
        "recalls/supplier_recalls.html",
        supplier=supplier,
        found=shown,
        count=count,
        answered=queries.answered_of([recall.id for recall in shown]),
        last_drill=queries.last_drill(supplier),
        status=status,
        more=shown[-1].id if len(found) > queries.PAGE else None,
        words=wording,
        now=clock.now(),
    )


@blueprint.route("/s/<supplier_code>/recalls/new", methods=["GET", "POST"])
@login_required
def new_recall(supplier_code: str) -> Page:
    """Write a recall, look what it reaches, then declare exactly what was looked at."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    form, now = NoticeForm(), clock.now()
    if not form.is_submitted():
        form.is_drill.data = bool(request.args.get("drill"))
    elif form.validate():
        try:
            return _looked_or_declared(supplier, form, now)
        except Refusal as refusal:
            _show(form, refusal)
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    return _form_page(supplier, form), status_of(form)


def _looked_or_declared(supplier: Supplier, form: NoticeForm, now: dt.datetime) -> Page:
    notice = _notice(form)
    mark = _mark(notice)
    if request.form.get("looked") != mark or "again" in request.form:
        looked = look(supplier, notice, now)
        reach = previewing.seen_by(supplier, looked)
        return _form_page(supplier, form, looked=looked, reach=reach, mark=mark)
    code, supplier_id = supplier.code, supplier.id

    def work() -> dict[str, Any]:
        seller = db.session.get_one(Supplier, supplier_id)
        recall, looked = declare(seller, notice, actor=access.actor(), now=now)
        return {"recall": recall.id, "known": looked.is_known}

    answer = once(work, now)
    recall_id = answer["recall"]
    spread(recall_id, now)
    if answer.get("known"):
        flash(_("This was declared before: here it is. Nothing is told twice."), "info")
    elif notice.is_drill:
        flash(_("The drill has begun: people are told, nothing is held."), "success")
    else:
        flash(_("Declared. Lots are on hold, and people are told."), "success")
    return redirect(url_for(".supplier_recall", supplier_code=code, recall_id=recall_id))


def _form_page(
    supplier: Supplier,
    form: NoticeForm,
    *,
    looked: Looked | None = None,
    reach: previewing.Seen | None = None,
    mark: str = "",
) -> str:
    return render_template(
        "recalls/new_recall.html",
        supplier=supplier,
        form=form,
        looked=looked,
        reach=reach,
        mark=mark,
        words=wording,
        amounts=amounts,
    )


def _notice(form: NoticeForm) -> Notice:
    said = listed(text(form.products)), listed(text(form.lots))
    products, lots = read_codes(*said, access.today())
    if (products, lots) != said:
        # What codes say is shown: it is what will be declared.
        form.products.data, form.lots.data = "\n".join(products), "\n".join(lots)
    return Notice(
        products=[Named(either=one) for one in products],
        lots=lots_in("\n".join(lots), MOST_LOTS),
        recall_class=RecallClass(form.recall_class.data),
        reason=text(form.reason),
        action=text(form.action),
        deadline=form.deadline.data,
        reference=text(form.reference),
        device=text(form.device),
        reply_wanted=bool(form.reply_wanted.data),
        all_lots=bool(form.all_lots.data),
        is_drill=bool(form.is_drill.data),
    )


def _mark(notice: Notice) -> str:
    """Return what tells whether a notice is the one that was looked at."""
    return content_hash(repr(notice))


def _show(form: NoticeForm, refusal: Refusal) -> None:
    """Show a refusal at the form's fields: its lists are one field each."""
    if isinstance(refusal, InvalidInput):
        errors = [(field.partition(".")[0], message) for field, message in refusal.errors]
        refusal = InvalidInput(*dict.fromkeys(errors))
    show(form, refusal)


@blueprint.get("/s/<supplier_code>/recalls/<int:recall_id>")
@login_required
def supplier_recall(supplier_code: str, recall_id: int) -> Page:
    """Show how far a recall is: who has answered, and what is left in each practice."""
    return _page(access.supplier(supplier_code), recall_id, WithdrawForm())


def _page(supplier: Supplier, recall_id: int, form: WithdrawForm) -> str:
    recall = queries.recall_of_supplier(supplier, recall_id)
    answers = queries.practices_of(recall_id)
    rows = queries.stock_of(recall)
    skus = queries.own_skus(recall_id, {row.item_id for row in rows})
    summed = queries.summed(rows, skus)
    practices = [one for one in answers if one.depot_of_id is None]
    start = whole(request.args.get("from", "")) or 0
    before = whole(request.args.get("told", ""))
    told, told_before = queries.told_of(recall_id, [one.practice_id for one in practices], before)
    return render_template(
        "recalls/supplier_recall.html",
        supplier=supplier,
        recall=recall,
        practices=practices,
        shown=practices[start : start + queries.PAGE],
        following=start + queries.PAGE if len(practices) > start + queries.PAGE else None,
        answered=[one for one in practices if one.answer],
        rows=queries.by_practice(summed),
        looks=_looks(recall_id, rows),
        own=[row for one in answers if one.depot_of_id == supplier.id
             for row in queries.by_practice(summed).get(one.practice_id, [])],
        items=items_of(rows),
        told=told,
        told_before=told_before,
        names={one.practice_id: one.practice.name for one in practices},
        form=form,
        key=token_hex(16),
        words=wording,
        amounts=amounts,
        today=clock.local_date(clock.now(), supplier.timezone),
        may_recall=access.can(Right.CATALOGUE),
    )  # fmt: skip


def _looks(recall_id: int, rows: Sequence[Row]) -> dict[int, tuple[int, int]]:
    """Return by practice in how many of the clinics that have or had some was looked."""
    having: dict[int, set[int]] = {}
    for row in rows:
        having.setdefault(row.practice_id, set()).add(row.clinic_id)
    looked = looks_of(recall_id)
    return {
        practice_id: (len(clinics & looked[practice_id]), len(clinics))
        for practice_id, clinics in having.items()
        if practice_id in looked
    }


@blueprint.post("/s/<supplier_code>/recalls/<int:recall_id>/remind")
@login_required
def remind_practice(supplier_code: str, recall_id: int) -> Page:
    """Remind a practice that has not answered, or all of them."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    recall = queries.recall_of_supplier(supplier, recall_id)
    wanted = whole(request.form.get("practice", ""))
    silent = [row.id for row in _silent(recall_id) if wanted in (None, row.practice_id)]
    if not silent or not recall.is_open:
        raise NotFoundHereError(str(recall_id))
    now = clock.now()

    def work() -> dict[str, Any]:
        done = [remind(row, after=BY_HAND, actor=access.actor(), now=now) for row in silent]
        return {"reminded": sum(done)}

    made = done_once(work, now)
    if made and made["reminded"]:
        said = ngettext("%(num)s practice is reminded.", "%(num)s practices are reminded.",
                        made["reminded"])  # fmt: skip
        flash(said, "success")
    elif made:
        flash(_("They were told within the hour. Give them a little time."), "warning")
    return redirect(url_for(".supplier_recall", supplier_code=supplier_code, recall_id=recall_id))


def _silent(recall_id: int) -> list[RecallPractice]:
    return [
        row
        for row in queries.practices_of(recall_id)
        if row.answer is None and row.depot_of_id is None and row.reached_at is not None
    ]


@blueprint.post("/s/<supplier_code>/recalls/<int:recall_id>/withdraw")
@login_required
def withdraw_recall(supplier_code: str, recall_id: int) -> Response | tuple[str, int]:
    """Withdraw a recall that was a mistake."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    queries.recall_of_supplier(supplier, recall_id)
    form, now = WithdrawForm(), clock.now()

    def work() -> dict[str, Any]:
        withdraw(recall_id, text(form.reason), actor=access.actor(), now=now)
        return {"recall": recall_id}

    if saved_once(form, work, now) is None:
        supplier = access.supplier(supplier_code, Right.CATALOGUE)
        return _page(supplier, recall_id, form), status_of(form)
    flash(_("Withdrawn. What it held is free again, and people are told."), "success")
    return redirect(url_for(".supplier_recall", supplier_code=supplier_code, recall_id=recall_id))
