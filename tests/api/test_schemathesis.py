"""Schemathesis against the running facade: whatever fits or breaks the description, the answer fits it."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks

from devtools.graph_emulator.client import ControlClient
from devtools.openapi.document import openapi_json
from tests.support.facade import KEY, environment
from tests.support.servers import free_port, server

schema = schemathesis.openapi.from_dict(json.loads(openapi_json()))

NOT_OURS = [
    checks.unsupported_method,  # the Functions host answers a wrong method with 404, never 405
    checks.positive_data_acceptance,  # no schema can say what the rules of a calendar allow
]


@pytest.fixture(scope="module")
def root(emulator_root: str) -> Iterator[str]:
    """The address of a facade in its own process, in front of the emulator."""
    port = free_port()
    control = ControlClient(emulator_root)
    more = {"FUNCTIONS_HOST_KEYS": json.dumps({"default": KEY}), "STORE": "memory"}
    command = [sys.executable, "-m", "devtools.functions_host", "--port", str(port), "--run-timers", "false"]
    root = f"http://127.0.0.1:{port}"
    with server(command, f"{root}/api/health/live", {**environment(control), **more}):
        yield root


@schema.parametrize()
@settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ],
)
def test_every_operation_answers_as_described(case: "schemathesis.Case[Any]", root: str) -> None:
    """No 5xx; no status, media type, header or body outside of the description; nothing wrong is accepted."""
    case.call_and_validate(base_url=root, headers={"x-functions-key": KEY}, excluded_checks=NOT_OURS)
