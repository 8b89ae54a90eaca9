"""Standing orders carried out: once a day, as whose it is could, nobody stopping another."""

import datetime as dt
import json
import re
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from supply.accounts.models import Membership, Person, Practice
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.catalogue.successors import name_successor
from supply.db import db, transaction
from supply.filling import templates
from supply.filling.services import packs_in_baskets
from supply.jobs import work
from supply.jobs.models import JobRun
from supply.money import Money
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import BelowMinimum, EmptyOrder, LicenceNeeded, NoPrice, Withdrawn
from supply.refusals import InvalidInput, Refusal
from supply.standing import reasons, running, services, wording
from supply.standing.models import StandingOrder, StandingRun
from supply.standing.refusals import AlreadyOver
from supply.standing.rules import Rhythm
from supply.standing.services import Plan
from supply.standing.terms import Every
from tests.conditions.asked import ask
from tests.ordering.world import NOW, TODAY, World, mails, make_product
from tests.support.people import sign_in
from tests.support.racing import all_at_once

MONDAY = dt.date(2026, 11, 23)
"""The day after the tests' own."""
ON_MONDAY = dt.datetime(2026, 11, 23, 6, 0, tzinfo=dt.UTC)
WEEKLY = Rhythm(Every.WEEKS, 1, 0, TODAY)


def template(world: World, *lines: BasketLine, name: str = "Basics") -> int:
    """Return the id of a template of 3 biotin, and caffeine from the other supplier."""
    wanted = lines or (BasketLine(world.biotin.id, 3), BasketLine(world.caffeine.id, 1))
    with transaction():
        return templates.save_template(
            world.clinic, name, wanted, actor=world.manager_acts, now=NOW
        ).id


def standing(world: World, *lines: BasketLine, name: str = "Basics", **more: Any) -> int:
    """Return the id of a weekly standing order of the stock manager, committed."""
    plan = Plan(template(world, *lines, name=name), more.pop("rhythm", WEEKLY), **more)
    with transaction():
        return services.set_up(world.clinic, plan, actor=world.manager_acts, now=NOW).id


def orders() -> list[tuple[str, str, list[tuple[str, int]]]]:
    """Return (supplier, stage, lines) of every order, in the order they were made."""
    db.session.rollback()
    found = db.session.scalars(sa.select(PurchaseOrder).order_by(PurchaseOrder.id))
    return [
        (one.supplier.code, one.stage.value, [(line.sku, line.packs) for line in one.lines])
        for one in found
    ]


def ran() -> list[tuple[str, str]]:
    """Return (due date, outcome) of every run."""
    db.session.rollback()
    found = db.session.scalars(sa.select(StandingRun).order_by(StandingRun.id))
    return [(one.due_on.isoformat(), one.outcome.value) for one in found]


BOTH = [("dermal", "placed", [("BIO-5", 3)]), ("post", "placed", [("CAF-2", 1)])]


def test_it_orders_once_on_the_day_it_is_due(world: World) -> None:
    standing_id = standing(world)
    assert work.standing_orders(NOW) == {}
    # It is Monday in Berlin, and still Sunday in UTC.
    assert work.standing_orders(dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC)) == {"ordered": 1}
    for _ in range(2):
        assert work.standing_orders(ON_MONDAY) == {}
    assert orders() == BOTH
    assert ran() == [("2026-11-23", "ordered")]
    assert db.session.get_one(StandingOrder, standing_id).next_on == dt.date(2026, 11, 30)
    order = db.session.scalars(sa.select(PurchaseOrder)).first()
    assert order is not None
    assert (order.placed_by_id, order.lines[0].why) == (world.manager.id, "Standing order: Basics")
    mail = mails()[-1]
    assert (mail.to_address, mail.subject) == (
        "mia@example.org", "Standing order “Basics”: 2 orders made"
    )  # fmt: skip
    assert order.number in mail.text
    assert "Next: 30 Nov 2026" in mail.text
    assert db.session.scalar(sa.select(sa.func.count()).where(JobRun.job == "standing")) == 1


def test_after_a_long_rest_it_orders_once(world: World) -> None:
    standing(world)
    later = NOW + dt.timedelta(days=30)
    assert work.standing_orders(later) == {"ordered": 1}
    assert work.standing_orders(later) == {}
    assert ran() == [("2026-12-21", "ordered")]
    assert orders() == BOTH


@pytest.mark.race
def test_whoever_tries_at_once_it_orders_once(app: Flask, world: World) -> None:
    standing_id = standing(world)
    results = all_at_once(app, [partial(running.run, standing_id, ON_MONDAY)] * 4)
    assert len([one for one in results if one is not None]) == 1
    assert orders() == BOTH


def test_one_supplier_that_refuses_stops_no_other(world: World) -> None:
    ask(world, minimum=100_000)
    standing(world)
    assert work.standing_orders(ON_MONDAY) == {"partly": 1}
    assert orders() == [("dermal", "draft", [("BIO-5", 3)]), BOTH[1]]
    assert packs_in_baskets(world.clinic.id) == {world.biotin.id: 3}
    mail = mails()[-1]
    assert mail.subject == "Standing order “Basics” needs you: it is in the basket"
    assert "Dermal GmbH takes orders from €1,000.00, net: €924.85 are missing." in mail.text


def test_it_goes_the_ordinary_way_of_approval(world: World) -> None:
    with transaction():
        member = db.session.query(Membership).filter_by(person_id=world.manager.id).one()
        member.order_limit_minor = 5_000
    standing(world)
    work.standing_orders(ON_MONDAY)
    assert [(code, stage) for code, stage, _lines in orders()] == [
        ("dermal", "awaiting_approval"), ("post", "placed")
    ]  # fmt: skip
    assert ran() == [("2026-11-23", "ordered")]
    assert "waits for an owner's approval" in mails()[-1].text


def test_who_may_no_longer_order_leaves_a_basket(world: World) -> None:
    standing(world)
    with transaction():
        db.session.query(Membership).filter_by(person_id=world.manager.id).delete()
    assert work.standing_orders(ON_MONDAY) == {"basket": 1}
    assert packs_in_baskets(world.clinic.id) == {world.biotin.id: 3, world.caffeine.id: 1}
    assert {stage for _code, stage, _lines in orders()} == {"draft"}
    assert mails()[-1].to_address == "olga@example.org"


def test_prescription_only_needs_the_licence_in_date(world: World) -> None:
    with transaction():
        toxin = make_product(world.supplier, "RX-1", "Toxin", prescription_only=True)
    standing(world, BasketLine(toxin.id, 1))  # the licence ends the day before it is due
    assert work.standing_orders(ON_MONDAY) == {"basket": 1}
    assert "Prescription only: Toxin." in mails()[-1].text
    assert {stage for _code, stage, _lines in orders()} == {"draft"}
    with transaction():
        practice = db.session.get_one(Practice, world.practice.id)
        practice.licence_valid_to = TODAY + dt.timedelta(days=30)
    assert work.standing_orders(ON_MONDAY + dt.timedelta(days=7)) == {"ordered": 1}


def test_what_is_no_longer_sold_is_named(world: World) -> None:
    standing(world)
    with transaction():
        db.session.get_one(type(world.biotin), world.biotin.id).withdrawn_at = NOW
    assert work.standing_orders(ON_MONDAY) == {"ordered": 1}
    assert orders() == [BOTH[1]]
    assert "No longer sold: Biotin 5 ml." in mails()[-1].text
    with transaction():
        db.session.get_one(type(world.caffeine), world.caffeine.id).withdrawn_at = NOW
    assert work.standing_orders(ON_MONDAY + dt.timedelta(days=7)) == {"nothing": 1}
    assert mails()[-1].subject == "Standing order “Basics”: nothing to order"


def test_what_replaces_it_is_named_and_ordered_once_somebody_says_so(
    world: World, client: FlaskClient
) -> None:
    standing_id = standing(world)
    with transaction():
        forte = make_product(world.supplier, "BIO-6", "Biotin forte")
        biotin = db.session.get_one(type(world.biotin), world.biotin.id)
        biotin.withdrawn_at = NOW
        name_successor(biotin, forte)
    assert work.standing_orders(ON_MONDAY) == {"ordered": 1}
    assert orders() == [BOTH[1]]
    mail = mails()[-1]
    assert (
        "No longer sold: Biotin 5 ml. Biotin forte replaces it; nothing is ordered of" in mail.text
    )
    template_id = db.session.get_one(StandingOrder, standing_id).template_id
    assert f"/c/mitte/templates/{template_id}" in mail.text
    assert f"/c/mitte/templates/{template_id}" in mail.html

    sign_in(client, "mia@example.org")
    page = client.get("/c/mitte/standing").text
    assert "Biotin 5 ml is no longer sold." in page
    (url,) = re.findall(rf'action="(/c/mitte/standing/{standing_id}/lines/\d+/replace)"', page)
    for _ in range(2):
        client.post(url, data={"form_key": "a"})
    page = client.get("/c/mitte/standing").text
    assert "Biotin forte is ordered from now on." in page
    assert "no longer sold" not in page
    client.post(f"{url}/undo", data={"product_id": world.biotin.id, "packs": "3"})
    page = client.get("/c/mitte/standing").text
    assert "Undone: it orders what it did before." in page
    assert "Biotin 5 ml is no longer sold." in page
    client.post(url, data={"form_key": "b"})
    assert work.standing_orders(ON_MONDAY + dt.timedelta(days=7)) == {"ordered": 1}
    assert [lines for _code, _stage, lines in orders()][1:] == [[("BIO-6", 3)], [("CAF-2", 1)]]


def test_why_it_was_not_placed_is_said_in_the_language_of_who_reads(world: World) -> None:
    ask(world, minimum=100_000)
    with transaction():
        db.session.get_one(Person, world.manager.id).locale = "fr"
    standing(world)
    assert work.standing_orders(ON_MONDAY) == {"partly": 1}
    (run,) = db.session.scalars(sa.select(StandingRun))
    (left,) = run.left
    assert left["reason"]["code"] == "below_minimum"
    sentence = "Dermal GmbH takes orders from €1,000.00, net: €924.85 are missing."
    assert sentence in wording.last(run)
    with force_locale("fr"):
        french = wording.last(run)
    assert sentence not in french
    assert "1\u202f000,00\xa0€" in french
    assert french.split("; ")[-1] in mails()[-1].text
    run.left = [{"supplier": "Dermal GmbH", "why": "Written down as a sentence."}]
    assert "Dermal GmbH: Written down as a sentence." in wording.last(run)


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        (BelowMinimum("D", Money(900, "EUR"), Money(500, "EUR")), None),
        (Withdrawn(["A", "B"]), None),
        (NoPrice("EUR", ["A"]), None),
        (LicenceNeeded(["A"]), None),
        (InvalidInput(("lines.0.packs", "whatever")), "A: the minimum order is 3 packs."),
        (EmptyOrder(), None),
    ],
)
def test_a_refusal_is_kept_as_facts_and_said_again(refusal: Refusal, sentence: str | None) -> None:
    product = Product(name="A", minimum_order_packs=3)
    facts = reasons.kept(refusal, "D", "EUR", [(product, 2 if sentence else 3)])
    assert reasons.said({"reason": json.loads(json.dumps(facts))}) == (sentence or str(refusal))


def test_one_that_fails_is_left_alone_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = standing(world, BasketLine(world.gloves.id, 2), name="Poisoned")
    standing(world)
    real = running.run

    def run(standing_id: int, now: dt.datetime) -> StandingRun | None:
        if standing_id == poisoned:
            raise ValueError("boom")
        return real(standing_id, now)

    monkeypatch.setattr(running, "run", run)
    assert work.standing_orders(ON_MONDAY) == {"failed": 1, "ordered": 1}
    assert work.standing_orders(ON_MONDAY) == {}
    monkeypatch.setattr(running, "run", real)
    assert work.standing_orders(ON_MONDAY + dt.timedelta(hours=2)) == {"ordered": 1}
    assert [lines for _code, _stage, lines in orders()][-1] == [("GLO-M", 2)]


def test_pausing_skipping_and_ending(world: World) -> None:
    standing_id = standing(world, supplier_id=world.postal.id)
    who: dict[str, Any] = {"actor": world.manager_acts, "now": NOW}
    with pytest.raises(AlreadyOver), transaction():
        services.skip_next(world.clinic, standing_id, TODAY, **who)
    with transaction():
        services.skip_next(world.clinic, standing_id, MONDAY, **who)
        services.unskip(world.clinic, standing_id, **who)
        services.skip_next(world.clinic, standing_id, MONDAY, **who)
    assert work.standing_orders(ON_MONDAY) == {"skipped": 1}
    assert orders() == []
    with transaction():
        services.pause(world.clinic, standing_id, **who)
    assert work.standing_orders(ON_MONDAY + dt.timedelta(days=14)) == {}
    later = {**who, "now": ON_MONDAY + dt.timedelta(days=15)}
    with transaction():
        assert services.resume(world.clinic, standing_id, **later).next_on == dt.date(2026, 12, 14)
        services.end(world.clinic, standing_id, **later)
    assert work.standing_orders(ON_MONDAY + dt.timedelta(days=21)) == {}
    with transaction():
        services.take_up_again(world.clinic, standing_id, **later)
    assert work.standing_orders(ON_MONDAY + dt.timedelta(days=21)) == {"ordered": 1}
    assert orders() == [BOTH[1]]
    # Changed on the day it has run, it does not run again.
    plan = Plan(template(world, name="Other"), WEEKLY)
    today = {**who, "now": ON_MONDAY + dt.timedelta(days=21)}
    with transaction():
        changed = services.change(world.clinic, standing_id, plan, **today)
        assert changed.next_on == dt.date(2026, 12, 21)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_set_up(world: World) -> None:
    template_id = template(world)
    for plan, said in (
        (Plan(0, WEEKLY), "Choose a template"),
        (Plan(template_id, Rhythm(Every.WEEKS, 0, 0, TODAY)), "from 1 to 52"),
        (Plan(template_id, Rhythm(Every.WEEKS, 1, 7, TODAY)), "Choose a day"),
        (Plan(template_id, Rhythm(Every.MONTHS, 1, 0, TODAY)), "Choose a day"),
        (Plan(template_id, Rhythm(Every.WEEKS, 1, 0, TODAY, TODAY)), "nothing would ever"),
        (Plan(template_id, Rhythm(Every.WEEKS, 1, 0, TODAY, MONDAY - dt.timedelta(9))), "before"),
        (Plan(template_id, WEEKLY, 999), "Nothing on this template"),
    ):
        with pytest.raises(InvalidInput, match=said), transaction():
            services.set_up(world.clinic, plan, actor=world.manager_acts, now=NOW)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(StandingOrder)) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_of_standing_orders(world: World, client: FlaskClient) -> None:
    template_id = template(world)
    sign_in(client, "mia@example.org")
    home = "/c/mitte/standing"
    assert "No standing orders" in client.get(home).text
    refused = client.post(f"{home}/new", data={"template": template_id, "count": "often"})
    assert refused.status_code == 400
    assert "Enter a whole number." in refused.text
    assert "Say from which day on." not in refused.text
    good = {"template": template_id, "count": "2", "every": "months", "day": "31",
            "starts_on": "2030-01-01", "form_key": "a"}  # fmt: skip
    page = client.post(f"{home}/new", data=good, follow_redirects=True).text
    assert "Every 2 months on day 31" in page
    assert "Ordered as Mia" in page
    standing_id = db.session.scalar(sa.select(StandingOrder.id))
    one = f"{home}/{standing_id}"
    assert 'value="31"' in client.get(one).text
    skipped = client.post(f"{one}/skip", data={"due_on": "2030-01-31"}, follow_redirects=True)
    assert "The next order is left out." in skipped.text
    assert "Order it after all" in skipped.text
    assert "Paused" in client.post(f"{one}/pause", follow_redirects=True).text
    assert "Resumed." in client.post(f"{one}/resume", follow_redirects=True).text
    ended = client.post(f"{one}/end", follow_redirects=True)
    assert "The standing order is ended." in ended.text
    assert client.get(one).status_code == 404
    assert "goes on" in client.post(f"{one}/again", follow_redirects=True).text
    sign_in(client, "vera@example.org")
    assert client.post(f"{one}/pause").status_code == 403


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_page_that_a_colleague_has_overtaken_saves_nothing(
    world: World, client: FlaskClient
) -> None:
    standing_id = standing(world)
    sign_in(client, "mia@example.org")
    address = f"/c/mitte/standing/{standing_id}"
    (was,) = re.findall(r'name="was" value="([^"]+)"', client.get(address).text)
    template_id = db.session.get_one(StandingOrder, standing_id).template_id
    form = {"template": template_id, "every": "weeks", "weekday": "0", "starts_on": "2026-11-23"}
    assert client.post(address, data={**form, "count": "3", "was": was}).status_code == 302
    answer = client.post(address, data={**form, "count": "2", "was": was})
    assert answer.status_code == 400
    assert "A colleague has changed this since you opened it." in answer.text
    db.session.rollback()
    assert db.session.get_one(StandingOrder, standing_id).count == 3
