"""The API's own page: its OpenAPI document, for people to read at ``/api/v1/docs``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from supply.api.base.document import PROBLEM, Document, DocumentedApi

METHODS = ("get", "post", "put", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body or an answer, or a parameter: ``lines[].sku``, and what it may be."""

    name: str
    kind: str
    required: bool
    note: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A status a call answers with, and what it means."""

    status: str
    meaning: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Operation:
    """A call."""

    id: str
    method: str
    path: str
    summary: str
    parameters: list[Field]
    body: list[Field]
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class Section:
    """The calls about one thing."""

    id: str
    title: str
    operations: list[Operation]


def reference_blueprint(api: DocumentedApi, prefix: str) -> Blueprint:
    """Return the pages that show ``api``'s document below ``prefix``."""
    blueprint = Blueprint("api_reference", __name__, url_prefix=prefix)

    @blueprint.get("")
    def root() -> Response:
        """Lead whoever tries the bare address to the page."""
        return redirect(url_for("api_reference.docs"))

    @blueprint.get("/docs")
    def docs() -> str:
        """Show every call with its fields and statuses."""
        document = api.document()
        found = sections(document)
        return render_template(
            "api/docs.html",
            sections=found,
            chips=[{"label": s.title, "url": f"#{s.id}"} for s in found],
            problem=problem_fields(document),
            prefix=prefix,
        )

    return blueprint


def sections(document: Document) -> list[Section]:
    """Return the calls of an OpenAPI ``document``, by the thing they are about."""
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                shared = operations.get("parameters", [])
                operation = _operation(document, path, method, operations[method], shared)
                found[operations[method]["tags"][0]].append(operation)
    return [
        Section(tag["name"], tag["description"], found[tag["name"]])
        for tag in document["tags"]
        if found[tag["name"]]
    ]


def _operation(
    document: Document, path: str, method: str, said: Document, shared: list[Document]
) -> Operation:
    parameters = [
        _field(document, p["name"], p["schema"], required=p.get("required", False), place=p["in"])
        for p in [*shared, *said.get("parameters", [])]
    ]
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(
        id=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said.get("summary", ""),
        parameters=parameters,
        body=list(_fields(document, body.get("schema", {}))),
        answers=[_answer(document, status, a) for status, a in sorted(said["responses"].items())],
    )


def _answer(document: Document, status: str, said: Document) -> Answer:
    answer = _resolved(document, said)
    content = answer.get("content", {}).get("application/json", {})
    return Answer(status, answer["description"], list(_fields(document, content.get("schema", {}))))


def problem_fields(document: Document) -> list[Field]:
    """Return the fields of the problem documents with which every refusal answers."""
    answer = document["components"]["responses"]["Unauthorized"]
    return list(_fields(document, answer["content"][PROBLEM]["schema"]))


def _fields(document: Document, schema: Document, path: str = "") -> Iterator[Field]:
    """Yield the fields of ``schema``; those of an object within follow the field that holds it."""
    whole = _resolved(document, schema)
    required = whole.get("required", [])
    for name, said in whole.get("properties", {}).items():
        inner = _resolved(document, said)
        yield _field(document, f"{path}{name}", said, required=name in required)
        if inner.get("type") == "array":
            yield from _fields(document, inner["items"], f"{path}{name}[].")
        elif inner.get("type") == "object":
            yield from _fields(document, inner, f"{path}{name}.")


def _field(
    document: Document, name: str, said: Document, *, required: bool, place: str = ""
) -> Field:
    schema = _resolved(document, said)
    notes = [place and f"in the {place}", said.get("description", ""), *_limits(schema)]
    return Field(name, _kind(document, schema), required, "; ".join(filter(None, notes)))


def _kind(document: Document, schema: Document) -> str:
    kind = str(schema.get("type", "object"))
    if kind == "array":
        kind = f"list of {_kind(document, _resolved(document, schema['items']))}s"
    elif "format" in schema:
        kind = f"{kind}, {schema['format']}"
    return f"{kind} or null" if schema.get("nullable") else kind


def _limits(schema: Document) -> Iterator[str]:
    if "enum" in schema:
        yield "one of " + ", ".join(str(word) for word in schema["enum"] if word is not None)
    if schema.get("minItems"):
        most = f"to {schema['maxItems']}" if "maxItems" in schema else "or more"
        yield f"{schema['minItems']} {most} of them"
    if schema.get("maxLength"):
        yield f"at most {schema['maxLength']} characters"


def _resolved(document: Document, schema: Document) -> Document:
    """Return ``schema``, or the one it points to; a nullable one points in a list of one."""
    if "allOf" in schema and len(schema["allOf"]) == 1:
        return {**_resolved(document, schema["allOf"][0]), **schema}
    if "$ref" not in schema:
        return schema
    found: Any = document
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return _resolved(document, found)
