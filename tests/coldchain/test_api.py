"""Temperatures by the API: as the interface says, and refused whole where anything is wrong."""

import pytest
from flask import Flask

from supply import clock
from tests.api.calls import Cast, fields_at_fault, rows
from tests.factories import COLD, NOW, World, stock
from tests.support.time import Clock

FRIDGE = "/clinics/riga/locations/Fridge%202%E2%80%938%20%C2%B0C/readings"


@pytest.fixture
def cast(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """The world's people at their programs."""
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return Cast(app, world)


def sent(*celsius: object, hour: int = 6) -> dict[str, object]:
    """Return readings every ten minutes from an hour on."""
    return {
        "readings": [
            {"at": f"2026-06-15T{hour + n // 6:02}:{n % 6}0:00+03:00", "celsius": one}
            for n, one in enumerate(celsius)
        ]
    }


def test_readings_and_what_they_show(cast: Cast) -> None:
    stock(cast.world, COLD, "25", lot="C1")
    api = cast.api("owner")
    body = sent("5.0", 5, 9, 12.4, "10.00", 5)
    body["readings"] += sent(5, 5, hour=8)["readings"]  # type: ignore[operator]
    answer = api.post(FRIDGE, body)
    assert answer.status_code == 200
    assert answer.get_json() == {
        "accepted": 8,
        "repeated": 0,
        "gaps": [{"from": "2026-06-15T03:50:00+00:00", "to": "2026-06-15T05:00:00+00:00"}],
        "excursions": [
            {
                "excursion": 1,
                "from": "2026-06-15T03:20:00+00:00",
                "to": "2026-06-15T03:50:00+00:00",
                "side": "warm",
                "low": "9.00",
                "high": "12.40",
                "minutes": 30,
            }
        ],
    }
    again = api.post(FRIDGE, body).get_json()
    assert (again["accepted"], again["repeated"]) == (0, 8)
    assert len(again["excursions"]) == 1
    [lot] = api.get("/clinics/riga/stock").get_json()["items"][0]["lots"]
    assert lot["status"] == "on_hold"
    alerts = api.get("/clinics/riga/alerts").get_json()["alerts"]
    assert [one["kind"] for one in alerts] == ["cold_chain"]


def test_what_is_wrong_refuses_all(cast: Cast) -> None:
    api, before = cast.api("owner"), rows()
    bad = sent(5, "warm", 120)
    bad["readings"].append({"at": "2026-06-15 06:00", "celsius": 5})  # type: ignore[attr-defined]
    answer = api.post(FRIDGE, bad)
    assert answer.status_code == 422
    assert fields_at_fault(answer) == [
        "readings.1.celsius",
        "readings.2.celsius",
        "readings.3.at",
    ]
    assert api.post(FRIDGE, {"readings": []}).status_code == 422
    assert api.post(FRIDGE, sent(5, hour=22)).status_code == 422
    assert rows() == before


def test_who_may(cast: Cast) -> None:
    before = rows()
    assert cast.api("nobody").post(FRIDGE, sent(5)).status_code == 401
    assert cast.api("outsider").post(FRIDGE, sent(5)).status_code == 404
    assert cast.api("viewer").post(FRIDGE, sent(5)).status_code == 403
    missing = "/clinics/riga/locations/Nowhere/readings"
    assert cast.api("owner").post(missing, sent(5)).status_code == 404
    assert rows() == before | {"api_token": rows()["api_token"], "audit_row": rows()["audit_row"]}
    assert cast.api("practitioner").post(FRIDGE, sent(5)).status_code == 200
