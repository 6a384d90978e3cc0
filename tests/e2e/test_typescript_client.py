"""A TypeScript client that is generated from the description compiles strictly, books and reads problems."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.graph_emulator.client import ControlClient
from tests.support.facade import BENTO, BUSINESS, MAILBOX, QUESTION, environment, start_at
from tests.support.servers import ROOT, free_port, server

HERE = Path(__file__).resolve().parent / "typescript"
MODULES = HERE / "node_modules"
SOURCES = ("book.ts", "tsconfig.json", "package.json")


@pytest.fixture
def node() -> str:
    """Node.js with the packages of the client; without either the test is skipped."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node was not found")
    if not MODULES.is_dir():
        pytest.skip("tests/e2e/typescript/node_modules is missing: npm ci in that folder installs it")
    return found


@pytest.fixture
def client(node: str, tmp_path: Path) -> Path:
    """The client, generated from docs/openapi.json and compiled by tsc --strict."""
    for name in SOURCES:
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(MODULES, target_is_directory=True)
    document = str(ROOT / "docs" / "openapi.json")
    run(node, tmp_path, MODULES / "openapi-typescript" / "bin" / "cli.js", document, "-o", "schema.d.ts")
    run(node, tmp_path, MODULES / "typescript" / "bin" / "tsc", "--strict", "-p", ".")
    return tmp_path


def run(node: str, folder: Path, *command: str | Path) -> str:
    """What a script of Node.js prints; its own words where it fails."""
    done = subprocess.run(
        [node, *map(str, command)], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def facade_root(emulator: ControlClient) -> Iterator[str]:
    """The address of a facade in its own process, with the check of a default deployment."""
    port = free_port()
    command = [sys.executable, "-m", "devtools.functions_host", "--port", str(port), "--run-timers", "false"]
    root = f"http://127.0.0.1:{port}"
    check = {"HUMAN_CHECK": "altcha", "ALTCHA_HMAC_KEY": "k" * 32}
    with server(command, f"{root}/api/health/live", environment(emulator, STORE="memory", **check)):
        yield root


async def test_a_generated_client_books(
    node: str, client: Path, facade_root: str, emulator: ControlClient
) -> None:
    """One appointment for two equal requests, the same answer for both, and problems with their types."""
    arguments = [facade_root, BUSINESS, BENTO, QUESTION, start_at().isoformat()]
    seen = json.loads(run(node, client, "book.js", *arguments))
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
