"""A clinic is told once that a return is to be sent soon, and once that it has lapsed."""

import datetime as dt

import pytest

from supply.db import transaction
from supply.jobs import work
from supply.returning import ending, services
from tests.ordering.world import LATER, World, mails, order_of
from tests.returning.cases import LAST, asked, authorised, received


def told(when: dt.datetime) -> list[tuple[str, str, str]]:
    """Run the job at ``when``, twice; return to whom, about what and what it mailed."""
    before = len(mails())
    work.return_notices(when)
    assert work.return_notices(when) == 0
    return [(mail.to_address, mail.subject, mail.text) for mail in mails()[before:]]


def at(days: int) -> dt.datetime:
    """Return the morning of a day, counted from the last on which to send."""
    return dt.datetime.combine(LAST, dt.time(7), dt.UTC) + dt.timedelta(days)


def test_the_last_day_is_near_and_has_gone_by(world: World) -> None:
    order_id = received(world, A1=3)
    rma = authorised(world, asked(world, order_id, A1=2))
    number = order_of(order_id).number
    assert told(LATER) == told(at(-4)) == []
    near = told(at(-3))
    assert [to for to, _subject, _text in near] == ["olga@example.org", "mia@example.org"]
    assert {subject for _to, subject, _text in near} == {f"Send return {rma} by 6 Dec 2026"}
    assert (
        f"Return {rma} of order {number} is not sent yet. Dermal GmbH takes it back if you send it"
        " by 6 Dec 2026: send it on the order's page, or withdraw it."
    ) in near[0][2]
    assert "2 packs of Biotin 5 ml, lot A1" in near[0][2]
    assert told(at(0)) == []
    lapsed = told(at(1))
    assert [subject for _to, subject, _text in lapsed] == [f"Return {rma} has lapsed"] * 2
    assert "Ask anew if you still want to return the packs." in lapsed[1][2]
    assert told(at(2)) == []


def test_one_that_fails_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = received(world, A1=3)
    first, second = asked(world, order_id, A1=1), asked(world, order_id, A1=1)
    third = asked(world, order_id, A1=1)
    for one in (first, second, third):
        authorised(world, one)
    with transaction():
        services.withdraw(third, actor=world.manager_acts, now=LATER)
    tell = ending.tell_of_end

    def fails(return_id: int, *rest: object) -> bool:
        if return_id == first:
            raise ValueError("broken")
        return tell(return_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ending, "tell_of_end", fails)
    assert work.return_notices(at(-1)) == 1
    monkeypatch.undo()
    assert work.return_notices(at(-1)) == 1
    assert len(told(at(1))) == 4
