"""Days ahead of an item over the API, and lots to have brought over first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from supply.db import transaction
from supply.replenishment.sweep import sweep
from tests.api.calls import Api, Cast
from tests.factories import AMPOULE, FORMULATION, NOW, TODAY, VIAL, World, make_formulation, stock

PROJECTION = "/clinics/riga/projection"


@pytest.fixture(autouse=True)
def formulation(world: World) -> None:
    """0.12 ml of an ampoule and 3 ml of a vial."""
    make_formulation(world, [(AMPOULE, "0.120"), (VIAL, "3")])


def day(ahead: int) -> str:
    return (TODAY + dt.timedelta(days=ahead)).isoformat()


def book(api: Api, *days: int) -> None:
    answer = api.post(
        "/clinics/riga/bookings",
        {
            "bookings": [
                {
                    "external_id": f"D-{ahead}",
                    "patient_ref": f"P-{ahead}",
                    "formulation": FORMULATION,
                    "date": day(ahead),
                }
                for ahead in days
            ]
        },
    )
    assert answer.status_code == 200, answer.get_json()


def projected(api: Api, code: str = AMPOULE) -> None:
    answer = api.put(
        f"/clinics/riga/policies/{code}", {"method": "projected", "service_level": "0.98"}
    )
    assert answer.status_code == 200, answer.get_json()


def asked(api: Api, query: str) -> dict[str, Any]:
    answer = api.get(f"{PROJECTION}?{query}")
    assert answer.status_code == 200, answer.get_json()
    said: dict[str, Any] = answer.get_json()
    return said


def test_levels_that_were_set_stay_beside_the_projection(cast: Cast, world: World) -> None:
    api, path = cast.api("manager"), f"/clinics/riga/policies/{AMPOULE}"
    levels = {"reorder_point": "10.000", "par_level": "30.000"}
    projected_by = {"method": "projected", "service_level": "0.980"}
    fixed = api.put(path, {"method": "fixed", **levels})
    assert fixed.status_code == 200
    for sent, kept in (({}, levels), ({"par_level": "40"}, levels | {"par_level": "40.000"})):
        answer = api.put(path, projected_by | sent)
        assert answer.get_json() == {"sku": AMPOULE, **projected_by, **kept}
    below = api.put(path, projected_by | {"par_level": "5"})
    assert [error["field"] for error in below.get_json()["errors"]] == ["par_level"]
    # A fixed policy says both, each time.
    assert api.put(path, {"method": "fixed", "par_level": "30"}).status_code == 422


def test_days_ahead_are_worked_out_before_any_sweep(cast: Cast, world: World) -> None:
    """Two ampoules of a lot that ends on day 15, one of another; sessions on days 10, 20 and 25."""
    stock(world, AMPOULE, "10", lot="SOON", expiry=TODAY + dt.timedelta(days=15))
    stock(world, AMPOULE, "5", lot="LATE")
    book(cast.api("owner"), 10, 20, 25)
    said = asked(cast.api("owner"), f"sku={AMPOULE}&days=30")
    on_hand = {one["date"]: one["on_hand"] for one in said["days"]}
    assert list(on_hand) == [day(ahead) for ahead in range(30)]
    assert [on_hand[day(n)] for n in (0, 9, 10, 15, 16, 20, 25)] == [
        "15.000", "15.000", "10.000", "10.000", "5.000", "0.000", "0.000",
    ]  # fmt: skip
    assert said["first_short"] == day(25)
    assert said["expiring"] == [{"lot": "SOON", "date": day(15), "quantity": "5.000"}]
    assert all(
        float(one["low"]) <= float(one["on_hand"]) <= float(one["high"]) for one in said["days"]
    )


def test_ninety_days_are_said_where_none_are_asked_for(cast: Cast, world: World) -> None:
    stock(world, VIAL, "40")
    said = asked(cast.api("owner"), f"sku={VIAL}")
    assert (len(said["days"]), said["first_short"], said["order_by"]) == (90, None, None)


def test_days_are_a_whole_number_within_a_year(cast: Cast) -> None:
    api = cast.api("owner")
    for days in ("0", "367", "ten", "-1", "1.5", ""):
        answer = api.get(f"{PROJECTION}?sku={VIAL}&days={days}")
        assert answer.status_code == 422, days
        assert [one["field"] for one in answer.get_json()["errors"]] == ["days"]


def test_an_item_that_is_not_there_and_a_clinic_of_others_are_404(cast: Cast, world: World) -> None:
    assert cast.api("owner").get(f"{PROJECTION}?sku=NONE").status_code == 404
    assert cast.api("outsider").get(f"{PROJECTION}?sku={AMPOULE}").status_code == 404
    assert cast.api("owner").get(PROJECTION).status_code == 422


def test_a_lot_of_the_sister_clinic_is_proposed_to_be_brought_over(
    cast: Cast, world: World
) -> None:
    stock(
        world, AMPOULE, "20", lot="ENDS", expiry=TODAY + dt.timedelta(days=30), clinic=world.sister
    )
    book(cast.api("owner"), 1, 2)
    projected(cast.api("owner"))
    with transaction():
        sweep(NOW)
    said = cast.api("owner").get("/clinics/riga/proposals").get_json()
    assert said["proposals"] == []
    [transfer] = said["transfers"]
    assert transfer.pop("why").startswith(f"{world.sister.name} has 2 ampoules of lot ENDS")
    assert transfer == {
        "sku": AMPOULE,
        "lot": "ENDS",
        "quantity": "10.000",
        "from_clinic": world.sister.code,
        "by": day(1),
    }
