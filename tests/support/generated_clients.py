"""Clients in TypeScript that are generated from the API's description, and how their programs are run."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.servers import ROOT

HERE = ROOT / "tests" / "e2e" / "typescript"
MODULES = HERE / "node_modules"
SOURCES = ("book.ts", "book-with-orval.ts", "solve.ts", "orval.config.mjs", "tsconfig.json", "package.json")
DESCRIPTION = ROOT / "docs" / "openapi.json"


def found_node() -> str:
    """Node.js with the packages of the clients; without either the test is skipped."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node was not found")
    if not MODULES.is_dir():
        pytest.skip("tests/e2e/typescript/node_modules is missing: npm ci in that folder installs it")
    return found


def compile_clients(node: str, folder: Path) -> None:
    """The clients of openapi-typescript and of orval, compiled by tsc --strict."""
    for path in (*(HERE / name for name in SOURCES), DESCRIPTION):
        shutil.copy(path, folder)
    (folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
    run(
        node,
        MODULES / "openapi-typescript" / "bin" / "cli.js",
        "openapi.json",
        "-o",
        "schema.d.ts",
        folder=folder,
    )
    run(node, MODULES / ".bin" / "orval", "--config", "orval.config.mjs", folder=folder)
    run(node, MODULES / "typescript" / "bin" / "tsc", "--strict", "-p", ".", folder=folder)


def run(*command: str | Path, folder: Path) -> str:
    """What a program prints; its own words where it fails."""
    done = subprocess.run(
        [*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)  # noqa: T201 (shown where a test fails)
    return done.stdout
