"""The API's description: in step with the code, valid, and true of real answers."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate
from pydantic import BaseModel

from devtools.graph_emulator.client import ControlClient
from devtools.openapi.document import document, openapi_json
from devtools.openapi.form import OWN
from shared.api.problems import MEDIA_TYPE, PROBLEM_TYPES
from shared.api.requests.bodies import BookingBody
from shared.api.requests.expectations import dotted_names
from shared.api.responses.booking import BookingConfirmed
from shared.api.responses.catalogue import BusinessOut, ServiceList
from shared.api.responses.challenge import ChallengeOff
from shared.api.responses.customer import CustomerOut
from shared.api.responses.problem import ProblemOut
from shared.api.responses.slots import SlotListOut
from shared.api.routes import ROUTES
from tests.support.facade import BENTO, BUSINESS, Facade, booking, start_at

ROOT = Path(__file__).resolve().parents[2]


def contents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every content of the document: where it is, its media type, and itself."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                for media, content in resolved(operation["requestBody"])["content"].items():
                    yield f"{method} {path} body", media, content
            for status, response in operation["responses"].items():
                for media, content in response.get("content", {}).items():
                    yield f"{method} {path} {status}", media, content


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """A value, or what it refers to among the components."""
    if "$ref" not in value:
        return value
    kind, name = value["$ref"].split("/")[-2:]
    found: dict[str, Any] = document()["components"][kind][name]
    return found


def validator(schema: dict[str, Any]) -> OAS31Validator:
    """A validator of a schema that may refer to the document's components."""
    return OAS31Validator(
        {**schema, "components": document()["components"]}, format_checker=oas31_format_checker
    )


def example_value(example: dict[str, Any]) -> Any:  # noqa: ANN401 (any JSON value)
    """The value of an example, also where it is kept among the components."""
    if "$ref" in example:
        return document()["components"]["examples"][example["$ref"].rpartition("/")[2]]["value"]
    return example["value"]


def test_the_document_is_valid_openapi() -> None:
    """An independent validator finds nothing wrong with it as OpenAPI 3.1."""
    validate(json.loads(openapi_json()))


def test_the_kept_document_is_in_step() -> None:
    """`docs/openapi.json` is what the code makes; `python -m devtools.openapi` writes it anew."""
    assert (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == openapi_json()


def test_every_route_is_described() -> None:
    """Each route but the pages is in the document with the same method, and nothing else is."""
    wanted = {(one.address, one.methods[0].lower()) for one in ROUTES if one.is_described}
    assert {(path, method) for path, methods in document()["paths"].items() for method in methods} == wanted


def test_generators_of_clients_find_their_way() -> None:
    """Who may call is said of every operation, JSON is the first way to book, and null makes no model."""
    operations = [one for methods in document()["paths"].values() for one in methods.values()]
    assert all("security" in one for one in operations)
    booking = document()["components"]["requestBodies"]["CreateBooking"]
    assert next(iter(booking["content"])) == "application/json"
    members = [
        (name, member)
        for name, schema in document()["components"]["schemas"].items()
        for member in schema["properties"].values()
    ]
    assert [
        name
        for name, member in members
        if {"type": "null"} in member.get("anyOf", ()) and "$ref" not in str(member)
    ] == []
    assert all(schema["type"] == "object" for schema in document()["components"]["schemas"].values())
    assert document()["info"]["contact"]["name"]


def test_a_form_has_the_fields_of_the_json() -> None:
    """Each member under its dotted name, required where it is; the answers under names of their own."""
    schemas = document()["components"]["schemas"]
    form = schemas["BookingForm"]
    assert schemas["BookingMultipartForm"] == form
    nested = {"customer", "customer.address"}
    read = {one for one in dotted_names(BookingBody) if not one.startswith("answers")} - nested
    assert read <= set(form["properties"])
    assert set(form["properties"]) - read == set(OWN)
    assert form["required"] == ["serviceId", "start", "customer.name", "customer.email"]


def test_every_status_with_a_body_has_examples_that_are_valid() -> None:
    """Each content has at least one example, and each example is valid against its schema."""
    seen = 0
    for where, media, content in contents():
        assert content["examples"], (where, media)
        for name, example in content["examples"].items():
            errors = list(validator(content["schema"]).iter_errors(example_value(example)))
            assert errors == [], (where, name, errors[0].message)
            seen += 1
    assert seen > 100


def test_every_error_is_a_problem_of_its_status() -> None:
    """What is described under a status of 400 and more carries that status, and has a known code."""
    for where, media, content in contents():
        if media == MEDIA_TYPE:
            for name, example in content["examples"].items():
                value = example_value(example)
                assert value["code"] == name
                assert value["status"] == PROBLEM_TYPES[name].status == int(where.split()[-1])


def test_every_problem_is_described_and_explained() -> None:
    """Each kind of problem can happen somewhere (or is the booking's own), and tells what to do about it."""
    described = {
        name for _, media, content in contents() if media == MEDIA_TYPE for name in content["examples"]
    }
    assert set(PROBLEM_TYPES) - described <= {"booking-not-found"}
    assert all(one["advice"].endswith(".") for one in document()["x-problems"])


def test_every_rule_of_the_guide_is_described() -> None:
    """The codes of docs/rules.md and of the document are the same."""
    guide = re.findall(r"^### `([a-z-]+)`", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.MULTILINE)
    assert set(guide) == {one["code"] for one in document()["x-booking-rules"]}


def test_the_description_costs_nothing_at_the_start() -> None:
    """A worker that starts does not load what makes the document or the page."""
    code = (
        "import sys; import shared.pages.reference, shared.bootstrap; "
        "late = ('devtools', 'jinja2', 'babel', 'tomllib', 'shared.pages.flow', 'altcha', 'icalendar'); "
        "sys.exit(any(name.startswith(late) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def described(facade_path: str, method: str, status: int) -> dict[str, Any]:
    """The response that the document has for a real answer."""
    for path, methods in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), facade_path) and method in methods:
            found: dict[str, Any] = methods[method]["responses"][str(status)]
            return found
    raise AssertionError(f"{method} {facade_path} is not described")


def check_answer(method: str, answer: httpx.Response) -> None:
    """A real answer is as described: status, media type, body and headers."""
    told = described(urlsplit(str(answer.request.url)).path, method, answer.status_code)
    if "content" in told:
        media = answer.headers["content-type"].split(";")[0]
        errors = list(validator(told["content"][media]["schema"]).iter_errors(answer.json()))
        assert errors == [], errors[0].message
    assert "request-id" in answer.headers


async def test_real_answers_are_as_described(facade: Facade) -> None:
    """Every operation's real answers are valid against the document, and strictly so against the models."""
    start, day = start_at(), start_at().date().isoformat()
    root = f"/api/v1/businesses/{BUSINESS}"
    business = await facade.http.get(root)
    services = await facade.http.get(f"{root}/services")
    slots = await facade.http.get(
        f"{root}/services/{BENTO}/slots", params={"from": day, "to": day, "explain": "true"}
    )
    challenge = await facade.http.get(
        f"{root}/challenge", params={"serviceId": BENTO, "start": start.isoformat()}
    )
    booked = await facade.book()
    found = await facade.http.get(booked.headers["location"])
    customer = {"displayName": "Ann", "emailAddress": "ann@contoso.com", "phones": [{"number": "1"}]}
    created = await facade.partner("customers", customer)
    again = await facade.partner("customers", customer)
    models: dict[type[BaseModel], httpx.Response] = {
        BusinessOut: business,
        ServiceList: services,
        SlotListOut: slots,
        ChallengeOff: challenge,
        BookingConfirmed: booked,
        CustomerOut: created,
    }
    for model, answer in models.items():
        model.model_validate_json(answer.content)
    for answer in (business, services, slots, challenge, found):
        assert answer.status_code == 200
        check_answer("get", answer)
    for answer, status in ((booked, 201), (created, 201), (again, 200)):
        assert answer.status_code == status
        check_answer("post", answer)
    for name in ("live", "ready"):
        check_answer("get", await facade.http.get(f"/api/health/{name}"))


async def test_real_problems_are_as_described(facade: Facade, emulator: ControlClient) -> None:
    """Problems of every status that a caller can bring about are valid against the document."""
    await facade.book()
    root = f"/api/v1/businesses/{BUSINESS}/bookings"
    answers = [
        await facade.http.post(root, content=b"{", headers={"content-type": "application/json"}),
        await facade.http.post(root, content=b"x", headers={"content-type": "text/csv"}),
        await facade.http.post(root, content=b" " * 70_000, headers={"content-type": "application/json"}),
        await facade.http.post("/api/v1/businesses/nobody/bookings", json=booking()),
        await facade.book(start=start_at(3).isoformat()),
        await facade.book({"customer": {}}),
        await facade.book(key="k" * 256),
        await facade.book(website="http://spam.example"),
        await facade.http.get(f"/api/v1/businesses/{BUSINESS}/bookings/BK-00000000?token=x"),
        await facade.http.get(f"/api/v1/businesses/{BUSINESS}?q={'x' * 3000}"),
    ]
    await emulator.arm({"operation": "*", "status": 503, "count": None})
    answers.append(
        await facade.book(start=start_at(14).isoformat(), customer={"name": "B", "email": "b@contoso.com"})
    )
    assert [one.status_code for one in answers] == [400, 415, 413, 404, 422, 422, 400, 403, 404, 414, 503]
    for answer in answers:
        check_answer("get" if answer.request.method == "GET" else "post", answer)
        ProblemOut.model_validate_json(answer.content)
        assert answer.headers["cache-control"] == "no-store"


async def test_the_document_and_the_page_are_served_with_their_etags(facade: Facade) -> None:
    """Both can be kept for a minute and asked about by ETag."""
    for path in ("/api/openapi.json", "/api/docs"):
        answer = await facade.http.get(path)
        again = await facade.http.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (answer.status_code, again.status_code, again.content) == (200, 304, b"")
        assert answer.headers["cache-control"] == again.headers["cache-control"] == "public, max-age=60"


async def test_the_page_has_an_anchor_for_every_code(facade: Facade) -> None:
    """`type` of every problem leads to a place on the page, and so does every rule's code."""
    page = (await facade.http.get("/api/docs")).text
    for code in PROBLEM_TYPES:
        assert f'id="problem-{code}"' in page
    for one in document()["x-booking-rules"]:
        assert f'id="rule-{one["code"]}"' in page
    anchors = re.findall(r'id="?([\w-]+)', page)
    assert len(anchors) == len(set(anchors))
    assert {one[1:] for one in re.findall(r'href="(#[^"]+)"', page)} - {"/"} <= set(anchors)  # the viewer's


async def test_the_page_needs_no_other_host(facade: Facade) -> None:
    """Its policy allows files of this host and styles that are known; it loads one script, of ours."""
    answer = await facade.http.get("/api/docs")
    policy = answer.headers["content-security-policy"]
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    assert f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "script-src 'self';" in policy
    assert not re.search(r"unsafe|https?:|\*", policy)
    (script,) = re.findall(r"<script\b[^>]*>", answer.text)
    assert re.findall(r'(?:src|data-\w+)="([^"?]*)', script) == [
        "/api/web/reference.js",
        "/api/web/elements.js",
        "/api/web/elements.css",
        "/api/openapi.json",
    ]
    assert not re.search(r"<(img|iframe)\b|@import|url\(", answer.text)


@pytest.mark.parametrize("code", sorted(PROBLEM_TYPES))
def test_problem_documents_name_their_anchor(code: str) -> None:
    """A problem's type is the address of its explanation."""
    example = document()["components"]["examples"][code]["value"]
    assert example["type"] == f"/api/docs#problem-{code}"
