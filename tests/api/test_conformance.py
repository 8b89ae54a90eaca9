"""Calls made up from the OpenAPI document: the answers keep to it, whatever is sent."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from tests.api.calls import Cast
from tests.factories import AMPOULE, BIOTIN, COLD, stock

CASES = 5
"""Calls made up for each operation that keep to the document, and as many that do not."""

EVERYBODY = ("owner", "manager", "practitioner", "viewer", "fulfiller", "outsider")

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


@pytest.mark.slow
def test_answers_keep_to_the_document(app: Flask, cast: Cast) -> None:
    for sku in (AMPOULE, BIOTIN, COLD):
        stock(cast.world, sku, "20")
    tokens = cycle([cast.api(name).token for name in EVERYBODY])
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    failures: list[str] = []

    def call(case: Case[Any]) -> None:
        if "clinic_code" in case.path_parameters:
            case.path_parameters["clinic_code"] = cast.world.clinic.code
        headers = {"Authorization": f"Bearer {next(tokens)}"}
        try:
            case.call_and_validate(headers=headers, checks=CHECKS)
        except FailureGroup as group:
            failures.extend(str(failure) for failure in group.exceptions)

    for operation in document.get_all_operations():
        assert isinstance(operation, Ok)
        for mode in MODES:
            cases = operation.ok().as_strategy(generation_mode=mode)
            settings(
                max_examples=CASES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(given(case=cases)(call))()
    assert failures == []
