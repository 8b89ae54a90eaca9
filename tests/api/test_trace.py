"""Tracing a patient reference by program: the answer, who may, and what does not go together."""

from __future__ import annotations

from tests.api.calls import Api, Cast, fields_at_fault
from tests.factories import BIOTIN, FORMULATION, NEEDLE

PATH = "/trace?patient_ref="


def test_a_reference_answers_with_its_sessions_each_with_its_lots(cast: Cast, owner: Api) -> None:
    body = {"formulation": FORMULATION, "patient_ref": "P-7"}
    session = owner.post("/clinics/riga/sessions", body).get_json()["session"]
    owner.post("/clinics/riga/sessions", body | {"patient_ref": "P-8"})
    traced = owner.get(f"{PATH}p-7").get_json()
    [given] = traced["sessions"]
    assert (given["clinic"], given["session"], given["patient_ref"]) == ("riga", session, "P-7")
    assert "quantity" not in given
    assert [(lot["sku"], lot["lot"], lot["quantity"]) for lot in given["lots"]] == [
        (BIOTIN, "A1", "2.000"),
        (NEEDLE, "N1", "1.000"),
    ]
    assert [(lot["sku"], lot["lot"]) for lot in traced["lots"]] == [(BIOTIN, "A1"), (NEEDLE, "N1")]
    assert [row["clinic"] for row in traced["on_hand"]] == ["riga", "riga"]
    for name, status in (
        ("practitioner", 200),
        ("lapsed", 200),
        ("manager", 200),
        ("viewer", 403),
        ("supplier_admin", 403),
        ("nobody", 401),
    ):
        assert (name, cast.api(name).get(f"{PATH}P-7").status_code) == (name, status)
    of_lot = f"/trace?sku={BIOTIN}&lot=A1"
    for name, seen in (
        ("practitioner", ["P-7", "P-8"]),
        ("manager", ["P-7", "P-8"]),
        ("viewer", []),
    ):
        answer = cast.api(name).get(of_lot).get_json()
        told = [row["patient_ref"] for row in answer["sessions"]]
        assert (told, [lot["lot"] for lot in answer["lots"]]) == (seen, ["A1"]), name
    assert cast.api("outsider").get(f"{PATH}P-7").get_json()["sessions"] == []
    assert fields_at_fault(owner.get(f"{PATH}P-7&lot=A1")) == ["lot"]
    assert fields_at_fault(owner.get("/trace?sku=X")) == ["lot"]
