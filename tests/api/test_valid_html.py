"""The HTML of every state of the pages, written from either side, as html-validate judges it."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from devtools.graph_emulator.client import ControlClient
from shared.pages.reference import page
from tests.support.page_states import page_states

HERE = Path(__file__).resolve().parents[1] / "browser"


def found_in(pages: Mapping[str, str]) -> list[str]:
    """What html-validate finds; the test is skipped where it is not installed."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / "html-validate").is_dir():
        pytest.skip("html-validate is not installed: run npm ci in tests/browser")
    done = subprocess.run(
        [node, HERE / "validate.mjs"], input=json.dumps(pages), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_the_html_of_every_state_is_valid(emulator: ControlClient, lang: str) -> None:
    """No error by the recommended rules, which are HTML's own and those of accessible pages."""
    pages = await page_states(emulator, lang)
    assert len(pages) > 35
    assert found_in(pages) == []


def test_the_html_of_the_reference_is_valid() -> None:
    """The plain page, which is there before any script."""
    assert found_in({"reference": page()}) == []


def test_what_is_not_valid_is_found() -> None:
    """The control: an id that is there twice, and a picture without words."""
    found = found_in({"bad": "<!doctype html><html lang=en><title>x</title><p id=a><img src=x><p id=a>"})
    assert {"no-dup-id", "wcag/h37"} <= {one.split()[1].rstrip(":") for one in found}
