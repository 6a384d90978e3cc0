"""The app in Microsoft's own worker runtime for Python 3.13, from the sources and from the package."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from devtools.package import cases
from devtools.package.driver import running
from devtools.package.proof import emulator
from devtools.package.stage import PACKAGES
from tests.support.packages import Package
from tests.support.servers import ROOT

WORKER = Path(__file__).with_name("microsoft_worker.py")

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 13), reason="Microsoft publishes its worker runtime for Python 3.13 and newer"
)


async def book(command: Sequence[str], log: Path) -> None:
    """Book a slot for one, join a group, be refused, and let the timer run."""
    async with emulator() as control, running(command, cases.settings(control, STORE="memory"), log) as app:
        await cases.it_is_ready(app, control)
        await cases.a_customer_books(app, control)
        await cases.customers_join_a_group(app, control)
        await cases.an_unknown_business_is_refused(app, control)
        await cases.the_timer_runs(app, control)


async def test_books_from_the_sources(tmp_path: Path) -> None:
    """Microsoft's runtime loads the sources, finds the functions and books through them."""
    await book((sys.executable, str(WORKER), str(ROOT)), tmp_path / "log")


async def test_books_from_the_package(package: Package, tmp_path: Path) -> None:
    """The same from the unpacked zip in a bare interpreter, with only Microsoft's runtime beside it."""
    import azure_functions_runtime  # noqa: PLC0415 (there is none for older Pythons)

    installed = Path(azure_functions_runtime.__file__).parent
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / installed.name).symlink_to(installed)
    folder = package.unpack(tmp_path / "wwwroot")
    command = (
        sys.executable,
        "-I",
        "-S",
        "-B",
        str(WORKER),
        str(folder),
        str(folder / PACKAGES),
        str(beside),
    )
    await book(command, tmp_path / "log")
