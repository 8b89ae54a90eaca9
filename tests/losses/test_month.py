"""What a month's losses are, and the mail that tells of them, once."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.accounts.models import Clinic, Membership, Person
from supply.alerts import choices
from supply.alerts.models import SummaryMark
from supply.db import db, transaction
from supply.handling.actions import correct, waste
from supply.handling.spots import Spot
from supply.inventory.reversal import reverse
from supply.inventory.terms import WasteCause
from supply.losses.queries import month_at
from supply.losses.rules import before, month_of
from supply.losses.summaries import queue_summaries
from supply.outbox.models import Mail
from supply.seals.models import Seal
from supply.seals.sealing import mark, seal
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, BIOTIN, FORMULATION, VIAL, World, make_formulation, stock
from tests.replenishment.test_pages import as_person

MAY = dt.date(2026, 5, 1)
JUNE = dt.date(2026, 6, 1)
IN_MAY = dt.datetime(2026, 5, 20, 9, 0, tzinfo=dt.UTC)
MARCH = dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)
MONDAY_SEVEN = dt.datetime(2026, 6, 1, 4, 0, tzinfo=dt.UTC)
"""Seven in Riga on the first of June, a Monday."""
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def long_there(app: Flask, world: World) -> None:
    """Have clinics and people be there since March, and links an address of their own."""
    app.config["PUBLIC_URL"] = "https://supply.example"
    with transaction():
        db.session.execute(sa.update(Clinic).values(created_at=MARCH))
        db.session.execute(sa.update(Membership).values(created_at=MARCH))


@pytest.fixture
def lossy(world: World) -> World:
    """A clinic that lost in May: expired, damaged, missing in a count, a rest; one undone."""
    make_formulation(world, [(AMPOULE, "2")])
    stock(world, AMPOULE, "50", lot="T1", at=MARCH, cost_minor=450, expiry=MAY + DAY * 60)
    biotin = stock(world, BIOTIN, "40", lot="B1", at=MARCH, cost_minor=240)
    vial = stock(world, VIAL, "60", lot="V1", at=MARCH, cost_minor=250)
    actor, clinic = world.actor(), world.clinic
    with transaction():
        throw_away(world, biotin.id, 10, WasteCause.EXPIRED)
        throw_away(world, vial.id, 20, WasteCause.DAMAGED)
        undone = throw_away(world, vial.id, 20, WasteCause.SPILLED)
        reverse(undone, reason="", actor=actor, now=IN_MAY)
        left = Decimal(28)
        correct(clinic, spot(biotin.id), left, reason="Counted", actor=actor, now=IN_MAY)
        request = SessionRequest(FORMULATION, "P-1", key="one")
        record_session(clinic, request, actor=actor, now=IN_MAY)
    return world


def throw_away(
    world: World, lot_id: int, quantity: int, cause: WasteCause, at: dt.datetime = IN_MAY
) -> int:
    """Waste some of a lot; return the entry."""
    lost = Decimal(quantity)
    return waste(world.clinic, spot(lot_id), lost, cause=cause, actor=world.actor(), now=at)


def spot(lot_id: int) -> Spot:
    """Return where a lot lies."""
    row = db.session.execute(
        sa.text("SELECT lot_id, location_id FROM balance WHERE lot_id = :lot"), {"lot": lot_id}
    ).one()
    return row.location_id, row.lot_id, None


def queued(now: dt.datetime) -> list[tuple[str, str]]:
    """Queue the mails due; return those of now by recipient and subject."""
    earlier = db.session.scalars(sa.select(sa.func.max(Mail.id))).one() or 0
    with transaction():
        queue_summaries(now)
    mails = db.session.scalars(sa.select(Mail).where(Mail.id > earlier).order_by(Mail.id))
    return [(mail.to_address, mail.subject) for mail in mails]


def test_what_was_lost_by_cause(lossy: World) -> None:
    month = month_at(lossy.clinic, MAY)
    assert dict(month.by_cause) == {
        WasteCause.EXPIRED: 2400,
        WasteCause.SINGLE_DOSE_REMAINDER: 270,
        WasteCause.DAMAGED: 250,
    }
    assert (month.wasted, month.missing, month.total) == (2920, 480, 3400)
    assert [(one.name.split(",")[0], one.minor) for one in month.top] == [
        ("Biotin 5 mg/ml", 2880),
        ("Tranexamic acid 100 mg/ml", 270),
        ("Lidocaine 1%", 250),
    ]
    assert month.used_in_time == 180
    assert month_at(lossy.clinic, before(MAY)).lost == []
    assert month_at(lossy.sister, MAY).lost == []


def test_what_a_count_finds_is_taken_off(lossy: World) -> None:
    lot = db.session.scalars(sa.text("SELECT id FROM lot WHERE number = 'B1'")).one()
    with transaction():
        at = IN_MAY + DAY
        found = Decimal(29)
        correct(lossy.clinic, spot(lot), found, reason="There", actor=lossy.actor(), now=at)
    assert month_at(lossy.clinic, MAY).missing == 240


def test_a_month_is_the_clinics_own(lossy: World) -> None:
    """Half past nine in the evening of 31 May in UTC is June in Riga."""
    late = dt.datetime(2026, 5, 31, 21, 30, tzinfo=dt.UTC)
    lot = db.session.scalars(sa.text("SELECT id FROM lot WHERE number = 'V1'")).one()
    with transaction():
        throw_away(lossy, lot, 20, WasteCause.SPILLED, late)
    assert WasteCause.SPILLED not in month_at(lossy.clinic, MAY).by_cause
    assert dict(month_at(lossy.clinic, JUNE).by_cause) == {WasteCause.SPILLED: 250}


def test_the_mail_says_it_on_the_first_open_day(lossy: World) -> None:
    assert queued(MONDAY_SEVEN - dt.timedelta(seconds=1)) == []
    subject = "€34.00 wasted or lost at Riga Centre in May 2026"
    assert queued(MONDAY_SEVEN) == [
        ("owner@example.org", subject),
        ("manager@example.org", subject),
    ]
    assert queued(MONDAY_SEVEN + dt.timedelta(minutes=1)) == []
    mail = db.session.scalars(sa.select(Mail).order_by(Mail.id)).first()
    assert mail is not None
    assert mail.text == (
        "Riga Centre: €29.20 wasted (€24.00 expired, €2.70 left over from single doses),"
        " €4.80 missing in counts. The month before it was nothing.\n"
        "\n"
        "See what was lost:\n"
        "https://supply.example/c/riga/losses?month=2026-05\n"
        "\n"
        "By cause\n"
        "\n"
        "- Expired: €24.00\n"
        "- Single-dose remainder: €2.70\n"
        "- Broken or damaged: €2.50\n"
        "- Missing in counts: €4.80\n"
        "\n"
        "Items that cost most\n"
        "\n"
        "- Biotin 5 mg/ml, ampoule: €28.80 (Expired)\n"
        "- Tranexamic acid 100 mg/ml, ampoule: €2.70 (Single-dose remainder)\n"
        "- Lidocaine 1%, multi-dose vial: €2.50 (Broken or damaged)\n"
        "\n"
        "Used in time: €1.80 of lots in their last 60 days.\n"
        "\n"
        "\n"
        "-- \n"
        "You get this because of your role. What reaches you, and when, is in your settings.\n"
        "\n"
        "Stop mails like this:\n"
        f"{mail.unsubscribe_url}\n"
    )


def test_an_owner_keeps_a_copy_of_the_newest_seal(lossy: World) -> None:
    now = MONDAY_SEVEN - dt.timedelta(minutes=50)
    seal(mark(), now - dt.timedelta(hours=1))
    seal(mark(), now)
    queued(MONDAY_SEVEN)
    owners, managers = db.session.scalars(sa.select(Mail).order_by(Mail.id)).all()
    digest = db.session.scalar(sa.select(Seal.digest).where(Seal.number == 2))
    assert (
        "Used in time: €1.80 of lots in their last 60 days.\n"
        "\n"
        "Seal 2 of 1 June 2026, 03:10 UTC:\n"
        f"{digest}\n"
        "Keep this mail: the seal shows whether anything that was recorded before has been"
        " changed since.\n"
    ) in owners.text
    assert f"Seal 2 of 1 June 2026, 03:10 UTC:<br>{digest}<br>Keep this mail" in owners.html
    assert "Seal" not in managers.text


def test_nothing_wasted_is_one_line_and_a_missed_run_is_made_up(world: World) -> None:
    with transaction():
        # Closed from Monday to Wednesday; the scheduler was down for two weeks more.
        db.session.execute(sa.update(Clinic).values(opening_days=0b1111000))
    assert queued(MONDAY_SEVEN + DAY * 2) == []
    assert (MONDAY_SEVEN + DAY * 3).weekday() == 3
    sent = queued(MONDAY_SEVEN + DAY * 17)
    assert sent[0] == (
        "owner@example.org",
        "Nothing wasted or lost at Riga Centre in May 2026",
    )
    assert len(sent) == 5  # Two people at two clinics, one elsewhere.
    text = db.session.scalars(sa.select(Mail.text).order_by(Mail.id)).first()
    assert text is not None
    assert text.startswith("Riga Centre: Nothing was wasted or lost.\n\nSee what was lost:\n")
    july = dt.datetime(2026, 7, 2, 6, 0, tzinfo=dt.UTC)
    assert len(queued(july)) == 5


def test_who_does_not_get_it(lossy: World) -> None:
    with transaction():
        choices.refuse(lossy.owner.id, choices.MONTHLY, actor=lossy.actor(), now=IN_MAY)
        joined = db.session.get_one(Person, lossy.manager.id).memberships[0]
        joined.created_at = MONDAY_SEVEN + DAY
        db.session.get_one(Person, lossy.outsider.id).disabled_at = IN_MAY
    assert queued(MONDAY_SEVEN + DAY * 5) == []
    assert list(db.session.scalars(sa.select(SummaryMark))) == []


def test_a_new_clinic_has_nothing_to_tell(world: World) -> None:
    with transaction():
        db.session.execute(sa.update(Clinic).values(created_at=MONDAY_SEVEN))
    assert queued(MONDAY_SEVEN + DAY) == []


def test_the_page(app: Flask, lossy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY_SEVEN)
    client = as_person(app, lossy.viewer)
    page = client.get("/c/riga/losses?month=2026-05").text
    for text in ("Wasted and lost in May 2026", "€29.20 wasted", "Expired", "Biotin 5 mg/ml"):
        assert text in page
    assert "month=2026-04" in page
    for nonsense in ("", "?month=x", "?month=9999-12", "?month=0000-01"):
        assert "Wasted and lost in June 2026" in client.get(f"/c/riga/losses{nonsense}").text
    assert as_person(app, lossy.outsider).get("/c/riga/losses").status_code == 404


def test_months_follow_one_another() -> None:
    assert before(dt.date(2026, 1, 1)) == dt.date(2025, 12, 1)
    assert month_of(dt.date(2026, 2, 28)) == dt.date(2026, 2, 1)
