"""The digest: who gets it, when, what it says, and never twice."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic, Membership, Person
from supply.alerts import services
from supply.alerts.digest import queue_digests
from supply.alerts.models import Alert, AlertNotice, DigestMark
from supply.db import db, transaction
from supply.outbox.models import Mail
from tests.factories import AMPOULE, BIOTIN, COLD, NEEDLE, TODAY, VIAL, World, stock
from tests.replenishment.conftest import Reorder, swept

DAY = dt.timedelta(days=1)
SEVEN_IN_RIGA = dt.datetime(2026, 6, 15, 4, 0, tzinfo=dt.UTC)
SEVEN_IN_DUBLIN = dt.datetime(2026, 6, 15, 6, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def public_address(app: Flask) -> None:
    """Give links an address of their own."""
    app.config["PUBLIC_URL"] = "https://supply.example"


def queued(now: dt.datetime) -> int:
    """Queue digests and commit."""
    with transaction():
        return queue_digests(now).queued


def mails() -> list[tuple[str, str]]:
    """Return every mail as (recipient, subject), in the order queued."""
    db.session.rollback()
    query = sa.select(Mail.to_address, Mail.subject).order_by(Mail.id)
    return [(row.to_address, row.subject) for row in db.session.execute(query)]


def low(world: World, reorder: Reorder, *codes: str, clinic: Clinic | None = None) -> None:
    """Let items run low, and sweep."""
    for code in codes:
        stock(world, code, "20", clinic=clinic)
        reorder(code, "50", "100", clinic=clinic)
    swept(SEVEN_IN_RIGA - DAY)


def test_owner_and_stock_manager_get_it_at_seven(world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    assert queued(SEVEN_IN_RIGA - dt.timedelta(seconds=1)) == 0
    assert queued(SEVEN_IN_RIGA) == 2
    subject = "Order 1 item at Riga Centre: Biotin 5 mg/ml"
    assert mails() == [("owner@example.org", subject), ("manager@example.org", subject)]
    assert queued(SEVEN_IN_RIGA + dt.timedelta(minutes=1)) == 0


def test_it_says_what_how_much_and_why(world: World, reorder: Reorder) -> None:
    stock(world, COLD, "10", lot="P1", expiry=TODAY + DAY * 12)
    low(world, reorder, BIOTIN, AMPOULE, NEEDLE, VIAL)
    queued(SEVEN_IN_RIGA)
    mail = db.session.scalars(sa.select(Mail).order_by(Mail.id)).first()
    assert mail is not None
    assert mail.subject == (
        "Order 4 items at Riga Centre: Biotin 5 mg/ml, Tranexamic acid 100 mg/ml,"
        " Mesotherapy needle 30G x 4 mm and 1 more"
    )
    assert mail.text == (
        "Riga Centre: 4 items to order; 1 lot expiring.\n"
        "\n"
        "Review what to order:\n"
        "https://supply.example/c/riga/proposals\n"
        "\n"
        "New\n"
        "\n"
        "- Biotin 5 mg/ml, ampoule: 8 packs (80 ampoules)\n"
        "  20 ampoules available and none on order, at or below the reorder point of 50.\n"
        "\n"
        "- Tranexamic acid 100 mg/ml, ampoule: 2 packs (20 ampoules)\n"
        "  4 ampoules available and none on order, at or below the reorder point of 10.\n"
        "\n"
        "- Mesotherapy needle 30G x 4 mm: 1 pack (100 needles)\n"
        "  20 needles available and none on order, at or below the reorder point of 50.\n"
        "\n"
        "- Lidocaine 1%, multi-dose vial: 1 pack (25 vials)\n"
        "  1 vial available and none on order, at or below the reorder point of"
        " 2 vials and 10 ml.\n"
        "\n"
        "- Peptide + growth complex, hair, vial: 2 vials\n"
        "  2 vials of lot P1 expire in 12 days, 27 Jun. Use them first.\n"
        "\n"
        "\n"
        "-- \n"
        "You get this because of your role. What reaches you, and when, is in your settings.\n"
        "\n"
        "Stop mails like this:\n"
        f"{mail.unsubscribe_url}\n"
    )
    for figure in ("8 packs (80 ampoules)", "https://supply.example/c/riga/proposals", "27 Jun"):
        assert figure in mail.html


def test_nothing_to_order_is_said_by_what_there_is(world: World) -> None:
    stock(world, BIOTIN, "10", lot="B1", expiry=TODAY + DAY * 12)
    stock(world, COLD, "10", lot="P1", expiry=TODAY - DAY * 2)
    swept(SEVEN_IN_RIGA)
    queued(SEVEN_IN_RIGA)
    assert mails()[0][1] == (
        "1 expired lot to discard; 1 lot expiring at Riga Centre:"
        " Peptide + growth complex, Biotin 5 mg/ml"
    )


def test_nothing_new_no_mail(world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    assert queued(SEVEN_IN_RIGA) == 2
    assert queued(SEVEN_IN_RIGA + DAY) == 0
    marks = db.session.execute(sa.select(DigestMark.day, DigestMark.mail_id))
    without = [mark.day for mark in marks if mark.mail_id is None]
    assert without == [TODAY + DAY] * 2


def test_news_comes_first_then_what_is_still_open(world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    queued(SEVEN_IN_RIGA)
    low(world, reorder, AMPOULE)
    assert queued(SEVEN_IN_RIGA + DAY) == 2
    mail = db.session.scalars(sa.select(Mail).order_by(Mail.id.desc())).first()
    assert mail is not None
    news, still_open = mail.text.split("Still open")
    assert "Tranexamic" in news
    assert "Biotin" not in news
    assert "Biotin" in still_open
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AlertNotice)) == 4


def test_what_someone_has_seen_to_is_not_named(world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    alert_id = db.session.scalars(sa.select(Alert.id)).one()
    with transaction():
        services.acknowledge(world.clinic.id, alert_id, actor=world.actor(), now=SEVEN_IN_RIGA)
    assert queued(SEVEN_IN_RIGA) == 0


def test_a_snoozed_alert_is_news_when_it_wakes(world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    queued(SEVEN_IN_RIGA)
    alert_id = db.session.scalars(sa.select(Alert.id)).one()
    with transaction():
        services.snooze(
            world.clinic.id,
            alert_id,
            until=TODAY + DAY * 2,
            today=TODAY,
            actor=world.actor(),
            now=SEVEN_IN_RIGA,
        )
    for days, expected in ((1, 0), (2, 2), (3, 0)):
        swept(SEVEN_IN_RIGA + DAY * days)
        assert queued(SEVEN_IN_RIGA + DAY * days) == expected


def test_each_clinic_has_its_own_hour(world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    low(world, reorder, BIOTIN, clinic=world.sister)
    assert queued(SEVEN_IN_RIGA) == 2
    assert queued(SEVEN_IN_DUBLIN - dt.timedelta(seconds=1)) == 0
    assert queued(SEVEN_IN_DUBLIN) == 2
    assert [subject.split(":")[0] for _, subject in mails()] == [
        "Order 1 item at Riga Centre",
        "Order 1 item at Riga Centre",
        "Order 1 item at Dublin Quay",
        "Order 1 item at Dublin Quay",
    ]


def test_a_missed_run_loses_nothing(world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    last_minute = dt.datetime(2026, 6, 15, 20, 59, tzinfo=dt.UTC)
    assert queued(last_minute) == 2
    low(world, reorder, AMPOULE)
    before_seven = SEVEN_IN_RIGA + DAY * 3 - dt.timedelta(minutes=1)
    assert queued(before_seven) == 0
    assert queued(SEVEN_IN_RIGA + DAY * 3) == 2


@pytest.mark.parametrize(
    ("hour", "due_at"),
    [
        # Riga's clocks go from 03:00 to 04:00 on 29 March 2026: its third hour is the fourth.
        (3, dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC)),
        (7, dt.datetime(2026, 3, 29, 4, 0, tzinfo=dt.UTC)),
        # On 25 October they go back from 04:00 to 03:00: the first of both counts.
        (3, dt.datetime(2026, 10, 25, 0, 0, tzinfo=dt.UTC)),
        (7, dt.datetime(2026, 10, 25, 5, 0, tzinfo=dt.UTC)),
    ],
)
def test_the_days_the_clocks_change(
    world: World, reorder: Reorder, hour: int, due_at: dt.datetime
) -> None:
    low(world, reorder, BIOTIN)
    with transaction():
        db.session.execute(sa.update(Clinic).values(digest_hour=hour))
    assert queued(due_at - dt.timedelta(seconds=1)) == 0
    assert queued(due_at) == 2


def test_who_gets_it(world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    low(world, reorder, BIOTIN, clinic=world.sister)
    with transaction():
        owner = db.session.get_one(Person, world.owner.id).memberships[0]
        owner.digest = False
        manager = db.session.get_one(Person, world.manager.id).memberships[0]
        manager.clinics = [db.session.get_one(Clinic, world.sister.id)]
    assert queued(SEVEN_IN_DUBLIN) == 1
    assert mails() == [("manager@example.org", "Order 1 item at Dublin Quay: Biotin 5 mg/ml")]


def test_someone_disabled_gets_none(world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    with transaction():
        db.session.execute(sa.update(Person).values(disabled_at=SEVEN_IN_RIGA))
    assert queued(SEVEN_IN_RIGA) == 0


def test_it_is_written_in_the_readers_language(world: World, reorder: Reorder) -> None:
    stock(world, BIOTIN, "2.0", expiry=TODAY + DAY * 12)
    with transaction():
        db.session.execute(sa.update(Person).values(locale="fr"))
        db.session.execute(sa.update(Membership).values(digest=True))
    swept(SEVEN_IN_RIGA)
    queued(SEVEN_IN_RIGA)
    text = db.session.scalars(sa.select(Mail.text)).first()
    assert text is not None
    assert "27 juin" in text


def test_two_runs_at_once_send_one_each(app: Flask, world: World, reorder: Reorder) -> None:
    low(world, reorder, BIOTIN)
    db.session.rollback()
    ready = threading.Barrier(3)

    def run(_number: int) -> int:
        with app.app_context():
            ready.wait()
            return queued(SEVEN_IN_RIGA)

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(run, range(3))) == 2
    assert [recipient for recipient, _ in mails()] == ["owner@example.org", "manager@example.org"]
