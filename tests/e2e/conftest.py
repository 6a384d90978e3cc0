"""The deployment package as a fixture: built once, and only where it can be."""

import shutil
from pathlib import Path

import pytest

from devtools.package.build import Order, build
from devtools.package.errors import PackageError
from devtools.package.target import can_run_here, find_python
from tests.support.generated_clients import compile_clients, found_node
from tests.support.packages import Package
from tests.support.servers import ROOT


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js."""
    return found_node()


@pytest.fixture(scope="session")
def clients(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the programs of the clients in TypeScript."""
    folder = tmp_path_factory.mktemp("clients")
    compile_clients(node, folder)
    return folder


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package of the sources as they are now, which has proved itself."""
    if not can_run_here():
        pytest.skip("the package is for Linux on x86_64, and this machine is something else")
    try:
        python = find_python()
    except PackageError as error:
        pytest.skip(str(error))
    sources, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("dist")
    (sources / "docs").mkdir()
    for name in ("function_app.py", "host.json", "requirements.txt", "docs/openapi.json"):
        shutil.copy(ROOT / name, sources / name)
    for name in ("shared", "web"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    return Package(build(Order(sources, out)), sources, python)
