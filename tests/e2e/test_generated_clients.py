"""Clients that are generated from the description: those in TypeScript compile strictly, and all book."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.graph_emulator.client import ControlClient
from tests.support.facade import BENTO, BUSINESS, KEY, MAILBOX, QUESTION, environment, start_at
from tests.support.generated_clients import DESCRIPTION, run
from tests.support.servers import ROOT, free_port, server


@pytest.fixture(scope="module")
def facade_root(emulator_root: str) -> Iterator[str]:
    """The address of a facade in its own process, with the check of a default deployment."""
    port = free_port()
    command = [sys.executable, "-m", "devtools.functions_host", "--port", str(port), "--run-timers", "false"]
    root = f"http://127.0.0.1:{port}"
    check = {"HUMAN_CHECK": "altcha", "ALTCHA_HMAC_KEY": "k" * 32}
    keys = {"FUNCTIONS_HOST_KEYS": json.dumps({"default": KEY})}
    known = environment(ControlClient(emulator_root), STORE="memory", **check, **keys)
    with server(command, f"{root}/api/health/live", known):
        yield root


async def test_the_client_of_openapi_typescript_books(
    node: str, clients: Path, facade_root: str, emulator: ControlClient
) -> None:
    """One appointment for two equal requests, the same answer for both, and problems with their types."""
    arguments = [facade_root, BUSINESS, BENTO, QUESTION, start_at().isoformat()]
    seen = json.loads(run(node, "book.js", *arguments, folder=clients))
    assert seen["service"] == "Catered bento"
    assert seen["statuses"] == [201, 201, 422, 409, 422, 422, 404]
    assert seen["replayed"] == [None, "true"]
    assert seen["same"] is True
    assert seen["seats"] == 1
    assert seen["location"].startswith(f"/api/v1/businesses/{BUSINESS}/bookings/BK-")
    reused, twice, broken, invalid, missing = seen["advice"]
    assert reused == "another key"
    assert twice == "/start slot-taken"
    assert "/start outside-business-hours" in broken
    assert "/customer/email value-error" in invalid
    assert "/customer/name string-too-short" in invalid
    assert missing == "There is no such business"
    assert len(await emulator.appointments(MAILBOX)) == 1


async def test_the_client_of_orval_books(
    node: str, clients: Path, facade_root: str, emulator: ControlClient
) -> None:
    """It sends JSON as JSON and the key in its header: one appointment for two equal requests."""
    arguments = [facade_root, BUSINESS, BENTO, QUESTION, start_at(11).isoformat()]
    seen = json.loads(run(node, "book-with-orval.js", *arguments, folder=clients))
    assert seen["statuses"] == [201, 201, 422]
    assert seen["same"] is True
    assert seen["reference"].startswith("BK-")
    assert "/customer/email value-error" in seen["advice"]
    assert len(await emulator.appointments(MAILBOX)) == 1


async def test_the_client_of_openapi_python_client_books(
    tmp_path: Path, facade_root: str, emulator: ControlClient
) -> None:
    """A backend's: typed models, the function key, the same booking again, and forms of both kinds."""
    generator = Path(sys.executable).with_name("openapi-python-client")
    (tmp_path / "how.yml").write_text("post_hooks: []\n", "utf-8")
    made = [str(generator), "generate", "--path", str(DESCRIPTION), "--config", str(tmp_path / "how.yml")]
    told = run(*made, "--meta", "none", "--output-path", str(tmp_path / "bookings"), folder=tmp_path)
    shutil.copy(ROOT / "tests" / "e2e" / "python" / "book.py", tmp_path)
    arguments = [facade_root, KEY, BUSINESS, BENTO, QUESTION, start_at(14).isoformat()]
    seen = json.loads(run(sys.executable, "book.py", *arguments, folder=tmp_path))
    assert "warning" not in told.lower()
    assert seen["statuses"] == [201, 201, 422]
    assert seen["references"][0] == seen["references"][1] != ""
    assert seen["code"] == "fields-invalid"
    assert seen["forms"] == [201, 201]
    assert len(await emulator.appointments(MAILBOX)) == 1
