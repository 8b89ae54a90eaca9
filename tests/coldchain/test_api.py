"""Temperatures by the API: as the interface says, and refused whole where anything is wrong."""

import datetime as dt
import hashlib

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from supply import clock
from supply.coldchain.models import Reading, ReadingImport
from supply.db import db
from tests.api.calls import Api, Cast, fields_at_fault, rows
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


def send(api: Api, content: str, mimetype: str = "text/csv") -> TestResponse:
    """Send a logger's file."""
    return api.call("POST", FRIDGE, data=content.encode(), content_type=mimetype)


def test_a_loggers_file(cast: Cast) -> None:
    """Without an offset its times are on the clinic's clock; twice it accepts nothing."""
    api = cast.api("owner")
    file = "Time;Temp °C\n15.06.2026 08:00;5,0\n15.06.2026 08:10;9,1\n15.06.2026 08:20;5,0\n"
    first, second = send(api, file), send(api, file)
    assert (first.status_code, first.get_json()) == (
        200,
        {"accepted": 3, "repeated": 0, "gaps": [], "excursions": []},
    )
    assert second.get_json() | {"accepted": 0, "repeated": 3} == second.get_json()
    kept = db.session.execute(sa.select(ReadingImport.sha256, ReadingImport.size)).all()
    digest = hashlib.sha256(file.encode()).hexdigest()
    assert [tuple(row) for row in kept] == [(digest, len(file.encode()))] * 2
    [at, *_rest] = db.session.scalars(sa.select(Reading.at).order_by(Reading.at))
    assert at == dt.datetime(2026, 6, 15, 5, 0, tzinfo=dt.UTC)


def test_a_file_at_fault_names_its_rows(cast: Cast) -> None:
    api, before = cast.api("owner"), rows()
    bad = send(api, "at,celsius\n2026-06-15T08:00:00Z,5.0\n2026-06-15T08:10:00Z,warm\nnow,4\n")
    assert bad.status_code == 422
    assert bad.get_json()["errors"] == [
        {"field": "rows.3", "message": "Row 3: “warm” is no temperature."},
        {"field": "rows.4", "message": "Row 4: This row has no time that can be read."},
    ]
    unsure = send(api, "time,celsius\n05/06/2026 08:00,5.0\n")
    assert (unsure.status_code, fields_at_fault(unsure)) == (422, ["order"])
    assert send(api, "", "text/csv").status_code == 422
    assert send(api, "{}", "image/png").status_code == 415
    assert rows() == before
