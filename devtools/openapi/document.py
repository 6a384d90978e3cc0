"""The API's description, OpenAPI 3.1, made of the models, the problems and the rules that the code uses.

It is made on demand and kept; nothing here runs when a worker starts.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from devtools.openapi import parts
from devtools.openapi.advice import ADVICE, REQUEST_RULES, STATUSES
from devtools.openapi.described import Answer, Operation
from devtools.openapi.examples import problem
from devtools.openapi.form import NAMES as FORMS
from devtools.openapi.form import form
from devtools.openapi.operations import OPERATIONS
from shared.api.problems import MEDIA_TYPE, PROBLEM_TYPES
from shared.api.responses.model import ResponseModel
from shared.api.responses.problem import ProblemOut
from shared.domain.rules import RULES

WAIT = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
REF = "#/components/schemas/"
BOOKING = "CreateBooking"
"""The body of both operations that book."""

Json = dict[str, Any]


@cache
def openapi_json() -> str:
    """The document as text; the same bytes every time."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


@cache
def document() -> Json:
    """The document; not to be changed."""
    return {
        "openapi": "3.1.0",
        "info": parts.INFO,
        "servers": [{"url": "/", "description": "This deployment"}],
        "tags": parts.TAGS,
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "examples": {
                code: {"summary": kind.title, "value": problem(code)} for code, kind in PROBLEM_TYPES.items()
            },
            "headers": parts.HEADERS,
            "parameters": parts.PARAMETERS,
            "requestBodies": {BOOKING: _booking()},
            "securitySchemes": parts.SECURITY,
        },
        "x-booking-rules": [{"code": code, "rule": sentence} for code, sentence in rules()],
        "x-problems": [
            {"code": kind.code, "status": kind.status, "title": kind.title, "advice": ADVICE[kind.code]}
            for kind in PROBLEM_TYPES.values()
        ],
    }


def rules() -> Sequence[tuple[str, str]]:
    """Each rule's stable code with what it says, from the first line of its docstring."""
    lines = ((rule.__doc__ or "").partition("\n")[0] for rule in RULES)
    found = [(line.split("`")[1], line.partition(": ")[2]) for line in lines]
    return [*found, *REQUEST_RULES.items()]


def _paths() -> Json:
    paths: Json = {}
    for one in OPERATIONS:
        paths.setdefault(one.route.address, {})[one.method] = _operation(one)
    return paths


def _operation(one: Operation) -> Json:
    described: Json = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "description": one.description,
        "security": [{name: []} for name in one.keys],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in one.parameters],
        "responses": _responses(one),
    }
    if one.query is not None:
        described["parameters"] += _query(one.query)
    if one.body is not None:
        described["requestBody"] = _body(one)
    return {name: value for name, value in described.items() if value != [] or name == "security"}


def _body(one: Operation) -> Json:
    if one.form_examples:
        return {"$ref": f"#/components/requestBodies/{BOOKING}"}
    schema = _one_of([one.body] if one.body else [])
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "examples": _named(one.body_examples)}},
    }


def _booking() -> Json:
    """What books, JSON or a form; apart from its operations, so that generators take the first: JSON."""
    one = next(each for each in OPERATIONS if each.form_examples)
    as_json = {"schema": {"$ref": REF + "BookingBody"}, "examples": _named(one.body_examples)}
    examples = _named(one.form_examples)
    forms = {kind: {"schema": {"$ref": REF + name}, "examples": examples} for kind, name in FORMS.items()}
    return {
        "required": True,
        "description": "One booking",
        "content": {"application/json": as_json, **forms},
    }


def _query(model: type[BaseModel]) -> list[Json]:
    """The members of a model as parameters of the query."""
    schema = model.model_json_schema(by_alias=True)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": parts.QUERY[name],
            "schema": _bare(member),
            "example": parts.QUERY_EXAMPLES[name],
        }
        for name, member in schema["properties"].items()
    ]


def _bare(member: Json) -> Json:
    """The schema of a query value: there is no null in a query, and its words stand beside it."""
    chosen: Json = next((one for one in member.get("anyOf", ()) if one.get("type") != "null"), member)
    return {name: value for name, value in chosen.items() if name not in {"title", "description", "examples"}}


def _responses(one: Operation) -> Json:
    found = {str(status): _response(answer, one) for status, answer in one.answers.items()}
    if one.route.needs_key:
        found["401"] = {
            "description": "The function key is missing or wrong; the platform answers, without a body"
        }
    for code in one.problems:
        _add_problem(found, code, one)
    return dict(sorted(found.items()))


def _response(answer: Answer, one: Operation) -> Json:
    described: Json = {"description": answer.description, "headers": _headers(answer.headers, one)}
    if answer.examples:
        plain = {"type": "object" if answer.media_type == "application/json" else "string"}
        schema = _one_of(answer.models) if answer.models else plain
        described["content"] = {answer.media_type: {"schema": schema, "examples": _named(answer.examples)}}
    return described


def _add_problem(found: Json, code: str, one: Operation) -> None:
    status = PROBLEM_TYPES[code].status
    waits = ("Retry-After",) if status in WAIT or code in parts.WAITS else ()
    described = {"description": STATUSES[status], "headers": {}, "content": {}}
    response = found.setdefault(str(status), described)
    response["headers"] |= _headers(waits, one)
    content = response["content"].setdefault(
        MEDIA_TYPE, {"schema": {"$ref": REF + "Problem"}, "examples": {}}
    )
    content["examples"][code] = {"$ref": f"#/components/examples/{code}"}


def _headers(names: Sequence[str], one: Operation) -> Json:
    limits = ("RateLimit", "RateLimit-Policy") if one.is_limited else ()
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("Request-Id", *names, *limits)}


def _one_of(models: Sequence[type[BaseModel]]) -> Json:
    refs = [{"$ref": REF + name_of(model)} for model in models]
    if len(refs) == 1:
        return refs[0]
    if all("kind" in model.model_fields for model in models):
        return {"oneOf": refs, "discriminator": {"propertyName": "kind", "mapping": _by_kind(models)}}
    return {"anyOf": refs}  # what a booking has while it is pending, any booking has


def _by_kind(models: Sequence[type[BaseModel]]) -> Json:
    kinds = ((get_args(model.model_fields["kind"].annotation)[0], model) for model in models)
    return {kind: REF + name_of(model) for kind, model in kinds}


def _named(examples: Mapping[str, Any]) -> Json:
    return {name: {"value": value} for name, value in examples.items()}


def name_of(model: type[BaseModel]) -> str:
    """The name of a model in the document."""
    return model.__name__.removesuffix("Out")


def _schemas() -> Json:
    models = {model for one in OPERATIONS for answer in one.answers.values() for model in answer.models}
    models |= {one.body for one in OPERATIONS if one.body is not None} | {ProblemOut}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(one, "validation") for one in ordered], ref_template=REF + "{model}"
    )
    text = json.dumps(definitions["$defs"])
    for name in sorted(definitions["$defs"], key=len, reverse=True):
        text = text.replace(f'"{REF}{name}"', f'"{REF}{name.removesuffix("Out")}"')
    schemas: Json = {name.removesuffix("Out"): _tidy(one) for name, one in json.loads(text).items()}
    outs = {name_of(model) for model in _descendants(ResponseModel)}
    for name in outs & set(schemas):
        schemas[name].pop("additionalProperties", None)  # answers may grow; requests are closed
    schemas["Problem"]["properties"]["code"]["enum"] = list(PROBLEM_TYPES)
    schemas |= dict.fromkeys(FORMS.values(), form())
    return dict(sorted(schemas.items()))


def _tidy(schema: Json) -> Json:
    """Without titles that repeat a member's name, and without defaults: generators take them for required."""
    schema.pop("title", None)
    for name, member in schema.get("properties", {}).items():
        member.pop("title", None)
        member.pop("default", None)
        schema["properties"][name] = _plainly(member)
    return schema


def _plainly(member: Json) -> Json:
    """A value or null as one type, of which generators make no model of its own."""
    choices = member.get("anyOf", ())
    values = [one for one in choices if one != {"type": "null"}]
    if len(choices) != len(values) + 1 or len(values) != 1 or not isinstance(values[0].get("type"), str):
        return member
    if {"enum", "const"} & values[0].keys():
        return member
    others = {name: value for name, value in member.items() if name != "anyOf"}
    return {**values[0], "type": [values[0]["type"], "null"], **others}


def _descendants(model: type[BaseModel]) -> set[type[BaseModel]]:
    direct = set(model.__subclasses__())
    return direct.union(*(_descendants(one) for one in direct))
